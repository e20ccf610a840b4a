"""A Kafka consumer on a cluster: what it may read, and what it commits. What it reads from is a source: partitions that
were assigned (`assigned.py`), or a subscription (`membership.py`)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED

from ktui.model import Record, TopicPartition
from ktui.server.cluster.assigned import Assigned
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.groups import Groups, places
from ktui.server.cluster.membership import Membership
from ktui.server.cluster.offsets import Offsets
from ktui.server.cluster.source import Readers
from ktui.server.cluster.topics import Topics
from ktui.server.kafka import Committed, ConsumerOptions, IllegalState, KafkaError, NoAssignment, Unassigned

EXCLUSIVE = "Subscription to topics, partitions and pattern are mutually exclusive"
COMMIT_EVERY = 5.0
"""Seconds between automatic commits (auto.commit.interval.ms)."""


class ClusterConsumer:
    """One consumer on a cluster."""

    def __init__(
        self,
        connection: Connection,
        topics: Topics,
        offsets: Offsets,
        groups: Groups,
        group: str,
        name: str,
        options: ConsumerOptions,
        forget: Callable[[ClusterConsumer], None],
    ) -> None:
        """`name` is its client.id, unless all have one. `forget` is called when nothing of it is left to be closed."""
        self.on_ready: Callable[[], None] = _nothing
        self._forget = forget
        self._connection, self._topics = connection, topics
        self._offsets, self._groups = offsets, groups
        self._group, self._options = group, options
        properties = {
            "client.id": connection.named or name,
            "group.id": group,
            "auto.offset.reset": {"none": "error"}.get(options.reset, options.reset),
            "isolation.level": "read_committed" if options.hides_aborted else "read_uncommitted",
        }
        self._readers = Readers(connection, properties, lambda: self.on_ready(), self._keep)
        self._source: Assigned | Membership | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._committed_at = time.monotonic()
        self._closed = False

    # what is read

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        if isinstance(self._source, Membership):
            raise IllegalState(EXCLUSIVE)
        kept = self._source.all_positions if self._source is not None and self._options.keeps_positions else {}
        positions = {tp: kept.get(tp, OFFSET_STORED) for tp in partitions}
        self.unsubscribe()
        if positions:
            hides = self._options.hides_aborted
            self._source = Assigned(self._readers, self._offsets, positions, committed_only=hides)

    def subscribe(self, topics: Iterable[str]) -> None:
        wanted = tuple(dict.fromkeys(topics))
        source = self._source
        shares = isinstance(source, Membership) and source.pattern is None
        if source is not None and not shares:
            self._check_mixing()
        if not (wanted and shares):
            self.unsubscribe()
        if wanted:
            self._membership().share(wanted)

    def subscribe_pattern(self, pattern: str) -> None:
        source = self._source
        if source is not None and not (isinstance(source, Membership) and source.pattern is not None):
            self._check_mixing()
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise ValueError(str(error)) from error
        if isinstance(source, Assigned):
            self.unsubscribe()
        self._membership().follow(compiled)

    def _check_mixing(self) -> None:
        if not self._options.mixes:
            raise IllegalState(EXCLUSIVE)

    def _membership(self) -> Membership:
        """The subscription, begun if need be."""
        if not isinstance(self._source, Membership):
            self._source = Membership(self._readers, self._topics, auto_commit=self._options.auto_commit)
        return self._source

    def unsubscribe(self) -> None:
        """A member that leaves its group commits what was handed out."""
        if self._source is not None:
            self._source.put_away()
            self._source = None

    def subscription(self) -> Sequence[str]:
        return self._source.wanted if isinstance(self._source, Membership) else ()

    def assignment(self) -> Sequence[TopicPartition]:
        return () if self._source is None else tuple(self._source.all_positions)

    # positions

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if offset < 0:
            raise ValueError("seek offset must not be a negative number")
        self._place(tp, offset)

    def seek_to_beginning(self, tp: TopicPartition) -> None:
        self._place(tp, OFFSET_BEGINNING)

    def seek_to_end(self, tp: TopicPartition) -> None:
        self._place(tp, OFFSET_END)

    def _place(self, tp: TopicPartition, position: int) -> None:
        if self._source is None or tp not in self._source.all_positions:
            raise Unassigned(f"No current assignment for partition {tp.topic}-{tp.partition}")
        self._source.place(tp, position)
        self.on_ready()

    def positions(self) -> Mapping[TopicPartition, int]:
        return {} if self._source is None else self._source.positions()

    async def poll(self, limit: int, max_bytes: int | None = None) -> Sequence[Record]:
        if self._closed:
            raise IllegalState("This consumer has already been closed.")
        if self._source is None:
            raise NoAssignment("Consumer is not subscribed to any topics or assigned any partitions")
        self._commit_now_and_then()
        return self._source.poll(limit, max_bytes)

    # commits

    async def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        member = self._source.member if self._source is not None else None
        if member is None:
            await self._groups.commit(self._group, offsets)
        elif offsets:
            await self._connection.blocking(self._groups.commit_by, places(offsets), member)

    async def committed(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Committed]:
        return await self._groups.committed(self._group, partitions)

    def _commit_now_and_then(self) -> None:
        now = time.monotonic()
        if self._options.auto_commit and now - self._committed_at >= COMMIT_EVERY:
            self._committed_at = now
            self._keep(asyncio.ensure_future(self._commit_positions()))

    async def _commit_positions(self) -> None:
        """Commit what was handed out; what is refused is refused, as others may hold the group."""
        with suppress(KafkaError):
            await self.commit({tp: Committed(offset) for tp, offset in self.positions().items()})

    # the end

    def _keep(self, task: asyncio.Future[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        self._forget_when_over()

    def _forget_when_over(self) -> None:
        if self._closed and not self._tasks:
            self._forget(self)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._options.auto_commit:
            await self._commit_positions()
        closing = self._source.put_away() if self._source is not None else None
        if closing is not None and isinstance(self._source, Membership):
            # the others of the group wait for what it had; of a cluster that is away it leaves in the background
            await asyncio.wait([closing], timeout=self._connection.answer)
        self._forget_when_over()
        self.on_ready()

    async def aclose(self) -> None:
        """Close it unless it is, and wait for what closes in the background."""
        await self.close()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=self._connection.answer)


def _nothing() -> None:
    """Nobody waits."""
