"""JSON under a JSON Schema."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

pytest.importorskip("jsonschema_rs")

from ktui.server.javajson import NotJson
from ktui.server.schemas.codec import Source, framed
from ktui.server.schemas.errors import BadSchema, Misfit
from ktui.server.schemas.jsonschema import JsonSchemaCodec

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}, "tags": {"items": {"type": "string"}}}}


def codec(schema: Any, *references: tuple[str, str]) -> JsonSchemaCodec:
    return JsonSchemaCodec(Source(7, "JSON", json.dumps(schema), references))


def test_a_value_comes_back_exactly() -> None:
    value = {"n": 12345678901234567890123, "x": 1.5, "tags": ["ü"]}
    stored = codec(SCHEMA).encode(value)
    assert stored == '{"n":12345678901234567890123,"x":1.5,"tags":["ü"]}'.encode()
    assert codec(SCHEMA).decode(framed(7, stored)) == stored


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"n": "x"}, 'n: "x" is not of type "integer"'),
        ({"tags": ["a", 3]}, r'tags\[1\]: 3 is not of type "string"'),
        (5, '5 is not of type "object"'),
    ],
)
def test_what_is_not_valid_is_told_with_its_place(value: Any, complaint: str) -> None:
    with pytest.raises(Misfit, match=complaint):
        codec(SCHEMA).encode(value)


def test_what_is_stored_is_shown_valid_or_not() -> None:
    assert codec(SCHEMA).decode(framed(7, b'{"n": "x"}')) == b'{"n":"x"}'


@pytest.mark.parametrize("data", [b"", b"{", b"1 2", b"\xff"])
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises((NotJson, UnicodeDecodeError)):
        codec(SCHEMA).decode(framed(7, data))


def test_references() -> None:
    referred = {"type": "integer"}
    outer = {"properties": {"a": {"$ref": "other.json"}}}
    found = codec(outer, ("other.json", json.dumps(referred)))
    with pytest.raises(Misfit):
        found.encode({"a": "x"})


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/x.json", "file:///etc/hostname", "other.json"])
def test_nothing_is_fetched(where: str) -> None:
    with pytest.raises(BadSchema, match="not among the references"):
        codec({"$ref": where})


def test_patterns_do_not_run_away() -> None:
    begin = time.monotonic()
    for pattern in ("^(a+)+$", "^(?=(a+)+$)b", r"^(a+)+\1$"):
        with pytest.raises(Misfit):
            codec({"pattern": pattern}).encode("a" * 40 + "b")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("text", ["", "{", '{"type":"bogus"}', "5"])
def test_what_is_no_schema(text: str) -> None:
    with pytest.raises(BadSchema):
        JsonSchemaCodec(Source(7, "JSON", text))
