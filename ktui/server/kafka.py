"""What a proxy stands on: the few verbs of Kafka that it needs, as protocols. Async, no HTTP.

`memory/cluster.py` has them in memory; a real cluster can stand in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from ktui.model import Draft, Header, OffsetRange, Partition, Record, TopicDetail, TopicPartition


class KafkaError(Exception):
    """Kafka refused; its text is Kafka's."""


class RetriableError(KafkaError):
    """Kafka refused, and may not the next time (a timeout, metadata that has not come)."""


class Forbidden(KafkaError):
    """An ACL of the cluster does not let us."""


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


NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
"""What a topic may be called."""


def check_name(topic: str) -> None:
    """InvalidTopic, in Kafka's words, for what is no name of a topic."""
    if not NAME.fullmatch(topic):
        raise InvalidTopic("The request attempted to perform an operation on an invalid topic.")


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


class Broker(NamedTuple):
    """A broker, where its clients are told to reach it."""

    id: int
    host: str
    port: int
    rack: str | None = None


class ClusterDetail(NamedTuple):
    """What a cluster says of itself."""

    id: str
    brokers: Sequence[Broker]
    """In the order of their ids."""
    controller: int | None = None


class Member(NamedTuple):
    """A member of a consumer group."""

    partitions: Sequence[TopicPartition]
    """What it was given to read."""
    client: str = ""
    """How it calls itself (client.id)."""
    instance: str | None = None
    """group.instance.id of a static member."""


class GroupDetail(NamedTuple):
    """A consumer group: what each member reads, and where the group resumes."""

    members: Mapping[str, Member]
    """By member id."""
    committed: Mapping[TopicPartition, int]
    """Of topics that are there."""
    state: str = "EMPTY"
    """In Kafka's words: STABLE, EMPTY, PREPARING_REBALANCE, COMPLETING_REBALANCE, DEAD, ASSIGNING, UNKNOWN."""
    assignor: str = ""
    """How its partitions are dealt; empty when nobody reads."""
    coordinator: int | None = None
    """Id of the broker that keeps it."""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """Where a record was written, and with which time (ms)."""

    partition: int
    offset: int
    timestamp: int


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

    async def poll(self, limit: int, max_bytes: int | None = None) -> Sequence[Record]:
        """What is there now: at most `limit` records with at most `max_bytes` of keys and values, but one at least if
        there is any; the rest stays for the next poll. NoAssignment; KafkaError when there is nowhere to start."""

    def positions(self) -> Mapping[TopicPartition, int]:
        """Offsets to be polled next, where they are known: what was fetched and not given out is not passed over."""

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

    async def create_topic(
        self, name: str, partitions: int, config: Mapping[str, str], *, copies: int | None = None, dry: bool = False
    ) -> None:
        """Make a topic; when `dry`, only see whether it could be. Without `copies` (its replication factor) the broker
        chooses. TopicExists, InvalidTopic, BadRequest."""

    async def grow_topic(self, name: str, total: int) -> None:
        """Add partitions until there are `total`. UnknownTopic, BadRequest."""

    async def delete_topic(self, name: str) -> None:
        """Delete a topic. UnknownTopic."""

    async def settings(self, topic: str) -> Mapping[str, Setting]:
        """The settings of a topic by name, defaults included. UnknownTopic."""

    async def alter_topic(self, topic: str, changes: Mapping[str, str | None], *, dry: bool = False) -> None:
        """Change settings, None for the default: all of them or none. UnknownTopic, BadRequest."""

    async def describe(self, topic: str) -> TopicDetail:
        """A topic with its settings. UnknownTopic, InvalidTopic."""

    async def partitions(self, topic: str) -> Sequence[Partition]:
        """Its partitions, in order: what any broker can tell. UnknownTopic, InvalidTopic."""

    async def ranges(self, topic: str, partitions: Iterable[int]) -> Mapping[int, OffsetRange]:
        """Beginning and end of partitions. UnknownTopic, UnknownPartition."""

    async def find_time(self, tp: TopicPartition, timestamp: int) -> int | None:
        """Offset of the first record that is not older, or None. UnknownTopic, UnknownPartition."""

    async def cluster(self) -> ClusterDetail:
        """The cluster itself. RetriableError while none of it is reached."""

    async def group_names(self) -> Sequence[str]:
        """Consumer groups in order."""

    async def group(self, name: str, *, offsets: bool = True) -> GroupDetail | None:
        """A consumer group; None when nobody has heard of it. Where it resumes costs a large cluster most of the
        answer: who does not need it leaves it out."""

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

    async def produce_all(self, drafts: Sequence[Draft]) -> Sequence[Stored | KafkaError]:
        """Write records, together but in order: what became of each one. Goes on to its end when cancelled."""

    def consumer(self, group: str, member: str, options: ConsumerOptions) -> Consumer:
        """A new consumer."""

    async def aclose(self) -> None:
        """Wait until everything accepted is written, and leave the cluster. Consumers are closed by their owners."""
