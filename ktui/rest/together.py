"""Several questions at the same time, as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(questions: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """All answers, in order. The first failure ends it: no question is left running, at a proxy that fails already."""
    asking = [asyncio.ensure_future(question) for question in questions]
    try:
        return await asyncio.gather(*asking)
    finally:
        for each in asking:
            each.cancel()
