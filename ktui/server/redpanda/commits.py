"""Committed offsets at R: stored as they are told, in a list called partitions."""

from __future__ import annotations

import contextlib

from ktui.model import TopicPartition
from ktui.server.consumers import PARTITION, required
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.kafka import Committed, KafkaError
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes, body

NEVER = Committed(-1)
"""What it says of a partition without a commit."""
LIMIT = 2**31


class RedpandaCommits:
    """The handlers of …/offsets."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._shapes = proxy, Shapes(proxy.flavour)

    def _instance(self, call: Call) -> Instance:
        return self._proxy.instances.find(call.path("group"), call.path("instance"))

    async def commit(self, call: Call) -> Answer:
        """POST …/offsets: the entries of the body, or without one all that was read. What Kafka refuses is dropped."""
        instance, value = self._instance(call), body(await call.body())
        if value is None:
            offsets = dict(instance.consumer.positions())
        else:
            entries = self._entries(value, (*PARTITION, "offset"))
            told = {self._shapes.partition(entry): self._shapes.needed(entry, "offset") for entry in entries}
            if any(not -LIMIT <= offset < LIMIT for offset in told.values()):
                raise ApiError("bad_shape")
            offsets = {tp: offset for tp, offset in told.items() if await self._there(tp)}
        with contextlib.suppress(KafkaError):
            await instance.consumer.commit({tp: Committed(offset) for tp, offset in offsets.items()})
        return None

    async def _there(self, tp: TopicPartition) -> bool:
        try:
            await self._proxy.kafka.ranges(tp.topic, [tp.partition])
        except KafkaError:
            return False
        return True

    async def committed(self, call: Call) -> Answer:
        """GET …/offsets, which has a body. Large offsets are cut to 32 bits."""
        instance = self._instance(call)
        wanted = [self._shapes.partition(entry) for entry in self._entries(await required(call), PARTITION)]
        known = await instance.consumer.committed(wanted)
        found = {tp: known.get(tp, NEVER) for tp in wanted}
        return {
            "offsets": [
                {**tp._asdict(), "offset": (told.offset + LIMIT) % (2 * LIMIT) - LIMIT, "metadata": told.metadata}
                for tp, told in found.items()
            ]
        }

    def _entries(self, value: object, fields: tuple[str, ...]) -> list[Object]:
        entries = self._shapes.entries(self._shapes.object(value, "partitions", ("partitions",)), "partitions", fields)
        if entries is None:
            raise ApiError("missing", "partitions")
        return entries
