"""Bytes to what a person reads: JSON, text, hex, schema ids; one line of it or all of it.

Pure. Numbers are never parsed: what is shown is cut from the bytes as they were produced. Nothing here cleans text
for a terminal; that is `ui/text.py`'s, and everything from here has to pass it.
"""

from __future__ import annotations

import base64
import codecs
import enum
import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ktui.jsontext import SPACED, Line, NotJson, Role, Span, first_spans, json_lines, tokens
from ktui.model import Record


class Kind(enum.Enum):
    """What some bytes are, as far as they tell."""

    NULL = "null"
    EMPTY = "empty"
    JSON = "JSON"
    TEXT = "text"
    BINARY = "binary"


class Reading(NamedTuple):
    """How a value reads."""

    kind: Kind
    """Of the body."""
    schema_id: int | None
    """From the five bytes in front that schema registry serialisers write."""
    body: bytes
    """The value without those five bytes."""

    def __str__(self) -> str:
        return self.kind.value if self.schema_id is None else f"schema id {self.schema_id}, {self.kind.value}"


_WORST_UTF8 = 4
"""Bytes of one character, at most."""
_SOON_LOOKED_THROUGH = 16 * 1024
"""Bytes that are checked to be JSON in a few microseconds."""


def read(value: bytes | None) -> Reading:
    """What the whole value is. Costs about a millisecond per megabyte."""
    if value is None:
        return Reading(Kind.NULL, None, b"")
    schema_id, body = _split_schema(value)
    if not body:
        return Reading(Kind.EMPTY, schema_id, body)
    if _is_json(body):
        return Reading(Kind.JSON, schema_id, body)
    return Reading(Kind.BINARY if _looks_binary(body) else Kind.TEXT, schema_id, body)


def preview(value: bytes | None, width: int) -> list[Span]:
    """The beginning of the value on one line, somewhat more than `width` cells of it when there is more.

    The cost depends on `width` alone, but for a few microseconds. Whether a value is JSON is judged by its beginning.
    """
    if value is None:
        return [Span("null", Role.WORD)]
    if not value:
        return [Span("empty", Role.WORD)]
    if value[0] == 0 and (schema_id := _split_schema(value[:6])[0]) is not None:
        body = memoryview(value)[5:]  # all of it, for what is said of it, and uncopied: it may be megabytes
        return [Span(f"schema id {schema_id} ", Role.MUTED), *_body_preview(body, width)]
    return _body_preview(value, width)


def _body_preview(value: bytes | memoryview, width: int) -> list[Span]:
    size = (width + 1) * _WORST_UTF8
    head = bytes(value[:size])
    whole = len(head) == len(value)
    text, _ = codecs.utf_8_decode(head, "replace", whole)
    if _looks_binary(head, text):
        return _hex_preview(value, width)
    length = width * 2  # combining marks take no cell; twice is enough for all but mischief
    spans = None
    if len(value) <= _SOON_LOOKED_THROUGH and head[0] in b'{["' and _is_json(bytes(value)):
        spans = first_spans(text, length, partial=not whole)
    try:
        spans = spans or list(_checked_spans(text, length, partial=not whole))
        return [span if len(span.text) <= width else Span(span.text[: width + 1], span.role) for span in spans]
    except NotJson:
        return [Span(text[: width * 2 + 2], Role.TEXT)]


def lines(reading: Reading, form: Kind | None = None, *, width: int = 80) -> Iterator[Line]:
    """The whole value, line by line and lazily, as `form` or as what it is. Only a hex dump cares for the `width`.

    Asking for JSON where there is none gives text.
    """
    form = form or reading.kind
    if form is Kind.JSON and reading.kind is Kind.JSON:
        return json_lines(as_text(reading.body))
    if form is Kind.BINARY:
        return hex_lines(reading.body, hex_bytes(width))
    if reading.kind in (Kind.NULL, Kind.EMPTY):
        return iter([Line([Span(reading.kind.value, Role.WORD)])])
    return _text_lines(as_text(reading.body))


