"""A Kafka consumer on a cluster: what it reads, where it stands, what it commits.

What is assigned is read by a reader that is opened at our own positions and thrown away by every seek, so nothing
stale can come; the cluster's group is asked for commits, never joined. A subscription has one reader for its whole
life, a member of the group.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, OFFSET_STORED, KafkaException, Message
from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaError as Code
from confluent_kafka import TopicPartition as Place

from ktui.model import Record, Records, TopicPartition
from ktui.server.cluster.ahead import Ahead
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.cluster.groups import COORDINATOR_MOVES, Groups, places
from ktui.server.cluster.offsets import END, Offsets
from ktui.server.cluster.reader import Reader
from ktui.server.cluster.topics import Topics
from ktui.server.kafka import (
    Committed,
    ConsumerOptions,
    IllegalState,
    KafkaError,
    NoAssignment,
    Unassigned,
    UnknownPartition,
    UnknownTopic,
)

EXCLUSIVE = "Subscription to topics, partitions and pattern are mutually exclusive"
COMMIT_EVERY = 5.0
"""Seconds between automatic commits (auto.commit.interval.ms)."""
LOOK_EVERY = 10.0
"""Seconds between looks at which topics a pattern matches."""
REST_AFTER = 15.0
"""Seconds without a poll after which an assigned consumer gives back its connections and what it fetched ahead."""
MEMBER: Mapping[str, Any] = {"fetch.wait.max.ms": 100}
"""A member seeks on the connection that it has, where the fetch under way must end first (of 500)."""
FEW, SMALL = 50, 100
"""How many messages are taken at once for how many bytes: what is taken beyond them waits in our memory."""
PASSED_OVER = frozenset(
    (
        Code._PARTITION_EOF,
        Code.UNKNOWN_TOPIC_OR_PART,
        Code._UNKNOWN_TOPIC,
        Code._UNKNOWN_PARTITION,
        Code._TRANSPORT,
        Code._ALL_BROKERS_DOWN,
        Code._MAX_POLL_EXCEEDED,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.LEADER_NOT_AVAILABLE,
    )
)
"""What librdkafka mends by itself: meanwhile there is nothing to read."""


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
        self._group, self._name, self._options = group, name, options
        self._positions: dict[TopicPartition, int] = {}
        """By partition; those below 0 are librdkafka's names for positions that are still to be found."""
        self._assigned = False
        self._wanted: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        self._reader: Reader | None = None
        self._ahead = Ahead()
        """Taken from the reader and not handed out."""
        self._finding: asyncio.Task[None] | None = None
        self._failure: KafkaError | None = None
        self._tasks: set[asyncio.Future[None]] = set()
        self._polled = self._committed_at = time.monotonic()
        self._looked_at = -LOOK_EVERY
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    # what is read

    @property
    def _subscribed(self) -> bool:
        return bool(self._wanted or self._pattern)

    def assign(self, partitions: Iterable[TopicPartition]) -> None:
        if self._subscribed:
            raise IllegalState(EXCLUSIVE)
        kept = self._positions if self._options.keeps_positions else {}
        self._positions = {tp: kept.get(tp, OFFSET_STORED) for tp in partitions}
        self._assigned = bool(self._positions)
        self._put_away()

    def subscribe(self, topics: Iterable[str]) -> None:
        wanted = tuple(dict.fromkeys(topics))
        if (self._assigned or self._pattern) and not self._options.mixes:
            raise IllegalState(EXCLUSIVE)
        if self._assigned or self._pattern or not wanted:
            self.unsubscribe()
        if wanted:
            self._resubscribe(wanted)

    def subscribe_pattern(self, pattern: str) -> None:
        if (self._assigned or (self._wanted and not self._pattern)) and not self._options.mixes:
            raise IllegalState(EXCLUSIVE)
        try:
            compiled = re.compile(pattern)
        except re.error as error:
            raise ValueError(str(error)) from error
        if self._assigned:
            self.unsubscribe()
        self._pattern, self._looked_at = compiled, -LOOK_EVERY

    def _resubscribe(self, wanted: tuple[str, ...]) -> None:
        """Share other topics. The reader goes on as the same member."""
        self._wanted = wanted
        if self._reader is not None:
            self._reader.change(self._join, _none)

    def unsubscribe(self) -> None:
        if self._subscribed and self._options.auto_commit:
            self._commit_in_background()
        self._put_away()
        self._assigned, self._wanted, self._pattern, self._positions = False, (), None, {}

    def subscription(self) -> Sequence[str]:
        return self._wanted

    def assignment(self) -> Sequence[TopicPartition]:
        return tuple(self._positions)

    def _put_away(self) -> None:
        """Give up the reader and what it brought: it is at other places than we."""
        self._ahead.clear()
        if self._finding is not None:
            self._finding.cancel()
            self._finding = None
        if self._reader is not None:
            self._keep(self._reader.close())
            self._reader = None

    def _keep(self, task: asyncio.Future[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if self._closed and not self._tasks and self._reader is None:
            self._forget(self)

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
        if tp not in self._positions:
            raise Unassigned(f"No current assignment for partition {tp.topic}-{tp.partition}")
        self._positions[tp] = position
        if self._assigned:
            self._put_away()
        elif self._reader is not None:
            self._ahead.keep(lambda other: other != tp)
            self._reader.change(partial(self._seek_member, tp), partial(_is_of, tp))
        self.on_ready()

    def _seek_member(self, tp: TopicPartition, client: Client) -> None:
        """Move a member of a group; a partition that it was given just now is tried again."""
        position, reader = self._positions.get(tp), self._reader
        if position is None or position == OFFSET_STORED or reader is None:
            return
        try:
            client.seek(Place(tp.topic, tp.partition, position))
        except KafkaException as error:
            if error.args[0].code() != Code._STATE:
                raise
            reader.change(partial(self._seek_member, tp), partial(_is_of, tp))

    def positions(self) -> Mapping[TopicPartition, int]:
        return {tp: position for tp, position in self._positions.items() if position >= 0}

    # polling

    async def poll(self, limit: int, max_bytes: int | None = None) -> Sequence[Record]:
        if self._closed:
            raise IllegalState("This consumer has already been closed.")
        if not (self._assigned or self._subscribed):
            raise NoAssignment("Consumer is not subscribed to any topics or assigned any partitions")
        self._polled = time.monotonic()
        self._commit_now_and_then()
        if self._pattern:
            self._look()
        while True:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            messages: list[Message] = []
            enough = limit if max_bytes is None else min(limit, max(FEW, max_bytes // SMALL))
            if len(self._ahead) < enough and (reader := self._opened()) is not None:
                self._take(messages := reader.take(enough - len(self._ahead)))
            found = self._handed_out(limit, max_bytes)
            if found or not messages:  # else they told of ends and such, and nobody waits for records yet
                return found

    def _take(self, messages: list[Message]) -> None:
        for message in self._ahead.take(messages):
            error = message.error()
            if error is None:
                continue
            if error.code() == Code._AUTO_OFFSET_RESET:
                place = f"{message.topic()}-{message.partition()}"
                self._put_away()  # the next poll asks again
                self._failure = KafkaError(f"Undefined offset with no reset policy for partitions: [{place}]")
            elif error.code() in COORDINATOR_MOVES:
                if self._assigned:
                    self._put_away()  # it was to begin where the group is: the next poll asks again
            elif error.code() not in PASSED_OVER:
                self._failure = translated(error, self._connection.complaints)

    def _handed_out(self, limit: int, max_bytes: int | None) -> Records:
        """The next records, and the positions behind them."""
        found, passed = self._ahead.hand_out(limit, max_bytes)
        for tp, offset in passed.items():
            if tp in self._positions:
                self._positions[tp] = offset
        return found

    def _opened(self) -> Reader | None:
        """The reader, opened if need be; None while our positions are being found."""
        if self._reader is None and self._subscribed:
            if not self._wanted:
                return None  # nothing that matches, yet
            self._reader = self._read(MEMBER, self._join)
        elif self._reader is None:
            if OFFSET_END in self._positions.values():
                self._find()
                return None
            at = [Place(tp.topic, tp.partition, position) for tp, position in self._positions.items()]
            self._reader = self._read({}, lambda client: client.assign(at))
            self._rest_later()
        return self._reader

    def _read(self, properties: Mapping[str, Any], start: Callable[[Client], None]) -> Reader:
        own = {
            "client.id": self._connection.named or self._name,
            "group.id": self._group,
            "auto.offset.reset": {"none": "error"}.get(self._options.reset, self._options.reset),
            "isolation.level": "read_committed" if self._options.hides_aborted else "read_uncommitted",
        }
        return Reader(self._connection, {**properties, **own}, start, lambda: self.on_ready())

    def _find(self) -> None:
        """Find the ends that were sought, without keeping anybody waiting: what comes after the seek is not lost
        should nothing have been read when the reader is put away."""
        if self._finding is None:
            self._finding = asyncio.ensure_future(self._found())

    async def _found(self) -> None:
        for tp in [tp for tp, position in self._positions.items() if position == OFFSET_END]:
            try:
                found = await self._offsets.find([tp], END, committed_only=self._options.hides_aborted)
                self._positions |= found
            except (UnknownTopic, UnknownPartition):
                self._positions[tp] = 0  # it ends where it will begin
            except KafkaError as error:
                self._failure = error
                break
        self._finding = None
        self.on_ready()

    def _rest_later(self, seconds: float = REST_AFTER) -> None:
        """Give the reader back when nobody has polled for a while; the positions stay."""
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(seconds, self._rest_now)

    def _rest_now(self) -> None:
        if not self._assigned or self._reader is None:
            return
        left = REST_AFTER - (time.monotonic() - self._polled)
        if left > 0:
            self._rest_later(left)
        else:
            self._put_away()

    # the group

    def _join(self, client: Client) -> None:
        client.subscribe(list(self._wanted), on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)

    def _given(self, client: Client, given: list[Place]) -> None:
        """The group gave us partitions. Called in whatever thread asks librdkafka."""
        self._positions = {**self._positions, **{TopicPartition(p.topic, p.partition): OFFSET_STORED for p in given}}

    def _taken(self, client: Client, taken: list[Place]) -> None:
        """The group takes them away: what was handed out of them is committed before another member begins."""
        gone = {TopicPartition(place.topic, place.partition) for place in taken}
        if self._options.auto_commit:
            offsets = {tp: Committed(offset) for tp, offset in self.positions().items() if tp in gone}
            if offsets:
                client.commit(offsets=places(offsets), asynchronous=True)
        self._drop(gone)

    def _lost(self, client: Client, lost: list[Place]) -> None:
        """The group gave them to others already."""
        self._drop({TopicPartition(place.topic, place.partition) for place in lost})

    def _drop(self, gone: set[TopicPartition]) -> None:
        self._ahead.keep(lambda tp: tp not in gone)
        self._positions = {tp: position for tp, position in self._positions.items() if tp not in gone}

    def _look(self) -> None:
        """See now and then which topics match the pattern."""
        now = time.monotonic()
        if self._finding is None and now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._finding = asyncio.ensure_future(self._matching())

    async def _matching(self) -> None:
        try:
            names = await self._topics.names(internal=False)
            matching = tuple(name for name in names if self._pattern and self._pattern.fullmatch(name))
            if matching != self._wanted:
                self._resubscribe(matching)
        except KafkaError as error:
            self._failure = error
        self._finding = None
        self.on_ready()

    # commits

    async def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        client = self._reader.started if self._reader is not None and self._subscribed else None
        if client is None or not self._positions:
            await self._groups.commit(self._group, offsets)
        elif offsets:
            await self._connection.blocking(self._groups.commit_by, places(offsets), client)

    async def committed(self, partitions: Iterable[TopicPartition]) -> Mapping[TopicPartition, Committed]:
        return await self._groups.committed(self._group, partitions)

    def _commit_now_and_then(self) -> None:
        now = time.monotonic()
        if self._options.auto_commit and now - self._committed_at >= COMMIT_EVERY:
            self._committed_at = now
            self._commit_in_background()

    def _commit_in_background(self) -> None:
        self._keep(asyncio.ensure_future(self._commit_positions()))

    async def _commit_positions(self) -> None:
        """Commit what was handed out; what is refused is refused, as others may hold the group."""
        with suppress(KafkaError):
            await self.commit({tp: Committed(offset) for tp, offset in self.positions().items()})

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        if self._options.auto_commit:
            await self._commit_positions()
        member = self._reader if self._subscribed else None
        self._put_away()
        if member is not None:
            # the others of the group wait for what it had; of a cluster that is away it leaves in the background
            await asyncio.wait([member.close()], timeout=self._connection.answer)
        if not self._tasks:
            self._forget(self)
        self.on_ready()

    async def aclose(self) -> None:
        """Close it unless it is, and wait for what closes in the background."""
        await self.close()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=self._connection.answer)


def _is_of(tp: TopicPartition, message: Message) -> bool:
    return (message.topic(), message.partition()) == tp


def _none(message: Message) -> bool:
    return False


def _nothing() -> None:
    """Nobody waits."""
