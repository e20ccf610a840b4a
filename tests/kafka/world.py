"""Two clusters with the same verbs, and for each somebody else at it: not the code that is tested."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol
from uuid import uuid4

import confluent_kafka as librdkafka
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient

from ktui.model import Header, Record, TopicPartition
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.kafka import Committed, Consumer, ConsumerOptions, Kafka
from ktui.server.memory.cluster import MemoryKafka
from ktui.server.memory.groups import Groups
from ktui.server.memory.load import LoadedRecord, LoadedTopic, add_topic
from ktui.server.memory.log import Topics

SOON = 20.0
"""Seconds until what must happen has happened, on a busy machine too."""
METADATA_WAIT = 0.5


async def until_so(ask: Callable[[], Awaitable[object]], expected: object) -> None:
    """Ask until the answer is as expected: a broker takes a moment to see what was changed."""
    until = time.monotonic() + SOON
    while (found := await ask()) != expected:
        assert time.monotonic() < until, f"still {found}, not {expected}"
        await asyncio.sleep(0.02)


class World(Protocol):
    """A cluster and somebody else at it."""

    kafka: Kafka

    async def commits(self, group: str) -> Mapping[TopicPartition, Committed]:
        """What a group has committed, as somebody else sees it."""

    async def transactions(self, topic: str) -> None:
        """Make a topic of one partition: a record, one of an aborted transaction, one of a committed one."""

    async def forget(self, tp: TopicPartition, before: int) -> None:
        """Delete the first records of a partition."""

    async def aclose(self) -> None:
        """The end of it."""


class InMemory:
    """Topics in this process."""

    def __init__(self) -> None:
        self._topics, self._groups = Topics(), Groups()
        self.kafka: Kafka = MemoryKafka(
            self._topics,
            self._groups,
            clock=time.time,
            sleep=asyncio.sleep,
            metadata_wait=METADATA_WAIT,
            commit_wait=METADATA_WAIT,
        )

    async def commits(self, group: str) -> Mapping[TopicPartition, Committed]:
        notes = self._groups.metadata
        return {tp: Committed(n, notes.get((group, tp), "")) for tp, n in self._groups.committed[group].items()}

    async def transactions(self, topic: str) -> None:
        records = [
            LoadedRecord(0, None, b"plain", 0, (), None),
            LoadedRecord(0, None, b"aborted", 0, (), "aborted"),
            LoadedRecord(0, None, b"committed", 0, (), "committed"),
        ]
        add_topic(self._topics, LoadedTopic(topic, 1, {}, records))

    async def forget(self, tp: TopicPartition, before: int) -> None:
        self._topics[tp.topic].partitions[tp.partition].truncate(before)

    async def aclose(self) -> None:
        await self.kafka.aclose()


class OnCluster:
    """A broker, and bare librdkafka beside our verbs."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        properties = {"bootstrap.servers": bootstrap, "heartbeat.interval.ms": "200"}  # members hear of each other
        self.kafka: Kafka = ClusterKafka(properties, metadata_wait=METADATA_WAIT)
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    async def commits(self, group: str) -> Mapping[TopicPartition, Committed]:
        future = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
        found = (await asyncio.wrap_future(future)).topic_partitions
        return {
            TopicPartition(each.topic, each.partition): Committed(each.offset, each.metadata or "") for each in found
        }

    async def transactions(self, topic: str) -> None:
        await self.kafka.create_topic(topic, 1, {})
        await self.kafka.produce(topic, 0, None, b"plain")
        await asyncio.to_thread(self._transactions, topic)

    def _transactions(self, topic: str) -> None:
        producer = librdkafka.Producer(
            {"bootstrap.servers": self._bootstrap, "transactional.id": str(uuid4()), "log_level": 0}
        )
        producer.init_transactions(SOON)
        for value, end in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
            producer.begin_transaction()
            producer.produce(topic, value, partition=0)
            producer.flush(SOON)
            end(SOON)

    async def forget(self, tp: TopicPartition, before: int) -> None:
        place = Place(tp.topic, tp.partition, before)
        await asyncio.wrap_future(self._admin.delete_records([place])[place])

    async def aclose(self) -> None:
        await self.kafka.aclose()


class Reads:
    """A consumer with somebody who waits for its records."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self._ready = asyncio.Event()
        consumer.on_ready = self._ready.set

    async def next(self, count: int = 1, *, limit: int = 500, most: int | None = None) -> list[Record]:
        """At least so many records, in the order they came, and no more than `most`."""
        found: list[Record] = []
        async with asyncio.timeout(SOON):
            while len(found) < count:
                rest = limit if most is None else min(limit, most - len(found))
                found += (more := await self.consumer.poll(rest))
                if not more:
                    await self._ready.wait()
                    self._ready.clear()
        return found

    async def until(self, reached: Callable[[], bool]) -> list[Record]:
        """Poll until something is so; what came meanwhile."""
        found: list[Record] = []
        async with asyncio.timeout(SOON):
            while not reached():
                found += await self.consumer.poll(500)
                await asyncio.sleep(0.01)
        return found

    async def nothing(self, seconds: float = 0.4) -> None:
        """Poll for a while; nothing comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert await self.consumer.poll(500) == []
            await asyncio.sleep(0.02)


def reads(kafka: Kafka, group: str, *, reset: str = "earliest", **options: bool) -> Reads:
    """A new consumer that commits nothing by itself unless it is told to."""
    return Reads(
        kafka.consumer(group, f"{group}-{uuid4()}", ConsumerOptions(reset, **{"auto_commit": False, **options}))
    )


async def fill(kafka: Kafka, topic: str, values: Sequence[bytes], partition: int = 0) -> None:
    """Write these values one after another."""
    for value in values:
        await kafka.produce(topic, partition, None, value, headers=(Header("n", value),))
