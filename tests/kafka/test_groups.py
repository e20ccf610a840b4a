"""Groups: commits as they were asked, members that share and inherit, and looking without joining."""

from __future__ import annotations

import asyncio

import pytest

from ktui.model import TopicPartition
from ktui.server.kafka import Committed, Kafka, KafkaError, RetriableError
from tests.kafka.world import SOON, Reads, World, fill, reads, until_so


async def test_commits_are_what_was_asked(world: World, kafka: Kafka, topic: str, name: str) -> None:
    one, two, consumer = TopicPartition(topic, 0), TopicPartition(topic, 1), reads(kafka, name).consumer
    await consumer.commit({one: Committed(0, "note ä"), two: Committed(7)})
    assert await world.commits(name) == {one: Committed(0, "note ä"), two: Committed(7)}
    await consumer.commit({one: Committed(3)})
    assert await world.commits(name) == {one: Committed(3), two: Committed(7)}
    assert await consumer.committed([one, TopicPartition(topic, 9)]) == {one: Committed(3)}
    assert await consumer.committed([]) == {}
    await consumer.commit({})
    await consumer.close()


async def test_reading_resumes_at_the_commit(kafka: Kafka, topic: str, name: str) -> None:
    await fill(kafka, topic, [b"%d" % n for n in range(10)])
    tp, reading = TopicPartition(topic, 0), reads(kafka, name)
    await reading.consumer.commit({tp: Committed(6)})
    reading.consumer.assign([tp])
    assert (await reading.next())[0].offset == 6
    await reading.consumer.close()


async def test_a_commit_to_nowhere_fails(world: World, kafka: Kafka, name: str) -> None:
    consumer = reads(kafka, name).consumer
    with pytest.raises(RetriableError):
        await consumer.commit({TopicPartition(name, 0): Committed(1)})
    assert await world.commits(name) == {}
    await consumer.close()


async def test_without_auto_commit_nothing_is_committed(world: World, kafka: Kafka, topic: str, name: str) -> None:
    await fill(kafka, topic, [b"a"])
    reading = reads(kafka, name)
    reading.consumer.assign([TopicPartition(topic, 0)])
    await reading.next()
    await reading.consumer.close()
    assert await world.commits(name) == {}
    assert name not in await kafka.group_names()


async def test_auto_commit_is_of_what_was_handed_out(world: World, kafka: Kafka, topic: str, name: str) -> None:
    await fill(kafka, topic, [b"%d" % n for n in range(10)])
    tp, reading = TopicPartition(topic, 0), reads(kafka, name, auto_commit=True)
    reading.consumer.assign([tp])
    await reading.next(4, most=4)
    await reading.consumer.close()
    assert await world.commits(name) == {tp: Committed(4)}


async def test_a_member_that_unsubscribes_commits_what_was_handed_out(
    world: World, kafka: Kafka, topic: str, name: str
) -> None:
    await fill(kafka, topic, [b"%d" % n for n in range(10)])
    reading = reads(kafka, name, auto_commit=True)
    reading.consumer.subscribe([topic])
    await reading.next(4, most=4)
    reading.consumer.unsubscribe()

    async def committed() -> Committed | None:
        return (await world.commits(name)).get(TopicPartition(topic, 0))

    await until_so(committed, Committed(4))
    await reading.consumer.close()


async def both(one: Reads, two: Reads) -> list[list[int]]:
    """Poll both until each reads something; which partitions."""

    def given(reading: Reads) -> list[int]:
        return sorted(tp.partition for tp in reading.consumer.assignment())

    async with asyncio.timeout(SOON):
        while not (given(one) and given(two) and len(given(one) + given(two)) == 2):
            await one.consumer.poll(500)
            await two.consumer.poll(500)
            await asyncio.sleep(0.01)
    return sorted([given(one), given(two)])


async def test_members_share_and_inherit(world: World, kafka: Kafka, topic: str, name: str) -> None:
    for partition in (0, 1):
        await fill(kafka, topic, [b"a", b"b"], partition)
    one, two = reads(kafka, name, auto_commit=True), reads(kafka, name)
    one.consumer.subscribe([topic])
    assert len(await one.next(4)) == 4
    two.consumer.subscribe([topic])
    assert await both(one, two) == [[0], [1]]
    found = await kafka.group(name)
    assert found is not None
    assert found.state == "STABLE"
    assert found.assignor == "range"
    assert sorted(tp.partition for member in found.members.values() for tp in member.partitions) == [0, 1]
    assert name in await kafka.group_names()
    await one.consumer.close()
    assert {tp.partition: each.offset for tp, each in (await world.commits(name)).items()} == {0: 2, 1: 2}
    await two.until(lambda: len(two.consumer.assignment()) == 2)
    await two.nothing(0.2)  # it goes on behind what was committed
    await fill(kafka, topic, [b"c"], 1)
    assert [record.value for record in await two.next()] == [b"c"]
    await two.consumer.close()
    left = await kafka.group(name)
    assert left is not None
    assert (left.state, dict(left.members)) == ("EMPTY", {})
    assert left.committed == {TopicPartition(topic, 0): 2, TopicPartition(topic, 1): 2}


async def test_a_commit_beside_a_member_is_refused(world: World, kafka: Kafka, topic: str, name: str) -> None:
    await fill(kafka, topic, [b"a"])
    member, other, tp = reads(kafka, name), reads(kafka, name), TopicPartition(topic, 0)
    member.consumer.subscribe([topic])
    await member.next()
    with pytest.raises(KafkaError, match="already rebalanced"):
        await other.consumer.commit({tp: Committed(1)})
    assert await world.commits(name) == {}
    await member.consumer.commit({tp: Committed(1, "mine")})
    assert await world.commits(name) == {tp: Committed(1, "mine")}
    await member.consumer.close()
    await other.consumer.commit({tp: Committed(0)})
    assert await world.commits(name) == {tp: Committed(0)}
    await other.consumer.close()


async def test_a_member_seeks(kafka: Kafka, topic: str, name: str) -> None:
    await fill(kafka, topic, [b"%d" % n for n in range(50)])
    member, tp = reads(kafka, name), TopicPartition(topic, 0)
    member.consumer.subscribe([topic])
    await member.next(50)
    for offset in (40, 3, 17, 0, 49):
        member.consumer.seek(tp, offset)
        found = await member.next(limit=5)
        assert [record.offset for record in found] == [*range(offset, offset + len(found))]
    member.consumer.seek_to_beginning(tp)
    assert (await member.next(limit=1))[0].offset == 0
    member.consumer.seek_to_end(tp)
    await member.until(lambda: member.consumer.positions().get(tp) == 50)
    await fill(kafka, topic, [b"new"])
    assert [record.value for record in await member.next()] == [b"new"]
    await member.consumer.close()


async def test_a_pattern_finds_its_topics(kafka: Kafka, topic: str, name: str) -> None:
    await kafka.create_topic(f"{topic}.x", 1, {})
    await fill(kafka, f"{topic}.x", [b"x"])
    await fill(kafka, topic, [b"not"])
    member = reads(kafka, name)
    member.consumer.subscribe_pattern(f"{topic}\\..+")
    assert [record.value for record in await member.next()] == [b"x"]
    assert list(member.consumer.subscription()) == [f"{topic}.x"]
    await member.nothing(0.2)
    member.consumer.unsubscribe()
    assert not member.consumer.subscription()
    await member.consumer.close()


async def test_a_group_nobody_has_heard_of(kafka: Kafka, name: str) -> None:
    assert await kafka.group(name) is None
    assert await kafka.group("") is None
    assert name not in await kafka.group_names()
