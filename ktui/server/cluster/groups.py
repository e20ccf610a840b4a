"""Consumer groups on a cluster, without joining any."""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, TypeVar

from confluent_kafka import Consumer, ConsumerGroupState, KafkaException
from confluent_kafka import KafkaError as Code
from confluent_kafka import TopicPartition as Place

from ktui.model import TopicPartition
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.cluster.topics import INTERNAL
from ktui.server.kafka import Committed, GroupDetail, Member, RetriableError, UnknownTopic

T = TypeVar("T")
COORDINATOR_MOVES = frozenset((Code.NOT_COORDINATOR, Code.COORDINATOR_NOT_AVAILABLE, Code.COORDINATOR_LOAD_IN_PROGRESS))
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Groups:
    """The verbs of groups."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._admin = connection, connection.admin

    @property
    def _limit(self) -> float:
        return self._connection.answer

    async def names(self) -> Sequence[str]:
        """Groups in order."""
        found = await self._connection.asked(lambda: self._admin.list_consumer_groups(request_timeout=self._limit))
        if found.errors and not found.valid:
            raise translated(found.errors[0], self._connection.complaints)
        return sorted(group.group_id for group in found.valid)

    async def describe(self, name: str, *, offsets: bool) -> GroupDetail | None:
        """A group, or None; where it resumes only with `offsets`."""
        if not name:
            return None
        found = await self._connection.blocking(self._found, name)
        committed = await self.committed(name, await self._everywhere()) if offsets else {}
        if found is None and not committed:
            return None
        detail = found or GroupDetail({}, {}, "EMPTY")
        return detail._replace(committed={tp: each.offset for tp, each in committed.items()})

    def _found(self, name: str) -> GroupDetail | None:
        # the call that this one is deprecated for aborts the process when the coordinator goes away meanwhile
        found: list[Any] = self._admin.list_groups(name, timeout=self._limit)
        for group in found:
            if group.error is not None:
                raise KafkaException(group.error)
            if group.state == "Dead":
                return self._of_new_protocol(name)
            members = {member.id: _member(member) for member in group.members}
            state = _CAPITAL.sub("_", group.state).upper()
            return GroupDetail(members, {}, state, group.protocol if members else "", group.broker.id)
        return None

    def _of_new_protocol(self, name: str) -> GroupDetail | None:
        """A group whose partitions the broker deals (KIP-848), or one that is gone."""
        found = self._admin.describe_consumer_groups([name], request_timeout=self._limit)[name].result()
        if found.state == ConsumerGroupState.DEAD:
            return None
        members = {
            each.member_id: Member(
                sorted(TopicPartition(p.topic, p.partition) for p in each.assignment.topic_partitions),
                each.client_id,
                each.group_instance_id or None,
            )
            for each in found.members
        }
        assignor = found.partition_assignor if members else ""
        return GroupDetail(members, {}, found.state.name, assignor, found.coordinator.id if found.coordinator else None)

    async def _everywhere(self) -> list[TopicPartition]:
        """All partitions that there are."""
        found = await self._connection.blocking(self._admin.list_topics, timeout=self._limit)
        return [
            TopicPartition(topic, number)
            for topic, each in found.topics.items()
            if topic not in INTERNAL
            for number in each.partitions
        ]

    async def committed(self, group: str, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Committed]:
        """Resume offsets of a group."""
        asked = [Place(tp.topic, tp.partition) for tp in partitions if tp.partition >= 0]
        if not asked:
            return {}
        found = await self._connection.blocking(self._with_asker, group, partial(self._committed, asked))
        return {
            TopicPartition(each.topic, each.partition): Committed(each.offset, each.metadata or "")
            for each in found
            if each.offset >= 0
        }

    async def commit(self, group: str, offsets: Mapping[TopicPartition, Committed]) -> None:
        """Store resume offsets of a group that nobody is in. KafkaError when somebody is."""
        if offsets:
            await self._connection.blocking(self._with_asker, group, partial(self.commit_by, places(offsets)))

    def commit_by(self, asked: list[Place], consumer: Consumer) -> None:
        """Commit by a consumer, in a thread. KafkaException, KafkaError."""
        self._committed(asked[:1], consumer)  # fails in time where there is no coordinator; a commit waits 45 s
        try:
            check(consumer.commit(offsets=asked, asynchronous=False) or ())
        except KafkaException as error:
            refuse(error)

    def _committed(self, asked: list[Place], consumer: Consumer) -> list[Place]:
        """Asked again while the coordinator is being found: of a group that is new it may be another one at once."""
        places, until = [Place(each.topic, each.partition) for each in asked], time.monotonic() + self._limit
        while True:
            try:
                return consumer.committed(places, timeout=max(0.1, until - time.monotonic()))
            except KafkaException as error:
                if error.args[0].code() not in COORDINATOR_MOVES or time.monotonic() > until:
                    raise
            time.sleep(0.05)

    def _with_asker(self, group: str, ask: Callable[[Consumer], T]) -> T:
        """What a consumer of that group says, which joins nothing and is made for this one question.

        The admin client has calls for such questions. In them librdkafka 2.16 crashes when the group's coordinator
        has just moved, and aborts when it goes away.
        """
        properties = {**self._connection.properties, "group.id": group, "enable.auto.commit": "false"}
        consumer = Consumer({**properties, "error_cb": self._connection.complaints})
        try:
            return ask(consumer)
        finally:
            consumer.close()


def places(offsets: Mapping[TopicPartition, Committed]) -> list[Place]:
    """Commits as librdkafka has them."""
    return [Place(tp.topic, tp.partition, each.offset, each.metadata) for tp, each in offsets.items()]


def check(stored: Iterable[Place]) -> None:
    """Raise the first refusal of a commit."""
    for place in stored:
        if place.error:
            refuse(place.error)


def refuse(refusal: Code | KafkaException) -> NoReturn:
    """Raise what a commit was refused for. Of a topic that is not there it says: not yet, or not any more."""
    error = translated(refusal)
    raise RetriableError(str(error)) if isinstance(error, UnknownTopic) else error


def _member(found: Any) -> Member:
    return Member(dealt(found.assignment or b""), found.client_id)


def dealt(assignment: bytes) -> Sequence[TopicPartition]:
    """The partitions in a member's assignment, in Kafka's consumer protocol; none where it is not that."""
    tps: list[TopicPartition] = []
    at = 2  # after the version
    try:
        (topics,) = struct.unpack_from(">i", assignment, at)
        at += 4
        for _ in range(topics):
            (length,) = struct.unpack_from(">h", assignment, at)
            topic = assignment[at + 2 : at + 2 + length].decode()
            at += 2 + length
            (count,) = struct.unpack_from(">i", assignment, at)
            tps += [TopicPartition(topic, number) for number in struct.unpack_from(f">{count}i", assignment, at + 4)]
            at += 4 + 4 * count
    except (struct.error, UnicodeDecodeError):
        return ()
    return sorted(tps)
