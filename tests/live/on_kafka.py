"""Somebody else at the same cluster: bare librdkafka, no gateway in between."""

from __future__ import annotations

import asyncio

import confluent_kafka as librdkafka
from confluent_kafka.admin import AdminClient, NewTopic

from ktui.server.gateway import Gateway
from tests.live.other import DEADLINE


class OtherOnKafka:
    """Writes records itself, and looks into the gateway whether an instance is still there."""

    def __init__(self, bootstrap: str, gateways: list[Gateway]) -> None:
        self._servers = {"bootstrap.servers": bootstrap, "log_level": 0, "linger.ms": 0}
        self._gateways = gateways

    async def ensure_topic(self, name: str) -> None:
        """Make the topic, and wait until it is listed."""
        await asyncio.to_thread(self._make, name)

    def _make(self, name: str) -> None:
        admin = AdminClient(self._servers)
        admin.create_topics([NewTopic(name, 2, 1)])[name].result(DEADLINE)
        while name not in admin.list_topics(timeout=DEADLINE).topics:
            pass

    async def produce(self, topic: str, partition: int, value: str) -> int:
        """Write one record of the json format; its offset."""
        return await asyncio.to_thread(self._produce, topic, partition, value)

    def _produce(self, topic: str, partition: int, value: str) -> int:
        offsets: list[int | None] = []
        producer = librdkafka.Producer(self._servers)
        producer.produce(
            topic, f'"{value}"'.encode(), partition=partition, on_delivery=lambda _, sent: offsets.append(sent.offset())
        )
        producer.flush(DEADLINE)
        (offset,) = offsets
        assert offset is not None
        return offset

    async def instance_exists(self, path: str) -> bool:
        """Whether a gateway knows the instance at this path."""
        _, _, group, _, name = path.split("/")
        return any((group, name) in gateway.instances for gateway in self._gateways)
