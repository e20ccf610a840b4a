"""Record headers in one line: `name=value; other="a; b"; raw=base64:AAE=; none=null`. Pure, and exact both ways."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable

from ktui.errors import KtuiError
from ktui.model import Header

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PART = rf"\s*({_QUOTED}|[^=;\"\s][^=;\"]*?)\s*=\s*({_QUOTED}|[^;\"]*?)\s*(?:;|$)"
_SIGNS = r"=;\"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
_PLAIN = rf"(?!null$|base64:)[^\s{_SIGNS}](?:[^{_SIGNS}]*[^\s{_SIGNS}])?"


class HeaderMistake(KtuiError):
    """The line cannot be read as headers."""


def parse_headers(text: str) -> tuple[Header, ...]:
    """Headers in the order typed; names may repeat. Raises HeaderMistake."""
    found: list[Header] = []
    at = 0
    while text[at:].strip():
        match = re.compile(_PART).match(text, at)
        if match is None:
            raise HeaderMistake(f"column {at + 1}: name=value is expected; several are separated by ;")
        found.append(Header(_unquoted(match[1]), _value(match[2])))
        at = match.end()
    return tuple(found)


def headers_text(headers: Iterable[Header]) -> str:
    """The line that `parse_headers` reads these headers from."""
    return "; ".join(f"{_quoted(header.key)}={_written(header.value)}" for header in headers)


def _value(text: str) -> bytes | None:
    if text == "null":
        return None
    if text.startswith("base64:"):
        try:
            return base64.b64decode(text.removeprefix("base64:"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise HeaderMistake(f"{text[:40]} is not base64") from error
    return _unquoted(text).encode()


def _written(value: bytes | None) -> str:
    if value is None:
        return "null"
    try:
        return _quoted(value.decode())
    except UnicodeDecodeError:
        return f"base64:{base64.b64encode(value).decode()}"


def _quoted(text: str) -> str:
    return text if re.fullmatch(_PLAIN, text) else json.dumps(text)


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text
    try:
        loaded = str(json.loads(text))
        loaded.encode()
        return loaded
    except (json.JSONDecodeError, UnicodeEncodeError) as error:
        raise HeaderMistake(f"{text[:40]} is not a string") from error
