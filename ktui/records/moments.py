"""Which offset a time means: asked of the proxy where it can tell, searched for by timestamps where it shows those."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from ktui.errors import Busy, Unsupported
from ktui.model import OffsetRange, Record, TopicPartition
from ktui.records.opening import open_at
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer
from ktui.rest.together import together

PARALLEL = 8
"""Most consumers open at once for one question."""
_WINDOW = 300
"""Records that one look brings, about."""
_PATIENCE_MS = 3000
"""Waiting without a record after which there is none."""


def must_know_times(client: ProxyClient) -> None:
    """Unsupported where nothing tells which records a time is between."""
    if not (client.dialect.seeks_time or client.dialect.sends_timestamps):
        raise Unsupported(f"{client.dialect.name} neither seeks to a time nor shows when records were written")


async def offsets_at(
    client: ProxyClient, ms: int, ranges: Mapping[TopicPartition, OffsetRange]
) -> dict[TopicPartition, int]:
    """Per partition the first offset at or after a time; its end when nothing is that new."""
    must_know_times(client)
    limit = asyncio.Semaphore(PARALLEL)

    async def find(tp: TopicPartition, bounds: OffsetRange) -> int:
        if bounds.beginning >= bounds.end:
            return bounds.end
        async with limit:
            if client.dialect.seeks_time:
                return await _asked(client, tp, ms, bounds)
            return await _searched(client, tp, ms, bounds)

    found = await together(find(tp, bounds) for tp, bounds in ranges.items())
    return dict(zip(ranges, found, strict=True))


async def _asked(client: ProxyClient, tp: TopicPartition, ms: int, bounds: OffsetRange) -> int:
    """The proxy seeks there; where that is, only the first record tells."""
    async with client.consumer(gear=client.dialect.look) as consumer:
        await consumer.assign([tp])
        try:
            await consumer.seek_time([tp], ms)
        except Busy as error:
            if (error.status, error.code) != (500, 500):
                raise
            return bounds.end  # how Confluent says that nothing is that new
        records = await _glance(consumer, client)
        if not records:  # the marker of a transaction has a time too; or the broker that has the records is away
            await client.ranges(tp.topic, [tp.partition])
            records = await _glance(consumer, client)
        return bounds.clamp(records[0].offset) if records else bounds.end


async def _searched(client: ProxyClient, tp: TopicPartition, ms: int, bounds: OffsetRange) -> int:
    """Halve the range, looking at the records in the middle; its beginning first, since often all is newer.

    All below `low` are older, `high` is not. Where timestamps run backwards, one of the places where they pass it.
    """
    low, high = bounds
    while low < high:
        near = low == bounds.beginning or high - low <= _WINDOW
        middle = low if near else (low + high) // 2
        async with client.consumer(gear=client.dialect.look) as consumer:
            await open_at(consumer, {tp: middle})
            records = [record for record in await _glance(consumer, client) if record.offset >= middle]
        newer = next((record for record in records if (record.timestamp or 0) >= ms), None)
        if not records:
            high = middle
        elif newer is None:
            low = records[-1].offset + 1
        elif newer is records[0] and not near:
            high = middle
        else:
            return bounds.clamp(newer.offset)
    return bounds.clamp(low)


async def _glance(consumer: Consumer, client: ProxyClient) -> Sequence[Record]:
    """The first records of a new consumer, if there are any."""
    gear = client.dialect.look
    max_bytes, waited = gear.max_bytes, 0
    while waited < _PATIENCE_MS:
        timeout_ms = (gear.first_timeout_ms if consumer.starting else None) or gear.timeout_ms
        if records := await consumer.poll(timeout_ms, max_bytes):
            return records
        waited += timeout_ms
        if max_bytes is not None:  # the first record may be larger than that
            max_bytes = min(2 * max_bytes, 64 * 1024 * 1024)
    return []
