"""A schema registry, by confluent-kafka's client for it. The only module here that knows that client.

It takes half a second to import (its OAuth brings a whole library of cryptography along), so that is done in a thread
when the first schema is wanted.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ktui.server.schemas.codec import Source
from ktui.server.schemas.errors import BadSchema, NoSchema, SchemaError, Unreachable, said
from ktui.server.schemas.settings import MISSING

_SETTINGS: Mapping[str, object] = {"timeout": 5, "max.retries": 1, "retries.wait.ms": 200, "retries.max.wait.ms": 500}
_PATIENCE = 5
"""Seconds, retries included. Then a record without its schema is an error: a read does not wait for a registry."""
_MOST_REFERENCES = 200
_UNPROCESSABLE = (409, 422)
"""The registry says that a schema is none, or does not go with the earlier ones of its subject."""


class Registry:
    """What is asked of a schema registry. Used by one event loop."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._settings = {**_SETTINGS, **settings}
        self._clients: dict[bool, asyncio.Future[Any]] = {}

    async def source(self, number: int, *, compiled: bool = False) -> Source:
        """A schema by its id; `compiled` for protobuf. NoSchema, Unreachable."""
        client = await self._client(compiled)
        async with _asking(f"schema {number}"):
            found = await client.get_schema(number, fmt="serialized" if compiled else None)
            references: dict[str, str] = {}
            await self._refer(client, found, references, compiled)
        rules = found.rule_set and (found.rule_set.domain_rules or getattr(found.rule_set, "encoding_rules", None))
        return Source(
            number, found.schema_type or "AVRO", found.schema_str or "", tuple(references.items()), bool(rules)
        )

    async def _refer(self, client: Any, schema: Any, known: dict[str, str], compiled: bool) -> None:
        """Collect what a schema refers to, depth first."""
        for reference in schema.references or ():
            if reference.name in known:
                continue
            if len(known) >= _MOST_REFERENCES:
                raise BadSchema(f"more than {_MOST_REFERENCES} schemas behind this one")
            known[reference.name] = ""  # a circle ends here
            fmt = "serialized" if compiled else None
            found = await client.get_version(reference.subject, reference.version, deleted=True, fmt=fmt)
            await self._refer(client, found.schema, known, compiled)
            del known[reference.name]
            known[reference.name] = found.schema.schema_str

    async def version(self, subject: str, version: int | None = None) -> tuple[int, str]:
        """Id and kind of a version of a subject, or of its last one. NoSchema, Unreachable."""
        client = await self._client(False)
        async with _asking(f"subject {subject}"):
            found = await client.get_version(subject, "latest" if version is None else version)
        return found.schema_id, found.schema.schema_type or "AVRO"

    async def version_of(self, subject: str, number: int) -> int | None:
        """Which version of a subject a schema is; None when it is none. NoSchema, Unreachable."""
        client = await self._client(False)
        async with _asking(f"schema {number}"):
            known = await client.get_schema_versions(number)
        return next((each.version for each in known if each.subject == subject), None)

    async def register(self, subject: str, kind: str, text: str) -> int:
        """The id of a schema in a subject; it is put there if it is not there yet. BadSchema, NoSchema, Unreachable."""
        client = await self._client(False)
        schema = importlib.import_module("confluent_kafka.schema_registry").Schema(text, kind)
        async with _asking(f"subject {subject}"):
            try:
                return int((await client.lookup_schema(subject, schema)).schema_id)
            except _errors() as error:
                if error.http_status_code != 404:
                    raise
                return int(await client.register_schema(subject, schema))

    async def _client(self, compiled: bool) -> Any:
        """The client; another one for compiled schemas, since it keeps schemas by their ids alone."""
        if compiled not in self._clients:
            self._clients[compiled] = asyncio.ensure_future(asyncio.to_thread(self._made))
        made = self._clients[compiled]
        try:
            return await asyncio.shield(made)
        except ImportError as error:
            raise NoSchema(MISSING) from error
        except (ValueError, OSError) as error:  # an unknown setting, a file of certificates
            del self._clients[compiled]
            raise NoSchema(f"the settings of the schema registry: {error}") from error

    def _made(self) -> Any:
        module = importlib.import_module("confluent_kafka.schema_registry")
        return module.AsyncSchemaRegistryClient(self._settings)

    async def aclose(self) -> None:
        """Close the connections."""
        for made in self._clients.values():
            if not made.done():
                await asyncio.wait([made])
            if not made.cancelled() and made.exception() is None:
                await made.result().aclose()
        self._clients.clear()


def _errors() -> Any:
    return importlib.import_module("confluent_kafka.schema_registry").SchemaRegistryError


@asynccontextmanager
async def _asking(what: str) -> AsyncIterator[None]:
    """A time limit for what is asked, and the client's errors as ours."""
    try:
        async with asyncio.timeout(_PATIENCE):
            yield
    except TimeoutError:
        raise Unreachable(f"the schema registry does not answer within {_PATIENCE} s") from None
    except SchemaError:
        raise
    except Exception as error:
        raise _translated(what, error) from error


def _translated(what: str, error: Exception) -> SchemaError:
    if not isinstance(error, _errors()):  # of the connection, or an answer that is not the API's
        return Unreachable(f"the schema registry does not answer: {said(error)}")
    status, message = getattr(error, "http_status_code", 0), str(getattr(error, "error_message", error))[:300]
    if status == 404:
        return NoSchema(f"the schema registry does not know {what}: {message}")
    if status in _UNPROCESSABLE:
        return BadSchema(f"the schema registry refuses it ({status}): {message}")
    if status in (401, 403):
        return NoSchema(f"the schema registry refuses us ({status}): {message}")
    return Unreachable(f"the schema registry answers {status}: {message}")
