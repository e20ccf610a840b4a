"""What a proxy stands on: the few verbs of Kafka that it needs, as protocols. Async, no HTTP.

`memory/cluster.py` has them in memory; a real cluster can stand in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ktui.model import Header, OffsetRange, Record, TopicDetail, TopicPartition


class KafkaError(Exception):
    """Kafka refused; its text is Kafka's."""


class RetriableError(KafkaError):
    """Kafka refused, and may not the next time (a timeout, metadata that has not come)."""


class IllegalState(KafkaError):
    """The consumer is in another state than the call needs."""


class NoAssignment(IllegalState):
    """Neither subscribed nor assigned."""


class Unassigned(IllegalState):
    """The partition is not assigned."""


class UnknownTopic(KafkaError):
    """No such topic."""


class InvalidTopic(KafkaError):
    """No topic can have that name."""


class TopicExists(KafkaError):
    """There is a topic of that name."""


class UnknownPartition(KafkaError):
    """The topic has no such partition."""


class BadRequest(KafkaError):
    """No topic can be like that."""


class TooLarge(KafkaError):
    """The record is larger than a producer may send."""


class Setting(NamedTuple):
    """A setting of a topic."""

    name: str
    value: str
    dynamic: bool
    """Whether it was set for this topic."""
    default: str
    broker_name: str | None
    """What the broker calls its default; None where it has none."""


class Committed(NamedTuple):
    """A committed offset (where the group resumes) and what was noted beside it."""

    offset: int
    metadata: str = ""


class GroupDetail(NamedTuple):
    """A consumer group: what each member reads, and where the group resumes."""

    members: Mapping[str, Sequence[TopicPartition]]
    committed: Mapping[TopicPartition, int]


class ConsumerOptions(NamedTuple):
    """How a consumer reads."""

    reset: str = "latest"
    """Where it starts without a committed offset: "earliest", "latest" or "none" (an error)."""
    auto_commit: bool = True
    hides_aborted: bool = False
    """Whether records of transactions that were given up are left out."""
    keeps_positions: bool = True
    """Whether partitions that are assigned again go on where they were."""
    mixes: bool = False
    """Whether a subscription may follow an assignment, and one kind of subscription another."""


class Consumer(Protocol):
    """One Kafka consumer. Calls may overlap; only `ready` and the verbs that ask the cluster wait."""

    on_ready: Callable[[], None]
    """Called when `poll` may have more; set by whoever waits."""

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        """Read these partitions; those that stay keep their positions. IllegalState when subscribed."""

    def subscribe(self, topics: Iterable[str]) -> None:
        """Share these topics with the group. IllegalState when assigned."""

    def subscribe_pattern(self, pattern: str) -> None:
        """Share the topics whose whole name matches. ValueError for a bad pattern."""

    def unsubscribe(self) -> None:
        """Drop subscription and assignment."""

    def subscription(self) -> Sequence[str]:
        """Topics subscribed to."""

    def assignment(self) -> Sequence[TopicPartition]:
        """Partitions being read."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Read on from an offset. Unassigned when the partition is not assigned."""

    def seek_to_beginning(self, tp: TopicPartition) -> None:
        """Read on from the beginning, found at the next poll."""

    def seek_to_end(self, tp: TopicPartition) -> None:
        """Read on from the end, found at the next poll."""

    async def poll(self, limit: int) -> Sequence[Record]:
        """What is there now, at most `limit` records. NoAssignment; KafkaError when there is nowhere to start."""

    def positions(self) -> Mapping[TopicPartition, int]:
        """Offsets to be polled next, where they are known."""

    async def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        """Store resume offsets. KafkaError when refused."""

    async def committed(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Committed]:
        """Resume offsets of the group; what was never committed is left out."""

    async def close(self) -> None:
        """Leave the group, after committing when auto-commit is on."""


class Kafka(Protocol):
    """A cluster."""

    async def names(self, *, internal: bool = False) -> Sequence[str]:
        """Topics in order, with the internal ones if asked for."""

    async def create_topic(self, name: str, partitions: int, config: Mapping[str, str], *, dry: bool = False) -> None:
        """Make a topic; when `dry`, only see whether it could be. TopicExists, InvalidTopic, BadRequest."""

    async def grow_topic(self, name: str, total: int) -> None:
        """Add partitions until there are `total`. UnknownTopic, BadRequest."""

    async def delete_topic(self, name: str) -> None:
        """Delete a topic. UnknownTopic."""

    async def settings(self, topic: str) -> Mapping[str, Setting]:
        """The settings of a topic by name, defaults included. UnknownTopic."""

    async def alter_topic(self, topic: str, changes: Mapping[str, str | None], *, dry: bool = False) -> None:
        """Change settings, None for the default: all of them or none. UnknownTopic, BadRequest."""

    async def describe(self, topic: str) -> TopicDetail:
        """A topic. UnknownTopic, InvalidTopic."""

    async def ranges(self, topic: str, partitions: Iterable[int]) -> Mapping[int, OffsetRange]:
        """Beginning and end of partitions. UnknownTopic, UnknownPartition."""

    async def find_time(self, tp: TopicPartition, timestamp: int) -> int | None:
        """Offset of the first record that is not older, or None. UnknownTopic, UnknownPartition."""

    async def brokers(self) -> Sequence[int]:
        """Ids of the brokers."""

    async def group_names(self) -> Sequence[str]:
        """Consumer groups in order."""

    async def group(self, name: str) -> GroupDetail | None:
        """A consumer group; None when nobody has heard of it."""

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
        """Write one record. KafkaError when it was not stored."""

    def consumer(self, group: str, member: str, options: ConsumerOptions) -> Consumer:
        """A new consumer."""
