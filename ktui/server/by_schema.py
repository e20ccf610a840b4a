"""Keys and values to be written by a schema, with the words that requests about them are answered with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.schemas.errors import BadSchema, Misfit, SchemaError
from ktui.server.schemas.schemas import Schemas


class Side(NamedTuple):
    """The keys of a request, or its values."""

    name: str
    """`key` or `value`."""
    schema: str | None
    schema_id: int | None
    parts: Sequence[Json]


class Encoded(NamedTuple):
    """The same as they are stored."""

    schema_id: int | None
    parts: Sequence[bytes | None]


async def encoded(schemas: Schemas, data_format: str, topic: str, side: Side) -> Encoded:
    """Write all parts of a side by the schema that it names. ApiError."""
    if side.schema is not None and side.schema_id is not None:
        raise ApiError("bad_shape", f"Either {side.name}_schema or {side.name}_schema_id, not both")
    if side.schema is None and side.schema_id is None:
        if any(part is not None for part in side.parts):
            raise ApiError(f"no_{side.name}_schema")
        return Encoded(None, [None] * len(side.parts))
    with told():
        subject = f"{topic}-{side.name}"
        writer = await schemas.writer(data_format, subject, text=side.schema, number=side.schema_id)
        return Encoded(writer.id, await schemas.encode(writer, side.parts))


@contextmanager
def told() -> Iterator[None]:
    """Errors of schemas as those of a request."""
    try:
        yield
    except SchemaError as error:
        kind = "misfit" if isinstance(error, Misfit) else "bad_schema" if isinstance(error, BadSchema) else "no_schema"
        raise ApiError(kind, error) from error
