"""A Kafka consumer in memory: subscription or assignment, positions, polling, commits."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from ktui.model import Record, TopicPartition, total_size
from ktui.server.kafka import (
    Committed,
    ConsumerOptions,
    IllegalState,
    KafkaError,
    NoAssignment,
    RetriableError,
    Unassigned,
)
from ktui.server.memory.groups import Groups
from ktui.server.memory.log import PartitionLog, Topics

EXCLUSIVE = "Subscription to topics, partitions and pattern are mutually exclusive"
REBALANCED = (
    "Commit cannot be completed since the group has already rebalanced and assigned the partitions to another member."
)
COMMIT_EVERY = 5.0
"""Seconds between automatic commits (auto.commit.interval.ms)."""
BEGINNING, END, COMMITTED = -1, -2, -3
"""Positions that are still to be found, at the next poll."""


class MemoryConsumer:
    """One consumer over topics and groups in memory."""

    def __init__(
        self,
        topics: Topics,
        groups: Groups,
        group: str,
        member: str,
        options: ConsumerOptions,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        commit_wait: float,
    ) -> None:
        self.on_ready: Callable[[], None] = _nothing
        self._topics, self._groups, self._group, self._member = topics, groups, group, member
        self._options = options
        self._clock, self._sleep, self._commit_wait = clock, sleep, commit_wait
        self._committed_at = clock()
        self._assigned = False
        self._wanted: tuple[str, ...] = ()
        """Topics subscribed to, by name or as the pattern found them."""
        self._pattern: re.Pattern[str] | None = None
        self._positions: dict[TopicPartition, int] = {}
        self._generation = self._revision = -1
        self._turn = 0
        self._watched: set[str] = set()
        self._closed = False

    # what is read

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        if self._subscribed:
            raise IllegalState(EXCLUSIVE)
        kept = self._positions if self._options.keeps_positions else {}
        self._positions = {tp: kept.get(tp, COMMITTED) for tp in partitions}
        self._assigned = bool(self._positions)
        self._watch()

    def subscribe(self, topics: Iterable[str]) -> None:
        wanted = tuple(dict.fromkeys(topics))
        if (self._assigned or self._pattern) and not self._options.mixes:
            raise IllegalState(EXCLUSIVE)
        self._assigned, self._pattern = False, None
        if not wanted:
            self.unsubscribe()
            return
        self._wanted, self._generation = wanted, -1

    def subscribe_pattern(self, pattern: str) -> None:
        if (self._assigned or (self._wanted and not self._pattern)) and not self._options.mixes:
            raise IllegalState(EXCLUSIVE)
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise ValueError(str(error)) from error
        self._assigned = False
        self._generation = self._revision = -1

    def unsubscribe(self) -> None:
        self._leave()
        self._assigned, self._wanted, self._pattern = False, (), None
        self._positions = {}
        self._watch()

    def subscription(self) -> Sequence[str]:
        return self._wanted

    def assignment(self) -> Sequence[TopicPartition]:
        return tuple(self._positions)

    @property
    def _subscribed(self) -> bool:
        return bool(self._wanted or self._pattern)

    def _watch(self) -> None:
        """Hear of appends to what is read, and of nothing else."""
        wanted = set() if self._closed else {tp.topic for tp in self._positions}
        for name in self._watched - wanted:
            if name in self._topics:
                self._topics[name].watchers.discard(self._appended)
        for name in wanted:
            if name in self._topics:
                self._topics[name].watchers.add(self._appended)
        self._watched = wanted

    def _appended(self) -> None:
        self.on_ready()

    # positions

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if offset < 0:
            raise ValueError("seek offset must not be a negative number")
        self._place(tp, offset)

    def seek_to_beginning(self, tp: TopicPartition) -> None:
        self._place(tp, BEGINNING)

    def seek_to_end(self, tp: TopicPartition) -> None:
        self._place(tp, END)

    def _place(self, tp: TopicPartition, position: int) -> None:
        if tp not in self._positions:
            raise Unassigned(f"No current assignment for partition {tp.topic}-{tp.partition}")
        self._positions[tp] = position
        self.on_ready()

    def positions(self) -> Mapping[TopicPartition, int]:
        return {tp: position for tp, position in self._positions.items() if position >= 0}

    # polling

    async def poll(self, limit: int, max_bytes: int | None = None) -> Sequence[Record]:
        if self._subscribed:
            self._rebalance()
        elif not self._assigned:
            raise NoAssignment("Consumer is not subscribed to any topics or assigned any partitions")
        self._commit_now_and_then()
        found: list[Record] = []
        left = max_bytes
        tps = list(self._positions)
        self._turn += 1
        for step in range(len(tps)):
            tp = tps[(self._turn + step) % len(tps)]
            log = self._log(tp)
            if log is None:
                continue
            position = self._resolve(tp, log)
            if position < log.end:
                records = log.read(position, limit - len(found))
                fitting = records if left is None else _fitting(records, left, alone=not found)
                if fitting or not records:
                    self._positions[tp] = fitting[-1].offset + 1 if fitting else log.end
                left = None if left is None else left - total_size(fitting)
                hidden: set[int] = log.aborted if self._options.hides_aborted else set()
                found += [record for record in fitting if record.offset not in hidden] if hidden else fitting
                if len(found) >= limit or len(fitting) < len(records):
                    break
        return found

    def _commit_now_and_then(self) -> None:
        """With auto-commit: what earlier polls gave, every few seconds, unless others hold the group."""
        now = self._clock()
        if not self._options.auto_commit or now - self._committed_at < COMMIT_EVERY:
            return
        self._committed_at = now
        members = self._groups.members(self._group)
        if self._member in members or not members:
            self._groups.commit(self._group, self.positions())

    def _log(self, tp: TopicPartition) -> PartitionLog | None:
        topic = self._topics.get(tp.topic)
        if topic is None:
            return None
        topic.watchers.add(self._appended)  # it may have been made after it was assigned
        return topic.partitions[tp.partition] if tp.partition < len(topic.partitions) else None

    def _resolve(self, tp: TopicPartition, log: PartitionLog) -> int:
        """The position as an offset that the log has, by the committed offset and the reset policy if need be."""
        position = self._positions[tp]
        if position == COMMITTED:
            position = self._groups.committed.get(self._group, {}).get(tp, COMMITTED)
        if position == BEGINNING:
            position = log.beginning
        elif position == END:
            position = log.end
        elif not log.beginning <= position <= log.end:
            if self._options.reset == "none":
                raise KafkaError(f"Undefined offset with no reset policy for partitions: [{tp.topic}-{tp.partition}]")
            position = log.beginning if self._options.reset == "earliest" else log.end
        self._positions[tp] = position
        return position

    # the group

    def _rebalance(self) -> None:
        """Join when the subscription is new, and take over what the group gave."""
        if self._pattern and self._revision != self._topics.revision:
            names = tuple(name for name in self._topics.names() if self._pattern.fullmatch(name))
            if names != self._wanted:
                self._wanted, self._generation = names, -1
        changed = self._revision != self._topics.revision
        self._revision = self._topics.revision
        groups = self._groups
        if self._generation < 0 or (changed and self._partition_counts_changed()):
            groups.join(self._group, self._member, frozenset(self._wanted), self._counts())
        if self._generation != groups.generation(self._group):
            if self._options.auto_commit:
                groups.commit(self._group, self.positions())
            self._generation = groups.generation(self._group)
            self._positions = dict.fromkeys(groups.given(self._group, self._member), COMMITTED)
            self._watch()

    def _partition_counts_changed(self) -> bool:
        """Whether a topic subscribed to came, went or grew since it was dealt."""
        dealt = {tp for m in self._groups.members(self._group) for tp in self._groups.given(self._group, m)}
        counts = self._counts()
        return any(sum(tp.topic == name for tp in dealt) != counts.get(name, 0) for name in self._wanted)

    def _counts(self) -> dict[str, int]:
        return {name: len(topic.partitions) for name, topic in self._topics.items()}

    def _leave(self) -> None:
        if self._subscribed:
            if self._options.auto_commit and self._positions:
                self._groups.commit(self._group, self.positions())
            self._groups.leave(self._group, self._member, self._counts())

    # commits

    async def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        for tp, commit in offsets.items():
            if self._log(tp) is None:
                await self._sleep(self._commit_wait)
                raise RetriableError(
                    f"Timeout of {round(self._commit_wait * 1000)}ms expired before successfully committing offsets "
                    f"{{{tp.topic}-{tp.partition}=OffsetAndMetadata{{offset={commit.offset}, leaderEpoch=null, "
                    f"metadata='{commit.metadata}'}}}}"
                )
        members = self._groups.members(self._group)
        current = self._generation == self._groups.generation(self._group)
        if members and not (self._member in members and current):
            raise KafkaError(REBALANCED)
        positions = {tp: commit.offset for tp, commit in offsets.items()}
        self._groups.commit(self._group, positions, {tp: commit.metadata for tp, commit in offsets.items()})

    async def committed(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Committed]:
        known = self._groups.committed.get(self._group, {})
        notes = self._groups.metadata
        return {tp: Committed(known[tp], notes.get((self._group, tp), "")) for tp in partitions if tp in known}

    async def close(self) -> None:
        if self._closed:
            return
        if self._assigned and self._options.auto_commit and not self._groups.members(self._group):
            self._groups.commit(self._group, self.positions())
        self._leave()
        self._closed = True
        self._watch()
        self.on_ready()


def _fitting(records: list[Record], max_bytes: int, *, alone: bool) -> list[Record]:
    """As many as have so many bytes together; `alone`: the first in any case."""
    size = 0
    for number, record in enumerate(records):
        size += record.size
        if size > max_bytes and not (alone and number == 0):
            return records[:number]
    return records


def _nothing() -> None:
    """Nobody waits."""
