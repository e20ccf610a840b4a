"""How a schema registry is reached: from its URL, and from what properties files say of it. Quickly imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ktui.errors import ConfigError

MISSING = "a schema registry needs more than is installed: pip install 'ktui[schemas]'"
SHAPE = "a schema registry is named http(s)://[USER:PASSWORD@]HOST[:PORT]"
PREFIX = "schema.registry."
_PARTS = ("confluent_kafka", "attrs", "authlib", "cachetools", "fastavro", "google.protobuf", "jsonschema_rs")
_USER = "basic.auth.user.info"
_BARE = (_USER, "basic.auth.credentials.source")
"""What Java's clients take without the prefix too."""
_KNOWN = (
    _USER, "proxy", "ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password",
    "bearer.auth.credentials.source", "bearer.auth.token", "bearer.auth.logical.cluster",
    "bearer.auth.identity.pool.id", "bearer.auth.client.id", "bearer.auth.client.secret", "bearer.auth.scope",
    "bearer.auth.issuer.endpoint.url",
)  # fmt: skip
"""What confluent-kafka's client of a registry can be told."""


def divided(properties: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Properties of a Kafka client and, without their prefix, those of a client of the registry."""
    own = {name.removeprefix(PREFIX): value for name, value in properties.items() if _of_registry(name)}
    own.pop("basic.auth.credentials.source", None)  # said by what there is
    return {name: value for name, value in properties.items() if not _of_registry(name)}, own


def _of_registry(name: str) -> bool:
    return name.startswith(PREFIX) or name in _BARE


def bare(url: str) -> str:
    """The URL, or several with a comma between, without user and password. ConfigError when it is none."""
    return ",".join(_parted(each)[0] for each in url.split(","))


def settings(url: str, more: Mapping[str, str] = {}) -> dict[str, object]:
    """The client's settings; `more` are its own by name. ConfigError. Credentials leave the URL."""
    for name, value in more.items():
        if name not in _KNOWN:
            raise ConfigError(f"{PREFIX}{name} is not known; known are {', '.join(_KNOWN)}")
        if name.endswith(".location") and not Path(value).exists():
            raise ConfigError(f"{PREFIX}{name}: there is no {value}")
    parted = [_parted(each) for each in url.split(",")]
    found: dict[str, object] = {**more, "url": ",".join(each for each, _ in parted)}
    if user := more.get(_USER) or next((user for _, user in parted if user), None):
        found[_USER] = user
    if not any(each.startswith("https:") for each, _ in parted):
        found["ssl.ca.location"] = False  # reading all authorities that there are takes 0.2 s, for each client anew
    return found


def _parted(url: str) -> tuple[str, str | None]:
    """A URL, and user and password of it as one text."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # checked only when asked for
    except ValueError:
        raise ConfigError(SHAPE) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(SHAPE)
    user = None if parts.username is None else f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/"), user


def require() -> None:
    """ConfigError when something is not installed. Imports none of it."""
    try:
        found = all(importlib.util.find_spec(name) for name in _PARTS)
    except ModuleNotFoundError:  # a parent of one
        found = False
    if not found:
        raise ConfigError(MISSING)
