"""Reading and writing by schemas of a registry, off the event loop.

A read is one step into a thread for all its records, after the schemas that are not known yet were asked for.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import import_module
from typing import Generic, NamedTuple, TypeVar

from ktui.server.schemas.codec import Codec, Json, Source, framed, schema_id
from ktui.server.schemas.errors import BadSchema, Misfit, NoSchema, SchemaError, Unreachable, said
from ktui.server.schemas.registry import Registry
from ktui.server.schemas.settings import MISSING

KINDS = {"avro": "AVRO", "jsonschema": "JSON", "protobuf": "PROTOBUF"}
"""What the registry calls each format."""
_CODECS = {"avro": "AvroCodec", "jsonschema": "JsonSchemaCodec", "protobuf": "ProtobufCodec"}
_KEPT = 500
"""Schemas that are kept ready; the one longest unused goes first."""
_AT_ONCE = 8
"""Requests to the registry."""
_UNKNOWN_SECONDS, _DOWN_SECONDS = 10.0, 2.0
"""How long a schema that could not be had is not asked for again, and how long none is while the registry is away."""

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")
Read = bytes | SchemaError | None
"""The JSON text of a key or a value, why there is none, or None for null."""


class Writer(NamedTuple):
    """Writes by one schema."""

    id: int
    codec: Codec
    data_format: str


class Schemas:
    """The schemas of one registry. Used by one event loop."""

    def __init__(self, registry: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._registry, self._clock = registry, clock
        self._ready: Kept[tuple[str, int], tuple[Source, Codec]] = Kept(_KEPT)
        self._failures: Kept[tuple[str, int], tuple[float, SchemaError]] = Kept(_KEPT)
        self._ids: Kept[tuple[str, str, bytes], int] = Kept(_KEPT)
        self._versions: Kept[tuple[str, int], int] = Kept(_KEPT)
        self._down: tuple[float, SchemaError] = 0.0, Unreachable("")
        self._pending: dict[tuple[str, int], asyncio.Task[tuple[Source, Codec]]] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._threads = ThreadPoolExecutor(2, "ktui-schemas")

    async def decode(self, data_format: str, parts: Sequence[bytes | None]) -> list[Read]:
        """The JSON texts of keys or values in their order, each with an error of its own where it has none."""
        wanted = dict.fromkeys(number for part in parts if (number := _named(part)) is not None)
        codecs = await self._codecs(data_format, wanted)
        if all(isinstance(codec, SchemaError) for codec in codecs.values()):
            return _decoded(parts, codecs)  # nothing to do, so no thread for it
        return await self._aside(_decoded, parts, codecs)

    async def writer(
        self, data_format: str | None, subject: str, *, text: str | None = None, number: int | None = None,
        version: int | None = None,
    ) -> Writer:  # fmt: skip
        """What writes by a schema: given as text, which the subject is then to have, or by its id, or by a version of
        the subject, or else the last one there. Only a text needs its format. SchemaError."""
        kind = None
        if text is not None and data_format is not None:
            number = await self._registered(data_format, subject, text)
        if number is None:
            number, kind = await self._registry.version(subject, version)
        elif data_format is None:
            kind = (await self._registry.source(number)).kind
        data_format = data_format or next((name for name, known in KINDS.items() if known == kind), None)
        if data_format is None:
            raise BadSchema(f"schema {number} is {kind}, which is not known here")
        source, codec = await self._have(data_format, number)
        if source.guarded:
            raise BadSchema(f"schema {number} has rules for its data, which are not carried out here")
        return Writer(number, codec, data_format)

    async def version_of(self, subject: str, number: int) -> int | None:
        """Which version of a subject a schema is; None when it is none, or the registry does not say."""
        if (version := self._versions.get((subject, number))) is None:
            try:
                version = await self._registry.version_of(subject, number)
            except SchemaError:
                return None
            if version is not None:
                self._versions.put((subject, number), version)
        return version

    async def encode(self, writer: Writer, values: Sequence[Json]) -> list[bytes | None]:
        """Keys or values as they are stored; null is null. Misfit names the first that does not fit, from 0."""
        return await self._aside(_encoded, writer, values)

    async def aclose(self) -> None:
        """Give up what is under way, and leave the registry."""
        for task in tuple(self._pending.values()):
            task.cancel()
        if self._pending:
            await asyncio.wait(self._pending.values())
        await self._registry.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _registered(self, data_format: str, subject: str, text: str) -> int:
        try:
            key = data_format, subject, sha256(text.encode()).digest()
        except UnicodeEncodeError:
            raise BadSchema("half a character is no text") from None
        if (number := self._ids.get(key)) is None:
            if data_format != "protobuf":  # which the registry compiles
                await self._aside(_made, data_format, Source(0, KINDS[data_format], text))
            number = await self._registry.register(subject, KINDS[data_format], text)
            self._ids.put(key, number)
            self._failures.drop((data_format, number))
        return number

    async def _codecs(self, data_format: str, numbers: Iterable[int]) -> Mapping[int, Codec | SchemaError]:
        found: dict[int, Codec | SchemaError] = {}
        missing = []
        for number in numbers:
            if ready := self._ready.get((data_format, number)):
                found[number] = ready[1]
            else:
                missing.append(number)
        for number, result in zip(
            missing, await asyncio.gather(*(self._told(data_format, number) for number in missing)), strict=True
        ):
            found[number] = result
        return found

    async def _told(self, data_format: str, number: int) -> Codec | SchemaError:
        try:
            return (await self._have(data_format, number))[1]
        except SchemaError as error:
            return error

    async def _have(self, data_format: str, number: int) -> tuple[Source, Codec]:
        """A schema, asked for once however many want it. SchemaError."""
        key = data_format, number
        if ready := self._ready.get(key):
            return ready
        if (failure := self._failures.get(key)) and self._clock() < failure[0]:
            raise failure[1]
        task = self._pending.get(key)
        if task is None:
            task = self._pending[key] = asyncio.create_task(self._fetch(data_format, number))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # all who waited may be gone
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():  # and not we who wait for it
                raise Unreachable("this gateway is closing") from None
            raise

    async def _fetch(self, data_format: str, number: int) -> tuple[Source, Codec]:
        key = data_format, number
        try:
            async with self._turns:
                until, why = self._down
                if self._clock() < until:
                    raise why
                source = await self._registry.source(number, compiled=data_format == "protobuf")
            if source.kind != KINDS[data_format]:
                raise BadSchema(f"schema {number} is {source.kind}, not {KINDS[data_format]}")
            ready = source, await self._aside(_made, data_format, source)
        except Unreachable as error:
            if self._clock() >= self._down[0]:
                self._down = self._clock() + _DOWN_SECONDS, error
            raise
        except SchemaError as error:
            self._failures.put(key, (self._clock() + _UNKNOWN_SECONDS, error))
            raise
        finally:
            del self._pending[key]
        self._ready.put(key, ready)
        return ready

    async def _aside(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)


def _named(part: bytes | None) -> int | None:
    try:
        return None if part is None else schema_id(part)
    except NoSchema:
        return None


def _made(data_format: str, source: Source) -> Codec:
    try:
        module = import_module(f"ktui.server.schemas.{data_format}")
    except ImportError as error:
        raise NoSchema(MISSING) from error
    codec: Codec = getattr(module, _CODECS[data_format])(source)
    return codec


def _decoded(parts: Sequence[bytes | None], codecs: Mapping[int, Codec | SchemaError]) -> list[Read]:
    return [None if part is None else _read(part, codecs) for part in parts]


def _read(part: bytes, codecs: Mapping[int, Codec | SchemaError]) -> bytes | SchemaError:
    number = 0
    try:
        number = schema_id(part)
        codec = codecs[number]
        return codec if isinstance(codec, SchemaError) else codec.decode(part)
    except SchemaError as error:
        return error
    except Exception as error:  # each library has its own, and none may cost the other records
        return Misfit(f"it is not as schema {number} says: {said(error)}")


def _encoded(writer: Writer, values: Sequence[Json]) -> list[bytes | None]:
    stored: list[bytes | None] = []
    for at, value in enumerate(values):
        try:
            stored.append(None if value is None else framed(writer.id, writer.codec.encode(value)))
        except Exception as error:
            raise Misfit(f"record {at} does not fit schema {writer.id}: {said(error)}") from error
    return stored


class Kept(Generic[K, V]):
    """The entries used last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most, self._entries = most, OrderedDict[K, V]()

    def get(self, key: K) -> V | None:
        """An entry, which is now the one used last."""
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        """Add or replace one."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget one, if it is there."""
        self._entries.pop(key, None)
