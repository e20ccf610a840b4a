"""Who may ask: Basic or Bearer, from a file or the environment. Secrets are compared in a time that tells nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ktui.errors import ConfigError
from ktui.server.media import V2

_SHA1 = "{SHA}"
_UNKNOWN_HASH = re.compile(r"\$(2[abxy]|apr1|5|6|y|argon2\w*|scrypt)\$|\{(?!SHA\})\w+\}")


class Users:
    """Who may ask. Of a password only a digest is kept."""

    def __init__(self, passwords: Mapping[str, str] = {}, tokens: Iterable[str] = ()) -> None:
        """`passwords` by user; one that begins with {SHA} is the base64 of a SHA-1, as `htpasswd -s` writes it."""
        self._sha1 = {
            user: text.removeprefix(_SHA1).encode() for user, text in passwords.items() if text.startswith(_SHA1)
        }
        self._plain = {user: _digest(text.encode()) for user, text in passwords.items() if user not in self._sha1}
        self._tokens = [_digest(token.encode()) for token in tokens]

    def __bool__(self) -> bool:
        return bool(self._plain or self._sha1 or self._tokens)

    def __repr__(self) -> str:
        return f"<Users: {len(self._plain) + len(self._sha1)} by password, {len(self._tokens)} by token>"

    @property
    def schemes(self) -> list[str]:
        """What an answer of 401 says may be used."""
        basic = ['Basic realm="ktui gateway", charset="UTF-8"'] if self._plain or self._sha1 else []
        return basic + (["Bearer"] if self._tokens else [])

    def admitted(self, authorization: str) -> str | None:
        """The name of whoever proves to be one of them; None for everybody else. Looks at all, whoever it is."""
        scheme, _, proof = authorization.partition(" ")
        proof = proof.strip()
        if scheme.lower() == "bearer":
            given = _digest(proof.encode())
            found = [hmac.compare_digest(given, token) for token in self._tokens]
            return f"token {found.index(True) + 1}" if any(found) else None
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(proof, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        name, plain = user.encode(), _digest(password.encode())
        sha1 = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest())
        found = [
            hmac.compare_digest(name, known.encode()) & hmac.compare_digest(given, kept)
            for given, book in ((plain, self._plain), (sha1, self._sha1))
            for known, kept in book.items()
        ]
        return user if any(found) else None


def _digest(text: bytes) -> bytes:
    """Of one length, whatever the text: how long it is, is not to be seen either."""
    return hashlib.sha256(text).digest()


def passwords_of(text: str, place: str) -> dict[str, str]:
    """`user:password` a line, # for remarks. ConfigError names the line, never what stands there."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.rstrip().partition(":")
        if not colon or not user or not password:
            raise ConfigError(f"{place}, line {number}: USER:PASSWORD is the shape")
        if _UNKNOWN_HASH.match(password):
            raise ConfigError(f"{place}, line {number}: this hash is not known here; write it plain, or by htpasswd -s")
        found[user] = password
    return found


class Gate:
    """Lets in who may ask. Everybody else gets 401, and no word about what is behind."""

    def __init__(self, app: ASGIApp, users: Users) -> None:
        self._app, self._users = app, users

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._users.admitted(Headers(scope=scope).get("authorization", ""))
        if found is None:
            refusal = {"error_code": 40101, "message": "Unauthorized"}
            response = Response(msgspec.json.encode(refusal), 401, headers={"content-type": V2})
            for scheme in self._users.schemes:
                response.headers.append("www-authenticate", scheme)
            await response(scope, receive, send)
            return
        scope["state"]["user"] = found
        await self._app(scope, receive, send)
