"""Following several topics, and to an end: which records come, that it ends, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime

import pytest

from ktui.model import Gap, OffsetRange, Record, Records, TopicPartition
from ktui.records.edges import Edges
from ktui.records.following import Following, Rest
from ktui.records.passage import Passage
from ktui.records.target import Kind, SeekTarget
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.test_passage import parse
from tests.unit.waiting import until


async def read(following: Following) -> tuple[list[Record], list[Gap]]:
    """All up to the end."""
    records, gaps = [], []
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            records += batch.records
            gaps += batch.gaps
    assert following.done
    return records, gaps


@asynccontextmanager
async def standing(letter: str, clock: Clock) -> AsyncIterator[tuple[Sandbox, ProxyClient]]:
    """A make of proxy, and a client that knows which. No instance is left."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=DIALECTS[letter])
    yield sandbox, client
    await client.aclose()
    assert not sandbox.instances
    await sandbox.aclose()


def written(sandbox: Sandbox, topic: str, partitions: int, count: int) -> None:
    sandbox.topics.create(topic, partitions)
    for n in range(count):
        sandbox.topics.append(topic, n % partitions, None, b"%d" % n)


async def test_nobody_holds_what_was_taken_in_while_the_next_answer_is_waited_for() -> None:
    clock = Clock(step=None)  # at the end of a topic no read is answered any more
    async with standing("G", clock) as (sandbox, client):
        written(sandbox, "let-go", 2, 500)
        start = {TopicPartition("let-go", number): 0 for number in (0, 1)}
        following = Following(client, {"let-go": [0, 1]}, start, sleep=clock.sleep, clock=clock)
        taken = 0

        async def take_in() -> None:
            nonlocal taken
            async for batch in following.batches():
                taken += len(batch.records)
                del batch

        def held() -> list[Records]:
            return [each for each in gc.get_objects() if isinstance(each, Records) and "let-go" in each.topics]

        task = asyncio.create_task(take_in())
        await until(lambda: taken == 500)
        await until(lambda: not held())
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("letter", sorted(FLAVOURS))
@pytest.mark.parametrize(
    ("text", "offsets"),
    [
        ("begin until 20", {0: range(20), 1: range(20)}),
        ("0:40 until 45", {0: range(40, 45), 1: ()}),
        ("begin until end", {0: range(50), 1: range(50)}),
    ],
)
async def test_until_an_offset(letter: str, text: str, offsets: dict[int, range], clock: Clock) -> None:
    async with standing(letter, clock) as (sandbox, client):
        written(sandbox, "t", 2, 100)
        following = Following(client, {"t": [0, 1]}, parse(text), sleep=clock.sleep, clock=clock)
        records, gaps = await read(following)
        found = {n: [record.offset for record in records if record.partition == n] for n in (0, 1)}
        assert found == {n: list(each) for n, each in offsets.items()}
        assert not gaps


async def test_an_end_in_the_middle_of_a_gap_names_what_is_missing(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 100)
    sandbox.topics["t"].partitions[0].compact(range(15, 30))
    following = Following(proxy, {"t": [0]}, parse("begin until 20"), sleep=clock.sleep, clock=clock)
    records, gaps = await read(following)
    assert [record.offset for record in records] == list(range(15))
    assert gaps == [Gap("t", 0, 15, 19)]


async def test_an_end_at_offsets_that_are_no_records_is_reached(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 20)
    sandbox.topics["t"].partitions[0].skip(3)
    following = Following(proxy, {"t": [0]}, parse("begin until end"), sleep=clock.sleep, clock=clock)
    assert len((await read(following))[0]) == 20


@pytest.mark.parametrize("letter", ["C", "K", "S"])
async def test_nobody_is_behind_of_offsets_that_are_no_records(letter: str, clock: Clock) -> None:
    async with standing(letter, clock) as (sandbox, client):
        written(sandbox, "t", 2, 20)
        for partition in (0, 1):
            sandbox.topics["t"].partitions[partition].skip()
        following = Following(client, {"t": [0, 1]}, SeekTarget.beginning(), sleep=clock.sleep, clock=clock)
        seen: list[int] = []
        async with aclosing(following.batches()) as batches:
            async for _ in batches:
                if not following.positions or (not seen and following.behind != 2):
                    continue
                seen.append(following.behind)
                if not following.behind:
                    break
            assert seen[0] == 2  # nobody knows yet what they are
            for partition in (0, 1):
                sandbox.topics.append("t", partition, None, b"new")
            await following.look()
            assert following.behind == 2
            async for batch in batches:
                if batch.records and following.behind == 0:
                    break


