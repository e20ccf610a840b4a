"""Keys and values of v3 records that are written by a schema of the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ktui.server.by_schema import told
from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.schemas.schemas import Schemas, Writer
from ktui.server.shapes import Object, Shapes

FIELDS = ("subject", "subject_name_strategy", "schema", "schema_id", "schema_version")
TYPES = ("AVRO", "JSONSCHEMA", "PROTOBUF")


class Named(NamedTuple):
    """A schema as a request names it."""

    kind: str | None
    subject: str | None
    strategy: str | None
    text: str | None
    number: int | None
    version: int | None


class Unwritten(NamedTuple):
    """A key or a value whose schema is not looked at yet."""

    schema: Named
    data: Json


class Part(NamedTuple):
    """A key or a value with what the request called it."""

    kind: str
    data: bytes | None
    schema: Mapping[str, object] = {}
    """Subject, id and version, as the report tells them."""

    @property
    def size(self) -> int:
        """Its bytes as the report counts them."""
        return -1 if self.data is None else len(self.data)


def unwritten(shapes: Shapes, part: Object, kind: str | None) -> Unwritten:
    """A part of a request."""
    text, number = shapes.text, shapes.number
    named = Named(
        kind,
        text(part, "subject"),
        text(part, "subject_name_strategy"),
        text(part, "schema"),
        number(part, "schema_id"),
        number(part, "schema_version"),
    )
    return Unwritten(named, part.get("data"))


def _check(named: Named) -> None:
    """ApiError for a combination that C does not allow."""
    if named.strategy not in (None, "TOPIC_NAME"):
        wrong = f"subject_name_strategy={named.strategy} is not known here: give the 'subject' itself."
    elif named.strategy and named.subject:
        wrong = "Only one of 'subject_name_strategy' or 'subject' can be used."
    elif sum(each is not None for each in (named.text, named.number, named.version)) > 1:
        wrong = "Only one of 'schema_id', 'schema_version' or 'schema' can be used."
    elif (named.kind is None) == (named.text is not None):
        wrong = "A 'schema' needs a 'type' beside it, and such a 'type' a 'schema'."
    else:
        return
    raise ApiError("bad_shape", wrong)


class _Had(NamedTuple):
    """A schema that could be had."""

    schemas: Schemas
    writer: Writer
    shown: Mapping[str, object]


class Writing:
    """Writes the parts of one request. A schema that cannot be had is asked for once."""

    def __init__(self, schemas: Schemas | None, topic: str) -> None:
        self._schemas, self._topic = schemas, topic
        self._found: dict[tuple[str, Named], _Had | ApiError] = {}

    async def written(self, side: str, part: Part | Unwritten | None) -> Part | None:
        """The part itself, or what becomes of it by its schema. ApiError."""
        if not isinstance(part, Unwritten):
            return part
        found = await self._had(side, part.schema)
        with told():
            [data] = await found.schemas.encode(found.writer, [part.data])
        return Part(found.writer.data_format.upper(), data, found.shown)

    async def _had(self, side: str, named: Named) -> _Had:
        if (side, named) not in self._found:
            try:
                self._found[side, named] = await self._asked(side, named)
            except ApiError as error:
                self._found[side, named] = error
        found = self._found[side, named]
        if isinstance(found, ApiError):
            raise found
        return found

    async def _asked(self, side: str, named: Named) -> _Had:
        if self._schemas is None:
            raise ApiError("no_schemas", "Schema Registry must be configured when using schemas.")
        _check(named)
        subject, kind = named.subject or f"{self._topic}-{side}", named.kind.lower() if named.kind else None
        with told():
            writer = await self._schemas.writer(
                kind, subject, text=named.text, number=named.number, version=named.version
            )
        version = await self._schemas.version_of(subject, writer.id)
        return _Had(self._schemas, writer, {"subject": subject, "schema_id": writer.id, "schema_version": version})
