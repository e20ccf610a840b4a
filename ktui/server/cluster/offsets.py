"""Where partitions begin and end, and where a time is in them: asked for by a consumer that reads and joins nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException
from confluent_kafka import TopicPartition as Place

from ktui.model import TopicPartition
from ktui.server.cluster.connection import SETTLING, Connection
from ktui.server.cluster.topics import Topics
from ktui.server.kafka import RetriableError, UnknownPartition

BEGINNING, END = OFFSET_BEGINNING, OFFSET_END
"""What to ask for instead of a time (ms)."""


class Offsets:
    """Asks for offsets."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection, self._topics = connection, topics
        self._askers: dict[str, Consumer] = {}
        """By isolation level."""
        self._making = threading.Lock()

    async def find(
        self, tps: Sequence[TopicPartition], where: int, *, committed_only: bool = False
    ) -> dict[TopicPartition, int]:
        """The offset in each partition of BEGINNING, END (of what is committed), or a time: -1 when all is older."""
        if any(tp.partition < 0 for tp in tps):
            raise UnknownPartition("Partition not found.")
        pauses, until = iter(SETTLING), time.monotonic() + self._connection.answer / 2
        while tps:
            try:
                return await self._connection.blocking(self._ask, tps, where, committed_only)
            except (RetriableError, UnknownPartition):
                if time.monotonic() > until:
                    raise  # nobody answers
                await self._check(tps)
                if (pause := next(pauses, None)) is None:
                    raise
            await asyncio.sleep(pause)  # a leader is only being found
        return {}

    def _ask(self, tps: Sequence[TopicPartition], where: int, committed_only: bool) -> dict[TopicPartition, int]:
        asker = self._asker("read_committed" if committed_only else "read_uncommitted")
        asked = [Place(tp.topic, tp.partition, where) for tp in tps]
        found: dict[TopicPartition, int] = {}
        for place in asker.offsets_for_times(asked, timeout=self._connection.answer):
            if place.error:
                raise KafkaException(place.error)
            found[TopicPartition(place.topic, place.partition)] = place.offset
        return found

    def _asker(self, level: str) -> Consumer:
        with self._making:
            if level not in self._askers:
                own = {"group.id": "ktui", "isolation.level": level, "error_cb": self._connection.complaints}
                self._askers[level] = Consumer({**self._connection.properties, **own})
            return self._askers[level]

    async def _check(self, tps: Sequence[TopicPartition]) -> None:
        """Say what is wrong with partitions that have no leader: mostly that they are not there."""
        for topic in {tp.topic for tp in tps}:
            known = {each.partition for each in await self._topics.partitions(topic)}
            if any(tp.topic == topic and tp.partition not in known for tp in tps):
                raise UnknownPartition("Partition not found.")

    async def aclose(self) -> None:
        """Close those who asked."""
        for asker in self._askers.values():
            await self._connection.later(asker.close)
