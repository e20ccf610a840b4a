"""A stream that follows a pattern of topics: which join, which leave, and that no record is lost or comes twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ktui.model import TopicPartition
from ktui.records.edges import LOOK_SECONDS
from ktui.records.following import Following
from ktui.records.pattern import TopicPattern
from ktui.records.roster import TOGETHER
from ktui.records.stream import Stream
from ktui.records.target import SeekTarget
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.property.watching import Watching
from tests.unit.test_lanes import SCALE
from tests.unit.test_passage import parse
from tests.unit.test_stream import Reader


@asynccontextmanager
async def followed(
    clock: Clock, *names: str, letter: str = "C", place: str = "begin", pattern: str = "pay*"
) -> AsyncIterator[tuple[Sandbox, ProxyClient, Following, Reader]]:
    """Topics of two partitions, ten records in each, read by a pattern."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=DIALECTS[letter])
    for name in names:
        written(sandbox, name)
    following = Following(
        client,
        dict.fromkeys(names, (0, 1)),
        parse(place),
        whole=True,
        pattern=TopicPattern(pattern),
        sleep=clock.sleep,
        clock=clock,
        now=clock,
    )
    reader = Reader(following)
    try:
        yield sandbox, client, following, reader
    finally:
        await reader.stop()
        await client.aclose()
        assert not sandbox.instances
        await sandbox.aclose()


def written(sandbox: Sandbox, name: str) -> None:
    sandbox.topics.create(name, 2)
    more(sandbox, name)


def more(sandbox: Sandbox, name: str) -> None:
    for n in range(20):
        sandbox.topics.append(name, n % 2, None, b"%d" % n)


def counted(reader: Reader) -> Counter[str]:
    """Records per topic, none of which came twice."""
    places = {(record.topic, record.partition, record.offset) for record in reader.records}
    assert len(places) == len(reader.records)
    return Counter(record.topic for record in reader.records)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("pay*", ["pay-a", "Pay-B"]),
        ("PAY", ["pay-a", "Pay-B", "repay"]),
        ("*", ["pay-a", "Pay-B", "repay"]),
        ("_pay", ["_pay"]),
        ("a.b", []),
    ],
)
def test_a_pattern_is_what_the_list_is_filtered_by(words: str, names: list[str]) -> None:
    assert TopicPattern(words).among(["pay-a", "Pay-B", "repay", "_pay"]) == names


