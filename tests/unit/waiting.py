"""Waiting for a state, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(reached: Callable[[], object], seconds: float = 10.0) -> None:
    """Let others run until `reached` says so; TimeoutError when it never does."""
    async with asyncio.timeout(seconds):
        while not reached():  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0)
