"""On a real proxy, beside what can be had from it by bare calls: a whole topic, a record from produced to delivered,
and a jump to its first record.

    KTUI_BIG=big pytest -m bench -s tests/bench/test_live.py --proxy http://127.0.0.1:8082

KTUI_BIG names a topic with many records and no gaps, KTUI_PAIRS how often each is measured, in turn.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager

import pytest

from ktui.model import TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from tests.bench.raw import Raw, by_curl, by_httpx, delays, jump, read_on

pytestmark = [pytest.mark.bench, pytest.mark.live]
BIG = os.environ.get("KTUI_BIG", "big")
QUIET = os.environ.get("KTUI_QUIET", "quiet")
PAIRS = int(os.environ.get("KTUI_PAIRS", "3"))
ROUNDS = 12
FRAME_MS = 1000 / 20
"""What comes on top until it is on the screen."""


@pytest.fixture
async def client(proxy_url: str) -> AsyncIterator[ProxyClient]:
    client = ProxyClient(proxy_url)
    await client.probe()
    yield client
    await client.aclose()


@asynccontextmanager
async def raw_of(client: ProxyClient, topic: str) -> AsyncIterator[Raw]:
    raw = Raw(client.url, client.dialect, topic)
    async with raw.http:
        yield raw


async def ends_of(client: ProxyClient, topic: str) -> dict[TopicPartition, int]:
    partitions = [each.partition for each in await client.partitions(topic)]
    return {tp: bounds.end for tp, bounds in (await client.ranges(topic, partitions)).items()}


async def by_stream(client: ProxyClient, ends: Mapping[TopicPartition, int], lanes: int | None) -> float:
    """Records a second, each looked at: once and in order."""
    stream = Stream(client, dict.fromkeys(ends, 0), lanes=lanes)
    expected = dict.fromkeys((tp.partition for tp in ends), 0)
    began, count, total = time.perf_counter(), 0, sum(ends.values())
    async with aclosing(stream.batches()) as batches:
        async for batch in batches:
            assert batch.trouble is None, batch.trouble
            assert not batch.gaps
            for record in batch.records:
                assert record.offset == expected[record.partition], "lost, twice, or out of order"
                expected[record.partition] += 1
            count += len(batch.records)
            if count == total:
                break
    seconds = time.perf_counter() - began
    assert stream.positions == ends
    async with asyncio.timeout(30):  # Strimzi takes its time
        while await client.settle():
            pass
    return count / seconds


async def test_a_whole_topic(client: ProxyClient) -> None:
    ends = await ends_of(client, BIG)
    rates: dict[str, list[float]] = {"httpx": [], "curl": [], "one": [], "lanes": []}
    async with raw_of(client, BIG) as raw:
        for _ in range(PAIRS):
            rates["httpx"].append(await by_httpx(raw, ends))
            rates["one"].append(await by_stream(client, ends, 1))
            rates["curl"].append(await by_curl(raw, ends))
            rates["lanes"].append(await by_stream(client, ends, None))
    print(f"\n{client.dialect.name}, {sum(ends.values()):,} records in {len(ends)} partitions, records/s")
    for who, each in rates.items():
        print(f"  {who:6} {'  '.join(f'{rate:9,.0f}' for rate in each)}   median {statistics.median(each):9,.0f}")
    for who in ("one", "lanes"):
        for bare in ("httpx", "curl"):
            pairs = [ours / theirs for ours, theirs in zip(rates[who], rates[bare], strict=True)]
            print(f"  {who}/{bare}: {'  '.join(f'{ratio:.2f}' for ratio in pairs)}")


async def test_from_produced_to_delivered(client: ProxyClient) -> None:
    async with raw_of(client, QUIET) as raw:
        await compare_delivery(client, raw)


async def compare_delivery(client: ProxyClient, raw: Raw) -> None:
    ends = await ends_of(client, QUIET)

    async def bare(answered: asyncio.Queue[float]) -> None:
        await read_on(raw, {tp.partition: end for tp, end in ends.items()}, answered)

    async def ours(answered: asyncio.Queue[float]) -> None:
        async with aclosing(Stream(client, ends).batches()) as batches:
            async for batch in batches:
                if batch.records:
                    answered.put_nowait(time.perf_counter())

    for who, reader in (("bare", bare), ("ours", ours), ("bare", bare), ("ours", ours)):
        ends = await ends_of(client, QUIET)
        took = await delays(raw, reader, ROUNDS)
        print(
            f"\n{client.dialect.name} produced to delivered, {who}: median {statistics.median(took):.0f} ms, "
            f"highest {max(took):.0f} ms (to the screen: one frame of {FRAME_MS:.0f} ms at most on top)"
        )


async def test_a_jump(client: ProxyClient) -> None:
    ends = await ends_of(client, BIG)
    ranges = await client.ranges(BIG, [tp.partition for tp in ends])
    took: dict[str, list[float]] = {"bare": [], "ours": []}
    async with raw_of(client, BIG) as raw:
        for n in range(ROUNDS):
            places = {tp: end * (1 + n) // (ROUNDS + 2) for tp, end in ends.items()}
            took["bare"].append(await jump(raw, {tp.partition: at for tp, at in places.items()}))
            began = time.perf_counter()
            async with aclosing(Stream(client, places, ranges=ranges).batches()) as batches:
                async for batch in batches:
                    if batch.records:
                        break
            took["ours"].append((time.perf_counter() - began) * 1000)
            await client.settle()
    for who, each in took.items():
        print(
            f"\n{client.dialect.name} jump to first record, {who}: median {statistics.median(each):.0f} ms, "
            f"highest {max(each):.0f} ms"
        )
