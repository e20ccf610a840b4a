"""JSON under a JSON Schema: written when it is valid, read as it stands.

jsonschema-rs validates: schemas come from clients, and its patterns cannot run away (Python's hold the whole process
for hours over 30 characters). It fetches nothing by itself.
"""

from __future__ import annotations

import jsonschema_rs

from ktui.server.javajson import parse, write
from ktui.server.schemas.codec import START, Json, Source
from ktui.server.schemas.errors import BadSchema, Misfit, said

_BASE = "schema:///"
"""Where a schema stands that does not say it, so that it can refer to others beside it."""
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)


class JsonSchemaCodec:
    """Reads and writes data of one schema. BadSchema when that is none."""

    def __init__(self, source: Source) -> None:
        others = dict(source.references)

        def referred(name: str) -> Json:
            for known in (name, name.removeprefix(_BASE), name.rpartition("/")[2]):
                if known in others:
                    return parse(others[known].encode())
            raise BadSchema(f"{name} is not among the references of the schema")

        try:
            self._validator = jsonschema_rs.validator_for(
                parse(source.text.encode()), base_uri=_BASE, retriever=referred, pattern_options=_PATTERNS
            )
        except (ValueError, TypeError, RecursionError) as error:
            raise BadSchema(f"not a JSON Schema: {_sentence(error)}") from error

    def decode(self, data: bytes) -> bytes:
        return write(parse(data[START:]))

    def encode(self, value: Json) -> bytes:
        try:
            self._validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.instance_path)
            raise Misfit(f"{place.lstrip('.')}: {error.message}" if place else error.message) from error
        return write(value)


def _sentence(error: Exception) -> str:
    return error.message if isinstance(error, jsonschema_rs.ValidationError) else said(error)
