"""Waiting for a proxy that is away or busy: ever longer, never quite the same, and cut short on request."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from ktui.errors import Busy, ProxyError
from ktui.records.batch import Trouble

BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries, give or take a fifth: many clients of one proxy do not come back at the same moment."""
LONGEST_RETRY_AFTER = 300.0


class BackOff:
    """The waits of one reader."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._failures = 0
        self._again = asyncio.Event()

    def succeeded(self) -> None:
        """Begin with the shortest wait next time."""
        self._failures = 0

    def failed(self, error: ProxyError) -> Trouble:
        """How long to wait after this one; what a Retry-After asks for counts, up to five minutes."""
        seconds = BACK_OFF[min(self._failures, len(BACK_OFF) - 1)] * random.uniform(0.8, 1.2)
        self._failures += 1
        if isinstance(error, Busy) and error.retry_after is not None:
            seconds = max(seconds, min(error.retry_after, LONGEST_RETRY_AFTER))
        return Trouble(error, seconds)

    async def wait(self, seconds: float) -> None:
        """Sleep, or less when told to try now."""
        self._again.clear()
        waiting = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._again.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    def retry_now(self) -> None:
        """Cut the wait short."""
        self._again.set()
