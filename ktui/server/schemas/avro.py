"""Avro, shown in Avro's own JSON encoding as Confluent's proxy does: a union as {"string": "x"}, bytes as Latin-1 text.

fastavro reads and writes. Its own JSON encoding costs ten times the reading itself (188 µs to 17 for six fields), so a
schema is rewritten before it is read by: a branch of a union becomes a record with one field, named as the branch,
which has the same bytes and comes out as the encoding wants it.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import fastavro
import msgspec
from fastavro import _read_py, read, repository, schema

from ktui.server.javajson import parse
from ktui.server.schemas.avro_fit import Fitter
from ktui.server.schemas.avro_names import Schema, definitions, label, recursive, takes_nothing
from ktui.server.schemas.codec import START, Json, Source
from ktui.server.schemas.errors import BadSchema, said

_TEXT, _NUMBER, _SHORT = "ktui-text", "ktui-number", "ktui-short"
_AS_TEXT = {"bytes": _TEXT, "fixed": _TEXT, "double": _NUMBER, "float": _SHORT}
"""The logical types that values come through when they are read. Those of the schema itself are left out: a time is
shown as the number that it is."""
_ROOT = "$root"  # no name that a schema may have
_EMPTY = BadSchema("an array of items that take no bytes is not read: a few bytes could stand for any number of them")


def _latin(data: bytes, *_: object) -> str:
    return data.decode("latin-1")


def _number(value: float, *_: object) -> float | str:
    """JSON has no infinities; Java writes their names."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _short(value: float, *_: object) -> float | str:
    """The shortest number that is this one in 32 bits, as Java prints it: 0.1, not 0.10000000149011612."""
    if not math.isfinite(value):
        return _number(value)
    return next(short for digits in range(6, 10) if _single(short := float(f"{value:.{digits}g}")) == value)


def _single(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:  # rounded up beyond the largest
        return math.inf


_READERS: Mapping[str, Callable[..., object]] = {
    f"bytes-{_TEXT}": _latin,
    f"fixed-{_TEXT}": _latin,
    f"double-{_NUMBER}": _number,
    f"float-{_SHORT}": _short,
}
read.LOGICAL_READERS.update(_READERS)


class AvroCodec:
    """Reads and writes data of one schema. BadSchema when that is none."""

    def __init__(self, source: Source) -> None:
        try:
            parsed = _parsed(source)
            names = definitions(parsed)
            self._writer = fastavro.parse_schema(_bare(parsed))
            self._reader = fastavro.parse_schema(_Rewriting(names).schema(parsed))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, repository.base.SchemaRepositoryError,
                schema.SchemaParseException, schema.UnknownType) as error:  # fmt: skip
            raise BadSchema(f"not an Avro schema: {said(error)}") from error
        self._fitter = Fitter(names)
        # In C a record nested 100,000 deep, which takes 100 kB, ends the process for want of stack; in Python it is
        # an error like any other, at half the speed.
        self._read = _read_py.schemaless_reader if recursive(names) else fastavro.schemaless_reader

    def decode(self, data: bytes) -> bytes:
        stream = io.BytesIO(data)
        stream.seek(START)
        return msgspec.json.encode(self._read(stream, self._reader, None))

    def encode(self, value: Json) -> bytes:
        stream = io.BytesIO()
        fastavro.schemaless_writer(stream, self._writer, self._fitter.fitted(self._writer, value))
        return stream.getvalue()


class _References(repository.AbstractSchemaRepository):  # type: ignore[misc]
    """Schemas by the name that others call them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def load(self, name: str) -> Schema:
        if name not in self._texts:
            raise repository.base.SchemaRepositoryError(f"{name} is not defined")
        return parse(self._texts[name].encode())


def _parsed(source: Source) -> Schema:
    """The schema with full names, and with what it refers to inside."""
    if not source.references:
        return fastavro.parse_schema(parse(source.text.encode()))
    return schema.load_schema(_ROOT, repo=_References({**dict(source.references), _ROOT: source.text}))


def _bare(found: Schema) -> Schema:
    """A schema without its logical types: bytes stay bytes, a time the number that it is."""
    if isinstance(found, list):
        return [_bare(branch) for branch in found]
    if not isinstance(found, dict):
        return found
    kept = {name: found[name] for name in ("type", "name", "symbols", "size", "default") if name in found}
    for name in ("items", "values"):
        if name in found:
            kept[name] = _bare(found[name])
    if "fields" in found:
        kept["fields"] = [_field(each, _bare(each["type"])) for each in found["fields"]]
    elif not isinstance(kept["type"], str):
        return _bare(kept["type"])
    return kept


def _field(found: Mapping[str, Any], kind: Schema) -> Schema:
    return {"name": found["name"], "type": kind, **({"default": found["default"]} if "default" in found else {})}


class _Rewriting:
    """Makes the schema that data is read by."""

    def __init__(self, names: Mapping[str, Schema]) -> None:
        self._names, self._numbers = names, count(1)

    def schema(self, found: Schema) -> Schema:
        if isinstance(found, list):
            return [self._branch(branch) for branch in found]
        kind = found if isinstance(found, str) else found["type"]
        if not isinstance(kind, str):
            return self.schema(kind)
        if kind in _AS_TEXT:
            named = {name: found[name] for name in ("name", "size") if name in found} if kind == "fixed" else {}
            return {"type": kind, "logicalType": _AS_TEXT[kind], **named}
        if isinstance(found, str) or kind not in ("record", "error", "enum", "array", "map"):
            return kind
        return self._complex(kind, found)

    def _complex(self, kind: str, found: Mapping[str, Any]) -> Schema:
        if kind == "array":
            if takes_nothing(found["items"], self._names):
                raise _EMPTY
            return {"type": kind, "items": self.schema(found["items"])}
        if kind == "map":
            return {"type": kind, "values": self.schema(found["values"])}
        if kind == "enum":
            return {"type": kind, "name": found["name"], "symbols": found["symbols"]}
        fields = [{"name": each["name"], "type": self.schema(each["type"])} for each in found["fields"]]
        return {"type": kind, "name": found["name"], "fields": fields}

    def _branch(self, branch: Schema) -> Schema:
        if branch == "null" or (isinstance(branch, dict) and branch["type"] == "null"):
            return "null"
        name = f"ktui_branch_{next(self._numbers)}"
        return {"type": "record", "name": name, "fields": [{"name": label(branch), "type": self.schema(branch)}]}
