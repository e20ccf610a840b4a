"""The next read of a consumer on its way while the last one is taken in: the proxy does not wait for us, nor we for it.

Never more than one read under way, and never more than one answer waiting: who is slow is not read for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple

from ktui.rest.consumer import Consumer, Read

SENDING_SECONDS = 0.02
"""Longest wait for a request to be written. It takes a few turns of the loop, unless a connection must be made."""


class Ask(NamedTuple):
    """What a read is to ask for."""

    timeout_ms: int | None
    """None: what the gear says, or less while the consumer is new."""
    max_bytes: int | None


class ReadAhead:
    """The reads of one consumer. Leaving the block gives up the one under way, and awaits nothing."""

    def __init__(self, consumer: Consumer, ask: Callable[[], Ask]) -> None:
        self._consumer = consumer
        self._ask = ask
        """Called for each read when it begins."""
        self._reading: asyncio.Task[tuple[Read, float]] | None = None
        self._sent: asyncio.Future[None] | None = None

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()

    @property
    def under_way(self) -> bool:
        """A read has been begun whose answer was not taken yet."""
        return self._reading is not None

    def begin(self) -> None:
        """Start the next read, if none is under way."""
        if self._reading is None:
            loop = asyncio.get_running_loop()
            self._sent = sent = loop.create_future()
            self._reading = loop.create_task(self._read(sent))
            self._reading.add_done_callback(lambda task: _ended(task, sent))

    async def sent(self) -> None:
        """Wait until the read under way is written; its answer comes later."""
        if self._sent is None or self._sent.done():
            return
        late = asyncio.get_running_loop().call_later(SENDING_SECONDS, _settle, self._sent)
        try:
            await self._sent
        finally:
            late.cancel()

    async def take(self) -> tuple[Read, float]:
        """The answer to the read under way, or to a new one, and the seconds that it took."""
        self.begin()
        assert self._reading is not None
        reading, self._reading = self._reading, None
        try:
            return await asyncio.shield(reading)
        finally:
            reading.cancel()

    async def _read(self, sent: asyncio.Future[None]) -> tuple[Read, float]:
        began = time.perf_counter()
        timeout_ms, max_bytes = self._ask()
        read = await self._consumer.read(timeout_ms, max_bytes, lambda: _settle(sent))
        return read, time.perf_counter() - began


def _settle(sent: asyncio.Future[None]) -> None:
    if not sent.done():
        sent.set_result(None)


def _ended(task: asyncio.Task[tuple[Read, float]], sent: asyncio.Future[None]) -> None:
    _settle(sent)
    if not task.cancelled():
        task.exception()  # seen: that of a read which is given up is asked for by nobody
