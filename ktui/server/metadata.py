"""Topics, partitions, offsets, brokers."""

from __future__ import annotations

from typing import Any

from ktui.model import Partition
from ktui.server.kafka import UnknownPartition
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call


class Metadata:
    """The handlers that only look."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    async def root(self, call: Call) -> Answer:
        """GET /"""
        return {}

    async def topics(self, call: Call) -> Answer:
        """GET /topics"""
        return await self._kafka.names()

    async def topic(self, call: Call) -> Answer:
        """GET /topics/{topic}"""
        found = await self._kafka.describe(call.path("topic"))
        return {"name": found.name, "configs": found.configs, "partitions": [described(p) for p in found.partitions]}

    async def partitions(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions"""
        return [described(p) for p in (await self._kafka.describe(call.path("topic"))).partitions]

    async def partition(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}"""
        number = call.number("partition")
        for found in (await self._kafka.describe(call.path("topic"))).partitions:
            if found.partition == number:
                return described(found)
        raise UnknownPartition("Partition not found.")

    async def offsets(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}/offsets"""
        number = call.number("partition")
        found = (await self._kafka.ranges(call.path("topic"), [number]))[number]
        return {"beginning_offset": found.beginning, "end_offset": found.end}

    async def brokers(self, call: Call) -> Answer:
        """GET /brokers"""
        return {"brokers": list(await self._kafka.brokers())}


def described(partition: Partition) -> dict[str, Any]:
    """A partition as the API shows it."""
    return {
        "partition": partition.partition,
        "leader": -1 if partition.leader is None else partition.leader,
        "replicas": [
            {"broker": broker, "leader": broker == partition.leader, "in_sync": broker in partition.in_sync}
            for broker in partition.replicas
        ],
    }
