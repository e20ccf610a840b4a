"""Topics on a cluster: listed, described, made, changed, measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import IsolationLevel, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from ktui.model import OffsetRange, Partition, TopicDetail, TopicPartition
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.kafka import InvalidTopic, KafkaError, RetriableError, Setting, UnknownPartition

INTERNAL = frozenset(("__consumer_offsets", "__transaction_state", "__share_group_state"))
"""What Kafka keeps for itself."""
SETTLING = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between questions about partitions whose leader is not there yet, as those of a new topic."""


class Topics:
    """The verbs of topics."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._admin = connection, connection.admin

    @property
    def _limit(self) -> float:
        return self._connection.answer

    async def names(self, internal: bool) -> Sequence[str]:
        """Topics in order. Asked for all: a question about one name may make a topic."""
        found = await self._connection.blocking(self._admin.list_topics, timeout=self._limit)
        return sorted(name for name in found.topics if internal or name not in INTERNAL)

    async def create(self, new: NewTopic, dry: bool) -> None:
        """Make a topic."""
        futures = self._admin.create_topics([new], request_timeout=self._limit, validate_only=dry)
        await self._connection.asked(futures[new.topic])

    async def grow(self, name: str, total: int) -> None:
        """Add partitions."""
        futures = self._admin.create_partitions([NewPartitions(name, total)], request_timeout=self._limit)
        await self._connection.asked(futures[name])

    async def delete(self, name: str) -> None:
        """Delete a topic."""
        await self._connection.asked(self._admin.delete_topics([name], request_timeout=self._limit)[name])

    async def partitions(self, name: str) -> tuple[Partition, ...]:
        """The partitions of a topic, where they lie. UnknownTopic, InvalidTopic."""
        if not name:
            raise InvalidTopic("The request attempted to perform an operation on an invalid topic.")
        futures = self._admin.describe_topics(TopicCollection([name]), request_timeout=self._limit)
        found = await self._connection.asked(futures[name])
        return tuple(
            Partition(
                each.id,
                each.leader.id if each.leader and each.leader.id >= 0 else None,
                tuple(node.id for node in each.replicas),
                tuple(node.id for node in each.isr),
            )
            for each in sorted(found.partitions, key=lambda each: each.id)
        )

    async def describe(self, name: str) -> TopicDetail:
        """A topic with its settings."""
        partitions = await self.partitions(name)
        entries = await self._entries(name)
        return TopicDetail(name, partitions, {entry.name: entry.value for entry in entries})

    async def settings(self, name: str) -> Mapping[str, Setting]:
        """The settings of a topic."""
        return {entry.name: _setting(entry) for entry in await self._entries(name)}

    async def _entries(self, name: str) -> Sequence[ConfigEntry]:
        resource = ConfigResource(ResourceType.TOPIC, name)
        futures = self._admin.describe_configs([resource], request_timeout=self._limit)
        found = await self._connection.asked(futures[resource])
        return sorted(found.values(), key=lambda entry: entry.name)

    async def alter(self, name: str, changes: Mapping[str, str | None], dry: bool) -> None:
        """Change settings."""
        entries = [
            ConfigEntry(
                setting,
                value,
                incremental_operation=AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET,
            )
            for setting, value in changes.items()
        ]
        if not entries:
            await self.partitions(name)
            return
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        futures = self._admin.incremental_alter_configs([resource], request_timeout=self._limit, validate_only=dry)
        await self._connection.asked(futures[resource])

    async def ranges(self, topic: str, partitions: Iterable[int]) -> Mapping[int, OffsetRange]:
        """Beginnings and ends (the high watermarks)."""
        tps = [TopicPartition(topic, number) for number in partitions]
        beginnings, ends = await asyncio.gather(
            self.offsets(tps, OffsetSpec.earliest()), self.offsets(tps, OffsetSpec.latest())
        )
        return {tp.partition: OffsetRange(beginnings[tp], ends[tp]) for tp in tps}

    async def offsets(
        self, tps: Sequence[TopicPartition], where: OffsetSpec, *, committed_only: bool = False
    ) -> dict[TopicPartition, int]:
        """Where these partitions begin or end, or where a time is in them (-1: nowhere)."""
        if not tps:
            return {}
        if any(tp.partition < 0 for tp in tps):
            raise UnknownPartition("Partition not found.")
        level = IsolationLevel.READ_COMMITTED if committed_only else IsolationLevel.READ_UNCOMMITTED
        asked = {Place(tp.topic, tp.partition): where for tp in tps}
        pauses = iter(SETTLING)
        while True:
            futures = self._admin.list_offsets(asked, isolation_level=level, request_timeout=self._limit)
            try:
                found = [await self._connection.asked(futures[place]) for place in asked]
                return {tp: int(each.offset) for tp, each in zip(tps, found, strict=True)}
            except RetriableError:
                await self._check(tps)
                pause = next(pauses, None)
                if pause is None:
                    raise
                await asyncio.sleep(pause)

    async def _check(self, tps: Iterable[TopicPartition]) -> None:
        """Say what is wrong with partitions that have no leader: mostly that they are not there."""
        for topic in {tp.topic for tp in tps}:
            known = {each.partition for each in await self.partitions(topic)}
            if any(tp.topic == topic and tp.partition not in known for tp in tps):
                raise UnknownPartition("Partition not found.")


def made(name: str, partitions: int, config: Mapping[str, str], copies: int | None) -> NewTopic:
    """A topic to be made. KafkaError for what librdkafka does not even ask."""
    try:
        return NewTopic(name, partitions, -1 if copies is None else copies, config=dict(config))
    except (KafkaException, TypeError, ValueError) as error:
        raise translated(error) if isinstance(error, KafkaException) else KafkaError(str(error)) from None


def _setting(entry: ConfigEntry) -> Setting:
    """What the broker says of a setting. Its synonyms go from the topic's own value to the default."""
    inherited = [each for each in entry.synonyms.values() if not _is_own(each)]
    dynamic = _is_own(entry)
    default = inherited[0] if inherited else None
    return Setting(
        entry.name,
        entry.value or "",
        dynamic,
        (default.value or "") if default else "" if dynamic else entry.value or "",
        default.name if default else None,
    )


def _is_own(entry: ConfigEntry) -> bool:
    """Whether a value was set for the topic. The sources of answers are numbers."""
    source: object = entry.source
    return source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
