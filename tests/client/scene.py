"""A sandbox of one flavour with a topic `t` of two partitions, our client of it, and streams that are read aside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

import httpx

from ktui.errors import ProxyError
from ktui.model import Gap, Record, TopicPartition
from ktui.records.batch import Batch, Trouble
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS, Dialect
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.property.watching import Watching

LETTERS = sorted(FLAVOURS)
T0, T1, T2 = (TopicPartition("t", number) for number in range(3))
LONGEST = 1000.0
"""Seconds of virtual time that anything may take."""

Hook = Callable[[httpx.Request], None]
"""Sees every request before the server does. May raise what a network would, or change it."""


class Way(httpx.AsyncBaseTransport):
    """The way to the server, with somebody standing in it."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.hook: Hook | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.hook is not None:
            self.hook(request)
        return await self._inner.handle_async_request(request)


class Reading:
    """A stream and all that it handed out."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.batches: list[Batch] = []
        self.error: ProxyError | None = None
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async with aclosing(self.stream.batches()) as batches:
                async for batch in batches:
                    self.batches.append(batch)
        except ProxyError as error:
            self.error = error

    @property
    def records(self) -> list[Record]:
        return [record for batch in self.batches for record in batch.records]

    @property
    def offsets(self) -> dict[int, list[int]]:
        """By partition, in the order in which they came."""
        found: dict[int, list[int]] = {}
        for record in self.records:
            found.setdefault(record.partition, []).append(record.offset)
        return found

    @property
    def gaps(self) -> list[Gap]:
        return [gap for batch in self.batches for gap in batch.gaps]

    @property
    def notes(self) -> list[str]:
        return [note.text for batch in self.batches for note in batch.notes]

    @property
    def troubles(self) -> list[Trouble]:
        return [batch.trouble for batch in self.batches if batch.trouble]

    @property
    def over(self) -> bool:
        """It reads no more."""
        return self._task.done()

    async def until(self, reached: Callable[[], object]) -> None:
        """Let it read on; what ends it ends this too."""
        async with asyncio.timeout(LONGEST):
            while not reached():
                if self._task.done():
                    await self._task
                    raise self.error or AssertionError("the stream ended")
                await asyncio.sleep(0.05)

    async def come(self, count: int) -> None:
        """Wait for so many records in all."""
        await self.until(lambda: len(self.records) >= count)

    async def end(self) -> ProxyError:
        """Wait for the sentence that it ends with."""
        async with asyncio.timeout(LONGEST):
            await self._task
        assert self.error is not None
        return self.error

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Scene:
    """One server, one client."""

    def __init__(self, letter: str, dialect: Dialect | None = None, url: str = "http://sandbox") -> None:
        loop = asyncio.get_running_loop()
        self.letter = letter
        self.sandbox = Sandbox(clock=loop.time, sleep=asyncio.sleep, flavour=FLAVOURS[letter], metadata_wait=0.1)
        self.sandbox.faults.latency = 0.004
        self.faults = self.sandbox.faults
        self.topics = self.sandbox.topics
        self.topics.create("t", 2)
        self.way = Way(self.sandbox.transport())
        self.watching = Watching()
        self.client = ProxyClient(url, transport=self.watching.over(self.way), dialect=dialect or DIALECTS[letter])
        self._readings: list[Reading] = []

    def fill(self, count: int, size: int = 8) -> None:
        """Records to both partitions in turn."""
        for number in range(count):
            self.topics.append("t", number % 2, None, b"v" * size)

    def read(self, positions: Mapping[TopicPartition, int] | None = None, format: str = "binary") -> Reading:
        """Begin a stream."""
        loop = asyncio.get_running_loop()
        positions = {T0: 0, T1: 0} if positions is None else positions
        reading = Reading(Stream(self.client, positions, format=format, clock=loop.time))
        self._readings.append(reading)
        return reading

    async def close(self) -> None:
        """Leave, and look that nothing is left behind."""
        for reading in self._readings:
            await reading.stop()
        self.way.hook = None
        await self.client.aclose()
        assert not self.sandbox.instances
        assert not self.watching.offences
        await self.sandbox.aclose()


@asynccontextmanager
async def scene(letter: str, dialect: Dialect | None = None, url: str = "http://sandbox") -> AsyncIterator[Scene]:
    opened = Scene(letter, dialect, url)
    yield opened
    await opened.close()
