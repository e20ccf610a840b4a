"""Topics, partitions, offsets, brokers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.responses import Response

from ktui.model import Partition
from ktui.server.errors import ApiError
from ktui.server.kafka import InvalidTopic, UnknownPartition, UnknownTopic
from ktui.server.media import V2
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Shapes, body

T = TypeVar("T")

NEVER = 3600.0
"""Seconds until S answers for a negative partition: nobody has waited that long."""


class Metadata:
    """The handlers that only look."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._flavour, self._sleep = proxy.kafka, proxy.flavour, proxy.sleep
        self._shapes = Shapes(proxy.flavour)

    async def root(self, call: Call) -> Answer:
        """GET /"""
        media = "application/json" if self._flavour.rules in "KS" else call.media
        return Response(msgspec.json.encode(self._flavour.root), headers={"content-type": media})

    async def topics(self, call: Call) -> Answer:
        """GET /topics"""
        return await self._kafka.names(internal=self._flavour.lists_internal)

    async def create(self, call: Call) -> Answer:
        """POST /admin/topics, which only S has."""
        value = body(await call.body())
        fields = ("topic_name", "partitions_count", "replication_factor", "config")
        wanted = self._shapes.object(value, "NewTopic", fields)
        name, count = self._shapes.text(wanted, "topic_name"), self._shapes.number(wanted, "partitions_count")
        if name is None:
            raise ApiError("bad_shape", "topic_name is missing")
        await self._kafka.create_topic(name, count or 1, wanted.get("config") or {})
        return Response(b"{}", 201, headers={"content-type": V2})

    async def topic(self, call: Call) -> Answer:
        """GET /topics/{topic}"""
        found = await self._of_topic(call, self._kafka.describe, "unknown_topic_detail")
        return {"name": found.name, "configs": found.configs, "partitions": [described(p) for p in found.partitions]}

    async def partitions(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions"""
        return [described(p) for p in await self._of_topic(call, self._kafka.partitions)]

    async def partition(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}"""
        number = call.number("partition")
        if number < 0 and self._flavour.rules == "S":
            await self._sleep(NEVER)
        for found in await self._of_topic(call, self._kafka.partitions):
            if found.partition == number:
                return described(found)
        raise ApiError("unknown_partition", number)

    async def offsets(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}/offsets"""
        number = call.number("partition")
        await self._of_topic(call, self._kafka.partitions)
        try:
            found = (await self._kafka.ranges(call.path("topic"), [number]))[number]
        except UnknownPartition as error:
            raise ApiError("unknown_partition", number) from error
        return {"beginning_offset": found.beginning, "end_offset": found.end}

    async def _of_topic(self, call: Call, ask: Callable[[str], Awaitable[T]], unknown: str = "unknown_topic") -> T:
        """What there is to know of the topic of the path. K knows no invalid names, and two codes for unknown ones."""
        name = call.path("topic")
        try:
            return await ask(name)
        except (UnknownTopic, InvalidTopic) as error:
            if self._flavour.rules == "K":
                raise ApiError(unknown, name) from error
            raise

    async def brokers(self, call: Call) -> Answer:
        """GET /brokers"""
        return {"brokers": [broker.id for broker in (await self._kafka.cluster()).brokers]}


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
