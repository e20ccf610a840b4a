"""Avro in its JSON encoding: held against fastavro's own writer of it, and against what wears a reader down."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

fastavro = pytest.importorskip("fastavro")
from fastavro import utils  # noqa: E402

from ktui.server.schemas.avro import AvroCodec  # noqa: E402
from ktui.server.schemas.codec import Source, framed  # noqa: E402
from ktui.server.schemas.errors import BadSchema, Misfit  # noqa: E402

FIXED = {"type": "fixed", "name": "Hash", "size": 2}
FIELDS: dict[str, Any] = {
    "id": "long",
    "small": "int",
    "price": "double",
    "flag": "boolean",
    "raw": "bytes",
    "hash": FIXED,
    "kind": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]},
    "note": ["null", "string"],
    "any": ["null", "int", "string", "acme.Kind", "acme.Hash", {"type": "array", "items": ["null", "acme.Kind"]}],
    "tags": {"type": "map", "values": {"type": "array", "items": "string"}},
}
RECORD = {
    "type": "record",
    "name": "Order",
    "namespace": "acme",
    "fields": [{"name": name, "type": kind} for name, kind in FIELDS.items()],
}
LIST = {"type": "record", "name": "Link", "fields": [{"name": "next", "type": ["null", "Link"]}]}


def codec(schema: Any, *references: tuple[str, str]) -> AvroCodec:
    return AvroCodec(Source(7, "AVRO", json.dumps(schema), references))


def shown(schema: Any, data: bytes) -> Any:
    return json.loads(codec(schema).decode(framed(7, data)))


def written(schema: Any, value: Any) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return stream.getvalue()


@pytest.mark.parametrize(
    "schema", [RECORD, "string", "bytes", ["null", "long", FIXED], {"type": "map", "values": ["null", "double"]}]
)
def test_it_is_the_encoding_that_fastavro_writes(schema: Any) -> None:
    for value in utils.generate_many(fastavro.parse_schema(schema), 20):
        text = io.StringIO()
        fastavro.json_writer(text, fastavro.parse_schema(schema), [value])
        found = shown(schema, written(schema, value))
        assert found == json.loads(text.getvalue())
        assert codec(schema).encode(found) == written(schema, value)


def test_numbers_are_exact_and_times_are_numbers() -> None:
    fields = {"id": "long", "f": "float", "d": "double", "at": {"type": "long", "logicalType": "timestamp-millis"}}
    schema = {**RECORD, "fields": [{"name": name, "type": kind} for name, kind in fields.items()]}
    data = codec(schema).encode({"id": 2**63 - 1, "f": 0.1, "d": "-Infinity", "at": 1700000000123})
    assert codec(schema).decode(framed(7, data)) == (
        b'{"id":9223372036854775807,"f":0.1,"d":"-Infinity","at":1700000000123}'
    )


def test_a_decimal_is_its_bytes() -> None:
    schema = {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}
    assert shown(schema, codec(schema).encode("\x04\xd2")) == "\x04\xd2"


def test_the_branch_of_a_union_is_the_one_that_was_named() -> None:
    schema = ["int", "long", "float", "double"]
    for value in ({"int": 1}, {"long": 1}, {"float": 1.0}, {"double": 1.0}):
        assert shown(schema, codec(schema).encode(value)) == value


def test_what_is_missing_is_the_default() -> None:
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "n", "type": ["null", "int"], "default": None}]}
    fields = [
        {"name": "kind", "type": "string", "default": "new"},
        {"name": "raw", "type": "bytes", "default": "\u00ff"},
        {"name": "of", "type": ["string", "null"], "default": "x"},
        {"name": "inner", "type": inner, "default": {"n": None}},
    ]
    schema = {"type": "record", "name": "Outer", "fields": fields}
    assert shown(schema, codec(schema).encode({})) == {
        "kind": "new",
        "raw": "\u00ff",
        "of": {"string": "x"},
        "inner": {"n": None},
    }


@pytest.mark.parametrize(
    ("kind", "value", "complaint"),
    [
        ("long", 2**63, "x: wanted long, found 9223372036854775808"),
        ("int", True, "x: wanted int, found true"),
        ("float", 1e39, "x: wanted float, found 1e+39"),
        ("string", 5, "x: wanted string, found 5"),
        ("string", None, "x: wanted string, found null"),
        (["null", "string"], "a", 'x: wanted a union, written null or {"string": …}, found "a"'),
        ({"type": "array", "items": "int"}, [1, "2"], 'x[1]: wanted int, found "2"'),
        ({"type": "map", "values": "int"}, {"a": []}, "x.a: wanted int, found an array"),
        (FIXED, "abc", 'x: wanted 2 bytes, found "abc"'),
        ("bytes", "\u0100", "x: wanted bytes, as a text of characters up to U+00FF"),
        (FIELDS["kind"], "C", 'x: wanted one of A, B, found "C"'),
        ("int", "\ud800", r'x: wanted int, found "\ud800"'),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(kind: Any, value: Any, complaint: str) -> None:
    schema = {"type": "record", "name": "Any", "fields": [{"name": "x", "type": kind}]}
    with pytest.raises(Misfit) as caught:
        codec(schema).encode({"x": value})
    assert str(caught.value).startswith(complaint)


def test_fields_are_neither_dropped_nor_made_up() -> None:
    schema = {"type": "record", "name": "Any", "fields": [{"name": "x", "type": "int"}]}
    with pytest.raises(Misfit, match="Any has no field y"):
        codec(schema).encode({"x": 1, "y": 2})
    with pytest.raises(Misfit, match="x: missing"):
        codec(schema).encode({})


def test_schemas_that_stand_on_others() -> None:
    referred = {"type": "record", "name": "Ref", "namespace": "b", "fields": [{"name": "q", "type": "int"}]}
    fields = [{"name": "x", "type": "b.Ref"}, {"name": "y", "type": ["null", "b.Ref"]}]
    outer = {"type": "record", "name": "Outer", "namespace": "a", "fields": fields}
    found = codec(outer, ("b.Ref", json.dumps(referred)))
    value = {"x": {"q": 1}, "y": {"b.Ref": {"q": 2}}}
    assert json.loads(found.decode(framed(7, found.encode(value)))) == value
    with pytest.raises(BadSchema, match=r"b\.Ref"):
        codec(outer)


def test_records_inside_themselves() -> None:
    value = {"next": {"Link": {"next": {"Link": {"next": None}}}}}
    assert shown(LIST, codec(LIST).encode(value)) == value


def test_a_record_nested_without_end_is_an_error_and_not_the_end() -> None:
    with pytest.raises(RecursionError):
        codec(LIST).decode(framed(7, b"\2" * 1_000_000))


@pytest.mark.parametrize(
    "items",
    ["null", {"type": "fixed", "name": "None", "size": 0}, {"type": "record", "name": "Empty", "fields": []}],
)
def test_arrays_that_could_be_of_any_length_are_refused(items: Any) -> None:
    with pytest.raises(BadSchema, match="no bytes"):
        codec({"type": "array", "items": items})


@pytest.mark.parametrize("text", ["", "{", "5", "null", '{"type":"bogus"}', '{"type":"record"}', "[" * 5000])
def test_what_is_no_schema_is_told(text: str) -> None:
    with pytest.raises(BadSchema, match="not an Avro schema"):
        AvroCodec(Source(1, "AVRO", text))


def test_schemas_that_double_at_every_step_take_no_time() -> None:
    fields = [{"name": "a", "type": "R59"}, {"name": "b", "type": "R59"}]
    schema: Any = {"type": "record", "name": "R60", "fields": []}
    for level in range(59, -1, -1):
        fields = [{"name": "a", "type": schema}, {"name": "b", "type": f"R{level + 1}"}]
        schema = {"type": "record", "name": f"R{level}", "fields": fields}
    assert codec(schema)
