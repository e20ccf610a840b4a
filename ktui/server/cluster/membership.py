"""A subscription: topics, or those that match a pattern, shared with a group. It has one reader for its whole life, a
member of the group."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from confluent_kafka import OFFSET_STORED, KafkaException, Message
from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaError as Code
from confluent_kafka import TopicPartition as Place

from ktui.model import Records, TopicPartition
from ktui.server.cluster.groups import places
from ktui.server.cluster.reader import Reader
from ktui.server.cluster.source import Readers, Source
from ktui.server.cluster.topics import Topics
from ktui.server.kafka import Committed, KafkaError

LOOK_EVERY = 10.0
"""Seconds between looks at which topics a pattern matches."""
PROPERTIES: Mapping[str, Any] = {"fetch.wait.max.ms": 100}
"""A member seeks on the connection that it has, where the fetch under way must end first (of 500)."""


class Membership(Source):
    """A member of a group, and what the group gave it."""

    def __init__(self, readers: Readers, topics: Topics, *, auto_commit: bool) -> None:
        super().__init__(readers)
        self._topics, self._auto_commit = topics, auto_commit
        self.wanted: tuple[str, ...] = ()
        self.pattern: re.Pattern[str] | None = None
        self._looked_at = -LOOK_EVERY

    def share(self, wanted: tuple[str, ...]) -> None:
        """Share other topics. The reader goes on as the same member."""
        self.wanted = wanted
        if self._reader is not None:
            self._reader.change(self._join, _none)

    def follow(self, pattern: re.Pattern[str]) -> None:
        """Share what matches."""
        self.pattern, self._looked_at = pattern, -LOOK_EVERY

    @property
    def member(self) -> Client | None:
        return self._reader.started if self._reader is not None and self.all_positions else None

    def place(self, tp: TopicPartition, position: int) -> None:
        self.all_positions[tp] = position
        if self._reader is not None:
            self._ahead.keep(lambda other: other != tp)
            self._reader.change(partial(self._seek, tp), partial(_is_of, tp))

    def _seek(self, tp: TopicPartition, client: Client) -> None:
        """A partition that was given just now is tried again."""
        position, reader = self.all_positions.get(tp), self._reader
        if position is None or position == OFFSET_STORED or reader is None:
            return
        try:
            client.seek(Place(tp.topic, tp.partition, position))
        except KafkaException as error:
            if error.args[0].code() != Code._STATE:
                raise
            reader.change(partial(self._seek, tp), partial(_is_of, tp))

    def poll(self, limit: int, max_bytes: int | None) -> Records:
        if self.pattern is not None:
            self._look()
        return super().poll(limit, max_bytes)

    def _opened(self) -> Reader | None:
        if self._reader is None and self.wanted:  # else nothing matches, yet
            self._reader = self._readers.open(self._join, PROPERTIES)
        return self._reader

    def _coordinator_moves(self) -> None:
        """librdkafka finds it again, and its members with it."""

    def _look(self) -> None:
        """See now and then which topics match the pattern."""
        now = time.monotonic()
        if self._finding is None and now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._finding = asyncio.ensure_future(self._matching())

    async def _matching(self) -> None:
        try:
            names = await self._topics.names(internal=False)
            matching = tuple(name for name in names if self.pattern and self.pattern.fullmatch(name))
            if matching != self.wanted:
                self.share(matching)
        except KafkaError as error:
            self._failure = error
        self._finding = None
        self._readers.on_ready()

    # what the group gives and takes: called in whatever thread asks librdkafka

    def _join(self, client: Client) -> None:
        client.subscribe(list(self.wanted), on_assign=self._given, on_revoke=self._taken, on_lost=self._lost)

    def _given(self, client: Client, given: list[Place]) -> None:
        self.all_positions = {**self.all_positions, **dict.fromkeys(_tps(given), OFFSET_STORED)}

    def _taken(self, client: Client, taken: list[Place]) -> None:
        """What was handed out of them is committed before another member begins, also when this one leaves."""
        gone = _tps(taken)
        if self._auto_commit:
            offsets = {tp: Committed(offset) for tp, offset in self.positions().items() if tp in gone}
            if offsets:
                client.commit(offsets=places(offsets), asynchronous=True)
        self._drop(gone)

    def _lost(self, client: Client, lost: list[Place]) -> None:
        """The group gave them to others already."""
        self._drop(_tps(lost))

    def _drop(self, gone: set[TopicPartition]) -> None:
        self._ahead.keep(lambda tp: tp not in gone)
        self.all_positions = {tp: position for tp, position in self.all_positions.items() if tp not in gone}


def _tps(places: list[Place]) -> set[TopicPartition]:
    return {TopicPartition(place.topic, place.partition) for place in places}


def _is_of(tp: TopicPartition, message: Message) -> bool:
    return (message.topic(), message.partition()) == tp


def _none(message: Message) -> bool:
    return False
