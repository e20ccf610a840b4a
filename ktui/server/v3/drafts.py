"""A record of a v3 produce request: its types, its time, its headers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from ktui.model import Draft, Header
from ktui.server.errors import ApiError
from ktui.server.javajson import Json, write
from ktui.server.produce import base64_bytes, json_bytes
from ktui.server.shapes import Object, Shapes
from ktui.server.v3.by_schema import FIELDS as SCHEMA_FIELDS
from ktui.server.v3.by_schema import TYPES as SCHEMA_TYPES
from ktui.server.v3.by_schema import Part, Unwritten, unwritten

FIELDS = ("partition_id", "headers", "key", "value", "timestamp")
_PLAIN_TYPES = ("BINARY", "JSON", "STRING")


class V3Draft(NamedTuple):
    """What is to be written."""

    partition: int | None
    key: Part | Unwritten | None
    value: Part | Unwritten | None
    timestamp: int | None
    headers: tuple[Header, ...]

    def draft(self, topic: str) -> Draft:
        """As the cluster takes it."""
        key, value = (part.data if isinstance(part, Part) else None for part in (self.key, self.value))
        return Draft(topic, key, value, self.partition, self.timestamp, self.headers)


class Drafts:
    """Makes drafts of JSON objects. ApiError tells what is wrong with one."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def made(self, request: Object) -> V3Draft:
        """One record."""
        partition = self._shapes.number(request, "partition_id")
        if partition is not None and partition < 0:
            raise ApiError("bad_shape", f"Invalid partition: {partition}")
        headers = self._shapes.entries(request, "headers", ("name", "value")) or ()
        return V3Draft(
            partition,
            self._part(request.get("key")),
            self._part(request.get("value")),
            _milliseconds(request.get("timestamp")),
            tuple(self._header(each) for each in headers),
        )

    def _header(self, header: Object) -> Header:
        name = self._shapes.text(header, "name")
        if name is None:
            raise ApiError("bad_shape", "Missing required properties: name")
        return Header(name, base64_bytes(header.get("value")))

    def _part(self, value: Json) -> Part | Unwritten | None:
        if value is None:
            return None
        part = self._shapes.object(value, "ProduceRequestData", ("type", "data", *SCHEMA_FIELDS))
        kind, data = self._shapes.text(part, "type"), part.get("data")
        if kind is not None and kind not in (*_PLAIN_TYPES, *SCHEMA_TYPES):
            raise ApiError(
                "bad_shape",
                f'Cannot deserialize value of type `EmbeddedFormat` from String "{kind}": '
                "not one of the values accepted for Enum class",
            )
        if kind is None or kind in SCHEMA_TYPES:
            return unwritten(self._shapes, part, kind)
        if kind == "STRING":
            return Part(kind, _text(data))
        return Part(kind, base64_bytes(data) if kind == "BINARY" else json_bytes(data))


def _text(value: Json) -> bytes | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ApiError("bad_shape", f"Bad Request: data={write(value).decode()} is not a string.")
    return value.encode("utf-8", "replace")


def _milliseconds(value: Json) -> int | None:
    """A time as text; a number is taken as seconds, as Java's library does."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value * 1000)
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise ApiError("bad_shape", f"Cannot deserialize value of type `Instant` from {value!r}") from error
    if found.tzinfo is None:
        raise ApiError("bad_shape", f"Cannot deserialize value of type `Instant` from {value!r}")
    return round(found.timestamp() * 1000)


def iso(milliseconds: int) -> str:
    """A time as reports write it: without its fraction where it has none."""
    seconds, fraction = divmod(milliseconds, 1000)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:03d}Z" if fraction else f"{text}Z"
