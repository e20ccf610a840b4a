"""Topics: made, described, changed, measured."""

from __future__ import annotations

import pytest

from ktui.model import OffsetRange, TopicPartition
from ktui.server.kafka import BadRequest, InvalidTopic, Kafka, Setting, TopicExists, UnknownPartition, UnknownTopic
from tests.kafka.world import World, fill, until_so


async def test_a_topic_from_its_making_to_its_end(kafka: Kafka, name: str) -> None:
    await kafka.create_topic(name, 2, {"retention.ms": "60000"}, dry=True)
    assert name not in await kafka.names()
    await kafka.create_topic(name, 2, {"retention.ms": "60000"}, copies=1)

    async def there() -> bool:
        return name in await kafka.names()

    await until_so(there, True)
    found = await kafka.describe(name)
    brokers = [broker.id for broker in (await kafka.cluster()).brokers]
    assert [p.partition for p in found.partitions] == [0, 1]
    assert {p.leader for p in found.partitions} <= set(brokers)
    assert all(p.replicas == p.in_sync for p in found.partitions)
    assert found.configs["retention.ms"] == "60000"
    await kafka.grow_topic(name, 3)

    async def count() -> int:
        return len((await kafka.describe(name)).partitions)

    await until_so(count, 3)
    await kafka.delete_topic(name)
    await until_so(there, False)
    with pytest.raises(UnknownTopic):
        await kafka.describe(name)


async def test_internal_topics_are_named_when_asked_for(world: World, kafka: Kafka, topic: str) -> None:
    names = await kafka.names(internal=True)
    assert topic in names
    assert list(names) == sorted(names)
    assert not any(each.startswith("__") for each in await kafka.names())


async def test_what_cannot_be_made_is_refused(kafka: Kafka, topic: str, name: str) -> None:
    with pytest.raises(TopicExists, match=f"Topic '{topic}' already exists"):
        await kafka.create_topic(topic, 1, {})
    with pytest.raises(InvalidTopic, match="Topic name is invalid"):
        await kafka.create_topic("a b", 1, {})
    with pytest.raises(BadRequest, match="non-positive"):
        await kafka.create_topic(f"{name}-0", 0, {})
    with pytest.raises(BadRequest, match="Unknown topic config name: nope"):
        await kafka.create_topic(f"{name}-1", 1, {"nope": "1"})
    with pytest.raises(BadRequest, match="replication factor of 7"):
        await kafka.create_topic(f"{name}-2", 1, {}, copies=7)


async def test_a_topic_only_grows(kafka: Kafka, topic: str, name: str) -> None:
    with pytest.raises(BadRequest, match="already has 2 partition"):
        await kafka.grow_topic(topic, 2)
    with pytest.raises(BadRequest, match="would not be an increase"):
        await kafka.grow_topic(topic, 1)
    with pytest.raises(UnknownTopic):
        await kafka.grow_topic(f"{name}-none", 2)


async def test_settings_are_read_and_changed(kafka: Kafka, topic: str, name: str) -> None:
    async def policy() -> Setting:
        return (await kafka.settings(topic))["cleanup.policy"]

    before = await policy()
    assert (before.value, before.dynamic, before.broker_name) == ("delete", False, "log.cleanup.policy")
    await kafka.alter_topic(topic, {"cleanup.policy": "compact", "retention.ms": "5000"}, dry=True)
    assert not (await policy()).dynamic
    await kafka.alter_topic(topic, {"cleanup.policy": "compact", "retention.ms": "5000"})
    await until_so(policy, before._replace(value="compact", dynamic=True))
    assert (await kafka.settings(topic))["retention.ms"].value == "5000"
    await kafka.alter_topic(topic, {"cleanup.policy": None})
    await until_so(policy, before)
    with pytest.raises(BadRequest, match=r"Invalid value x for configuration retention\.ms"):
        await kafka.alter_topic(topic, {"retention.ms": "x"})
    for unknown in (kafka.settings(f"{name}-none"), kafka.alter_topic(f"{name}-none", {"retention.ms": "1"})):
        with pytest.raises(UnknownTopic):
            await unknown


async def test_beginnings_and_ends(world: World, kafka: Kafka, topic: str) -> None:
    assert await kafka.ranges(topic, [0, 1]) == {0: OffsetRange(0, 0), 1: OffsetRange(0, 0)}
    await fill(kafka, topic, [b"a", b"b", b"c"], 1)
    await world.forget(TopicPartition(topic, 1), 1)
    assert await kafka.ranges(topic, [0, 1]) == {0: OffsetRange(0, 0), 1: OffsetRange(1, 3)}


async def test_times_are_found(kafka: Kafka, topic: str) -> None:
    for timestamp in (1_000, 3_000, 2_000):
        await kafka.produce(topic, 0, None, b"v", timestamp=timestamp)
    tp = TopicPartition(topic, 0)
    assert [await kafka.find_time(tp, at) for at in (0, 1_000, 1_001, 3_000, 3_001)] == [0, 0, 1, 1, None]
    assert await kafka.find_time(TopicPartition(topic, 1), 0) is None


@pytest.mark.parametrize("partition", [9, -1])
async def test_partitions_that_are_not_there(kafka: Kafka, topic: str, partition: int) -> None:
    with pytest.raises(UnknownPartition):
        await kafka.ranges(topic, [0, partition])
    with pytest.raises(UnknownPartition):
        await kafka.find_time(TopicPartition(topic, partition), 0)


async def test_topics_that_are_not_there(kafka: Kafka, name: str) -> None:
    for asked in (kafka.describe(name), kafka.ranges(name, [0]), kafka.find_time(TopicPartition(name, 0), 0)):
        with pytest.raises(UnknownTopic, match="does not host this topic-partition"):
            await asked
    with pytest.raises(UnknownTopic):
        await kafka.delete_topic(name)
    for bad in ("a b", "", "a\0b"):
        for asked in (kafka.describe(bad), kafka.ranges(bad, [0])):
            with pytest.raises(InvalidTopic):
                await asked
    assert name not in await kafka.names()


async def test_the_cluster_names_itself(kafka: Kafka) -> None:
    found = await kafka.cluster()
    assert len(found.id) == 22
    assert found.controller in {broker.id for broker in found.brokers}
    assert all(broker.host and broker.port for broker in found.brokers)
