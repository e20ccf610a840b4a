"""Records a second from a server into the store, against a curl that asks for the same again and again.

Three servers: one that costs nothing (`flood`), our sandbox on a socket, and any proxy by its address.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from typing import NamedTuple

from ktui.records.log import RecordLog
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import GATEWAY, Dialect
from tests.bench.bodies import TOPIC
from tests.bench.decoding import binary_bodies, sustained
from tests.bench.gauges import flood, flooded, server
from tests.bench.raw import Raw, by_curl
from tests.bench.table import Row, at_least, thousands

SECONDS = 2.0
FILLED = 4.0
"""Seconds in which a log fills up."""
PAIRS = 5


async def compare(url: str, topic: str, count: int, dialect: Dialect | None = None) -> tuple[float, float]:
    """Records a second into a log by one stream with one instance, and by curl."""
    client = ProxyClient(url, dialect=dialect)
    dialect = await client.probe()
    partitions = [each.partition for each in await client.partitions(topic)]
    ranges = await client.ranges(topic, partitions)
    positions = {tp: bounds.beginning for tp, bounds in ranges.items()}
    if dialect is not GATEWAY:
        count = min(count, sum(bounds.end - bounds.beginning for bounds in ranges.values()))
    log, began = RecordLog(), time.perf_counter()
    async with aclosing(Stream(client, positions, ranges=ranges, lanes=1).batches()) as batches:
        async for batch in batches:
            assert batch.trouble is None, batch.trouble
            log.extend(batch.records)
            if log.end >= count:
                break
    rate = log.end / (time.perf_counter() - began)
    await client.aclose()
    raw = Raw(url, dialect, topic)
    async with raw.http:
        return rate, await by_curl(raw, {tp: count // len(ranges) for tp in ranges})


def in_pairs(url: str, topic: str, count: int) -> tuple[float, float]:
    """The same of the pair with the median ratio: of one pair alone it is a tenth more or less."""
    pairs = [asyncio.run(compare(url, topic, count)) for _ in range(PAIRS)]
    return sorted(pairs, key=lambda pair: pair[0] / pair[1])[PAIRS // 2]


class Alive(NamedTuple):
    """The app while it draws and reads as fast as it can, and then the same work without it."""

    rate: float
    """Records a second into the store."""
    per_cpu: float
    """Of a second of the processor."""
    store: float
    """What decoding and storing alone take in a second of the processor, for as long, and in a log as full."""

    @property
    def ratio(self) -> float:
        return self.per_cpu / self.store


def alive(url: str) -> Alive:
    """Of some such pairs the one with the median ratio: other machines on the same memory slow both down."""
    pairs, bodies, log = [], binary_bodies(40), RecordLog()
    for _ in range(PAIRS):
        with flooded(url) as app:
            app.keyboard.drain(FILLED)
            now = app.watch(SECONDS)
        sustained(bodies, log, SECONDS)  # until it is full, and the app has gone
        pairs.append(Alive(now.rate, now.rate / now.cpu, sustained(bodies, log, SECONDS)))
    return sorted(pairs, key=lambda pair: pair.ratio)[PAIRS // 2]


def measure(count: int = 500_000, proxy: str = "", topic: str = "") -> list[Row]:
    with flood(None) as url:
        ours, by_hand = asyncio.run(compare(url, TOPIC, count, GATEWAY))
        app = alive(url)
    rows = [
        at_least(
            "records into the store, the app drawing",
            f"{thousands(app.rate)}; {thousands(app.per_cpu)} of processor",
            f"decode and store alone: {thousands(app.store)}",
            app.ratio,
            0.4,
        ),
        Row("  without the app", thousands(ours), f"curl, thrown away: {thousands(by_hand)}", ours / by_hand),
    ]
    with server("tests.bench.full_sandbox", str(count // 5)) as url:
        ours, by_hand = in_pairs(url, TOPIC, count // 5)
    rows.append(at_least("reading our sandbox", thousands(ours), f"curl: {thousands(by_hand)}", ours / by_hand, 0.95))
    if proxy:
        ours, by_hand = in_pairs(proxy, topic, count)
        what = f"reading {proxy}, one instance"
        rows.append(at_least(what, thousands(ours), f"curl: {thousands(by_hand)}", ours / by_hand, 0.95))
    return rows
