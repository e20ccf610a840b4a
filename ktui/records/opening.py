"""Putting a new consumer at given positions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ktui.errors import Conflict
from ktui.model import Positions
from ktui.rest.consumer import Consumer

_PAUSES = (0.005, 0.05, 0.05, 0.1)


async def open_at(
    consumer: Consumer, positions: Positions, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Assign and seek. Karapace refuses one first seek in ten for up to 54 ms (reference 3.5)."""
    await consumer.assign(positions)
    for pause in _PAUSES:
        try:
            return await consumer.seek(positions, settling=True)
        except Conflict:
            await sleep(pause)
    await consumer.seek(positions)
