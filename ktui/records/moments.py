"""Which offset a time means: asked of the proxy where it can tell, searched for by timestamps where it shows those."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ktui.errors import Busy, Unreachable, Unsupported
from ktui.model import OffsetRange, Record, TopicPartition
from ktui.records.opening import open_at
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer

PARALLEL = 8
"""Most consumers open at once for one question."""
_GLANCES = 16
"""Reads without a record after which there is none: the first of them are short."""


async def offsets_at(
    client: ProxyClient, ms: int, ranges: Mapping[TopicPartition, OffsetRange]
) -> dict[TopicPartition, int]:
    """Per partition the first offset at or after a time; its end when nothing is that new."""
    limit = asyncio.Semaphore(PARALLEL)

    async def find(tp: TopicPartition, bounds: OffsetRange) -> int:
        if bounds.beginning >= bounds.end:
            return bounds.end
        async with limit:
            if client.dialect.seeks_time:
                return await _asked(client, tp, ms, bounds)
            if client.dialect.sends_timestamps:
                return await _searched(client, tp, ms, bounds)
        raise Unsupported(f"{client.dialect.name} neither seeks to a time nor shows when records were written")

    tasks = [asyncio.ensure_future(find(tp, bounds)) for tp, bounds in ranges.items()]
    try:
        found = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return dict(zip(ranges, found, strict=True))


async def _asked(client: ProxyClient, tp: TopicPartition, ms: int, bounds: OffsetRange) -> int:
    """The proxy seeks there; where that is, only the first record tells."""
    async with client.consumer(gear=client.dialect.look) as consumer:
        await consumer.assign([tp])
        try:
            await consumer.seek_time([tp], ms)
        except Busy:  # a 500 is how Confluent says that nothing is that new
            return bounds.end
        records = await _glance(consumer, client)
        if not records:
            raise Unreachable(f"The proxy knows the time in {tp} but gave no record of it")
        return bounds.clamp(records[0].offset)


async def _searched(client: ProxyClient, tp: TopicPartition, ms: int, bounds: OffsetRange) -> int:
    """Halve the range, looking at the records in the middle. All below `low` are older, `high` is not."""
    low, high = bounds
    while low < high:
        middle = (low + high) // 2
        async with client.consumer(gear=client.dialect.look) as consumer:
            await open_at(consumer, {tp: middle})
            records = [record for record in await _glance(consumer, client) if record.offset >= middle]
        newer = next((record for record in records if (record.timestamp or 0) >= ms), None)
        if not records:
            high = middle
        elif newer is None:
            low = records[-1].offset + 1
        elif newer is records[0]:
            high = middle
        else:
            return bounds.clamp(newer.offset)
    return bounds.clamp(low)


async def _glance(consumer: Consumer, client: ProxyClient) -> list[Record]:
    """The first records of a new consumer, if there are any."""
    max_bytes = client.dialect.look.max_bytes
    for _ in range(_GLANCES):
        if records := await consumer.poll(max_bytes=max_bytes):
            return records
        if max_bytes is not None:  # the first record may be larger than that
            max_bytes = min(2 * max_bytes, 64 * 1024 * 1024)
    return []