def hex_bytes(width: int) -> int:
    """How many bytes go on one line of a hex dump: 16 or 8, or 4 where even that is too much."""
    return next((count for count in (16, 8) if 11 + 4 * count <= width), 4)


def hex_lines(body: bytes, count: int = 16) -> Iterator[Line]:
    """A hex dump: offset, so many bytes, the same as ASCII."""
    for start in range(0, len(body), count):
        chunk = body[start : start + count]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in chunk)
        yield Line(
            [
                Span(f"{start:08x}  ", Role.MUTED),
                Span(f"{chunk.hex(' '):<{count * 3}} ", Role.NUMBER),
                Span(shown, Role.TEXT),
            ]
        )


def as_text(body: bytes) -> str:
    """UTF-8, with U+FFFD for what is not."""
    return body.decode("utf-8", "replace")


def for_clipboard(value: bytes | None) -> str:
    """A value as one would paste it: the text where it is text, base64 where it is not, nothing for null."""
    if value is None:
        return ""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")


def record_json(record: Record) -> str:
    """The record as one line of JSON. A JSON value is put in as it is; bytes that are no text go as base64."""
    fields = {
        "topic": json.dumps(record.topic),
        "partition": str(record.partition),
        "offset": str(record.offset),
        "timestamp": "null" if record.timestamp is None else str(record.timestamp),
        "key": _embed(record.key),
        "value": _embed(record.value),
    }
    if record.headers:
        pairs = ", ".join(f'{{"key": {json.dumps(h.key)}, "value": {_embed(h.value)}}}' for h in record.headers)
        fields["headers"] = f"[{pairs}]"
    return "{" + ", ".join(f'"{name}": {text}' for name, text in fields.items()) + "}"


def _embed(value: bytes | None) -> str:
    if value is None:
        return "null"
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return json.dumps({"base64": base64.b64encode(value).decode("ascii")})
    if not _is_json(value):
        return json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\r\n][ \t\r\n]*", " ", text.strip())  # no string of JSON has an end of line in it


def without_schema(value: bytes) -> bytes:
    """The value without the bytes in front that schema registry serialisers write."""
    return value[5:] if value[:1] == b"\0" and _split_schema(value[:6])[0] is not None else value


def _split_schema(value: bytes) -> tuple[int | None, bytes]:
    """The magic byte 0 and four bytes of schema id, if they are there. An id of 0 or beyond 2^24 is data."""
    if len(value) > 5 and value[0] == 0 and 0 < (schema_id := int.from_bytes(value[1:5], "big")) < 1 << 24:
        return schema_id, value[5:]
    return None, value


def _is_json(body: bytes) -> bool:
    """Whether all of it is JSON. Numbers are looked at, not converted."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


_ODD = dict.fromkeys([*range(0x20), 0x7F, 0xFFFD])
for _fine in b"\t\n\r\x1b":
    del _ODD[_fine]


def _looks_binary(body: bytes, text: str | None = None) -> bool:
    """More than a tenth of the beginning is neither text nor white space."""
    text = as_text(body[:4096]) if text is None else text
    if text.isprintable():
        return "\ufffd" in text and text.count("\ufffd") * 10 > len(text)
    return (len(text) - len(text.translate(_ODD))) * 10 > len(text)


def _checked_spans(text: str, length: int, *, partial: bool) -> Iterator[Span]:
    """As `first_spans`, of what may be no JSON. Raises NotJson as soon as that is seen."""
    used = 0
    for role, token in tokens(text, partial=partial):
        token = SPACED.get(token, token)
        yield Span(token, role)
        used += len(token)
        if used > length:
            return


def _hex_preview(value: bytes | memoryview, width: int) -> list[Span]:
    words = "1 byte" if len(value) == 1 else f"{len(value):,} bytes"
    return [Span(f"{words}  ", Role.MUTED), Span(value[: width // 3 + 1].hex(" "), Role.NUMBER)]


def _text_lines(text: str) -> Iterator[Line]:
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield Line([Span(text[start:end].removesuffix("\r"), Role.TEXT)])
        start = end + 1
