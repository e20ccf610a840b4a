"""How a proxy or a cluster is named: a URL, a host, or the NAME of a `[proxy.NAME]`. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ktui.errors import ConfigError
from ktui.settings import ProxyTable, check

KAFKA = "kafka://"
"""Begins the address of a cluster that is asked without a proxy."""
_BROKER = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?"
_MISSPELT = r"[A-Za-z][A-Za-z0-9+.-]*:/"
"""Was meant to begin with a scheme: after the colon of a port come digits."""
_PORT = r":[0-9]+\Z"
_LOOPBACK = r"localhost|127(\.\d+){3}|::1"


def is_loopback(host: str) -> bool:
    """Whether only this machine is reached by it."""
    return re.fullmatch(_LOOPBACK, host) is not None


def find_proxy(text: str, proxies: Mapping[str, dict[str, Any]], path: Path) -> tuple[ProxyTable, str | None]:
    """The proxy that `text` means, and its NAME when it is one of the file's."""
    if text in proxies:
        return check(proxies[text], ProxyTable, path, f"proxy.{text}."), text
    if "://" in text:
        return ProxyTable(url=text), None
    if re.match(_MISSPELT, text):  # not shown whole: there may be a password in it
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
        if not re.fullmatch(_BROKER, host):
            raise ConfigError(
                f"{KAFKA}{rest} ({place}) is not the address of a cluster: {KAFKA}HOST:PORT,… is the shape"
            )
    user, _, password = proof.partition(":")
    whole = ",".join(host if re.search(_PORT, host) else f"{host}:9092" for host in hosts)
    return f"{KAFKA}{whole}", unquote(user) or None, unquote(password) or None
