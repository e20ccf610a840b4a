"""What a person typed -> bytes, and bytes -> what they could have typed: null, empty, text, JSON, base64. Pure.

The bytes are exactly what was typed: JSON is checked, never rewritten, so that 9007199254740993 and 12.50 stay so.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from enum import StrEnum

from ktui.errors import KtuiError
from ktui.jsontext import NotJson, Role, json_lines


class Kind(StrEnum):
    """How a key or a value was typed."""

    NULL = "null"
    EMPTY = "empty"
    TEXT = "text"
    JSON = "JSON"
    BASE64 = "base64"

    @property
    def typed(self) -> bool:
        """Whether there is anything to type."""
        return self not in (Kind.NULL, Kind.EMPTY)


class Mistake(KtuiError):
    """The text is not of its kind. Line and column count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.reason = message
        self.line = line
        self.column = column


def encode(kind: Kind, text: str) -> bytes | None:
    """The bytes to be stored; None is null. Raises Mistake."""
    match kind:
        case Kind.NULL:
            return None
        case Kind.EMPTY:
            return b""
        case Kind.BASE64:
            return _from_base64(text)
        case Kind.JSON:
            _check_json(text)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise _mistake("this character cannot be written as UTF-8", text, error.start) from error


def kind_of(data: bytes | None, *, one_line: bool = False) -> tuple[Kind, str]:
    """The kind and the text that `encode` turns into exactly these bytes.

    Text that a field cannot hold as it is (control characters, a line break in a one-line field) is given as base64.
    """
    if data is None:
        return Kind.NULL, ""
    if not data:
        return Kind.EMPTY, ""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Kind.BASE64, base64.b64encode(data).decode()
    if re.search(UNTYPABLE, text) or (one_line and "\n" in text):
        return Kind.BASE64, base64.b64encode(data).decode()
    if text.lstrip()[:1] in ("{", "["):
        try:
            _check_json(text)
        except Mistake:
            return Kind.TEXT, text
        return Kind.JSON, text
    return Kind.TEXT, text


def skeleton(data: bytes | None) -> str | None:
    """The shape of a JSON value with its texts and numbers emptied, laid out; None when it is not JSON."""
    empty = {Role.STRING: '""', Role.NUMBER: "0"}
    try:
        lines = list(json_lines((data or b"").decode()))
    except (NotJson, UnicodeDecodeError):
        return None
    return "\n".join(
        "  " * line.depth + "".join(empty.get(span.role, span.text) for span in line.spans) for line in lines
    )


UNTYPABLE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
"""Characters that a text field would lose, break lines at, or let through to the terminal."""


def _from_base64(text: str) -> bytes:
    stray = re.search(r"[^A-Za-z0-9+/=\s]", text)
    if stray:
        hint = " (the URL-safe alphabet is another one)" if stray.group() in "-_" else ""
        raise _mistake(f"{stray.group()} is not in the base64 alphabet{hint}", text, stray.start())
    packed = "".join(text.split())
    if missing := -len(packed) % 4:
        signs = f"{missing} = at the end" if missing < 3 else "one character more or three less"
        raise _mistake(f"four characters make three bytes: {signs} would complete it", text, len(text.rstrip()))
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise _mistake("= may only stand at the end", text, text.find("=")) from error


def _check_json(text: str) -> None:
    try:
        json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        at, message = _explain(text, error)
        raise _mistake(message, text, at) from error
    except _Constant as error:
        found = re.search(rf"(?<![\w\"])-?{error.args[0].lstrip('-')}\b", text)
        at = found.start() if found else 0
        raise _mistake(f"{error.args[0]} is not JSON: numbers are finite", text, at) from error
    except RecursionError as error:
        raise _mistake("nested too deeply to be checked", text, 0) from error


class _Constant(ValueError):
    """NaN or Infinity, which Python reads and JSON does not have."""


def _refuse_constant(name: str) -> None:
    raise _Constant(name)


def _explain(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """Where it goes wrong, in words that say what to type."""
    at, found = error.pos, text[error.pos : error.pos + 1]
    after = len(text[:at].rstrip())
    if "trailing comma" in error.msg or (found in ("}", "]") and text[:after].endswith(",")):
        return text[: at + 1].rindex(","), "a comma too many, nothing follows it"
    if not text.strip():
        return 0, "nothing is typed yet"
    closing = _closing(text, at)
    match error.msg.split(" ")[:2]:
        case ["Expecting", "','"]:
            return after, f"a comma or {closing} is missing"
        case ["Expecting", "':'"]:
            return after, "a colon is missing"
        case ["Expecting", "property"]:
            return at, f"a name in double quotes is missing{_or_end(found, closing)}"
        case ["Expecting", "value"]:
            return at, _no_value(text[at:], found, closing)
        case ["Extra", "data"]:
            return at, "there is more after the end of the value"
        case ["Unterminated", _]:
            return at, "this string is not closed"
        case ["Invalid", "control"]:
            return at, "a line break or control character inside a string: write \\n or the like"
        case _:
            return at, 'this is no escape: \\ goes before " \\ / b f n r t or u and four hex digits'


def _no_value(rest: str, found: str, closing: str) -> str:
    word = re.match(r"[A-Za-z]+", rest)
    if word and word.group() in ("True", "False", "None"):
        return f"{word.group()} is Python: write {({'None': 'null'}).get(word.group(), word.group().lower())}"
    if found == "'":
        return "strings take double quotes"
    if word:
        return f"{word.group()[:20]} is no value: strings take double quotes"
    return f"a value is missing{_or_end(found, closing)}"


def _or_end(found: str, closing: str) -> str:
    return "" if found else f", the text ends before {closing}" if closing else ""


def _closing(text: str, at: int) -> str:
    """The bracket that closes what is open at `at`, or nothing at the top."""
    opened: list[str] = []
    for token in re.findall(r'"(?:[^"\\]|\\.)*"|[][{}]', text[:at]):
        if token in ("{", "["):
            opened.append("}" if token == "{" else "]")
        elif token in ("}", "]") and opened:
            opened.pop()
    return opened[-1] if opened else ""


def _mistake(message: str, text: str, at: int) -> Mistake:
    before = text[:at]
    return Mistake(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)
