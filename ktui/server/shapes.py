"""Request bodies: JSON objects whose known fields are checked and converted the way Jackson does."""

from __future__ import annotations

from collections.abc import Iterable

from ktui.model import TopicPartition
from ktui.server import errors
from ktui.server.javajson import Json, NotJson, parse

Object = dict[str, Json]


def body(data: bytes) -> Json:
    """The JSON value of a body; None when there is none."""
    if not data.strip():
        return None
    try:
        return parse(data)
    except NotJson as error:
        raise errors.bad_body(str(error)) from error


def check_object(value: Json, what: str, fields: Iterable[str]) -> Object:
    """A JSON object that has no field but these."""
    if not isinstance(value, dict):
        raise errors.bad_body(f"Cannot deserialize value of type `{what}` from {_found(value)}")
    for name in value:
        if name not in fields:
            raise errors.unknown_field(name)
    return value


def entries(value: Object, name: str, fields: Iterable[str], what: str = "ArrayList") -> list[Object] | None:
    """The objects of the list in a field; None when the field is missing or null."""
    listed = value.get(name)
    if listed is None:
        return None
    if not isinstance(listed, list):
        raise errors.bad_body(f"Cannot deserialize value of type `{what}` from {_found(listed)}")
    return [check_object(entry, what, fields) for entry in listed]


def text(value: Object, name: str) -> str | None:
    """A string; numbers and booleans are taken as their text."""
    found = value.get(name)
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int | float):
        return str(found)
    if found is not None and not isinstance(found, str):
        raise errors.bad_body(f"Cannot deserialize value of type `String` from {_kind(found)} value")
    return found


def number(value: Object, name: str) -> int | None:
    """An integer; numeric strings and floats are taken too."""
    found = value.get(name)
    if found is None:
        return None
    try:
        if isinstance(found, str):
            return int(found)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return int(found)
    except (ValueError, OverflowError) as error:
        raise errors.bad_body(f"Cannot deserialize value of type `long` from {_kind(found)}: {found!r}") from error
    raise errors.bad_body(f"Cannot deserialize value of type `long` from {_kind(found)} value")


def topic_partition(entry: Object) -> TopicPartition:
    """The partition an entry names; C fails on one that is not complete."""
    topic, partition = text(entry, "topic"), number(entry, "partition")
    if topic is None or partition is None:
        raise errors.internal()
    return TopicPartition(topic, partition)


def _kind(value: Json) -> str:
    if isinstance(value, dict):
        return "Object"
    if isinstance(value, list):
        return "Array"
    return "String" if isinstance(value, str) else "Boolean" if isinstance(value, bool) else "Number"


def _found(value: Json) -> str:
    kind = _kind(value)
    token = {"Object": "START_OBJECT", "Array": "START_ARRAY", "String": "VALUE_STRING"}.get(kind)
    return f"{kind} value (token `JsonToken.{token}`)" if token else f"{kind} value"
