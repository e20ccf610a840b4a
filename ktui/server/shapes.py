"""Request bodies: JSON objects whose known fields are checked and converted as the flavour does it."""

from __future__ import annotations

from collections.abc import Iterable

from ktui.model import TopicPartition
from ktui.server.errors import ApiError
from ktui.server.flavours import Flavour
from ktui.server.javajson import Json, NotJson, parse

Object = dict[str, Json]


def body(data: bytes) -> Json:
    """The JSON value of a body; None when there is none."""
    if not data.strip():
        return None
    try:
        return parse(data)
    except NotJson as error:
        raise ApiError("not_json", error) from error


class Shapes:
    """Checks bodies: Jackson converts and complains of what it does not know, S has a schema, K asks little."""

    def __init__(self, flavour: Flavour) -> None:
        self._strict, self._ignores = flavour.strict, flavour.ignores_unknown

    def object(self, value: Json, what: str, fields: Iterable[str]) -> Object:
        """A JSON object that has no field but these."""
        if not isinstance(value, dict):
            raise ApiError("bad_shape", f"Cannot deserialize value of type `{what}` from {_found(value)}")
        if not self._ignores:
            for name in value:
                if name not in fields:
                    raise ApiError("unknown_field", name)
        return value

    def entries(self, value: Object, name: str, fields: Iterable[str], what: str = "ArrayList") -> list[Object] | None:
        """The objects of the list in a field; None when the field is missing or null."""
        listed = value.get(name)
        if listed is None and not (self._strict and name in value):
            return None
        if not isinstance(listed, list):
            raise ApiError("bad_shape", f"Cannot deserialize value of type `{what}` from {_found(listed)}")
        return [self.object(entry, what, fields) for entry in listed]

    def text(self, value: Object, name: str) -> str | None:
        """A string; numbers and booleans may be taken as their text."""
        found = value.get(name)
        if found is not None and not isinstance(found, str):
            if self._strict or not isinstance(found, bool | int | float):
                raise ApiError("bad_shape", f"Cannot deserialize value of type `String` from {_found(found)}")
            return str(found).lower() if isinstance(found, bool) else str(found)
        return found

    def number(self, value: Object, name: str) -> int | None:
        """An integer; numeric strings and floats may be taken too."""
        found = value.get(name)
        if found is None or (isinstance(found, int) and not isinstance(found, bool)):
            return found
        if not self._strict and isinstance(found, str | float):
            try:
                return int(found)
            except (ValueError, OverflowError) as error:
                raise ApiError("bad_shape", f"Cannot deserialize value of type `long`: {found!r}") from error
        raise ApiError("bad_shape", f"Cannot deserialize value of type `long` from {_found(found)}")

    def needed(self, value: Object, name: str) -> int:
        """A number that must be there, where the flavour insists; else 0 stands for it."""
        found = self.number(value, name)
        if found is None and self._ignores:
            raise ApiError("missing", name)
        if found is None and self._strict:
            raise ApiError("bad_shape", f"{name} is missing")
        return found or 0

    def partition(self, entry: Object) -> TopicPartition:
        """The partition an entry names completely."""
        topic, partition = self.text(entry, "topic"), self.number(entry, "partition")
        if topic is None:
            raise ApiError("missing_topic" if self._strict else "missing", "topic")
        if partition is None:
            raise ApiError("missing", "partition")
        return TopicPartition(topic, partition)


def _found(value: Json) -> str:
    if isinstance(value, dict):
        return "Object value (token `JsonToken.START_OBJECT`)"
    if isinstance(value, list):
        return "Array value (token `JsonToken.START_ARRAY`)"
    if isinstance(value, str):
        return "String value (token `JsonToken.VALUE_STRING`)"
    return "Boolean value" if isinstance(value, bool) else "Null value" if value is None else "Number value"
