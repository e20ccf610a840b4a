"""Records a second from a server into the store, against a curl that asks for the same again and again.

Three servers: one that costs nothing (`flood`), our sandbox on a socket, and any proxy by its address.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

from ktui.records.log import RecordLog
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import GATEWAY, Dialect
from tests.bench.bodies import TOPIC
from tests.bench.decoding import TIMES
from tests.bench.gauges import flood, flooded, server
from tests.bench.raw import Raw, by_curl
from tests.bench.table import Row, at_least, thousands

SECONDS = 2.0
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


def alive(url: str) -> tuple[float, float]:
    """Records a second into the app's store while it draws, and per second of the processor: the best of some rounds,
    as that of decoding and storing alone is."""
    with flooded(url) as app:
        app.keyboard.drain(5.0)
        rounds = [app.watch(SECONDS) for _ in range(TIMES)]
    return max(each.rate for each in rounds), max(each.rate / each.cpu for each in rounds)


def measure(store: float, count: int = 500_000, proxy: str = "", topic: str = "") -> list[Row]:
    """`store` is what decoding and storing alone take in a second of the processor."""
    with flood(None) as url:
        ours, by_hand = asyncio.run(compare(url, TOPIC, count, GATEWAY))
        rate, per_cpu = alive(url)
    rows = [
        at_least(
            "records into the store, the app drawing",
            f"{thousands(rate)}; {thousands(per_cpu)} of processor",
            f"decode and store alone: {thousands(store)}",
            per_cpu / store,
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
