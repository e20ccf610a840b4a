"""Putting a new consumer at given positions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ktui.errors import Conflict
from ktui.model import Positions
from ktui.rest.consumer import Consumer

_TRIES = 25
_PAUSE = 0.004


async def open_at(
    consumer: Consumer, positions: Positions, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Assign and seek. Karapace refuses one first seek in ten for up to 54 ms (reference 3.5): tried for 100."""
    await consumer.assign(positions)
    for _ in range(_TRIES):
        try:
            return await consumer.seek(positions)
        except Conflict:
            await sleep(_PAUSE)
    await consumer.seek(positions)
