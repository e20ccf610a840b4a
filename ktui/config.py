"""What can be configured, and where each value came from: defaults < file < KTUI_* variables < command line.

The file is read, never written. Nothing reads the result globally: `cli` builds one `Config` and passes it down.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import platformdirs

from ktui import security
from ktui.errors import ConfigError
from ktui.security import Place

DEFAULT_URL = "http://localhost:8082"

T = TypeVar("T", bound=msgspec.Struct)

KAFKA = "kafka://"
"""Begins the address of a cluster that is asked without a proxy."""
_BROKER = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_MISSPELT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
"""Was meant to begin with a scheme: after the colon of a port come digits."""
_PORT = re.compile(r":[0-9]+\Z")
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")

Megabytes = Annotated[int, msgspec.Meta(ge=1, le=65536)]


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


class FileTable(msgspec.Struct, frozen=True):
    """The whole file."""

    url: str | None = None
    theme: str | None = None
    keep_mb: Megabytes | None = None
    keys: dict[str, str | dict[str, str]] = {}
    proxy: dict[str, dict[str, Any]] = {}


class EnvironmentTable(Secured, frozen=True):
    """KTUI_URL, KTUI_USER and so on."""

    url: str | None = None
    dialect: str | None = None
    schema_registry: str | None = None
    theme: str | None = None
    keep_mb: Megabytes | None = None


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
        return self.profile or ("local" if LOOPBACK.fullmatch(urlsplit(self.url).hostname or "") else "proxy")


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


def find_proxy(text: str, proxies: Mapping[str, dict[str, Any]], path: Path) -> tuple[ProxyTable, str | None]:
    """The proxy that `text` means, and its NAME when it is one of the file's."""
    if text in proxies:
        return check(proxies[text], ProxyTable, path, f"proxy.{text}."), text
    if "://" in text:
        return ProxyTable(url=text), None
    if _MISSPELT.match(text):  # not shown whole: there may be a password in it
        begun = text.partition("/")[0]
        raise ConfigError(f"{begun}/… is not the address of a proxy: a URL begins with http://, https:// or kafka://")
    if text == "localhost" or any(sign in text for sign in ".:["):
        return ProxyTable(url=f"http://{text}"), None
    near = difflib.get_close_matches(text, [*proxies, "demo", "sandbox", "config"], 1)
    hint = f"did you mean {near[0]}?" if near else "a URL begins with http://, https:// or kafka://"
    raise ConfigError(f"no [proxy.{text}] in {path}; {hint}")


def split_credentials(url: str, place: str) -> tuple[str, str | None, str | None]:
    """Take user and password out of a URL. `place` is named when it cannot be read."""
    shape = "http://HOST:PORT is the shape"
    if url.startswith(KAFKA):
        return split_kafka(url, place)
    try:
        parts = urlsplit(url)
        _ = parts.port  # checked only when asked for
    except ValueError:
        raise ConfigError(f"the URL of the proxy ({place}) cannot be read: {shape}") from None
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{bare} ({place}) is not the URL of a proxy: {shape}")
    user, password = parts.username, parts.password
    return bare, unquote(user) if user else None, unquote(password) if password else None


def split_kafka(url: str, place: str) -> tuple[str, str | None, str | None]:
    """Take user and password out of the address of a cluster; hosts without a port get Kafka's."""
    proof, _, rest = url.removeprefix(KAFKA).rpartition("@")
    hosts = [host.strip() for host in rest.rstrip("/").split(",")]
    for host in hosts:
        if not _BROKER.fullmatch(host):
            raise ConfigError(
                f"{KAFKA}{rest} ({place}) is not the address of a cluster: {KAFKA}HOST:PORT,… is the shape"
            )
    user, _, password = proof.partition(":")
    whole = ",".join(host if _PORT.search(host) else f"{host}:9092" for host in hosts)
    return f"{KAFKA}{whole}", unquote(user) or None, unquote(password) or None
