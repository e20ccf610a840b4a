"""GET records as our own gateway does it: what is there at once, with times and headers, and nothing lost.

What goes beyond `max_bytes` stays with the consumer, so that a seek or an end of the instance has nothing stale to
drop, and what is committed is what was given out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from ktui.model import Header, Record, total_size
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.kafka import KafkaError
from ktui.server.proxy import Traffic
from ktui.server.reading import shown, until
from ktui.server.schemas.errors import SchemaError
from ktui.server.schemas.schemas import Read, Schemas

POISON = 40801
"""C's code for what is not of the format; there it ends the read, here it stands in the place of the record."""


class ShownRecord(msgspec.Struct, gc=False):
    """A record whose key and value are JSON texts. What an error is about is null."""

    topic: str
    key: msgspec.Raw
    value: msgspec.Raw
    partition: int
    offset: int
    timestamp: int | None
    headers: tuple[Header, ...]
    error_code: int | UnsetType = UNSET
    error: str | UnsetType = UNSET


_NULL = msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode


def as_json(record: Record) -> ShownRecord:
    """A record for a json read."""
    place = (record.partition, record.offset, record.timestamp, record.headers)
    try:
        return ShownRecord(record.topic, shown(record.key), shown(record.value), *place)
    except ApiError as error:
        return ShownRecord(record.topic, _NULL, _NULL, *place, POISON, error.detail)


async def by_schema(schemas: Schemas, data_format: str, records: Sequence[Record]) -> list[ShownRecord]:
    """Records for a read in a format of the schema registry. What of one cannot be shown is null, and says why."""
    count = len(records)
    parts = await schemas.decode(data_format, [record.key for record in records] + [record.value for record in records])
    return [_shown_by_schema(*each) for each in zip(records, parts[:count], parts[count:], strict=True)]


def _shown_by_schema(record: Record, key: Read, value: Read) -> ShownRecord:
    place = (record.partition, record.offset, record.timestamp, record.headers)
    wrong = {name: part for name, part in (("key", key), ("value", value)) if isinstance(part, SchemaError)}
    shown_record = ShownRecord(record.topic, _raw(key), _raw(value), *place)
    if wrong:
        shown_record.error_code = POISON
        shown_record.error = "; ".join(f"{name}: {error}" for name, error in wrong.items())
    return shown_record


def _raw(part: Read) -> msgspec.Raw:
    return msgspec.Raw(part) if isinstance(part, bytes) else _NULL


class GatewayReading:
    """One read of an instance."""

    def __init__(
        self, instance: Instance, per_poll: int, max_bytes: int, traffic: Traffic, schemas: Schemas | None = None
    ) -> None:
        self._instance, self._per_poll, self._max_bytes = instance, per_poll, max_bytes
        self._traffic, self._schemas = traffic, schemas
        self._taken: Sequence[Record] = ()
        self._size = 0
        """Bytes of what was taken, as far as they were counted: one record is enough for most reads."""

    async def run(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> bytes:
        """Read for at most that long; the JSON text of the answer."""
        await self.take(seconds, sleep)
        if self._instance.format == "binary":
            return _encode(list(self._taken))  # a record is the wire shape: msgspec makes the base64
        if self._schemas is not None and self._instance.format != "json":
            return _encode(await by_schema(self._schemas, self._instance.format, self._taken))
        return _encode([as_json(record) for record in self._taken])

    async def take(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> Sequence[Record]:
        """Read for at most that long; the records of the answer."""
        await until(self._instance, self._fill, seconds, sleep)
        self._traffic.read += len(self._taken)
        return self._taken

    async def _fill(self) -> bool:
        """Take what is there now; whether that is enough."""
        if self._instance.closed:
            raise ApiError("closed")
        least = max(1, min(self._instance.min_bytes or 1, self._max_bytes - 1))
        while self._size < least and (polled := await self._poll()):
            self._taken = [*self._taken, *polled] if self._taken else polled
            self._size += len(polled)  # a record without bytes is something too
            if least > self._size:
                self._size += total_size(polled)
        return self._size >= least

    async def _poll(self) -> Sequence[Record]:
        """Fewer bytes than the limit, as C has it. An error waits until what was taken is given out."""
        try:
            return await self._instance.consumer.poll(self._per_poll, max(self._max_bytes - 1 - self._size, 0))
        except KafkaError:
            if not self._taken:
                raise
            return ()