async def test_so_many_records_and_no_more(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    written(sandbox, "t", 2, 1000)
    following = Following(proxy, {"t": [0, 1]}, parse("begin take 77"), sleep=clock.sleep, clock=clock)
    records, _ = await read(following)
    assert len(records) == 77
    for tp, position in following.positions.items():
        assert position == sum(record.partition == tp.partition for record in records)
    await proxy.aclose()
    assert not sandbox.instances


async def test_several_topics_each_once_and_in_order(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    written(sandbox, "a", 2, 300)
    written(sandbox, "b", 3, 600)
    start = Passage(SeekTarget.beginning(), SeekTarget.end())
    following = Following(proxy, {"a": [0, 1], "b": [0, 2]}, start, sleep=clock.sleep, clock=clock)
    records, _ = await read(following)
    found: dict[tuple[str, int], list[int]] = {}
    for record in records:
        found.setdefault((record.topic, record.partition), []).append(record.offset)
    assert found == {
        ("a", 0): list(range(150)),
        ("a", 1): list(range(150)),
        ("b", 0): list(range(200)),
        ("b", 2): list(range(200)),
    }
    assert following.partitions == {0, 1, 2}
    assert following.progress.share == 1.0


async def test_the_last_ones_come_in_the_order_of_their_times(clock: Clock) -> None:
    async with standing("S", clock) as (sandbox, client):
        sandbox.topics.create("t", 3)
        for n in range(90):
            sandbox.topics.append("t", n % 3, None, b"%d" % n, timestamp=1000 + n)
        following = Following(client, {"t": [0, 1, 2]}, SeekTarget.last(60), whole=True, sleep=clock.sleep, clock=clock)
        values: list[int] = []
        async with aclosing(following.batches()) as batches:
            async for batch in batches:
                values += [int(record.value or b"") for record in batch.records]
                if len(values) >= 60:
                    break
        assert values == list(range(30, 90))


@pytest.mark.parametrize("letter", ["C", "G", "S"])
async def test_an_end_that_is_still_to_come_is_waited_for(letter: str, clock: Clock) -> None:
    async with standing(letter, clock) as (sandbox, client):
        written(sandbox, "t", 2, 10)
        until = SeekTarget(Kind.TIME, moment=datetime.fromtimestamp(clock() + 30, UTC))
        passage = Passage(SeekTarget.beginning(), until)
        following = Following(client, {"t": [0, 1]}, passage, sleep=clock.sleep, clock=clock, now=clock)
        values: list[bytes | None] = []
        async with aclosing(following.batches()) as batches:
            async for batch in batches:
                values += [record.value for record in batch.records]
                if len(values) == 10:
                    assert following.ending == f"until {until}"
                    sandbox.topics.append("t", 0, None, b"in time", timestamp=int(clock() * 1000))
                    clock.advance(31)
                    sandbox.topics.append("t", 1, None, b"late", timestamp=int(clock() * 1000))
        assert following.done
        assert values.count(b"in time") == 1
        assert len(values) in (11, 12)  # what was newer may have come before anybody knew where the end is


async def test_an_end_in_time_is_not_slept_through(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    written(sandbox, "t", 1, 10)
    asleep = 0.0
    until = SeekTarget(Kind.TIME, moment=datetime.fromtimestamp(clock() + 7200, UTC))
    passage = Passage(SeekTarget.beginning(), until)
    following = Following(proxy, {"t": [0]}, passage, sleep=clock.sleep, clock=clock, now=lambda: clock() + asleep)
    began = clock()
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            if batch.records:
                asleep = 7200.0  # the machine: its time went on, that of the loop did not
    assert following.done
    assert clock() - began < 60


@pytest.mark.parametrize(
    ("text", "end"), [("begin until 12", {12}), ("begin until +7", {7}), ("begin until 2026-11-20 12:00", {5})]
)
async def test_what_is_left_of_a_run_has_its_end(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock, text: str, end: set[int]
) -> None:
    sandbox.topics.create("t", 2)
    for n in range(40):
        for partition in (0, 1):
            sandbox.topics.append("t", partition, None, b"x", timestamp=int(clock() * 1000) + (n - 5) * 1000)
    run = Following(proxy, {"t": [0]}, parse(text), sleep=clock.sleep, clock=clock, now=clock)
    assert run.rest == parse(text)  # nothing is known yet
    async with aclosing(run.batches()) as batches:
        async for _ in batches:
            break
    rest = run.rest
    assert isinstance(rest, Rest)
    both = run.rest_of({"t": [0, 1]}, {TopicPartition("t", 1): 0})
    another = Following(proxy, {"t": [0, 1]}, both, sleep=clock.sleep, clock=clock, now=clock)
    records, _ = await read(another)
    assert another.ending.startswith("until ")
    assert {sum(record.partition == each for record in records) for each in (0, 1)} == end
    assert isinstance(another.here, dict)  # for good: without an end


async def test_another_choice_before_the_place_is_found(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    written(sandbox, "t", 2, 100)
    start = {TopicPartition("t", 0): 40, TopicPartition("t", 1): 40}
    run = Following(proxy, {"t": [0, 1]}, parse("1:10 take 5"), before=start, sleep=clock.sleep, clock=clock)
    assert run.rest_of({"t": [1]}, {}) == parse("1:10 take 5")  # it is among them
    another = Following(proxy, {"t": [0]}, run.rest_of({"t": [0]}, start), sleep=clock.sleep, clock=clock)
    records, _ = await read(another)
    assert [record.offset for record in records] == list(range(40, 45))


async def test_a_transaction_that_was_open_is_a_backlog_when_it_comes() -> None:
    tps = [TopicPartition("t", n) for n in range(3)]
    positions = dict.fromkeys(tps, 10)
    edges = Edges(None, positions, dict.fromkeys(tps, OffsetRange(0, 1010)), None, lambda: 0.0)  # type: ignore[arg-type]
    assert edges.behind == 3000
    edges.nothing_there()
    assert edges.behind == 0
    positions[tps[0]] = 510
    assert edges.behind == 500
    edges.ranges[tps[1]] = OffsetRange(0, 1015)
    assert edges.behind == 505


async def test_partitions_of_which_nothing_is_said_are_read_from_their_ends(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 2, 100)
    where = {TopicPartition("t", 0): 40}
    following = Following(proxy, {"t": [0, 1]}, where, whole=True, sleep=clock.sleep, clock=clock)
    found: list[tuple[int, int]] = []
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            found += [(record.partition, record.offset) for record in batch.records]
            if len(found) == 10:
                sandbox.topics.append("t", 1, None, b"new")
            if len(found) == 11:
                break
    assert found == [*((0, offset) for offset in range(40, 50)), (1, 50)]


async def test_a_partition_that_was_added_is_among_those_that_are_read(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 10)
    following = Following(proxy, {"t": [0]}, SeekTarget.beginning(), whole=True, sleep=clock.sleep, clock=clock)
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            if batch.records:
                break
        sandbox.topics.grow("t", 2)
        sandbox.topics.append("t", 1, None, b"first")
        async for batch in batches:
            if batch.records:
                break
        assert following.partitions == {0, 1}
        following.pause()
        sandbox.topics.append("t", 1, None, b"second")
        await following.look()
        assert following.behind == 1


@pytest.mark.parametrize("letter", ["C", "K", "S"])
async def test_an_end_in_time_behind_a_marker_that_was_given_up_before_is_reached(letter: str, clock: Clock) -> None:
    async with standing(letter, clock) as (sandbox, client):
        written(sandbox, "t", 1, 10)
        sandbox.topics["t"].partitions[0].skip()
        soon = SeekTarget(Kind.TIME, moment=datetime.fromtimestamp(clock() + 30, UTC))
        passage = Passage(SeekTarget.beginning(), soon)
        following = Following(client, {"t": [0]}, passage, sleep=clock.sleep, clock=clock, now=clock)
        async with asyncio.timeout(10):
            assert len((await read(following))[0]) == 10


async def test_an_end_behind_a_marker_is_reached_when_another_partition_is_waited_for(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 2, 18)
    sandbox.topics["t"].partitions[0].skip(3)
    following = Following(proxy, {"t": [0, 1]}, parse("begin until 10"), sleep=clock.sleep, clock=clock)
    count = 0
    async with asyncio.timeout(10), aclosing(following.batches()) as batches:
        async for batch in batches:
            count += len(batch.records)
            if count == 18 and not following.behind:  # as far as it is known then
                sandbox.topics.append("t", 1, None, b"tenth")
    assert (count, following.done) == (19, True)


async def test_another_choice_before_the_place_is_found_keeps_an_end_that_is_to_come(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 2, 10)
    end = clock() + 30
    soon = SeekTarget(Kind.TIME, moment=datetime.fromtimestamp(end, UTC))
    passage = Passage(SeekTarget.at(0, partition=1), soon)
    run = Following(proxy, {"t": [0, 1]}, passage, sleep=clock.sleep, clock=clock, now=clock)
    rest = run.rest_of({"t": [0]}, {TopicPartition("t", 0): 0})
    another = Following(proxy, {"t": [0]}, rest, sleep=clock.sleep, clock=clock, now=clock)
    async with asyncio.timeout(10):
        assert len((await read(another))[0]) == 5
    assert clock() >= end


async def test_it_says_how_many_partitions_have_reached_the_end(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 2, 10)
    sandbox.topics.append("t", 0, None, b"sixth")
    following = Following(proxy, {"t": [0, 1]}, parse("begin until 6"), sleep=clock.sleep, clock=clock)
    count = 0
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            count += len(batch.records)
            if count == 11:
                assert following.ending == "until offset 6, 1 of 2 partitions there"
                sandbox.topics.append("t", 1, None, b"sixth")
    assert (count, following.done) == (12, True)


async def test_it_says_how_many_are_to_come(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    written(sandbox, "t", 1, 10)
    following = Following(proxy, {"t": [0]}, parse("begin take 12"), sleep=clock.sleep, clock=clock)
    async with aclosing(following.batches()) as batches:
        async for batch in batches:
            if batch.records:
                break
    assert following.ending == "2 to come"
