"""Consumer groups on a cluster, without joining any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import ConsumerGroupState, ConsumerGroupTopicPartitions
from confluent_kafka import TopicPartition as Place

from ktui.model import TopicPartition
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.kafka import Committed, GroupDetail, Member, RetriableError, UnknownTopic


class Groups:
    """The verbs of groups."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._admin = connection, connection.admin

    async def names(self) -> Sequence[str]:
        """Groups in order."""
        found = await self._connection.asked(self._admin.list_consumer_groups(request_timeout=self._connection.answer))
        if found.errors and not found.valid:
            raise translated(found.errors[0], self._connection.complaints)
        return sorted(group.group_id for group in found.valid)

    async def describe(self, name: str) -> GroupDetail | None:
        """A group, or None."""
        if not name:
            return None
        futures = self._admin.describe_consumer_groups([name], request_timeout=self._connection.answer)
        found = await self._connection.asked(futures[name])
        committed = await self.committed(name, None)
        if found.state == ConsumerGroupState.DEAD and not committed:
            return None
        members = {each.member_id: _member(each) for each in found.members}
        offsets = {tp: each.offset for tp, each in committed.items()}
        coordinator = found.coordinator.id if found.coordinator else None
        return GroupDetail(members, offsets, found.state.name, found.partition_assignor if members else "", coordinator)

    async def committed(
        self, group: str, partitions: Iterable[TopicPartition] | None
    ) -> Mapping[TopicPartition, Committed]:
        """Resume offsets of a group, of all its partitions when none are named."""
        places = None if partitions is None else [Place(tp.topic, tp.partition) for tp in partitions]
        if places == []:
            return {}
        asked = ConsumerGroupTopicPartitions(group, places)
        futures = self._admin.list_consumer_group_offsets([asked], request_timeout=self._connection.answer)
        found = await self._connection.asked(futures[group])
        return {
            TopicPartition(each.topic, each.partition): Committed(each.offset, each.metadata or "")
            for each in found.topic_partitions or ()
            if each.offset >= 0
        }

    async def commit(self, group: str, offsets: Mapping[TopicPartition, Committed]) -> None:
        """Store resume offsets of a group that nobody is in. KafkaError when somebody is."""
        if not offsets:
            return
        asked = ConsumerGroupTopicPartitions(group, places(offsets))
        futures = self._admin.alter_consumer_group_offsets([asked], request_timeout=self._connection.answer)
        check((await self._connection.asked(futures[group])).topic_partitions or ())


def places(offsets: Mapping[TopicPartition, Committed]) -> list[Place]:
    """Commits as librdkafka has them."""
    return [Place(tp.topic, tp.partition, each.offset, each.metadata) for tp, each in offsets.items()]


def check(stored: Iterable[Place]) -> None:
    """Raise the first refusal of a commit."""
    for place in stored:
        if place.error:
            error = translated(place.error)
            if isinstance(error, UnknownTopic):  # to a commit that only says: not yet, or not any more
                raise RetriableError(f"{place.topic}-{place.partition}: {error}")
            raise error


def _member(description: object) -> Member:
    assignment = getattr(description, "assignment", None)
    tps = [TopicPartition(each.topic, each.partition) for each in assignment.topic_partitions] if assignment else []
    return Member(
        sorted(tps), getattr(description, "client_id", ""), getattr(description, "group_instance_id", None) or None
    )
