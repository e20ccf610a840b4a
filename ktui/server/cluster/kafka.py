"""The Kafka verbs on a real cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from ktui.model import Draft, Header, OffsetRange, Partition, Record, TopicDetail, TopicPartition
from ktui.server.cluster.askers import Askers
from ktui.server.cluster.connection import ANSWER, Connection
from ktui.server.cluster.consumer import ClusterConsumer
from ktui.server.cluster.groups import Groups
from ktui.server.cluster.offsets import BEGINNING, END, Offsets
from ktui.server.cluster.producer import Writer
from ktui.server.cluster.topics import Topics, made
from ktui.server.kafka import (
    Broker,
    ClusterDetail,
    ConsumerOptions,
    GroupDetail,
    KafkaError,
    Setting,
    Stored,
)

UUID = 37
"""Characters by which the ids of members differ, behind the name of the client."""


class ClusterKafka:
    """A cluster by its client properties: Java's names or librdkafka's. ConfigError when they cannot be.

    It is made inside a running loop. `answer` bounds the seconds that the cluster has to answer a question,
    `metadata_wait` those that a record waits for an unknown topic or partition. What only reads need not be `writes`.
    """

    def __init__(
        self,
        properties: Mapping[str, str],
        *,
        answer: float = ANSWER,
        metadata_wait: float = 3.0,
        writes: bool = True,
    ) -> None:
        self._connection = Connection(properties, answer)
        self._askers = Askers(self._connection)
        self._topics, self._groups = Topics(self._connection, self._askers), Groups(self._connection)
        self._offsets = Offsets(self._connection, self._askers)
        self._writer = Writer(self._connection, self._topics, metadata_wait)
        self._consumers: set[ClusterConsumer] = set()
        if writes:
            self._writer.warm()

    def __repr__(self) -> str:
        return f"<ClusterKafka {self._connection!r}>"

    async def names(self, *, internal: bool = False) -> Sequence[str]:
        return await self._topics.names(internal)

    async def create_topic(
        self, name: str, partitions: int, config: Mapping[str, str], *, copies: int | None = None, dry: bool = False
    ) -> None:
        await self._topics.create(made(name, partitions, config, copies), dry)

    async def grow_topic(self, name: str, total: int) -> None:
        await self._topics.grow(name, total)

    async def delete_topic(self, name: str) -> None:
        await self._topics.delete(name)

    async def settings(self, topic: str) -> Mapping[str, Setting]:
        return await self._topics.settings(topic)

    async def alter_topic(self, topic: str, changes: Mapping[str, str | None], *, dry: bool = False) -> None:
        await self._topics.alter(topic, changes, dry)

    async def describe(self, topic: str) -> TopicDetail:
        return await self._topics.describe(topic)

    async def partitions(self, topic: str) -> Sequence[Partition]:
        return await self._topics.partitions(topic)

    async def ranges(self, topic: str, partitions: Iterable[int]) -> Mapping[int, OffsetRange]:
        tps = [TopicPartition(topic, number) for number in partitions]
        beginnings, ends = await asyncio.gather(self._offsets.find(tps, BEGINNING), self._offsets.find(tps, END))
        return {tp.partition: OffsetRange(beginnings[tp], ends[tp]) for tp in tps}

    async def find_time(self, tp: TopicPartition, timestamp: int) -> int | None:
        found = (await self._offsets.find([tp], max(0, timestamp)))[tp]
        return None if found < 0 else found

    async def cluster(self) -> ClusterDetail:
        admin, limit = self._connection.admin, self._connection.answer
        found = await self._connection.asked(lambda: admin.describe_cluster(request_timeout=limit))
        brokers = [Broker(node.id, node.host, node.port, node.rack) for node in found.nodes]
        return ClusterDetail(found.cluster_id, sorted(brokers), found.controller.id if found.controller else None)

    async def group_names(self) -> Sequence[str]:
        return await self._groups.names()

    async def group(self, name: str, *, offsets: bool = True) -> GroupDetail | None:
        return await self._groups.describe(name, offsets=offsets)

    async def produce(
        self,
        topic: str,
        partition: int | None,
        key: bytes | None,
        value: bytes | None,
        *,
        timestamp: int | None = None,
        headers: Iterable[Header] = (),
    ) -> Record:
        draft = Draft(topic, key, value, partition, timestamp, tuple(headers))
        (stored,) = await self.produce_all([draft])
        if isinstance(stored, KafkaError):
            raise stored
        return Record(topic, stored.partition, stored.offset, key, value, stored.timestamp, draft.headers)

    async def produce_all(self, drafts: Sequence[Draft]) -> Sequence[Stored | KafkaError]:
        return await self._writer.write(drafts)

    def consumer(self, group: str, member: str, options: ConsumerOptions) -> ClusterConsumer:
        consumer = ClusterConsumer(
            self._connection,
            self._topics,
            self._offsets,
            self._groups,
            group,
            member[:-UUID],
            options,
            self._consumers.discard,
        )
        self._consumers.add(consumer)  # one that is dropped without being closed would take librdkafka down with it
        return consumer

    async def aclose(self) -> None:
        await self._writer.aclose()
        await asyncio.gather(*(consumer.aclose() for consumer in tuple(self._consumers)))
        await self._askers.aclose()
        await self._connection.aclose()
