"""Which offset a time means."""

from __future__ import annotations

import random

import msgspec
import pytest

from ktui.errors import Busy, Unsupported
from ktui.model import TopicPartition
from ktui.records.moments import offsets_at
from ktui.rest import codec
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import CONFLUENT, Dialect
from ktui.server.sandbox import Sandbox

T0 = TopicPartition("t", 0)
START = 1_700_000_000_000

SEARCHING = msgspec.structs.replace(CONFLUENT, seeks_time=False, sends_timestamps=True)
"""A proxy that cannot seek to a time but shows when records were written."""


@pytest.fixture
def shown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Confluent sends no timestamps: put in those that the sandbox keeps."""
    plain = codec.records

    def with_times(body: bytes, format: str = "binary") -> list[codec.Record]:
        log = sandbox.topics["t"].partitions[0]
        return [
            msgspec.structs.replace(record, timestamp=log.read(record.offset, 1)[0].timestamp)
            for record in plain(body, format)
        ]

    monkeypatch.setattr(codec, "records", with_times)


async def found(sandbox: Sandbox, dialect: Dialect, ms: int) -> int:
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=dialect)
    try:
        return (await offsets_at(client, ms, await client.ranges("t", [0])))[T0]
    finally:
        await client.aclose()
        assert not sandbox.instances


def fill(sandbox: Sandbox, count: int, gap: int) -> None:
    sandbox.topics.create("t", 1)
    for n in range(count):
        sandbox.topics.append("t", 0, None, b"%d" % n, timestamp=START + n * gap)


@pytest.mark.parametrize("dialect", [CONFLUENT, SEARCHING])
@pytest.mark.parametrize(
    ("after", "offset"), [(-1000, 0), (0, 0), (1, 1), (10, 1), (6000, 600), (6001, 601), (19_990, 1999), (20_000, 2000)]
)
async def test_the_first_record_at_or_after_it(
    sandbox: Sandbox, shown: None, dialect: Dialect, after: int, offset: int
) -> None:
    fill(sandbox, 2000, 10)
    assert await found(sandbox, dialect, START + after) == offset


async def test_equal_times_and_gaps_are_searched_rightly(sandbox: Sandbox, shown: None) -> None:
    chance = random.Random(1)
    sandbox.topics.create("t", 1)
    times = sorted(START + chance.randrange(300) * 100 for _ in range(1500))
    for n, ms in enumerate(times):
        sandbox.topics.append("t", 0, None, b"%d" % n, timestamp=ms)
    dropped = sorted(chance.sample(range(1500), 700))
    sandbox.topics["t"].partitions[0].compact(dropped)
    kept = [n for n in range(1500) if n not in set(dropped)]
    for ms in (times[0], times[400], times[401] + 1, times[900], times[-1]):
        offset = await found(sandbox, SEARCHING, ms)
        following = [n for n in kept if n >= offset]
        assert following[:1] == [n for n in kept if times[n] >= ms][:1]


async def test_an_empty_partition_is_at_its_end(sandbox: Sandbox) -> None:
    sandbox.topics.create("t", 1)
    assert await found(sandbox, CONFLUENT, START) == 0


async def test_a_large_first_record_is_found(sandbox: Sandbox) -> None:
    sandbox.topics.create("t", 1)
    for n in range(3):
        sandbox.topics.append("t", 0, None, b"x" * 900_000, timestamp=START + n)
    assert await found(sandbox, CONFLUENT, START + 1) == 1


async def test_a_proxy_that_can_do_neither_says_so(sandbox: Sandbox) -> None:
    fill(sandbox, 3, 1)
    with pytest.raises(Unsupported, match="neither"):
        await found(sandbox, msgspec.structs.replace(CONFLUENT, seeks_time=False), START)


@pytest.mark.parametrize(("status", "code"), [(503, 503), (429, 429), (500, 50003)])
async def test_a_proxy_that_is_busy_does_not_say_that_nothing_is_that_new(
    sandbox: Sandbox, proxy: ProxyClient, status: int, code: int
) -> None:
    fill(sandbox, 100, 1)
    sandbox.faults.fail_next(status, path="/positions", body=f'{{"error_code":{code},"message":"not now"}}')
    with pytest.raises(Busy):
        await offsets_at(proxy, 0, await proxy.ranges("t", [0]))
