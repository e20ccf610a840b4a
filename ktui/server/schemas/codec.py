"""What every format has: a codec for one schema, and the five bytes before the data that name the schema."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

from ktui.server.schemas.errors import NoSchema

Json = Any
START = 5
"""Where the data begins: after a zero byte and the id of the schema, big-endian."""
_ID = struct.Struct(">bI")


@dataclass(frozen=True)
class Source:
    """A schema as the registry gives it."""

    id: int
    kind: str
    """AVRO, JSON or PROTOBUF."""
    text: str
    """Of protobuf: the serialized FileDescriptorProto in base64."""
    references: tuple[tuple[str, str], ...] = ()
    """Name and text of every schema that this one stands on, each after those that it stands on itself."""
    guarded: bool = False
    """It has rules that writing must carry out, such as encrypting fields."""


class Codec(Protocol):
    """Reads and writes data of one schema. Safe in threads."""

    def decode(self, data: bytes) -> bytes:
        """The JSON text of data with its first five bytes. Misfit, or whatever the library raises."""

    def encode(self, value: Json) -> bytes:
        """Data without its first five bytes. Misfit, or whatever the library raises."""


def schema_id(data: bytes) -> int:
    """The schema that data names. NoSchema when it names none."""
    if len(data) < START or data[0]:
        raise NoSchema("it carries no schema id: a zero byte and four bytes of id come first in this format")
    return int(_ID.unpack_from(data)[1])


def framed(number: int, data: bytes) -> bytes:
    """Data with the id of its schema before it."""
    return _ID.pack(0, number) + data