@pytest.mark.parametrize("letter", sorted(FLAVOURS))
async def test_topics_made_later_join_and_deleted_ones_leave(letter: str, clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b", letter=letter) as (sandbox, client, following, reader):
        await reader.come(40)
        written(sandbox, "pay-c")
        written(sandbox, "stock")
        await reader.come(60)
        assert counted(reader) == {"pay-a": 20, "pay-b": 20, "pay-c": 20}
        assert reader.notes == ["pay-c is a new topic: read from its start"]
        assert following.topics == dict.fromkeys(("pay-a", "pay-b", "pay-c"), frozenset({0, 1}))

        sandbox.topics.delete("pay-b")
        await reader.until(lambda: len(reader.notes) > 1)
        assert reader.notes[1:] == ["pay-b was deleted: the stream goes on without it"]
        asked = client.exchanges[-1]
        more(sandbox, "pay-a")
        more(sandbox, "pay-c")
        await reader.come(100)
        assert counted(reader) == {"pay-a": 40, "pay-b": 20, "pay-c": 40}
        later = list(client.exchanges)[list(client.exchanges).index(asked) + 1 :]
        assert later
        assert not [each.path for each in later if "pay-b" in each.path]
        assert sandbox.topics.names() == ["pay-a", "pay-c", "stock"]

        written(sandbox, "pay-b")  # another one by the same name
        await reader.come(120)
        assert sum(record.topic == "pay-b" for record in reader.records) == 40
        assert reader.notes[2:] == ["pay-b is a new topic: read from its start"]


async def test_partitions_that_are_added_to_a_topic_that_joined_are_read_too(clock: Clock) -> None:
    async with followed(clock, "pay-a") as (sandbox, _, following, reader):
        await reader.come(20)
        written(sandbox, "pay-b")
        await reader.come(40)
        sandbox.topics.grow("pay-b", 3)
        sandbox.topics.append("pay-b", 2, None, b"late")
        await reader.come(41)
        assert following.topics["pay-b"] == {0, 1, 2}


async def test_without_any_topic_left_it_waits_for_the_next(clock: Clock) -> None:
    async with followed(clock, "pay-a") as (sandbox, _, following, reader):
        await reader.come(20)
        sandbox.topics.delete("pay-a")
        await reader.until(lambda: not following.topics)
        written(sandbox, "pay-b")
        following.look_again()
        await reader.come(40)
        assert counted(reader) == {"pay-a": 20, "pay-b": 20}


async def test_a_topic_made_again_with_fewer_partitions_leaves_the_others_alone(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, _, following, reader):
        await reader.come(40)
        sandbox.topics.delete("pay-b")
        sandbox.topics.create("pay-b", 1)
        following.look_again()
        await reader.until(lambda: "pay-b/1 is no longer there: made again with fewer partitions" in reader.notes)
        more(sandbox, "pay-a")
        sandbox.topics.append("pay-b", 0, None, b"new")
        await reader.come(61)
        assert following.topics == {"pay-a": {0, 1}, "pay-b": {0}}


async def test_what_is_known_of_some_topics_is_told_though_others_cannot_be_asked(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, _, following, reader):
        await reader.come(40)
        sandbox.topics.delete("pay-a")
        sandbox.topics.delete("pay-b")
        sandbox.topics.create("pay-b", 1)
        sandbox.faults.fail_next(503, path="GET /topics/pay-b/partitions$")
        following.look_again()
        await reader.until(lambda: len(reader.notes) > 1)
        assert reader.notes[0] == "pay-a was deleted: the stream goes on without it"
        assert reader.notes[1].startswith("pay-b/1 is no longer there")


SOON = "begin until 2026-11-20 12:00:30"


async def test_a_topic_that_goes_before_an_end_in_time_does_not_end_the_others(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b", place=SOON) as (sandbox, _, following, reader):
        await reader.come(40)
        following.pause()
        sandbox.topics.delete("pay-b")
        sandbox.topics.append("pay-a", 0, None, b"in time", timestamp=int(clock() * 1000))
        clock.advance(31)
        await clock.sleep(2)
        following.resume()
        await reader.until(lambda: following.done)
        assert [record.value for record in reader.records[40:]] == [b"in time"]


async def test_an_end_in_time_is_waited_for_without_any_topic(clock: Clock) -> None:
    async with followed(clock, "pay-a", place=SOON) as (sandbox, client, following, reader):
        await reader.come(20)
        sandbox.topics.delete("pay-a")
        following.look_again()
        await reader.until(lambda: not following.topics)
        clock.advance(31)
        before = client.ok_count
        await clock.sleep(5)
        assert client.ok_count - before < 20  # and the loop is not held


async def test_a_topic_that_the_list_misses_once_stays(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, client, following, reader):
        await reader.come(40)
        ask, lists = client.topics, [["pay-a"]]

        async def topics() -> list[str]:
            return lists.pop() if lists else await ask()

        client.topics = topics  # type: ignore[method-assign]
        following.look_again()
        await reader.until(lambda: not lists)
        more(sandbox, "pay-b")
        await reader.come(60)
        assert counted(reader) == {"pay-a": 20, "pay-b": 40}
        assert not reader.notes


async def test_a_deleted_topic_that_is_still_listed_does_not_stop_the_others(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, client, following, reader):
        await reader.come(40)
        ask, until = client.topics, clock() + 20

        async def topics() -> list[str]:
            return ["pay-a", "pay-b"] if clock() < until else await ask()

        client.topics = topics  # type: ignore[method-assign]
        sandbox.topics.delete("pay-b")
        following.look_again()
        await reader.until(lambda: reader.notes)
        assert reader.notes == ["pay-b was deleted: the stream goes on without it"]
        more(sandbox, "pay-a")
        await reader.come(60)
        assert counted(reader) == {"pay-a": 40, "pay-b": 20}


async def test_a_deleted_topic_that_is_still_listed_may_be_there_at_the_beginning(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, client, _, reader):
        ask, until = client.topics, clock() + 5

        async def topics() -> list[str]:
            return ["pay-a", "pay-b"] if clock() < until else await ask()

        client.topics = topics  # type: ignore[method-assign]
        sandbox.topics.delete("pay-b")
        await reader.come(20)
        assert counted(reader) == {"pay-a": 20}


async def test_no_more_join_than_can_be_read_together(clock: Clock) -> None:
    names = [f"pay-{number:02}" for number in range(TOGETHER)]
    async with followed(clock, *names) as (sandbox, _, following, reader):
        await reader.come(20 * TOGETHER)
        written(sandbox, "pay-99")
        following.look_again()
        await reader.until(lambda: reader.notes)
        following.look_again()
        more(sandbox, "pay-00")
        await reader.come(20 * TOGETHER + 20)
        assert reader.notes == [f"pay-99 is new, but not read: {TOGETHER} topics are at most"]
        assert "pay-99" not in counted(reader)


async def test_a_topic_in_whose_place_a_stream_begins_may_be_gone(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b", place="begin until end") as (sandbox, _, following, reader):
        sandbox.topics.delete("pay-b")
        await reader.task
        assert counted(reader) == {"pay-a": 20}
        assert following.done


async def test_it_goes_on_from_positions_in_topics_that_are_gone(clock: Clock) -> None:
    async with followed(clock, "pay-a", "pay-b") as (sandbox, client, following, reader):
        await reader.come(40)
        here = following.here
        await reader.stop()
        assert not isinstance(here, SeekTarget)
        sandbox.topics.delete("pay-b")
        written(sandbox, "pay-c")
        again = Following(client, following.topics, here, pattern=TopicPattern("pay*"), sleep=clock.sleep, clock=clock)
        reader = Reader(again)
        more(sandbox, "pay-a")
        await reader.come(40)
        assert counted(reader) == {"pay-a": 20, "pay-c": 20}
        await reader.stop()


async def test_topics_join_and_leave_while_several_instances_read(sandbox: Sandbox, clock: Clock) -> None:
    watching = Watching()
    client = ProxyClient("http://sandbox", transport=watching.over(sandbox.transport()))
    for name in ("pay-a", "pay-b"):
        sandbox.topics.create(name, 2)
        for n in range(6000):
            sandbox.topics.append(name, n % 2, None, b"x" * 300)
    positions = {TopicPartition(name, number): 0 for name in ("pay-a", "pay-b") for number in (0, 1)}
    pattern = TopicPattern("pay*")
    stream = Stream(client, positions, pattern=pattern, scale=SCALE, sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(1500)
    assert watching.at_once > 1
    written(sandbox, "pay-c")
    sandbox.topics.delete("pay-b")
    stream.look_again()
    await reader.until(lambda: len(reader.notes) >= 2)
    read = counted(reader)
    assert read["pay-a"] + read["pay-b"] < 12_000
    await reader.until(lambda: (found := counted(reader))["pay-a"] == 6000 and found["pay-c"] == 20)
    assert set(reader.notes) == {
        "pay-b was deleted: the stream goes on without it",
        "pay-c is a new topic: read from its start",
    }
    assert {tp.topic for tp in stream.positions} == {"pay-a", "pay-c"}
    assert not watching.offences
    await reader.stop()
    await client.aclose()
    assert not sandbox.instances


async def test_a_topic_made_again_with_fewer_partitions_and_grown_is_read_whole(clock: Clock) -> None:
    async with followed(clock, "pay-in") as (sandbox, _, _, reader):
        await reader.come(20)
        sandbox.topics.delete("pay-in")
        sandbox.topics.create("pay-in", 1)
        clock.advance(LOOK_SECONDS + 1)
        await reader.until(lambda: any("made again" in note for note in reader.notes))
        sandbox.topics.grow("pay-in", 2)
        sandbox.topics.append("pay-in", 1, None, b"grown")
        clock.advance(LOOK_SECONDS + 1)
        await reader.come(21)


async def test_what_was_learnt_is_told_though_the_next_question_fails(clock: Clock) -> None:
    async with followed(clock, "pay-in") as (sandbox, _, _, reader):
        await reader.come(20)
        written(sandbox, "pay-out")
        sandbox.faults.fail_next(503, path="GET /topics/pay-in/partitions/0/offsets")
        clock.advance(LOOK_SECONDS + 1)
        await reader.come(40)
        assert reader.troubles
        assert any("pay-out is a new topic" in note for note in reader.notes)
