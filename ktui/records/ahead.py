"""The next read of a consumer on its way while the last one is taken in: the proxy does not wait for us, nor we for it.

Never more than one read that the proxy is at, and never more than one answer waiting: who is slow is not read for.
A large answer is long on its way, and the proxy is done with it when it begins: the next read is sent then.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
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
    """The reads of one consumer. Leaving the block gives up those under way, and awaits nothing."""

    def __init__(self, consumer: Consumer, ask: Callable[[], Ask], follows: Callable[[Ask, int], bool]) -> None:
        """`ask` is called for each read when it begins. `follows`: whether the next one may be sent when the answer to
        one begins, of so many bytes; else it is when that has come whole, by `begin`."""
        self._consumer, self._ask, self._follows = consumer, ask, follows
        self._next: _UnderWay | None = None
        """The read that was begun last, until its answer is wanted."""
        self._came = 0.0
        """When the last answer was there."""

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._next is not None:
            self._next.task.cancel()

    @property
    def under_way(self) -> bool:
        """A read has been begun whose answer was not taken yet."""
        return self._next is not None

    def begin(self) -> None:
        """Start the next read, if none is under way."""
        if self._next is None:
            self._next = _UnderWay(self._read)

    async def sent(self) -> None:
        """Wait until the read under way is written; its answer comes later."""
        if self._next is None or self._next.sent.done():
            return
        late = asyncio.get_running_loop().call_later(SENDING_SECONDS, _settle, self._next.sent)
        try:
            await self._next.sent
        finally:
            late.cancel()

    async def take(self) -> tuple[Read, float]:
        """The answer to the read under way, or to a new one, and the seconds that it took."""
        self.begin()
        assert self._next is not None
        wanted, self._next = self._next, None
        wanted.wanted = True
        self._follow(wanted)
        try:
            return await asyncio.shield(wanted.task)
        finally:
            wanted.task.cancel()

    async def _read(self, this: _UnderWay) -> tuple[Read, float]:
        ask, began = self._ask(), time.perf_counter()

        def begun(size: int) -> None:
            this.begun = ask, size
            self._follow(this)

        read = await self._consumer.read(ask.timeout_ms, ask.max_bytes, lambda: _settle(this.sent), begun)
        seconds = time.perf_counter() - max(began, self._came)
        self._came = time.perf_counter()
        return read, seconds

    def _follow(self, this: _UnderWay) -> None:
        """Send the next read if the answer to this one has begun and nobody is busy with the one before."""
        if this.wanted and this.begun and self._follows(*this.begun):
            self.begin()


class _UnderWay:
    """A read, from its beginning until its answer is taken."""

    def __init__(self, read: Callable[[_UnderWay], Coroutine[None, None, tuple[Read, float]]]) -> None:
        loop = asyncio.get_running_loop()
        self.sent: asyncio.Future[None] = loop.create_future()
        self.wanted = False
        """Nobody is busy with the answer before it."""
        self.begun: tuple[Ask, int] | None = None
        """What was asked for, and the bytes of the answer that begins."""
        self.task = loop.create_task(read(self))
        self.task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[tuple[Read, float]]) -> None:
        _settle(self.sent)
        if not task.cancelled():
            task.exception()  # seen: that of a read which is given up is asked for by nobody


def _settle(sent: asyncio.Future[None]) -> None:
    if not sent.done():
        sent.set_result(None)
