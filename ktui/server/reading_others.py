"""GET records as Strimzi and Karapace do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ktui.model import Header, Record
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.javajson import Json, NotJson, parse, write
from ktui.server.kafka import Kafka, NoAssignment
from ktui.server.reading import until

Shown = msgspec.Raw | bytes | str | None
Sleep = Callable[[float], Awaitable[None]]
_NULL = msgspec.Raw(b"null")


class StrimziRecord(msgspec.Struct, omit_defaults=True, gc=False):
    """A record as S shows it."""

    topic: str
    key: Shown
    value: Shown
    partition: int
    offset: int
    timestamp: int | None
    headers: tuple[Header, ...] = ()


class KarapaceRecord(msgspec.Struct, gc=False):
    """A record as K shows it, its fields in order of their names."""

    key: Shown
    offset: int
    partition: int
    timestamp: int | None
    topic: str
    value: Shown


class StrimziReading:
    """One poll of Kafka is the answer. What cannot be shown, or is too large, is lost with its whole poll."""

    def __init__(self, instance: Instance, per_poll: int, max_bytes: int | None) -> None:
        self._instance, self._per_poll, self._max_bytes = instance, per_poll, max_bytes
        self._polled: Sequence[Record] = ()

    async def run(self, seconds: float, sleep: Sleep) -> bytes:
        """Read for at most that long."""
        await until(self._instance, self._poll, seconds, sleep)
        show = _STRIMZI_SHOWN[self._instance.format]
        text = msgspec.json.encode(
            [
                StrimziRecord(r.topic, show(r.key), show(r.value), r.partition, r.offset, r.timestamp, r.headers)
                for r in self._polled
            ]
        )
        if self._max_bytes is not None and len(text) > self._max_bytes:
            raise ApiError("too_large")
        return text

    async def _poll(self) -> bool:
        self._polled = await self._instance.consumer.poll(self._per_poll)
        return bool(self._polled)


def _java(data: bytes | None) -> Shown:
    """Nothing is null, what is no JSON is poison, and what follows a value is cut."""
    if not data:
        return _NULL
    try:
        return msgspec.Raw(write(parse(data, rest=True)))
    except NotJson as error:
        raise ApiError("poison", error) from error


def _text(data: bytes | None) -> Shown:
    return None if data is None else data.decode(errors="replace")


_STRIMZI_SHOWN: dict[str, Callable[[bytes | None], Shown]] = {
    "binary": lambda data: data,
    "json": _java,
    "text": _text,
}


class KarapaceReading:
    """Polls of max_bytes / 1024 records until the limit is reached; the rest of the last poll is thrown away."""

    def __init__(self, instance: Instance, max_bytes: int, kafka: Kafka) -> None:
        self._instance, self._max_bytes, self._kafka = instance, max_bytes, kafka
        self._taken: list[Record] = []
        self._size = 0

    async def run(self, seconds: float, sleep: Sleep) -> bytes:
        """Read for at most that long; 0 reads nothing."""
        await self._complain()
        if seconds > 0:
            try:
                await until(self._instance, self._poll, seconds, sleep)
            except NoAssignment:
                await sleep(seconds)
        return msgspec.json.encode([self._shown(record) for record in self._taken])

    async def _complain(self) -> None:
        """The first read tells of a topic that is subscribed to and not there."""
        wanted = set(self._instance.consumer.subscription())
        first, self._instance.complained = not self._instance.complained, True
        if first and wanted - set(await self._kafka.names(internal=True)):
            raise ApiError("unknown_read")

    async def _poll(self) -> bool:
        while self._size < self._max_bytes and not self._instance.closed:
            if self._taken and not self._size:
                raise ApiError("no_bytes")  # K divides by the average size
            if self._taken:
                limit = int((self._max_bytes - self._size) / (self._size / len(self._taken))) + 1
            else:
                limit = max(self._max_bytes // 1024, 1)
            polled = await self._instance.consumer.poll(limit)
            if not polled:
                break
            for record in polled:
                self._taken.append(record)
                self._size += record.size
                if self._size >= self._max_bytes:
                    break
        return bool(self._taken)

    def _shown(self, record: Record) -> KarapaceRecord:
        binary = self._instance.format == "binary"
        key = (record.key or None) if binary else _python(record.key, "key")
        value = (record.value or None) if binary else _python(record.value, "value")
        return KarapaceRecord(key, record.offset, record.partition, record.timestamp, record.topic, value)


def _python(data: bytes | None, part: str) -> Shown:
    if not data:
        return _NULL
    try:
        data.decode()
        value: Json = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError("poison", f"{part} deserialization error for format json: {error}") from error
    return msgspec.Raw(msgspec.json.encode(value, order="sorted"))
