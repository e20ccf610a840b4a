"""What a consumer on a cluster reads from: a reader, what it brought, and the positions behind what was handed out.

There are two: partitions that were assigned (`assigned.py`) and a subscription (`membership.py`).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaError as Code
from confluent_kafka import Message

from ktui.model import Records, TopicPartition
from ktui.server.cluster.ahead import Ahead
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.cluster.groups import COORDINATOR_MOVES
from ktui.server.cluster.reader import Reader
from ktui.server.kafka import Forbidden, KafkaError

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


class Readers(NamedTuple):
    """How the readers of one consumer are opened and given up."""

    connection: Connection
    properties: Mapping[str, Any]
    on_ready: Callable[[], None]
    closing: Callable[[asyncio.Future[None]], None]
    """Takes those that close in the background."""

    def open(self, start: Callable[[Client], None], properties: Mapping[str, Any] | None = None) -> Reader:
        return Reader(self.connection, {**(properties or {}), **self.properties}, start, self.on_ready)


class Source(ABC):
    """A reader and what came from it. Subclasses say how it is opened and moved."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._reader: Reader | None = None
        self.all_positions: dict[TopicPartition, int] = {}
        """By partition; those below 0 are librdkafka's names for positions that are still to be found."""
        self._ahead = Ahead()
        """Taken from the reader and not handed out."""
        self._finding: asyncio.Task[None] | None = None
        self._failure: KafkaError | None = None
        self._forbidden: dict[str | None, KafkaError] = {}
        """By topic, or of the group: librdkafka says once what it tries again and again."""

    def positions(self) -> dict[TopicPartition, int]:
        """Those that are known."""
        return {tp: position for tp, position in self.all_positions.items() if position >= 0}

    @property
    def member(self) -> Client | None:
        """Who commits: the member of the group, when this is one and it has anything."""
        return None

    @abstractmethod
    def place(self, tp: TopicPartition, position: int) -> None:
        """Go on there, with nothing stale."""

    @abstractmethod
    def _opened(self) -> Reader | None:
        """The reader, opened if need be; None while there is nothing to open it for."""

    def poll(self, limit: int, max_bytes: int | None) -> Records:
        """What is there now: at most so many records of so many bytes, but one at least. KafkaError, once, for what
        went wrong; Forbidden as long as it is so and nothing else is there."""
        enough = limit if max_bytes is None else min(limit, max(FEW, max_bytes // SMALL))
        while True:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            messages: list[Message] = []
            if len(self._ahead) < enough and (reader := self._opened()) is not None:
                self._take(messages := reader.take(enough - len(self._ahead)))
            found = self._handed_out(limit, max_bytes)
            if found or not messages:  # else they told of ends and such, and nobody waits for records yet
                break
        if self._forbidden and not found:
            raise next(iter(self._forbidden.values()))
        return found

    def _take(self, messages: Sequence[Message]) -> None:
        for message in self._ahead.take(messages):
            error = message.error()
            if error is None:
                continue
            if error.code() == Code._AUTO_OFFSET_RESET:
                place = f"{message.topic()}-{message.partition()}"
                self.put_away()  # the next poll asks again
                self._failure = KafkaError(f"Undefined offset with no reset policy for partitions: [{place}]")
            elif error.code() in COORDINATOR_MOVES:
                self._coordinator_moves()
            elif error.code() == Code.TOPIC_AUTHORIZATION_FAILED:
                topic = message.topic()
                self._forbidden[topic] = Forbidden(f"Not authorized to access topics: [{topic}]")
            elif error.code() not in PASSED_OVER:
                failure = translated(error, self._readers.connection.complaints)
                if isinstance(failure, Forbidden):
                    self._forbidden[message.topic()] = failure
                else:
                    self._failure = failure

    @abstractmethod
    def _coordinator_moves(self) -> None:
        """The group is not where it was."""

    def _handed_out(self, limit: int, max_bytes: int | None) -> Records:
        """The next records, and the positions behind them."""
        found, passed = self._ahead.hand_out(limit, max_bytes)
        for tp, offset in passed.items():
            self._forbidden.pop(tp.topic, None)
            if tp in self.all_positions:
                self.all_positions[tp] = offset
        return found

    def put_away(self) -> asyncio.Future[None] | None:
        """Give up the reader and what it brought; the positions stay. It closes in the background, for who waits."""
        self._ahead.clear()
        self._forbidden.clear()
        if self._finding is not None:
            self._finding.cancel()
            self._finding = None
        reader, self._reader = self._reader, None
        if reader is None:
            return None
        self._readers.closing(closing := reader.close())
        return closing
