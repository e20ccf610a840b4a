"""A proxy read as one would in an afternoon: one instance, the same question again and again. The limit to reach."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field

import httpx
import msgspec

from ktui.model import TopicPartition
from ktui.rest.dialect import Dialect, Gear

V2 = "application/vnd.kafka.v2+json"
BINARY = "application/vnd.kafka.binary.v2+json"
LONGEST = 180.0
AT_ONCE = 4000
"""Reads that one curl is given."""


class Place(msgspec.Struct):
    """All that the bare loop looks at."""

    partition: int
    offset: int


@dataclass
class Raw:
    """Calls of one proxy by httpx."""

    url: str
    dialect: Dialect
    topic: str
    http: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.AsyncClient(base_url=self.url, timeout=30, headers={"Content-Type": V2, "Accept": V2})

    async def open(self, positions: Mapping[int, int], gear: Gear) -> str:
        """Create, assign, seek; the path of the instance."""
        name = secrets.token_hex(6)
        path = f"/consumers/bare-{name}"
        body = self.dialect.create_body(name, "binary", "earliest", gear)
        (await self.http.post(path, json=body)).raise_for_status()
        path += f"/instances/{name}"
        tps = [{"topic": self.topic, "partition": n} for n in positions]
        places = [{"topic": self.topic, "partition": n, "offset": offset} for n, offset in positions.items()]
        (await self.http.post(f"{path}/assignments", json={"partitions": tps})).raise_for_status()
        while (await self.http.post(f"{path}/positions", json={"offsets": places})).status_code == 409:
            pass
        return path

    def question(self, path: str, gear: Gear, timeout_ms: int | None = None, max_bytes: int | None = None) -> str:
        max_bytes = max_bytes or gear.max_bytes
        limit = "" if max_bytes is None else f"&max_bytes={max_bytes}"
        return f"{path}/records?timeout={timeout_ms or gear.timeout_ms}{limit}"

    async def ask(self, question: str) -> list[Place]:
        answer = await self.http.get(question, headers={"Accept": BINARY})
        return msgspec.json.decode(answer.raise_for_status().content, type=list[Place])

    async def delete(self, path: str) -> None:
        await self.http.delete(path)

    async def produce(self, partition: int, value: str) -> None:
        body = {"records": [{"value": value, "partition": partition}]}
        answer = await self.http.post(f"/topics/{self.topic}", json=body, headers={"Content-Type": BINARY})
        answer.raise_for_status()


async def by_httpx(raw: Raw, ends: Mapping[TopicPartition, int]) -> float:
    """Records a second over all of it, with a new instance where the offsets do not fit."""
    stops = {tp.partition: end for tp, end in ends.items()}
    positions, gear = dict.fromkeys(stops, 0), raw.dialect.catch_up
    began, count = time.perf_counter(), 0
    path = await raw.open(positions, gear)
    while positions != stops and time.perf_counter() - began < LONGEST:
        missed = False
        for place in await raw.ask(raw.question(path, gear)):
            if place.offset == positions[place.partition]:
                positions[place.partition] += 1
                count += 1
            else:
                missed = True
        if missed:
            await raw.delete(path)
            path = await raw.open(positions, gear)
    seconds = time.perf_counter() - began
    await raw.delete(path)
    return count / seconds


async def by_curl(raw: Raw, ends: Mapping[TopicPartition, int]) -> float:
    """Records a second of one curl that asks over one connection, until all has come or an answer is empty. What the
    proxy threw away is not missed here."""
    total = sum(ends.values())
    began = time.perf_counter()
    path = await raw.open({tp.partition: 0 for tp in ends}, raw.dialect.catch_up)
    line = f'url = "{raw.url}{raw.question(path, raw.dialect.catch_up)}"\n'
    curl = await asyncio.create_subprocess_exec(
        "curl",
        "--silent",
        "--header",
        f"Accept: {BINARY}",
        "--config",
        "-",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert curl.stdin is not None
    assert curl.stdout is not None
    curl.stdin.write(line.encode() * AT_ONCE)
    curl.stdin.close()
    count, rest, last = 0, b"", began
    while count < total and time.perf_counter() - began < LONGEST:
        chunk = await curl.stdout.read(1 << 20)
        if not chunk:
            break
        found = (rest + chunk).count(b'"offset":')
        rest = (rest + chunk)[-8:]  # a byte less than what is counted
        count += found
        if found:
            last = time.perf_counter()
        elif count and time.perf_counter() - last > 1.5:
            break
    with contextlib.suppress(ProcessLookupError):
        curl.kill()
    await curl.wait()
    await raw.delete(path)
    return count / (last - began)


async def jump(raw: Raw, places: Mapping[int, int]) -> float:
    """Milliseconds of create, assign, seek, and reads until there is a record."""
    gear = raw.dialect.catch_up
    began = time.perf_counter()
    path = await raw.open(places, gear)
    while not await raw.ask(raw.question(path, gear, gear.first_timeout_ms, gear.first_bytes)):
        pass
    milliseconds = (time.perf_counter() - began) * 1000
    await raw.delete(path)
    return milliseconds


async def read_on(raw: Raw, places: Mapping[int, int], answered: asyncio.Queue[float]) -> None:
    """Read until cancelled, and tell when records have come."""
    gear = raw.dialect.tail
    path = await raw.open(places, gear)
    try:
        while True:
            if await raw.ask(raw.question(path, gear)):
                answered.put_nowait(time.perf_counter())
    finally:
        await raw.delete(path)


async def delays(
    raw: Raw, reader: Callable[[asyncio.Queue[float]], Coroutine[None, None, None]], rounds: int
) -> list[float]:
    """Milliseconds from a request that produces a record to the answer that brings it, while `reader` follows."""
    answered: asyncio.Queue[float] = asyncio.Queue()
    reading = asyncio.create_task(reader(answered))
    await asyncio.sleep(2.5)
    took = []
    for n in range(rounds):
        await asyncio.sleep(0.37 + n % 4 * 0.11)
        began = time.perf_counter()
        await raw.produce(0, "eHh4")
        async with asyncio.timeout(10):
            took.append((await answered.get() - began) * 1000)
    reading.cancel()
    await asyncio.wait({reading})
    return took
