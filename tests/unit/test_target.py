"""Places as people type them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ktui.model import OffsetRange, TopicPartition
from ktui.records.target import Kind, SeekTarget, TargetError, last, resolve
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox

ZONE = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=ZONE)


def parse(text: str) -> SeekTarget:
    return SeekTarget.parse(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("181", SeekTarget(Kind.OFFSET, 181)),
        (" 48,210 ", SeekTarget(Kind.OFFSET, 48210)),
        ("1_000_000", SeekTarget(Kind.OFFSET, 1000000)),
        ("9007199254740993", SeekTarget(Kind.OFFSET, 9007199254740993)),
        ("+10", SeekTarget(Kind.RELATIVE, 10)),
        ("-100", SeekTarget(Kind.RELATIVE, -100)),
        ("- 100", SeekTarget(Kind.RELATIVE, -100)),
        ("begin", SeekTarget(Kind.BEGINNING)),
        ("End", SeekTarget(Kind.END)),
        ("last 50", SeekTarget(Kind.LAST, 50)),
        ("last 50 records", SeekTarget(Kind.LAST, 50)),
        ("2:181", SeekTarget(Kind.OFFSET, 181, partition=2)),
        ("2: begin", SeekTarget(Kind.BEGINNING, partition=2)),
        ("2:-100", SeekTarget(Kind.RELATIVE, -100, partition=2)),
    ],
)
def test_places(text: str, target: SeekTarget) -> None:
    assert parse(text) == target


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("14:00", datetime(2026, 11, 20, 14, 0, tzinfo=ZONE)),
        ("09:05", datetime(2026, 11, 20, 9, 5, tzinfo=ZONE)),
        ("14:00:30.5", datetime(2026, 11, 20, 14, 0, 30, 500000, tzinfo=ZONE)),
        ("16:00", datetime(2026, 11, 19, 16, 0, tzinfo=ZONE)),
        ("2026-11-20 14:00", datetime(2026, 11, 20, 14, 0, tzinfo=ZONE)),
        ("2026-11-20T14:00:00Z", datetime(2026, 11, 20, 14, 0, tzinfo=timezone.utc)),  # noqa: UP017
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=ZONE)),
        ("-2h", NOW - timedelta(hours=2)),
        ("-1h30m", NOW - timedelta(minutes=90)),
        ("- 45 s", NOW - timedelta(seconds=45)),
    ],
)
def test_times(text: str, moment: datetime) -> None:
    assert parse(text) == SeekTarget(Kind.TIME, moment=moment)


def test_two_digits_on_both_sides_are_a_time_anything_else_a_partition() -> None:
    assert parse("02:30").kind is Kind.TIME
    assert parse("2:30") == SeekTarget(Kind.OFFSET, 30, partition=2)
    assert parse("12:301") == SeekTarget(Kind.OFFSET, 301, partition=12)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "Type where to go"),
        ("25:00", "no time"),
        ("2026-13-01", "no time"),
        ("+2h", "future"),
        ("banana", "no place"),
        ("1.5", "no place"),
        ("1,00", "no place"),
        ("2:3:181", "two partitions"),
        ("-99999999w", "before all records"),
        ("2026-11-20 teatime", "no time"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_an_example(text: str, word: str) -> None:
    with pytest.raises(TargetError, match=word) as caught:
        parse(text)
    assert any(example in str(caught.value) for example in ("181", "14:00", "-2h", "begin"))


def tp(partition: int) -> TopicPartition:
    return TopicPartition("t", partition)


RANGES = {tp(0): OffsetRange(10, 100), tp(1): OffsetRange(0, 0), tp(2): OffsetRange(0, 1000)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("begin", {0: 10, 1: 0, 2: 0}),
        ("end", {0: 100, 1: 0, 2: 1000}),
        ("181", {0: 100, 1: 0, 2: 181}),
        ("5", {0: 10, 1: 0, 2: 5}),
        ("+10", {0: 60, 1: 0, 2: 1000}),
        ("-100", {0: 10, 1: 0, 2: 900}),
        ("2:181", {2: 181}),
        ("0:-10", {0: 40}),
    ],
)
async def test_a_place_is_looked_up_within_what_is_there(proxy: ProxyClient, text: str, found: dict[int, int]) -> None:
    positions = {tp(0): 50, tp(1): 0}
    resolved = await resolve(proxy, parse(text), positions, RANGES)
    assert {each.partition: offset for each, offset in resolved.items()} == found
    assert not proxy.exchanges


async def test_an_unknown_partition_is_said(proxy: ProxyClient) -> None:
    with pytest.raises(TargetError, match="no partition 7"):
        await resolve(proxy, parse("7:1"), {}, RANGES)


@pytest.mark.parametrize(
    ("n", "shares"),
    [(0, (0, 0, 0)), (1, (0, 0, 1)), (100, (50, 0, 50)), (300, (90, 0, 210)), (10**9, (90, 0, 1000))],
)
def test_the_last_n_are_shared_out(n: int, shares: tuple[int, ...]) -> None:
    starts = last(RANGES, n)
    assert tuple(RANGES[each].end - starts[each] for each in RANGES) == shares


async def test_a_time_is_asked_of_the_proxy(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 3)
    for n in range(300):
        sandbox.topics.append("t", n % 2, None, b"%d" % n, timestamp=1_700_000_000_000 + 1000 * n)
    ranges = await proxy.ranges("t", range(3))
    when = datetime.fromtimestamp(1_700_000_000 + 200, timezone.utc)  # noqa: UP017
    assert await resolve(proxy, SeekTarget(Kind.TIME, moment=when), {}, ranges) == {tp(0): 100, tp(1): 100, tp(2): 0}
    future = when + timedelta(days=30)
    assert await resolve(proxy, SeekTarget(Kind.TIME, moment=future), {}, ranges) == {
        each: bounds.end for each, bounds in ranges.items()
    }
    await proxy.aclose()
    assert not sandbox.instances
