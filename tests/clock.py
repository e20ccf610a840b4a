"""Time for the sandbox in tests: nobody waits for it, and it does not depend on how fast the machine is."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

NOON = 1_795_176_000.0
"""2026-11-20 12:00 UTC, where every test begins."""


class Clock:
    """Counts `step` seconds for each tick of 2 ms that passes while somebody sleeps; without a step only by hand.

    A stall of the machine is one tick, however long: so a timeout never strikes because the machine was busy.
    """

    def __init__(self, start: float = NOON, step: float | None = 0.1) -> None:
        self._now, self._step = start, step
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = count()
        self._ticking: asyncio.Task[None] | None = None

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Jump, and wake who slept until then."""
        self._now += seconds
        while self._sleepers and self._sleepers[0][0] <= self._now:
            sleeper = heapq.heappop(self._sleepers)[2]
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Sleep in this time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._number), sleeper))
        if self._step is not None and (self._ticking is None or self._ticking.done()):
            self._ticking = asyncio.create_task(self._tick(self._step))
        await sleeper

    async def _tick(self, step: float) -> None:
        while self._sleepers:
            await asyncio.sleep(0.002)
            self._sleepers = [s for s in self._sleepers if not s[2].done()]
            heapq.heapify(self._sleepers)
            self.advance(step)
