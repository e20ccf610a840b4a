"""What a person chose about credentials and TLS: how it is named in each place, and which place wins.

Pure: no file is opened here and nothing is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from ktui.errors import ConfigError

FLAG = "command line"
"""Name of the strongest place."""
VARIABLES = "KTUI_*"
"""Name of the environment."""
PROOFS = ("password", "password_command", "token", "token_command")
"""Each proves who we are; one of them is used."""
FILES = ("ca_file", "cert_file", "key_file")
NAMES = ("user", *PROOFS, *FILES, "key_password")
OPTIONS = {"token_command": "--token-command", "ca_file": "--cacert", "cert_file": "--cert", "key_file": "--key"}
"""Those that the command line takes. Secrets are not: every user of a machine sees its command lines."""


class Place(msgspec.Struct, frozen=True):
    """Where settings come from."""

    name: str
    values: Mapping[str, str | None]
    folder: Path | None = None
    """Relative paths are meant from there; None: from where ktui was started."""

    def __repr__(self) -> str:
        return f"Place({self.name!r})"

    def source(self, key: str) -> str:
        """Where a value of this place comes from."""
        return f"KTUI_{key.upper()}" if self.name == VARIABLES else self.name


def merge(places: Sequence[Place]) -> tuple[dict[str, str | Path], dict[str, str]]:
    """The values that count, and where each came from. The strongest place is the first."""
    rank = {key: next((n for n, place in enumerate(places) if place.values.get(key)), None) for key in NAMES}
    found = {key: n for key, n in rank.items() if n is not None}
    _keep_one_proof(found, places)
    if found.get("key_file", 0) > found.get("cert_file", len(places)):
        del found["key_file"]  # it belongs to another certificate
    values: dict[str, str | Path] = {}
    for key, n in found.items():
        value = places[n].values[key] or ""
        values[key] = (places[n].folder or Path()) / Path(value).expanduser() if key in FILES else value
    return values, {key: places[n].source(key) for key, n in found.items()}


def _keep_one_proof(found: dict[str, int], places: Sequence[Place]) -> None:
    """Drop the proofs of weaker places. Two in the same place are a mistake."""
    proofs = [key for key in PROOFS if key in found]
    strongest = min((found[key] for key in proofs), default=0)
    best = [key for key in proofs if found[key] == strongest]
    if len(best) > 1:
        first, second = (places[strongest].source(key) for key in best[:2])
        where = f"{first} and {second}" if first != second else f"{best[0]} and {best[1]} of {first}"
        raise ConfigError(f"{where}: only one of them can be used")
    for key in proofs:
        if key not in best:
            del found[key]


def label(key: str, source: str) -> str:
    """What a setting is called where the person wrote it."""
    if source == FLAG:
        return OPTIONS.get(key, key)
    return source if source.startswith("KTUI_") else f"{key} of {source}"
