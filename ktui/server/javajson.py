"""JSON as Java's Jackson reads and writes it: what the json format stores and shows.

Integers of any length stay exact, other numbers pass through a double and come out as Java prints doubles, the last
of duplicate names wins at the place of the first, and lone surrogates survive.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

Json = Any
_SPACE = re.compile(r"[ \t\n\r]*")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile('["\\\\\x00-\x1f\ud800-\udfff\U00010000-\U0010ffff]')


DEEPEST = 300
"""Levels of nesting that are read (Jackson: 1000, which Python's stack has no room for)."""
_WORD = re.compile(r"\w+")
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_SOURCE = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1"


class NotJson(ValueError):
    """The text is not JSON. `java` is what Jackson says of it, with the class of its exception."""

    def __init__(self, message: str, java: str | None = None, *, ended: bool = False) -> None:
        super().__init__(message)
        self.ended = ended
        """Whether the text ended too early."""
        self.java = java or f"com.fasterxml.jackson.core.JsonParseException: {message}"


def parse(data: bytes, *, rest: bool = False) -> Json:
    """The value of a text. With `rest`, whatever follows the first value is ignored."""
    try:
        text = data.decode()
        start = _match_end(text, 0)
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _explained(text, error) from error
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
    if data.count(b"[") + data.count(b"{") > DEEPEST and _deeper(value):
        raise NotJson(f"Document nesting depth exceeds the maximum allowed ({DEEPEST})")
    if not rest and _match_end(text, end) != len(text):
        raise NotJson(f"Extra data: char {end}")
    return value


def values(data: bytes) -> Iterator[Json]:
    """The values of a text that holds one after another."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotJson(str(error)) from error
    at = _match_end(text, 0)
    while at < len(text):
        try:
            value, at = _DECODER.raw_decode(text, at)
        except json.JSONDecodeError as error:
            if error.pos >= len(text) or error.msg.startswith("Unterminated"):
                raise NotJson("Unexpected end-of-input", ended=True) from error
            raise _explained(text, error) from error
        except RecursionError as error:
            raise NotJson(str(error)) from error
        yield value
        at = _match_end(text, at)


def _deeper(value: Json) -> bool:
    """Whether a value is nested deeper than allowed."""
    level = [value]
    for _ in range(DEEPEST):
        inner = [v.values() if isinstance(v, dict) else v for v in level if isinstance(v, dict | list)]
        level = [member for members in inner for member in members]
        if not level:
            return False
    return True


def _explained(text: str, error: json.JSONDecodeError) -> NotJson:
    if not text.strip():
        nothing = f"No content to map due to end-of-input\n at {_SOURCE}]"
        return NotJson(nothing, f"com.fasterxml.jackson.databind.exc.MismatchedInputException: {nothing}")
    if word := _WORD.match(text, error.pos):
        return NotJson(f"Unrecognized token '{word[0]}': {_EXPECTED}\n at {_SOURCE}, column: {error.pos + 1}]")
    return NotJson(str(error))


def write(value: Json) -> bytes:
    """The compact text of a value."""
    return "".join(_pieces(value)).encode()


def _match_end(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


def _refuse(token: str) -> Json:
    raise NotJson(f"Non-standard token '{token}': enable `ALLOW_NON_NUMERIC_NUMBERS` to allow")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _pieces(value: Json) -> list[str]:
    out: list[str] = []
    _write(value, out)
    return out


def _write(value: Json, out: list[str]) -> None:
    if value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, str):
        out.append(_string(value))
    elif isinstance(value, int):
        out.append(str(value))
    elif isinstance(value, float):
        out.append(double(value))
    elif isinstance(value, dict):
        for number, (name, member) in enumerate(value.items()):
            out.append(f"{',' if number else '{'}{_string(name)}:")
            _write(member, out)
        out.append("}" if value else "{}")
    else:
        for number, member in enumerate(value):
            out.append("," if number else "[")
            _write(member, out)
        out.append("]" if value else "[]")


def _string(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"' if _ESCAPED.search(text) else f'"{text}"'


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _ESCAPES:
        return _ESCAPES[char]
    number = ord(char)
    if number > 0xFFFF:
        number -= 0x10000
        return f"\\u{0xD800 + (number >> 10):04X}\\u{0xDC00 + (number & 0x3FF):04X}"
    return f"\\u{number:04X}"


def double(value: float) -> str:
    """A double as Java prints it; infinite ones become a string."""
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(value)
        return text if "e" not in text else f"{value:f}"
    mantissa, exponent = _scientific(value)
    return f"{mantissa}E{exponent}"


def _scientific(value: float) -> tuple[str, int]:
    """Shortest digits with one before the point, and the power of ten."""
    sign = "-" if value < 0 else ""
    digits, _, power = repr(abs(value)).partition("e")
    whole, _, fraction = digits.partition(".")
    exponent = int(power or 0) + len(whole) - 1
    together = whole + fraction
    stripped = together.lstrip("0")
    if not whole.strip("0"):
        exponent -= len(together) - len(stripped) - len(whole) + 1
    stripped = stripped.rstrip("0") or "0"
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}", exponent
