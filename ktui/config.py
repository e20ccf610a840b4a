"""What can be configured, and where each value came from: defaults < file < KTUI_* variables < command line.

The file is read, never written. Nothing reads the result globally: `cli` builds one `Config` and passes it down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from ktui import security
from ktui.address import find_proxy, is_loopback, split_credentials
from ktui.security import Place
from ktui.settings import FileTable, flat_keys, read_environment, read_file

DEFAULT_URL = "http://localhost:8082"


@dataclass(frozen=True)
class Config:
    """Everything a person may choose. Secrets are kept out of its repr."""

    url: str = DEFAULT_URL
    """Of the proxy, without user and password."""
    profile: str | None = None
    """NAME of the `[proxy.NAME]` that was opened; None for a plain URL."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    password_command: str | None = field(default=None, repr=False)
    """Prints the password. May hold secrets itself, as every command may."""
    token: str | None = field(default=None, repr=False)
    token_command: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Authorities that are trusted instead of the usual ones."""
    cert_file: Path | None = None
    key_file: Path | None = None
    """None: the key stands in `cert_file`."""
    key_password: str | None = field(default=None, repr=False)
    insecure: bool = False
    """The certificate of the proxy is not looked at. Only the command line says so."""
    dialect: str | None = None
    """Which make of proxy it is, by letter or name. None: found out by probing."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with every request; often tokens, hence never shown."""
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of the Kafka client behind kafka://, by Java's names or librdkafka's. Often secrets."""
    properties_file: Path | None = None
    """More of them, weaker ones, as other Kafka tools read them."""
    schema_registry: str | None = field(default=None, repr=False)
    """URLs of the schema registry behind kafka://, with its user and password."""
    theme: str | None = None
    """None is the app's own choice."""
    keep_mb: int = 256
    """Megabytes of records that a stream keeps; the oldest go first."""
    lanes: int | None = None
    """Consumer instances at most that read one stream at once. None: as many as pay on this make of proxy."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Binding id -> keys, as `App.set_keymap` takes them."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting -> where its value came from; those not in it are defaults."""
    path: Path | None = None
    """The file that was looked for; it need not exist."""

    state_path: Path | None = None
    """The file of what is remembered between runs; None remembers nothing. `load` gives the usual one."""

    profiles: Mapping[str, str] = field(default_factory=dict)
    """NAME of each `[proxy.NAME]` in the file -> its URL, without user and password."""

    @property
    def theme_folder(self) -> Path:
        """Where a person's own themes are: beside the file."""
        return (self.path or default_path()).parent / "themes"

    @property
    def title(self) -> str:
        """What the line on top calls the proxy."""
        return self.profile or ("local" if is_loopback(urlsplit(self.url).hostname or "") else "proxy")


def default_path() -> Path:
    """Where the file is looked for unless --config or KTUI_CONFIG say otherwise. It need not exist."""
    return platformdirs.user_config_path("ktui") / "config.toml"


def load(
    environ: Mapping[str, str],
    *,
    path: Path | None = None,
    url: str | None = None,
    theme: str | None = None,
    keep_mb: int | None = None,
    secured: Mapping[str, str | None] = {},
    insecure: bool = False,
    dialect: str | None = None,
    properties: Mapping[str, str] = {},
    properties_file: Path | None = None,
    schema_registry: str | None = None,
) -> Config:
    """Merge all places. `url` may be a URL, `host:port`, or the NAME of a `[proxy.NAME]`, here and in every place.
    `secured` holds the options of `security.OPTIONS` that were given."""
    named = path or (Path(environ["KTUI_CONFIG"]) if environ.get("KTUI_CONFIG") else None)
    path = named or default_path()
    table = read_file(path, required=named is not None)
    variables = read_environment(environ)
    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}

    def choose(key: str, *candidates: tuple[Any, str]) -> None:
        for value, source in candidates:
            if value is not None:
                merged[key], sources[key] = value, source
                return

    flag = security.FLAG
    choose("url", (url, flag), (variables.url, "KTUI_URL"), (table.url, str(path)))
    choose("theme", (theme, flag), (variables.theme, "KTUI_THEME"), (table.theme, str(path)))
    choose("keep_mb", (keep_mb, flag), (variables.keep_mb, "KTUI_KEEP_MB"), (table.keep_mb, str(path)))
    choose("keys", (flat_keys(table) or None, str(path)))

    place = sources.get("url", "default")
    target, profile = find_proxy(merged.get("url", DEFAULT_URL), table.proxy, path)
    if profile is not None:
        merged["profile"], place = profile, f"[proxy.{profile}] in {path}"
        sources["url"] = sources["profile"] = place
    merged["url"], user, password = split_credentials(target.url, place)
    choose("lanes", (variables.lanes, "KTUI_LANES"), (target.lanes, place), (table.lanes, str(path)))
    if target.headers:
        choose("headers", (target.headers, place))
    choose("dialect", (dialect, flag), (variables.dialect, "KTUI_DIALECT"), (target.dialect, place))
    choose(
        "schema_registry",
        (schema_registry, flag),
        (variables.schema_registry, "KTUI_SCHEMA_REGISTRY"),
        (target.schema_registry, place),
    )
    own_file = path.parent / Path(target.properties_file).expanduser() if target.properties_file else None
    choose("properties_file", (properties_file, flag), (own_file, place))
    if together := {**_texts(target.properties), **properties}:
        choose(
            "properties",
            (together, f"{place} and {flag}" if properties and target.properties else flag if properties else place),
        )
    # The URL that was named on the command line brings its own credentials; those of the environment fill in for
    # every other place.
    inside = Place(place, {**target.security, **_given(user=user, password=password)}, path.parent)
    outside = Place(security.VARIABLES, variables.security)
    both = (inside, outside) if place == flag else (outside, inside)
    values, places = security.merge((Place(flag, secured), *both))
    merged.update(values)
    sources.update(places)
    if insecure:
        merged["insecure"], sources["insecure"] = True, flag
    state_path = platformdirs.user_state_path("ktui") / "columns.json"
    return Config(**merged, sources=sources, path=path, state_path=state_path, profiles=profiles_of(table))


def profiles_of(table: FileTable) -> dict[str, str]:
    """What a person can pick from. Whether it can be used shows when it is picked."""
    urls = {name: entry.get("url") for name, entry in table.proxy.items()}
    return {name: re.sub(r"(?<=//)[^/]*@", "", url) for name, url in urls.items() if isinstance(url, str)}


def _texts(properties: Mapping[str, str | int | float | bool]) -> dict[str, str]:
    """Properties as a properties file would have them: TOML knows numbers and booleans."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in properties.items()}


def _given(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value}
