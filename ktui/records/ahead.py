"""The next read of a consumer on its way while the last one is taken in: the proxy does not wait for us, nor we for it.

Never more than one read that the proxy is at, and never more than one answer waiting: who is slow is not read for.
A large answer is long on its way, and the proxy is done with it when it begins: the next read is sent then. Where that
is so the next is made ready before, and only its sending is left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import NamedTuple

from ktui.rest.consumer import Consumer, Read
from ktui.rest.course import Course

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
        self._ready: _UnderWay | None = None
        """The one after it, that was not begun yet."""
        self._flows = False
        """The last answer was one that another read may follow."""
        self._came = 0.0
        """When the last answer was there."""

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in (self._next, self._ready):
            if each is not None:
                each.task.cancel()

    @property
    def under_way(self) -> bool:
        """A read has been begun whose answer was not taken yet."""
        return self._next is not None

    def begin(self) -> None:
        """Start the next read, if none is under way."""
        if self._next is None:
            ask = self._ask()
            ready, self._ready = self._ready, None
            if ready is not None and ready.ask != ask:
                ready.task.cancel()
                ready = None
            self._next = ready or _UnderWay(ask, self._read, self._follow)
            self._next.go()

    async def sent(self) -> None:
        """Wait until the read under way is written; its answer comes later."""
        if self._next is None or self._next.written.done():
            return
        late = asyncio.get_running_loop().call_later(SENDING_SECONDS, _settle, self._next.written)
        try:
            await self._next.written
        finally:
            late.cancel()

    async def take(self) -> tuple[Read, float]:
        """The answer to the read under way, or to a new one, and the seconds that it took."""
        self.begin()
        assert self._next is not None
        wanted, self._next = self._next, None
        wanted.wanted = True
        self._follow(wanted)
        if self._flows and self._ready is None:
            self._ready = _UnderWay(self._ask(), self._read, self._follow)
        try:
            return await asyncio.shield(wanted.task)
        finally:
            wanted.task.cancel()

    async def _read(self, this: _UnderWay) -> tuple[Read, float]:
        read = await self._consumer.read(this.ask.timeout_ms, this.ask.max_bytes, this)
        seconds = time.perf_counter() - max(this.began, self._came)
        self._came = time.perf_counter()
        return read, seconds

    def _follow(self, this: _UnderWay) -> bool:
        """Send the next read if the answer to this one has begun and nobody is busy with the one before."""
        if not this.wanted or this.size is None:
            return False
        self._flows = self._follows(this.ask, this.size)
        if self._flows:
            self.begin()
        return self._flows


class _UnderWay(Course):
    """A read, from when it is made ready until its answer is taken."""

    def __init__(
        self,
        ask: Ask,
        read: Callable[[_UnderWay], Coroutine[None, None, tuple[Read, float]]],
        on_begun: Callable[[_UnderWay], bool],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.ask = ask
        self.began = 0.0
        """When it was sent."""
        self.written: asyncio.Future[None] = loop.create_future()
        self.size: int | None = None
        """Bytes of its answer, which has begun."""
        self.wanted = False
        """Nobody is busy with the answer before it."""
        self._on_begun = on_begun
        self._gone: asyncio.Future[None] = loop.create_future()
        self.task = loop.create_task(read(self))
        self.task.add_done_callback(self._ended)

    def go(self) -> None:
        """Let it be sent."""
        self.began = time.perf_counter()
        _settle(self._gone)

    async def turn(self) -> None:
        await self._gone

    def sent(self) -> None:
        _settle(self.written)

    def begun(self, size: int) -> bool:
        self.size = size
        return self._on_begun(self)

    def _ended(self, task: asyncio.Task[tuple[Read, float]]) -> None:
        _settle(self.written)
        if not task.cancelled():
            task.exception()  # seen: that of a read which is given up is asked for by nobody


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
