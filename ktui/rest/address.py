"""Where the proxy is: the address a person gave, its credentials apart, and how names become path segments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from ktui.errors import ConfigError

_USERINFO = r"(?<=//)[^/?#\s\"'<>]*@"
_MISSPELT = r"[A-Za-z][A-Za-z0-9+.-]*:/"
"""Begins what was meant to have a scheme: after the colon of a port come digits."""
_LOOPBACK = r"localhost|.*\.localhost|127(\.\d+){3}|::1"


def segment(name: str) -> str:
    """`name` as one path segment: everything but letters, digits and `_-~` (and single dots) is percent-encoded."""
    return quote(name, safe="") if name.strip(".") else name.replace(".", "%2E")


def scrub(text: str) -> str:
    """`text` without `user:password@` in any address inside it."""
    return re.sub(_USERINFO, "", text)


@dataclass(frozen=True)
class Address:
    """An address taken apart. User and password are not shown by repr."""

    url: str
    """Without credentials and without a trailing slash; a path prefix is kept."""
    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """`host:port`, as a person would say it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def prefix(self) -> str:
        """The path before `/topics`, often empty."""
        return urlsplit(self.url).path

    @property
    def loopback(self) -> bool:
        return re.fullmatch(_LOOPBACK, self.host) is not None


def parse(text: str, user: str | None = None, password: str | None = None) -> Address:
    """Take an address apart. `user` and `password` win over those in it. Raises ConfigError with a sentence."""
    shown = scrub(text if "://" in text else f"//{text}").removeprefix("//")
    try:
        parts = urlsplit(text.strip() if "://" in text else f"http://{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"{shown} is not an address: {scrub(str(error))}") from None
    if parts.scheme not in ("http", "https") or ("://" not in text and re.match(_MISSPELT, shown)):
        raise ConfigError(f"{shown} is not the address of a proxy: it begins with http:// or https://")
    if not host:
        raise ConfigError(f"{shown or 'The address'} names no host: http://localhost:8082 would")
    if parts.query or parts.fragment:
        raise ConfigError(f"{shown} is not the address of a proxy: it ends before the ? or #")
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise ConfigError(f"{shown} names a host that cannot be: {host}") from None
    if re.search(r"[^A-Za-z0-9._:%~-]", ascii_host):
        raise ConfigError(f"{shown} names a host that cannot be: {host}")
    place = f"[{ascii_host}]" if ":" in ascii_host else ascii_host
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
    return Address(
        url=f"{parts.scheme}://{place}{'' if port is None else f':{port}'}{path}",
        scheme=parts.scheme,
        host=ascii_host,
        port=port or (443 if parts.scheme == "https" else 80),
        user=unquote(parts.username) if user is None and parts.username else user,
        password=unquote(parts.password) if password is None and parts.password else password,
    )
