"""Where partitions begin and end, and where a time is in them: asked for by a consumer that reads and joins nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, KafkaException
from confluent_kafka import TopicPartition as Place

from ktui.model import TopicPartition
from ktui.server.cluster.askers import Askers
from ktui.server.cluster.connection import SETTLING, Connection
from ktui.server.kafka import RetriableError, UnknownPartition, check_name

BEGINNING, END = OFFSET_BEGINNING, OFFSET_END
"""What to ask for instead of a time (ms)."""


class Offsets:
    """Asks for offsets."""

    def __init__(self, connection: Connection, askers: Askers) -> None:
        self._connection, self._askers = connection, askers

    async def find(
        self, tps: Sequence[TopicPartition], where: int, *, committed_only: bool = False
    ) -> dict[TopicPartition, int]:
        """The offset in each partition of BEGINNING, END (of what is committed), or a time: -1 when all is older."""
        for tp in tps:  # librdkafka would not even ask, and wait
            check_name(tp.topic)
            if tp.partition < 0:
                raise UnknownPartition("Partition not found.")
        pauses, until = iter(SETTLING), time.monotonic() + self._connection.answer / 2
        level = "read_committed" if committed_only else "read_uncommitted"
        while tps:
            try:
                return await self._connection.blocking(self._ask, tps, where, level)
            except (RetriableError, UnknownPartition) as error:
                if time.monotonic() > until:  # nobody answers, and what is remembered says nothing
                    why = str(self._connection.complaints) or str(error)
                    raise error if isinstance(error, RetriableError) else RetriableError(why) from None
                await self._check(tps, level)
                if (pause := next(pauses, None)) is None:
                    raise
            await asyncio.sleep(pause)  # a leader is only being found
        return {}

    def _ask(self, tps: Sequence[TopicPartition], where: int, level: str) -> dict[TopicPartition, int]:
        asker = self._askers.get(level)
        asked = [Place(tp.topic, tp.partition, where) for tp in tps]
        found: dict[TopicPartition, int] = {}
        for place in asker.offsets_for_times(asked, timeout=self._connection.answer):
            if place.error:
                raise KafkaException(place.error)
            found[TopicPartition(place.topic, place.partition)] = place.offset
        return found

    async def _check(self, tps: Sequence[TopicPartition], level: str) -> None:
        """Say what is wrong with partitions that have no leader: mostly that they are not there. Else whoever was asked
        knows now who leads them, which it would ask by itself after minutes only."""
        for topic in {tp.topic for tp in tps}:
            known = (await self._connection.blocking(self._askers.topic, topic, level)).partitions
            if any(tp.topic == topic and tp.partition not in known for tp in tps):
                raise UnknownPartition("Partition not found.")
