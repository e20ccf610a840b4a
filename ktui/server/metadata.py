"""Topics, partitions, offsets, brokers."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from ktui.model import Partition, TopicDetail
from ktui.server.errors import ApiError
from ktui.server.kafka import InvalidTopic, UnknownPartition, UnknownTopic
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call


class Metadata:
    """The handlers that only look."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._flavour = proxy.kafka, proxy.flavour

    async def root(self, call: Call) -> Answer:
        """GET /"""
        media = "application/json" if self._flavour.letter in "KS" else call.media
        return Response(msgspec.json.encode(self._flavour.root), headers={"content-type": media})

    async def topics(self, call: Call) -> Answer:
        """GET /topics"""
        return await self._kafka.names()

    async def topic(self, call: Call) -> Answer:
        """GET /topics/{topic}"""
        found = await self._described(call, "unknown_topic_detail")
        return {"name": found.name, "configs": found.configs, "partitions": [described(p) for p in found.partitions]}

    async def partitions(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions"""
        return [described(p) for p in (await self._described(call, "unknown_topic")).partitions]

    async def partition(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}"""
        number = call.number("partition")
        for found in (await self._described(call, "unknown_topic")).partitions:
            if found.partition == number:
                return described(found)
        raise ApiError("unknown_partition", number)

    async def offsets(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}/offsets"""
        number = call.number("partition")
        await self._described(call, "unknown_topic")
        try:
            found = (await self._kafka.ranges(call.path("topic"), [number]))[number]
        except UnknownPartition as error:
            raise ApiError("unknown_partition", number) from error
        return {"beginning_offset": found.beginning, "end_offset": found.end}

    async def _described(self, call: Call, unknown: str) -> TopicDetail:
        """The topic of the path. K knows no invalid names, and two codes for unknown ones."""
        name = call.path("topic")
        try:
            return await self._kafka.describe(name)
        except (UnknownTopic, InvalidTopic) as error:
            if self._flavour.letter == "K":
                raise ApiError(unknown, name) from error
            raise

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
