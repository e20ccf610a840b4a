"""Topics on a cluster: listed, described, made, changed, measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from ktui.model import Partition, TopicDetail
from ktui.server.cluster.askers import Askers
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.kafka import KafkaError, Setting, check_name

INTERNAL = frozenset(("__consumer_offsets", "__transaction_state", "__share_group_state"))
"""What Kafka keeps for itself."""


class Topics:
    """The verbs of topics."""

    def __init__(self, connection: Connection, askers: Askers) -> None:
        self._connection, self._admin, self._askers = connection, connection.admin, askers

    @property
    def _limit(self) -> float:
        return self._connection.answer

    async def names(self, internal: bool) -> Sequence[str]:
        """Topics in order. Asked for all: a question about one name may make a topic."""
        found = await self._connection.blocking(self._admin.list_topics, timeout=self._limit)
        return sorted(name for name in found.topics if internal or name not in INTERNAL)

    async def create(self, new: NewTopic, dry: bool) -> None:
        """Make a topic."""
        create, limit = self._admin.create_topics, self._limit
        await self._connection.asked(lambda: create([new], request_timeout=limit, validate_only=dry)[new.topic])

    async def grow(self, name: str, total: int) -> None:
        """Add partitions."""
        grow, limit = self._admin.create_partitions, self._limit
        await self._connection.asked(lambda: grow([NewPartitions(name, total)], request_timeout=limit)[name])

    async def delete(self, name: str) -> None:
        """Delete a topic."""
        delete, limit = self._admin.delete_topics, self._limit
        await self._connection.asked(lambda: delete([name], request_timeout=limit)[name])

    async def partitions(self, name: str) -> tuple[Partition, ...]:
        """The partitions of a topic, where they lie. UnknownTopic, InvalidTopic."""
        check_name(name)
        found = await self._connection.blocking(self._askers.topic, name)
        return tuple(
            Partition(number, each.leader if each.leader >= 0 else None, tuple(each.replicas), tuple(each.isrs))
            for number, each in sorted(found.partitions.items())
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
        describe, limit = self._admin.describe_configs, self._limit
        found = await self._connection.asked(lambda: describe([resource], request_timeout=limit)[resource])
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
        change, limit = self._admin.incremental_alter_configs, self._limit
        await self._connection.asked(lambda: change([resource], request_timeout=limit, validate_only=dry)[resource])


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
