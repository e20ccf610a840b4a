"""GET records: polling until there is enough, the time is over, or a record cannot be shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from ktui.model import Record
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.javajson import NotJson, parse, write

BREATH = 3000
"""Records after which a long read lets others run."""


class BinaryRecord(msgspec.Struct, gc=False):
    """A record in the binary format; msgspec makes the base64."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    offset: int


class JsonRecord(msgspec.Struct, gc=False):
    """A record in the json format: key and value are JSON texts already."""

    topic: str
    key: msgspec.Raw
    value: msgspec.Raw
    partition: int
    offset: int


_NULL = msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode


def as_binary(record: Record) -> BinaryRecord:
    """A record for a binary read."""
    return BinaryRecord(record.topic, record.key, record.value, record.partition, record.offset)


def as_json(record: Record) -> JsonRecord:
    """A record for a json read; poison ends the read."""
    return JsonRecord(record.topic, shown(record.key), shown(record.value), record.partition, record.offset)


def shown(data: bytes | None) -> msgspec.Raw:
    """A key or value as JSON text, as Jackson would write it; ApiError for poison."""
    if data is None:
        return _NULL
    try:
        return msgspec.Raw(write(parse(data, rest=True)))
    except NotJson as error:
        raise ApiError("poison", error.java) from error


CONVERT: dict[str, Callable[[Record], BinaryRecord | JsonRecord]] = {"binary": as_binary, "json": as_json}


async def until(
    instance: Instance, fill: Callable[[], Awaitable[bool]], seconds: float, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Call `fill` whenever there may be more to read, until it has enough or the time is over."""
    if await fill():
        return
    wake = asyncio.Event()
    timer = asyncio.ensure_future(sleep(seconds))
    timer.add_done_callback(lambda _: wake.set())
    instance.wait_on(wake)
    try:
        enough = await fill()
        while not (enough or timer.done()):
            await wake.wait()
            wake.clear()
            enough = await fill()
    finally:
        timer.cancel()
        instance.forget(wake)


class Reading:
    """One read of an instance, C's way.

    Records come from Kafka 30 at a time into the instance's queue, and from there into the answer. A record that
    cannot be shown stays at the head of the queue, and what was taken before it is lost.
    """

    def __init__(self, instance: Instance, per_poll: int, max_bytes: int) -> None:
        self._instance, self._per_poll, self._max_bytes = instance, per_poll, max_bytes
        self._convert = CONVERT[instance.format]
        self._taken: list[BinaryRecord | JsonRecord] = []
        self._size = 0
        self._full = False

    async def run(self, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> bytes:
        """Read for at most that long; the JSON text of the answer."""
        await until(self._instance, self._fill, seconds, sleep)
        return _encode(self._taken)

    async def _fill(self) -> bool:
        """Take what is there now; whether that is enough."""
        if self._instance.closed:
            raise ApiError("closed")
        await self._take()
        return self._enough

    @property
    def _enough(self) -> bool:
        least = self._instance.min_bytes
        return self._full or (least is not None and bool(self._taken) and self._size >= least)

    async def _take(self) -> None:
        queue, breath = self._instance.queue, BREATH
        while not self._enough:
            if not queue:
                queue.extend(await self._instance.consumer.poll(self._per_poll))
                if not queue:
                    return
            self._drain()
            if len(self._taken) > breath:
                breath += BREATH
                await asyncio.sleep(0)

    def _drain(self) -> None:
        """Empty the queue into the answer, up to the limit of bytes."""
        queue, convert, taken, limit = self._instance.queue, self._convert, self._taken, self._max_bytes
        size = self._size
        while queue:
            record = queue[0]
            more = len(record.key or b"") + len(record.value or b"")
            if size + more >= limit:
                self._full = True
                break
            taken.append(convert(record))
            queue.popleft()
            size += more
        self._size = size
