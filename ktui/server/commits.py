"""Committed offsets over HTTP."""

from __future__ import annotations

from ktui.model import TopicPartition
from ktui.server.consumers import PARTITION, turn
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.kafka import Committed, InvalidTopic, UnknownPartition, UnknownTopic
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes, body

NEVER = -1001
"""What K says of a partition without a commit."""


class Commits:
    """The handlers of …/offsets."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour, self._shapes = proxy, proxy.flavour, Shapes(proxy.flavour)
        self._fields = (*PARTITION, "offset") if self._flavour.strict else (*PARTITION, "offset", "metadata")

    def _instance(self, call: Call) -> Instance:
        return self._proxy.instances.find(call.path("group"), call.path("instance"))

    async def commit(self, call: Call) -> Answer:
        """POST …/offsets: the entries of the body, or without them all that was polled."""
        instance, value = self._instance(call), body(await call.body())
        letter = self._flavour.rules
        if value is None and letter == "K":
            raise ApiError("no_body")
        request = None if value is None else self._shapes.object(value, "ConsumerOffsetCommitRequest", ("offsets",))
        listed = None if request is None else self._shapes.entries(request, "offsets", self._fields)
        if listed is None and value is not None and letter == "C":
            raise ApiError("missing", "offsets")
        async with turn(instance, self._flavour):
            if listed is None or (not listed and letter == "K"):
                polled = instance.consumer.positions()
                await instance.consumer.commit({tp: Committed(offset) for tp, offset in polled.items()})
            else:
                await self._commit(instance, listed)
        return [] if letter == "C" else None

    async def _commit(self, instance: Instance, listed: list[Object]) -> None:
        step, shapes = int(self._flavour.commit_adds_one), self._shapes
        offsets = {
            shapes.partition(entry): Committed(shapes.needed(entry, "offset") + step, self._note(entry))
            for entry in listed
        }
        if any(committed.offset < 0 for committed in offsets.values()):
            raise ApiError("negative_commit")
        if self._flavour.rules == "K":
            for tp in offsets:
                await self._known(tp)
        await instance.consumer.commit(offsets)

    def _note(self, entry: Object) -> str:
        return "" if self._flavour.rules == "K" else self._shapes.text(entry, "metadata") or ""

    async def _known(self, tp: TopicPartition) -> None:
        """K looks before it commits."""
        try:
            await self._proxy.kafka.ranges(tp.topic, [tp.partition])
        except UnknownPartition as error:
            raise ApiError("commit_partition", f"{tp.partition} not found for topic {tp.topic}") from error
        except (UnknownTopic, InvalidTopic) as error:
            raise ApiError("unknown_topic", tp.topic) from error

    async def committed(self, call: Call) -> Answer:
        """GET …/offsets, which has a body."""
        instance, value = self._instance(call), body(await call.body())
        if value is None:
            raise ApiError("no_partitions")
        request = self._shapes.object(value, "ConsumerCommittedRequest", ("partitions",))
        wanted = [self._shapes.partition(e) for e in self._shapes.entries(request, "partitions", PARTITION) or ()]
        async with turn(instance, self._flavour):
            found = dict(await instance.consumer.committed(wanted))
        if self._flavour.rules == "K":
            found = {tp: found.get(tp, Committed(NEVER)) for tp in wanted}
        return {"offsets": [{"topic": tp.topic, "partition": tp.partition, **c._asdict()} for tp, c in found.items()]}
