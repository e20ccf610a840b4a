"""Partitions that were assigned: read by a reader that is opened at our own positions and thrown away by every seek, so
nothing stale can come. The cluster's group is asked where to begin, and never joined."""

from __future__ import annotations

import asyncio
import time

from confluent_kafka import OFFSET_END
from confluent_kafka import TopicPartition as Place

from ktui.model import Records, TopicPartition
from ktui.server.cluster.offsets import END, Offsets
from ktui.server.cluster.reader import Reader
from ktui.server.cluster.source import Readers, Source
from ktui.server.kafka import KafkaError, UnknownPartition, UnknownTopic

REST_AFTER = 15.0
"""Seconds without a poll after which the reader's connections and what it fetched ahead are given back."""


class Assigned(Source):
    """Partitions, each read from its position on."""

    def __init__(
        self, readers: Readers, offsets: Offsets, positions: dict[TopicPartition, int], *, committed_only: bool
    ) -> None:
        super().__init__(readers)
        self._offsets, self._committed_only = offsets, committed_only
        self.all_positions = positions
        self._polled = time.monotonic()
        self._rest: asyncio.TimerHandle | None = None

    def place(self, tp: TopicPartition, position: int) -> None:
        self.all_positions[tp] = position
        self.put_away()

    def poll(self, limit: int, max_bytes: int | None) -> Records:
        self._polled = time.monotonic()
        return super().poll(limit, max_bytes)

    def _opened(self) -> Reader | None:
        if self._reader is None:
            if OFFSET_END in self.all_positions.values():
                self._find()
                return None
            at = [Place(tp.topic, tp.partition, position) for tp, position in self.all_positions.items()]
            topics = {tp.topic for tp in self.all_positions}
            self._ahead.only_topic = topics.pop() if len(topics) == 1 else None
            self._reader = self._readers.open(lambda client: client.assign(at))
            self._rest_later()
        return self._reader

    def _coordinator_moves(self) -> None:
        self.put_away()  # it was to begin where the group is: the next poll asks again

    def _find(self) -> None:
        """Find the ends that were sought, without keeping anybody waiting: what comes after the seek is not lost
        should nothing have been read when the reader is put away."""
        if self._finding is None:
            self._finding = asyncio.ensure_future(self._found())

    async def _found(self) -> None:
        for tp in [tp for tp, position in self.all_positions.items() if position == OFFSET_END]:
            try:
                found = await self._offsets.find([tp], END, committed_only=self._committed_only)
                self.all_positions |= found
            except (UnknownTopic, UnknownPartition):
                self.all_positions[tp] = 0  # it ends where it will begin
            except KafkaError as error:
                self._failure = error
                break
        self._finding = None
        self._readers.on_ready()

    def _rest_later(self, seconds: float = REST_AFTER) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = asyncio.get_running_loop().call_later(seconds, self._rest_now)

    def _rest_now(self) -> None:
        if self._reader is None:
            return
        left = REST_AFTER - (time.monotonic() - self._polled)
        if left > 0:
            self._rest_later(left)
        else:
            self.put_away()

    def put_away(self) -> asyncio.Future[None] | None:
        if self._rest is not None:
            self._rest.cancel()
        return super().put_away()
