"""What the config file and the KTUI_* variables may say: their keys, and how each is checked.

A complaint names the file or the variable, and the key. Which place wins is not decided here.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec

from ktui import security
from ktui.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)

Megabytes = Annotated[int, msgspec.Meta(ge=1, le=65536)]
Lanes = Annotated[int, msgspec.Meta(ge=1, le=64)]


class Secured(msgspec.Struct, frozen=True):
    """What a proxy may want of us, and we of it. Shows nothing of it."""

    user: str | None = None
    password: str | None = None
    password_command: str | None = None
    token: str | None = None
    token_command: str | None = None
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    key_password: str | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def security(self) -> dict[str, str | None]:
        return {name: getattr(self, name) for name in security.NAMES}


class ProxyTable(Secured, frozen=True, kw_only=True):
    """`[proxy.NAME]`: a proxy that can be opened by its name."""

    url: str
    headers: dict[str, str] = {}
    dialect: str | None = None
    properties: dict[str, str | int | float | bool] = {}
    properties_file: str | None = None
    schema_registry: str | None = None
    lanes: Lanes | None = None


class FileTable(msgspec.Struct, frozen=True):
    """The whole file."""

    url: str | None = None
    theme: str | None = None
    keep_mb: Megabytes | None = None
    lanes: Lanes | None = None
    keys: dict[str, str | dict[str, str]] = {}
    proxy: dict[str, dict[str, Any]] = {}


class EnvironmentTable(Secured, frozen=True):
    """KTUI_URL, KTUI_USER and so on."""

    url: str | None = None
    dialect: str | None = None
    schema_registry: str | None = None
    theme: str | None = None
    keep_mb: Megabytes | None = None
    lanes: Lanes | None = None


def read_file(path: Path, *, required: bool) -> FileTable:
    """Read and check the file. One that is not there is empty, unless somebody named it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if required:
            raise ConfigError(f"{path}: there is no such file") from None
        return FileTable()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8 text") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    return check(data, FileTable, path)


def check(data: Mapping[str, Any], kind: type[T], path: Path, prefix: str = "") -> T:
    """Turn a table of the file into `kind`. A key that nothing reads is refused, naming the nearest known one."""
    known = kind.__struct_fields__
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
            raise ConfigError(f"{path}: unknown key {prefix}{key}; {hint}")
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {prefix}{explain(error)}") from None


def flat_keys(table: FileTable) -> dict[str, str]:
    """Binding ids hold a dot, which TOML reads as a table within a table; both ways of writing mean the same."""
    flat = {}
    for name, value in table.keys.items():
        flat.update({name: value} if isinstance(value, str) else {f"{name}.{verb}": key for verb, key in value.items()})
    return flat


def read_environment(environ: Mapping[str, str]) -> EnvironmentTable:
    """Pick the KTUI_* variables that we know; empty ones count as not set."""
    names = EnvironmentTable.__struct_fields__
    found = {name: environ[f"KTUI_{name.upper()}"] for name in names if environ.get(f"KTUI_{name.upper()}")}
    try:
        return msgspec.convert(found, EnvironmentTable, strict=False)
    except msgspec.ValidationError as error:
        reason, _, key = explain(error).partition(": ")[::-1]
        raise ConfigError(f"KTUI_{key.upper()}: {reason}") from None


def explain(error: msgspec.ValidationError) -> str:
    """Turn msgspec's ``Expected `int`, got `str` - at `$.keep_mb` `` into ``keep_mb: expected int, got str``."""
    reason, _, place = str(error).replace("`", "").partition(" - at $.")
    reason = reason[0].lower() + reason[1:].replace(" | null", "")
    missing = re.fullmatch(r"object missing required field (\w+)", reason)
    if missing:
        return f"{missing[1]} is missing"
    return f"{place.replace('[...]', '')}: {reason}"
