"""Protobuf in its JSON mapping, as Confluent's proxy shows it: names in camel case, 64-bit numbers as texts.

There are no generated classes: the registry gives the compiled form of a schema (a FileDescriptorProto, by its
`format=serialized`), and protobuf's own descriptor pool makes the classes from it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message, message_factory

from ktui.server.schemas.codec import START, Json, Source
from ktui.server.schemas.errors import BadSchema, Misfit

_KNOWN = ("any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp",
          "type", "wrappers")  # fmt: skip
"""Files that every protobuf compiler brings along, under google/protobuf/."""
_CONFLUENT = {
    "confluent/meta.proto": "confluent_kafka.schema_registry.confluent.meta_pb2",
    "confluent/type/decimal.proto": "confluent_kafka.schema_registry.confluent.type.decimal_pb2",
    "confluent/type/variant.proto": "confluent_kafka.schema_registry.confluent.type.variant_pb2",
}
"""Files that the registry brings along."""
_DEEPEST = 32
"""Levels of messages inside messages that the indexes before the data may name."""


class ProtobufCodec:
    """Reads any message of one schema, and writes the first. BadSchema when it is none."""

    def __init__(self, source: Source) -> None:
        self._pool = descriptor_pool.DescriptorPool()
        self._classes: dict[tuple[int, ...], type[message.Message]] = {}
        others = {name: _file(text) for name, text in source.references}
        for name, other in others.items():
            other.name = name  # by which it is imported, whatever the registry calls it
        self._file = _file(source.text)
        self._added: set[str] = set()
        try:
            self._add(self._file, others)
        except (TypeError, KeyError, RecursionError) as error:
            raise BadSchema(f"not a protobuf schema: {error}") from error
        if not self._file.message_type:
            raise BadSchema("a protobuf schema without a message")

    def _add(self, file: descriptor_pb2.FileDescriptorProto, others: dict[str, Any]) -> None:
        """Put a file into the pool after those that it imports."""
        self._added.add(file.name)
        for name in file.dependency:
            if name not in self._added:
                self._add(others.get(name) or _brought_along(name), others)
        self._pool.AddSerializedFile(file.SerializeToString())

    def decode(self, data: bytes) -> bytes:
        indexes, start = _indexes(data, START)
        found = self._class(indexes).FromString(data[start:])
        shown = json_format.MessageToDict(found, always_print_fields_with_no_presence=True, descriptor_pool=self._pool)
        return msgspec.json.encode(shown)

    def encode(self, value: Json) -> bytes:
        first = self._class((0,))
        if not isinstance(value, dict) and self._file.package != "google.protobuf":
            raise Misfit(f"it is not an object, as {first.DESCRIPTOR.full_name} wants it")
        try:
            made = json_format.ParseDict(value, first(), descriptor_pool=self._pool)
            data: bytes = made.SerializeToString(deterministic=True)
        except (json_format.ParseError, message.EncodeError, AttributeError, TypeError, ValueError) as error:
            raise Misfit(f"{error}") from error
        return b"\0" + data  # 0: the first message, in short

    def _class(self, indexes: tuple[int, ...]) -> type[message.Message]:
        """The class of a message, by its place among those of the file and then inside each other."""
        if indexes not in self._classes:
            messages, names = self._file.message_type, [self._file.package] if self._file.package else []
            for index in indexes:
                if index >= len(messages):
                    raise Misfit(f"the schema has no message {list(indexes)}")
                names.append(messages[index].name)
                messages = messages[index].nested_type
            descriptor = self._pool.FindMessageTypeByName(".".join(names))
            self._classes[indexes] = message_factory.GetMessageClass(descriptor)
        return self._classes[indexes]


def _file(text: str) -> descriptor_pb2.FileDescriptorProto:
    try:
        return descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(text, validate=True))
    except (ValueError, message.DecodeError) as error:
        raise BadSchema(
            "the registry gives this protobuf schema as text only, and not compiled (format=serialized), as it is "
            "needed here"
        ) from error


def _brought_along(name: str) -> descriptor_pb2.FileDescriptorProto:
    plain = name.removeprefix("google/protobuf/").removesuffix(".proto")
    module = f"google.protobuf.{plain}_pb2" if plain in _KNOWN else _CONFLUENT.get(name)
    if module is None:
        raise BadSchema(f"{name} is imported, and not among the references of the schema")
    return descriptor_pb2.FileDescriptorProto.FromString(import_module(module).DESCRIPTOR.serialized_pb)


def _indexes(data: bytes, start: int) -> tuple[tuple[int, ...], int]:
    """Which message it is, and where it begins. A zero alone means the first."""
    numbers = _numbers(data, start)
    size, end = next(numbers)
    if size == 0:
        return (0,), end
    if not 0 < size <= _DEEPEST:
        raise Misfit(f"{size} indexes of a message before the data")
    indexes = []
    for _ in range(size):
        index, end = next(numbers)
        indexes.append(index)
    if min(indexes) < 0:
        raise Misfit(f"the schema has no message {indexes}")
    return tuple(indexes), end


def _numbers(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Zigzag numbers from there on, each with where it ends."""
    while True:
        number = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise Misfit("the index of the message before the data is cut off")
            number |= (data[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 0x80:
                break
        yield number >> 1 ^ -(number & 1), at
