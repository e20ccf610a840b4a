"""Protobuf without generated classes, by the compiled form that a registry gives."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

pytest.importorskip("google.protobuf")
from google.protobuf import descriptor_pb2, struct_pb2, timestamp_pb2, wrappers_pb2

from ktui.server.schemas.codec import Source, framed
from ktui.server.schemas.errors import BadSchema, Misfit
from ktui.server.schemas.protobuf import ProtobufCodec

Field = descriptor_pb2.FieldDescriptorProto


def field(name: str, number: int, kind: int, type_name: str | None = None, repeated: bool = False) -> Field:
    label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
    return Field(name=name, number=number, type=kind, type_name=type_name, label=label)


def order() -> descriptor_pb2.FileDescriptorProto:
    """What a compiler makes of a file with two messages, one of them with one inside."""
    file = descriptor_pb2.FileDescriptorProto(name="order.proto", package="acme", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="Order")
    message.field.extend(
        [
            field("order_id", 1, Field.TYPE_INT64),
            field("price", 2, Field.TYPE_DOUBLE),
            field("weight", 3, Field.TYPE_FLOAT),
            field("raw_bytes", 4, Field.TYPE_BYTES),
            field("made_at", 5, Field.TYPE_MESSAGE, ".google.protobuf.Timestamp"),
            field("lines", 6, Field.TYPE_MESSAGE, ".acme.Order.Line", repeated=True),
        ]
    )
    message.nested_type.add(name="Line").field.append(field("text", 1, Field.TYPE_STRING))
    file.message_type.add(name="Other").field.append(field("count", 1, Field.TYPE_UINT32))
    return file


def compiled(file: descriptor_pb2.FileDescriptorProto) -> str:
    return base64.b64encode(file.SerializeToString()).decode()


def codec(file: descriptor_pb2.FileDescriptorProto, *references: tuple[str, str]) -> ProtobufCodec:
    return ProtobufCodec(Source(7, "PROTOBUF", compiled(file), references))


def shown(data: bytes, file: descriptor_pb2.FileDescriptorProto | None = None) -> Any:
    return json.loads(codec(file or order()).decode(framed(7, data)))


def test_a_message_comes_back_as_it_was_sent() -> None:
    value = {
        "orderId": "9223372036854775807",
        "price": 0.1,
        "weight": 0.1,
        "rawBytes": "AP8=",
        "madeAt": "2024-05-01T10:00:00Z",
        "lines": [{"text": "a"}, {"text": "ü"}],
    }
    assert shown(codec(order()).encode(value)) == value


def test_names_may_be_those_of_the_schema_and_numbers_be_numbers() -> None:
    assert shown(codec(order()).encode({"order_id": 5}))["orderId"] == "5"


def test_it_is_what_generated_classes_write() -> None:
    stamp = timestamp_pb2.Timestamp(seconds=1714557600, nanos=5)
    file = descriptor_pb2.FileDescriptorProto.FromString(timestamp_pb2.DESCRIPTOR.serialized_pb)
    assert shown(b"\0" + stamp.SerializeToString(), file) == "2024-05-01T10:00:00.000000005Z"
    assert codec(file).encode("2024-05-01T10:00:00.000000005Z") == b"\0" + stamp.SerializeToString()


def test_the_indexes_say_which_message_it_is() -> None:
    other = b"\2\2" + b"\x08\x05"  # one index: 1
    assert shown(other) == {"count": 5}
    line = b"\4\0\0" + b"\x0a\x01x"  # two: 0, and 0 inside it
    assert shown(line) == {"text": "x"}
    assert shown(b"\2\0" + b"\x08\x05")["orderId"] == "5"


def test_what_is_not_set_is_shown_where_it_has_a_default() -> None:
    assert shown(b"\0") == {"orderId": "0", "price": 0.0, "weight": 0.0, "rawBytes": "", "lines": []}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "cut off"),
        (b"\x80", "cut off"),
        (b"\xff" * 20, "cut off"),
        (b"\2\x08", "no message"),
        (b"\2\1", "no message"),
        (b"\x80\x01", "64 indexes"),
        (b"\1", "-1 indexes"),
    ],
)
def test_indexes_that_are_none(data: bytes, complaint: str) -> None:
    with pytest.raises(Misfit, match=complaint):
        codec(order()).decode(framed(7, data))


@pytest.mark.parametrize("value", [{"nothing": 1}, {"orderId": "x"}, {"orderId": 2**64}, 5, [], "x", {"lines": 3}])
def test_what_does_not_fit(value: Any) -> None:
    with pytest.raises(Misfit):
        codec(order()).encode(value)


def test_files_that_import_others() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="outer.proto", syntax="proto3", dependency=["acme/order.proto"])
    file.message_type.add(name="Outer").field.append(field("inner", 1, Field.TYPE_MESSAGE, ".acme.Other"))
    found = codec(file, ("acme/order.proto", compiled(order())))
    assert json.loads(found.decode(framed(7, found.encode({"inner": {"count": 3}})))) == {"inner": {"count": 3}}
    with pytest.raises(BadSchema, match=r"acme/order\.proto"):
        codec(file)


@pytest.mark.parametrize("known", [struct_pb2, wrappers_pb2])
def test_what_every_compiler_brings_along_need_not_be_registered(known: Any) -> None:
    file = descriptor_pb2.FileDescriptorProto(name="x.proto", syntax="proto3", dependency=[known.DESCRIPTOR.name])
    inner = next(iter(known.DESCRIPTOR.message_types_by_name))
    file.message_type.add(name="X").field.append(field("v", 1, Field.TYPE_MESSAGE, f".google.protobuf.{inner}"))
    assert codec(file)


def test_a_circle_of_imports_ends() -> None:
    one = descriptor_pb2.FileDescriptorProto(name="one.proto", syntax="proto3", dependency=["two.proto"])
    one.message_type.add(name="One")
    two = descriptor_pb2.FileDescriptorProto(name="two.proto", syntax="proto3", dependency=["one.proto"])
    with pytest.raises(BadSchema):
        codec(one, ("two.proto", compiled(two)))


@pytest.mark.parametrize("text", ["", 'syntax = "proto3"; message A {}', "AAAA", "/////w=="])
def test_what_is_no_compiled_schema(text: str) -> None:
    with pytest.raises(BadSchema):
        ProtobufCodec(Source(7, "PROTOBUF", text))


def test_a_message_nested_without_end_is_an_error() -> None:
    file = descriptor_pb2.FileDescriptorProto(name="l.proto", syntax="proto3")
    file.message_type.add(name="L").field.append(field("next", 1, Field.TYPE_MESSAGE, ".L"))
    data = b""
    for _ in range(5000):
        size = len(data)
        data = b"\x0a" + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7])) + data
    with pytest.raises(Exception, match=r"(?i)pars|recurs|depth"):
        codec(file).decode(framed(7, b"\0" + data))
