"""Several instances over one long way: who reads what, in which order it is handed out, and how much may wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from ktui.errors import Unreachable
from ktui.model import OffsetRange, Positions, Record, TopicPartition
from ktui.records.batch import Batch, Trouble
from ktui.records.lanes import MOST_STRETCHES, Disturbed, Lanes, Scale, share_out
from ktui.records.segment import Note
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.property.watching import Watching
from tests.unit.test_stream import Reader, fill, in_order
from tests.unit.waiting import until

T = [TopicPartition("t", number) for number in range(10)]
SCALE = Scale(far=500, stretch=200)


def test_enough_partitions_stay_whole_and_are_shared_evenly() -> None:
    ranges = {T[n]: OffsetRange(0, end) for n, end in enumerate((100, 900, 300, 300, 300, 0))}
    stretches, shared = share_out(dict.fromkeys(ranges, 0), ranges, 2, 10)
    assert not shared
    assert [sorted(tp.partition for tp in each.start) for each in stretches] == [[0, 1], [2, 3, 4]]
    assert [each.offsets for each in stretches] == [1000, 900]


def test_one_partition_is_read_by_itself_where_the_first_record_is_to_come_soon() -> None:
    ranges = {T[n]: OffsetRange(0, end) for n, end in enumerate((100, 900, 300, 300, 300, 0))}
    stretches, _ = share_out(dict.fromkeys(ranges, 0), ranges, 2, 10, quick=True)
    assert [each.stop for each in stretches] == [{T[1]: 900}, {T[2]: 300, T[3]: 300, T[4]: 300}, {T[0]: 100}]
    assert all(each.start == dict.fromkeys(each.stop, 0) for each in stretches)
    alone = {T[n]: OffsetRange(0, 100) for n in range(2)}
    assert len(share_out(dict.fromkeys(alone, 0), alone, 2, 10, quick=True)[0]) == 2


def test_few_partitions_are_cut_and_read_in_turn() -> None:
    ranges = {T[0]: OffsetRange(0, 250), T[1]: OffsetRange(40, 150)}
    stretches, shared = share_out({T[0]: 0, T[1]: 10}, ranges, 8, 100)
    assert shared
    pieces = [(tp.partition, each.start[tp], each.stop[tp]) for each in stretches for tp in each.start]
    assert pieces == [(0, 0, 100), (1, 10, 140), (0, 100, 200), (1, 140, 150), (0, 200, 250)]


def test_of_a_very_long_way_the_first_part_is_shared_out() -> None:
    ranges = {T[0]: OffsetRange(0, 10**9), T[1]: OffsetRange(0, 10**9)}
    stretches, shared = share_out(dict.fromkeys(ranges, 0), ranges, 8, 10_000)
    assert shared
    assert len(stretches) == MOST_STRETCHES
    assert stretches[-1].stop == {T[1]: MOST_STRETCHES // 2 * 10_000}


async def test_a_way_of_more_stretches_than_one_run_has_is_read_whole(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.records.lanes.MOST_STRETCHES", 3)
    sandbox.topics.create("t", 2)
    fill(sandbox, 6000, size=300)
    reader = Reader(Stream(proxy, {T[0]: 0, T[1]: 0}, scale=SCALE, sleep=clock.sleep, clock=clock))
    await reader.come(6000)
    assert in_order(reader.records) == {0: list(range(3000)), 1: list(range(3000))}
    await reader.stop()


class Slow:
    """Hands out one record of each offset, when it is let."""

    def __init__(self, start: Positions, stop: Positions) -> None:
        self.positions = dict(start)
        self._stop = stop
        self.most = max(stop.values())
        self.handed = 0
        self.trouble: Batch | None = None

    @property
    def done(self) -> bool:
        return all(at >= self._stop[tp] for tp, at in self.positions.items())

    async def batches(self) -> AsyncGenerator[Batch, None]:
        while not self.done:
            await asyncio.sleep(0)
            if self.trouble is not None:
                yield self.trouble
            for tp, at in self.positions.items():
                if at < self._stop[tp]:
                    self.positions[tp] = at + 1
                    self.handed += 1
                    yield Batch([Record(tp.topic, tp.partition, at)], size=100)


async def test_order_is_kept_and_what_waits_is_bounded() -> None:
    readers: list[Slow] = []

    def opened(start: Positions, stop: Positions) -> Slow:
        readers.append(Slow(start, stop))
        return readers[-1]

    stretches, _ = share_out({T[0]: 0}, {T[0]: OffsetRange(0, 500)}, 4, 50)
    lanes = Lanes(stretches, 4, opened, 2000, lambda running, begun: False)
    offsets, most = [], 0
    async with aclosing(lanes.batches()) as batches:
        async for batch, positions in batches:
            offsets += [record.offset for record in batch.records]
            assert positions == {T[0]: offsets[-1] + 1}
            for _ in range(20):  # a slow taker
                await asyncio.sleep(0)
            most = max(most, sum(reader.handed for reader in readers) - len(offsets))
    assert offsets == list(range(500))
    assert 5 < most <= 2000 // 100 + 4 + 1
    assert len(readers) == 10


@pytest.mark.parametrize(
    ("batch", "failure"),
    [
        (Batch(trouble=Trouble(Unreachable("away"), 1.0)), Unreachable),
        (Batch(notes=[Note("made again")]), Disturbed),
    ],
)
async def test_what_goes_wrong_in_one_ends_all(batch: Batch, failure: type[Exception]) -> None:
    readers: list[Slow] = []

    def opened(start: Positions, stop: Positions) -> Slow:
        reader = Slow(start, stop)
        reader.trouble = batch if len(readers) == 2 else None
        readers.append(reader)
        return reader

    stretches, _ = share_out({T[0]: 0}, {T[0]: OffsetRange(0, 400)}, 4, 100)
    with pytest.raises(failure):
        async for _ in Lanes(stretches, 4, opened, 10_000, lambda running, begun: False).batches():
            pass
    handed = sum(reader.handed for reader in readers)
    for _ in range(10):
        await asyncio.sleep(0)
    assert sum(reader.handed for reader in readers) <= handed + 4


@pytest.mark.parametrize("partitions", [1, 2, 6])
async def test_a_stream_takes_several_and_ends_with_one(sandbox: Sandbox, clock: Clock, partitions: int) -> None:
    sandbox.topics.create("t", partitions)
    for number in range(6000):
        sandbox.topics.append("t", number % partitions, None, b"x" * 300)
    watching = Watching()
    client = ProxyClient("http://sandbox", transport=watching.over(sandbox.transport()))
    positions = dict.fromkeys(T[:partitions], 0)
    reader = Reader(Stream(client, positions, scale=SCALE, sleep=clock.sleep, clock=clock))
    await reader.come(6000)
    share = 6000 // partitions
    assert in_order(reader.records) == {number: list(range(share)) for number in range(partitions)}
    assert watching.at_once == (6 if partitions == 6 else 8)
    sandbox.topics.append("t", 0, None, b"live")
    await reader.come(6001)
    await until(lambda: len(sandbox.instances) == 1)
    assert not reader.gaps
    assert not watching.offences
    await reader.stop()
    await client.aclose()
    assert not sandbox.instances


@pytest.mark.parametrize(
    ("letter", "partitions", "at_once"),
    [("C", 6, 6), ("C", 1, 1), ("K", 6, 1), ("S", 6, 1)],
)
async def test_where_several_bring_the_first_record_sooner_they_are_opened_at_once(
    clock: Clock, letter: str, partitions: int, at_once: int
) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    sandbox.topics.create("t", partitions)
    for number in range(600):
        sandbox.topics.append("t", number % partitions, None, b"x")
    watching = Watching()
    client = ProxyClient("http://sandbox", transport=watching.over(sandbox.transport()), dialect=DIALECTS[letter])
    scale = Scale(far=10_000, first_far=100)
    reader = Reader(Stream(client, dict.fromkeys(T[:partitions], 0), scale=scale, sleep=clock.sleep, clock=clock))
    await reader.come(1)
    assert len(watching.made) == at_once
    await reader.come(600)
    await reader.stop()
    await client.aclose()
    assert not sandbox.instances


async def test_after_a_failure_one_alone_goes_first(sandbox: Sandbox, clock: Clock) -> None:
    watching = Watching()
    proxy = ProxyClient("http://sandbox", transport=watching.over(sandbox.transport()))
    sandbox.topics.create("t", 6)
    for number in range(600):
        sandbox.topics.append("t", number % 6, None, b"x")
    sandbox.faults.fail_next(503, path="POST /consumers/[^/]*$")
    scale = Scale(far=10_000, first_far=100)
    reader = Reader(Stream(proxy, dict.fromkeys(T[:6], 0), scale=scale, sleep=clock.sleep, clock=clock))
    await reader.fail(1)
    begun = len(watching.made)
    await reader.come(600)
    assert len(watching.made) - begun <= 2  # the faster gear, and the tail
    await reader.stop()
    await proxy.aclose()


async def test_pausing_ends_the_lanes_and_keeps_the_place(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    sandbox.topics.create("t", 2)
    fill(sandbox, 6000, size=300)
    stream = Stream(proxy, {T[0]: 0, T[1]: 0}, scale=SCALE, sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(2000)
    stream.pause()
    await until(lambda: not sandbox.instances)
    held = len(reader.records)
    assert held < 6000
    stream.resume()
    await reader.come(6000)
    assert in_order(reader.records) == {0: list(range(3000)), 1: list(range(3000))}
    await reader.stop()
