"""On a real proxy: a large topic read whole, as fast as a bare loop, and commits as somebody else sees them.

    KTUI_BIG=big pytest tests/client/test_live.py -s --proxy http://127.0.0.1:8082

KTUI_BIG names a topic with many records and no gaps; KTUI_KAFKA the brokers behind the proxy (127.0.0.1:9092).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from contextlib import aclosing

import httpx
import msgspec
import pytest

from ktui.model import TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import Dialect

pytestmark = pytest.mark.live
BIG = os.environ.get("KTUI_BIG", "big")
KAFKA = os.environ.get("KTUI_KAFKA", "127.0.0.1:9092")
V2 = "application/vnd.kafka.v2+json"
LONGEST = 120.0
RUNS = 2
"""Of each, in turn; the best counts, since the machine has other things to do."""


class Place(msgspec.Struct):
    """All that the bare loop looks at."""

    partition: int
    offset: int


class Bare:
    """What one would write in an afternoon: httpx, one instance, and a new one where the offsets do not fit."""

    def __init__(self, url: str, dialect: Dialect, ends: Mapping[TopicPartition, int]) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=30, headers={"Content-Type": V2, "Accept": V2})
        self._dialect, self._gear = dialect, dialect.catch_up
        self._ends = {tp.partition: end for tp, end in ends.items()}
        self._topic = next(iter(ends)).topic

    async def open(self, positions: Mapping[int, int]) -> str:
        name = secrets.token_hex(6)
        path = f"/consumers/bare-{name}"
        body = self._dialect.create_body(name, "binary", "earliest", self._gear)
        places = [{"topic": self._topic, "partition": n, "offset": offset} for n, offset in positions.items()]
        (await self._http.post(path, json=body)).raise_for_status()
        path += f"/instances/{name}"
        tps = [{"topic": self._topic, "partition": n} for n in positions]
        (await self._http.post(f"{path}/assignments", json={"partitions": tps})).raise_for_status()
        while (await self._http.post(f"{path}/positions", json={"offsets": places})).status_code == 409:
            pass
        return path

    async def read(self) -> tuple[int, float]:
        """All of it: records and seconds."""
        positions = dict.fromkeys(self._ends, 0)
        limit = "" if self._gear.max_bytes is None else f"&max_bytes={self._gear.max_bytes}"
        decode = msgspec.json.Decoder(list[Place]).decode
        headers = {"Accept": "application/vnd.kafka.binary.v2+json"}
        began, count = time.perf_counter(), 0
        path = await self.open(positions)
        while positions != self._ends and time.perf_counter() - began < LONGEST:
            answer = await self._http.get(f"{path}/records?timeout={self._gear.timeout_ms}{limit}", headers=headers)
            missed = False
            for place in decode(answer.raise_for_status().content):
                if place.offset == positions[place.partition]:
                    positions[place.partition] += 1
                    count += 1
                else:
                    missed = True
            if missed:
                await self._http.delete(path)
                path = await self.open(positions)
        seconds = time.perf_counter() - began
        await self._http.delete(path)
        await self._http.aclose()
        return count, seconds


async def ours(client: ProxyClient, ends: Mapping[TopicPartition, int]) -> tuple[int, float]:
    """The same through the stream, with every offset looked at."""
    stream = Stream(client, dict.fromkeys(ends, 0))
    expected = dict.fromkeys((tp.partition for tp in ends), 0)
    began, count = time.perf_counter(), 0
    async with aclosing(stream.batches()) as batches:
        async for batch in batches:
            assert batch.trouble is None, batch.trouble
            assert not batch.gaps
            for record in batch.records:
                assert record.offset == expected[record.partition], "lost, twice, or out of order"
                expected[record.partition] += 1
            count += len(batch.records)
            if stream.positions == ends or time.perf_counter() - began > LONGEST:
                break
    return count, time.perf_counter() - began


async def test_all_of_it_once_and_in_order_as_fast_as_a_bare_loop(proxy_url: str) -> None:
    client = ProxyClient(proxy_url)
    await client.probe()
    partitions = [each.partition for each in await client.partitions(BIG)]
    ends = {tp: bounds.end for tp, bounds in (await client.ranges(BIG, partitions)).items()}
    total = sum(ends.values())
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(RUNS):
        count, seconds = await Bare(proxy_url, client.dialect, ends).read()
        assert count == total
        rates["bare"].append(count / seconds)
        count, seconds = await ours(client, ends)
        assert count == total
        rates["ours"].append(count / seconds)
    await client.aclose()
    ratio = max(rates["ours"]) / max(rates["bare"])
    shown = "; ".join(f"{who} {', '.join(f'{rate:,.0f}' for rate in each)}/s" for who, each in rates.items())
    print(f"\n{client.dialect.name}: {total} records once and in order; {shown}; ratio {ratio:.2f}")
    assert ratio >= 0.95


async def test_an_independent_client_sees_what_was_committed(proxy_url: str) -> None:
    kafka = pytest.importorskip("confluent_kafka")
    client = ProxyClient(proxy_url)
    await client.probe()
    partitions = [each.partition for each in await client.partitions(BIG)]
    ends = {tp: bounds.end for tp, bounds in (await client.ranges(BIG, partitions)).items()}
    typed = {tp: (0, 1, 181, end // 2, end - 1, end)[n % 6] for n, (tp, end) in enumerate(ends.items())}
    group = f"ktui-commit-{secrets.token_hex(4)}"
    await client.commit(group, typed)
    other = kafka.Consumer({"bootstrap.servers": KAFKA, "group.id": group, "enable.auto.commit": False})
    try:
        seen = other.committed([kafka.TopicPartition(*tp) for tp in typed], timeout=20)
    finally:
        other.close()
    assert {TopicPartition(each.topic, each.partition): each.offset for each in seen} == typed
    if client.dialect.reads_committed:
        assert await client.committed(group, typed) == typed
    for tp, offset in typed.items():
        if offset < ends[tp]:
            first = await first_record(client, tp, offset)
            assert first == offset
    await client.aclose()
    print(f"\n{client.dialect.name}: committed and seen by another client: {sorted(typed.values())}")


async def first_record(client: ProxyClient, tp: TopicPartition, offset: int) -> int:
    """The offset of what comes first after a seek."""
    async with aclosing(Stream(client, {tp: offset}).batches()) as batches:
        async for batch in batches:
            if batch.records:
                return batch.records[0].offset
    raise AssertionError("nothing came")
