"""The Kafka verbs over topics and groups in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from ktui.model import Draft, Header, OffsetRange, Partition, Record, TopicDetail, TopicPartition
from ktui.server.kafka import (
    NAME,
    BadRequest,
    Broker,
    ClusterDetail,
    ConsumerOptions,
    GroupDetail,
    InvalidTopic,
    KafkaError,
    Member,
    RetriableError,
    Setting,
    Stored,
    TooLarge,
    TopicExists,
    UnknownPartition,
    UnknownTopic,
    check_name,
)
from ktui.server.memory.consumer import MemoryConsumer
from ktui.server.memory.groups import Groups
from ktui.server.memory.log import PartitionLog, Topic, Topics
from ktui.server.memory.settings import DEFAULTS, check, shown

BROKER = 1
CLUSTER = ClusterDetail("aW4gbWVtb3J5IG9ubHkuLg", (Broker(BROKER, "127.0.0.1", 9092),), BROKER)
"""Kafka names clusters by 22 characters."""
OVERHEAD = 88
"""What Kafka counts for a record beside its key and value when it checks the size."""
LARGEST = 1_048_576
LATE_MS = 3_600_000
"""How far ahead of the broker a record's time may be."""


class MemoryKafka:
    """A cluster of one broker, all in memory."""

    def __init__(
        self,
        topics: Topics,
        groups: Groups,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        auto_create: bool = False,
        metadata_wait: float = 3.0,
        commit_wait: float = 60.0,
    ) -> None:
        self.topics, self.groups = topics, groups
        self.auto_create = auto_create
        self.metadata_wait = metadata_wait
        """Seconds a producer waits for an unknown topic or partition (max.block.ms)."""
        self.commit_wait = commit_wait
        """Seconds until a commit to an unknown partition is given up."""
        self.choose: Callable[[Topic, bytes | None], int] = Topic.choose
        """The partitioner."""
        self._clock, self._sleep = clock, sleep

    async def names(self, *, internal: bool = False) -> Sequence[str]:
        return sorted(self.topics) if internal else self.topics.names()

    async def create_topic(
        self, name: str, partitions: int, config: Mapping[str, str], *, copies: int | None = None, dry: bool = False
    ) -> None:
        if name in self.topics:
            raise TopicExists(f"Topic '{name}' already exists.")
        if not NAME.fullmatch(name):
            raise InvalidTopic(f"Topic name is invalid: {name!r}")
        if partitions < 1:
            raise BadRequest("Number of partitions was set to an invalid non-positive value.")
        if copies is not None and copies > len(CLUSTER.brokers):
            raise BadRequest(
                f"Unable to replicate the partition {copies} time(s): The target replication factor of {copies} "
                f"cannot be reached because only {len(CLUSTER.brokers)} broker(s) are registered."
            )
        for setting, value in config.items():
            check(setting, value)
        if not dry:
            self.topics.create(name, partitions, config=config)

    async def grow_topic(self, name: str, total: int) -> None:
        count = len(self._topic(name).partitions)
        if total == count:
            raise BadRequest(f"Topic already has {count} partition(s).")
        if total < count:
            raise BadRequest(f"The topic {name} currently has {count} partition(s); {total} would not be an increase.")
        self.topics.grow(name, total)

    async def delete_topic(self, name: str) -> None:
        self._topic(name)
        self.topics.delete(name)

    async def settings(self, topic: str) -> Mapping[str, Setting]:
        return shown(self._topic(topic).config)

    async def alter_topic(self, topic: str, changes: Mapping[str, str | None], *, dry: bool = False) -> None:
        config = self._topic(topic).config
        for name, value in changes.items():
            if value is not None:
                check(name, value)
        if dry:
            return
        for name, value in changes.items():
            config.pop(name, None)
            if value is not None:
                config[name] = value

    async def describe(self, topic: str) -> TopicDetail:
        partitions = tuple(await self.partitions(topic))
        return TopicDetail(topic, partitions, {**DEFAULTS, **self._topic(topic).config})

    async def partitions(self, topic: str) -> Sequence[Partition]:
        return [Partition(log.partition, BROKER, (BROKER,), (BROKER,)) for log in self._topic(topic).partitions]

    async def ranges(self, topic: str, partitions: Iterable[int]) -> Mapping[int, OffsetRange]:
        return {number: self._log(TopicPartition(topic, number)).range for number in partitions}

    async def find_time(self, tp: TopicPartition, timestamp: int) -> int | None:
        return self._log(tp).find_time(timestamp)

    async def cluster(self) -> ClusterDetail:
        return CLUSTER

    async def group_names(self) -> Sequence[str]:
        return self.groups.names()

    async def group(self, name: str, *, offsets: bool = True) -> GroupDetail | None:
        members = {each: Member(self.groups.given(name, each), _client(each)) for each in self.groups.members(name)}
        committed = self.groups.committed.get(name, {})
        known = {tp: offset for tp, offset in committed.items() if tp.topic in self.topics}
        if not members and not committed:
            return None
        state, assignor = ("STABLE", "range") if members else ("EMPTY", "")
        return GroupDetail(members, known, state, assignor, BROKER)

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
        if topic not in self.topics:
            if not (self.auto_create and NAME.fullmatch(topic)):
                await self._sleep(self.metadata_wait)
                raise RetriableError(f"Topic {topic} not present in metadata after {self._waited} ms.")
            self.topics.create(topic)
        found = self.topics[topic]
        count = len(found.partitions)
        if partition is not None and partition >= count:
            await self._sleep(self.metadata_wait)
            raise RetriableError(
                f"Partition {partition} of topic {topic} with partition count {count} "
                f"is not present in metadata after {self._waited} ms."
            )
        size = len(key or b"") + len(value or b"") + OVERHEAD
        if size > LARGEST:
            raise TooLarge(
                f"The message is {size} bytes when serialized which is larger than {LARGEST}, "
                "which is the value of the max.request.size configuration."
            )
        latest = int(self._clock() * 1000) + LATE_MS
        if timestamp is not None and timestamp > latest:
            raise KafkaError(
                f"Timestamp {timestamp} of message with offset 0 is out of range. "
                f"The timestamp should be within [-9223370241670162866, {latest}]"
            )
        chosen = self.choose(found, key) if partition is None else partition
        return self.topics.append(topic, chosen, key, value, timestamp=timestamp, headers=headers)

    async def produce_all(self, drafts: Sequence[Draft]) -> Sequence[Stored | KafkaError]:
        return [await self._stored(draft) for draft in drafts]

    async def _stored(self, draft: Draft) -> Stored | KafkaError:
        try:
            record = await self.produce(
                draft.topic,
                draft.partition,
                draft.key,
                draft.value,
                timestamp=draft.timestamp,
                headers=draft.headers,
            )
        except KafkaError as error:
            return error
        return Stored(record.partition, record.offset, record.timestamp or 0)

    async def aclose(self) -> None:
        pass  # what is in memory needs no end

    def consumer(self, group: str, member: str, options: ConsumerOptions) -> MemoryConsumer:
        return MemoryConsumer(
            self.topics,
            self.groups,
            group,
            member,
            options,
            clock=self._clock,
            sleep=self._sleep,
            commit_wait=self.commit_wait,
        )

    @property
    def _waited(self) -> int:
        return round(self.metadata_wait * 1000)

    def _topic(self, name: str) -> Topic:
        if name not in self.topics:
            check_name(name)
            raise UnknownTopic("This server does not host this topic-partition.")
        return self.topics[name]

    def _log(self, tp: TopicPartition) -> PartitionLog:
        topic = self._topic(tp.topic)
        if tp.partition not in range(len(topic.partitions)):
            raise UnknownPartition("Partition not found.")
        return topic.partitions[tp.partition]


def _client(member: str) -> str:
    """The client id that a member id begins with; a uuid has 36 characters."""
    return member[:-37]
