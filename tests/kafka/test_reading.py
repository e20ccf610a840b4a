"""Consumers that are assigned: where they begin, what comes, what a seek leaves behind."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from ktui.model import Draft, TopicPartition
from ktui.server.kafka import IllegalState, Kafka, KafkaError, NoAssignment, Unassigned
from tests.kafka.world import World, fill, reads


async def ten(kafka: Kafka, topic: str) -> TopicPartition:
    """A partition with the records 0 to 9."""
    await fill(kafka, topic, [b"%d" % n for n in range(10)])
    return TopicPartition(topic, 0)


async def test_records_come_in_order_and_positions_follow(kafka: Kafka, topic: str, name: str) -> None:
    tp, reading = await ten(kafka, topic), reads(kafka, name)
    consumer = reading.consumer
    consumer.assign([tp, TopicPartition(topic, 1)])
    assert consumer.positions() == {}
    first = await reading.next(4, most=4)
    assert [record.offset for record in first] == [0, 1, 2, 3]
    assert consumer.positions()[tp] == 4
    rest = await reading.next(6)
    assert [record.value for record in rest] == [b"%d" % n for n in range(4, 10)]
    assert [header.value for header in rest[0].headers] == [b"4"]
    await reading.until(lambda: len(consumer.positions()) == 2)
    assert consumer.positions() == {tp: 10, TopicPartition(topic, 1): 0}
    assert set(consumer.assignment()) == {tp, TopicPartition(topic, 1)}
    await consumer.close()


async def test_records_say_of_which_topic_they_are_whatever_is_assigned(kafka: Kafka, topic: str, name: str) -> None:
    other = f"{topic}-other"
    await kafka.create_topic(other, 1, {})
    for each in (topic, other):
        await kafka.produce_all([Draft(each, None, each.encode(), 0) for _ in range(20)])
    places, reading = {each: TopicPartition(each, 0) for each in (topic, other)}, reads(kafka, name)
    for assigned in ([topic], [topic, other], [other], [other, topic]):
        reading.consumer.assign([places[each] for each in assigned])
        for each in assigned:
            reading.consumer.seek(places[each], 0)
        found = await reading.next(20 * len(assigned))
        assert sorted(record.topic for record in found) == sorted(20 * assigned)
        assert all(record.value == record.topic.encode() for record in found)
    await reading.consumer.close()


async def test_a_poll_keeps_to_its_bytes(kafka: Kafka, topic: str, name: str) -> None:
    for size in (10, 10, 100, 10):
        await kafka.produce(topic, 0, None, b"x" * size)
    tp, reading = TopicPartition(topic, 0), reads(kafka, name)
    reading.consumer.assign([tp])
    sizes: list[list[int]] = []
    while sum(map(len, sizes)) < 4:
        if found := await reading.consumer.poll(500, 25):
            sizes.append([record.size for record in found])
            assert reading.consumer.positions()[tp] == found[-1].offset + 1
        await asyncio.sleep(0.01)
    assert all(sum(each) <= 25 or len(each) == 1 for each in sizes)
    assert [size for each in sizes for size in each] == [10, 10, 100, 10]
    await reading.consumer.close()


async def test_a_seek_leaves_nothing_stale(kafka: Kafka, topic: str, name: str) -> None:
    tp, dice = TopicPartition(topic, 0), random.Random(5)
    await kafka.produce_all([Draft(topic, None, b"%d" % n, 0) for n in range(2000)])
    reading = reads(kafka, name)
    reading.consumer.assign([tp])
    for _ in range(30):
        offset = dice.randrange(2000)
        reading.consumer.seek(tp, offset)
        if dice.random() < 0.5:
            await reading.consumer.poll(7)
            reading.consumer.seek(tp, offset)
        found = await reading.next(limit=50)
        assert [record.offset for record in found] == [*range(offset, offset + len(found))]
    reading.consumer.seek_to_beginning(tp)
    assert (await reading.next())[0].offset == 0
    reading.consumer.seek_to_end(tp)
    await reading.until(lambda: reading.consumer.positions().get(tp) == 2000)
    await kafka.produce(topic, 0, None, b"new")
    assert [record.offset for record in await reading.next()] == [2000]
    await reading.consumer.close()


async def test_a_seek_moves_one_partition_only(kafka: Kafka, topic: str, name: str) -> None:
    await ten(kafka, topic)
    await fill(kafka, topic, [b"a", b"b", b"c"], 1)
    one, two, reading = TopicPartition(topic, 0), TopicPartition(topic, 1), reads(kafka, name)
    reading.consumer.assign([one, two])
    await reading.next(13)
    reading.consumer.seek(two, 1)
    assert [(record.partition, record.offset) for record in await reading.next(2)] == [(1, 1), (1, 2)]
    assert reading.consumer.positions() == {one: 10, two: 3}
    await reading.consumer.close()


async def test_who_waits_is_woken_by_a_record(kafka: Kafka, topic: str, name: str) -> None:
    tp, reading = TopicPartition(topic, 1), reads(kafka, name)
    reading.consumer.assign([tp])
    reading.consumer.seek(tp, 0)
    await reading.nothing()
    begun = time.monotonic()
    waiting = asyncio.ensure_future(reading.next())
    await asyncio.sleep(0.05)
    await kafka.produce(topic, 1, None, b"here")
    assert (await waiting)[0].value == b"here"
    assert time.monotonic() - begun < 5
    await reading.consumer.close()


async def test_without_a_commit_the_reset_decides(kafka: Kafka, topic: str, name: str) -> None:
    tp = await ten(kafka, topic)
    earliest, latest, none = (reads(kafka, name, reset=reset) for reset in ("earliest", "latest", "none"))
    for each in (earliest, latest, none):
        each.consumer.assign([tp])
    assert (await earliest.next())[0].offset == 0
    await latest.until(lambda: latest.consumer.positions().get(tp) == 10)
    with pytest.raises(KafkaError, match=f"Undefined offset with no reset policy for partitions: .{topic}-0"):
        await none.next()
    none.consumer.seek(tp, 5)
    assert (await none.next())[0].offset == 5
    for each in (earliest, latest, none):
        await each.consumer.close()


@pytest.mark.parametrize(("reset", "first"), [("earliest", 4), ("latest", 10)])
async def test_what_was_deleted_is_passed_over(
    world: World, kafka: Kafka, topic: str, name: str, reset: str, first: int
) -> None:
    tp, reading = await ten(kafka, topic), reads(kafka, name, reset=reset)
    await world.forget(tp, 4)
    reading.consumer.assign([tp])
    reading.consumer.seek(tp, 1)
    await reading.until(lambda: reading.consumer.positions().get(tp, 0) >= 10)
    await kafka.produce(topic, 0, None, b"new")
    reading.consumer.seek(tp, 1)
    if reset == "latest":
        await reading.until(lambda: reading.consumer.positions().get(tp, 0) >= 11)
        await kafka.produce(topic, 0, None, b"newer")
        first += 1
    assert (await reading.next())[0].offset == first
    await reading.consumer.close()


async def test_aborted_records_are_hidden_from_those_who_ask(world: World, kafka: Kafka, name: str) -> None:
    await world.transactions(name)
    tp = TopicPartition(name, 0)
    everything, committed = reads(kafka, f"{name}-a"), reads(kafka, f"{name}-b", hides_aborted=True)
    for each in (everything, committed):
        each.consumer.assign([tp])
    assert [record.value for record in await everything.next(3)] == [b"plain", b"aborted", b"committed"]
    assert [record.value for record in await committed.next(2)] == [b"plain", b"committed"]
    end = (await kafka.ranges(name, [0]))[0].end
    assert end == 5  # a marker follows each transaction
    for each in (everything, committed):
        await each.until(lambda each=each: each.consumer.positions().get(tp) == end)  # type: ignore[misc]
        await each.consumer.close()


async def test_topics_that_come_later_are_read(kafka: Kafka, name: str) -> None:
    tp, reading = TopicPartition(name, 0), reads(kafka, name)
    reading.consumer.assign([tp])
    await reading.nothing(0.2)
    await kafka.create_topic(name, 1, {})
    await kafka.produce(name, 0, None, b"first")
    assert (await reading.next())[0].value == b"first"
    await reading.consumer.close()


async def test_a_topic_that_goes_ends_no_reading(kafka: Kafka, topic: str, name: str) -> None:
    await kafka.create_topic(f"{name}-other", 1, {})
    here, gone, reading = TopicPartition(f"{name}-other", 0), TopicPartition(topic, 0), reads(kafka, name)
    reading.consumer.assign([here, gone])
    await fill(kafka, topic, [b"gone"])
    await reading.next()
    await kafka.delete_topic(topic)
    await reading.nothing()
    await kafka.produce(here.topic, 0, None, b"here")
    assert (await reading.next())[0].value == b"here"
    await reading.consumer.close()


async def test_an_assignment_that_stays_keeps_its_positions(kafka: Kafka, topic: str, name: str) -> None:
    tp, reading = await ten(kafka, topic), reads(kafka, name)
    reading.consumer.assign([tp])
    await reading.next(6, most=6)
    reading.consumer.assign([tp, TopicPartition(topic, 1)])
    assert (await reading.next())[0].offset == 6
    await reading.consumer.close()
    forgetful = reads(kafka, name, keeps_positions=False)
    forgetful.consumer.assign([tp])
    await forgetful.next(6, most=6)
    forgetful.consumer.assign([tp])
    assert (await forgetful.next())[0].offset == 0
    await forgetful.consumer.close()


async def test_what_does_not_fit_the_state_is_refused(kafka: Kafka, topic: str, name: str) -> None:
    consumer, tp = reads(kafka, name).consumer, TopicPartition(topic, 0)
    with pytest.raises(NoAssignment, match="not subscribed to any topics or assigned any partitions"):
        await consumer.poll(1)
    with pytest.raises(Unassigned, match=f"No current assignment for partition {topic}-0"):
        consumer.seek(tp, 0)
    consumer.assign([tp])
    for move in (consumer.seek_to_beginning, consumer.seek_to_end):
        with pytest.raises(Unassigned):
            move(TopicPartition(topic, 1))
    with pytest.raises(ValueError, match="negative"):
        consumer.seek(tp, -1)
    with pytest.raises(IllegalState, match="mutually exclusive"):
        consumer.subscribe([topic])
    with pytest.raises(IllegalState, match="mutually exclusive"):
        consumer.subscribe_pattern("t.*")
    consumer.unsubscribe()
    assert not consumer.assignment()
    consumer.subscribe([topic])
    assert list(consumer.subscription()) == [topic]
    with pytest.raises(IllegalState, match="mutually exclusive"):
        consumer.assign([tp])
    with pytest.raises(ValueError, match="unterminated"):
        reads(kafka, name).consumer.subscribe_pattern("[")
    await consumer.close()
    await consumer.close()
