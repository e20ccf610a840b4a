"""The positions endpoints: to offsets, to times, to the edges of the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ktui.model import TopicPartition
from ktui.server.consumers import PARTITION, required, turn
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.kafka import Consumer, Unassigned
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes


class Seeking:
    """Moves consumers. Entries are applied in order: an error leaves the earlier ones applied."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour, self._shapes = proxy, proxy.flavour, Shapes(proxy.flavour)
        self._note = () if self._flavour.strict else ("metadata",)

    def _instance(self, call: Call) -> Instance:
        faults = self._proxy.faults
        instance = self._proxy.instances.find(call.path("group"), call.path("instance"))
        if faults.refused_seeks:
            faults.refused_seeks -= 1
            raise ApiError("unassigned", "No current assignment for partition t-0")
        return instance

    async def to_offsets(self, call: Call) -> Answer:
        """POST …/positions: offsets, then (C only) times."""
        instance, value = self._instance(call), await required(call)
        known = ("offsets", "timestamps") if self._flavour.rules == "C" else ("offsets",)
        request = self._shapes.object(value, "ConsumerSeekRequest", known)
        offsets = self._shapes.entries(request, "offsets", (*PARTITION, "offset", *self._note))
        if offsets is None and self._flavour.rules != "C":
            raise ApiError("missing_offsets" if self._flavour.strict else "missing", "offsets")
        async with turn(instance, self._flavour):
            for entry in offsets or ():
                self._seek(instance.consumer, self._partition(entry), self._shapes.needed(entry, "offset"))
            for entry in self._shapes.entries(request, "timestamps", (*PARTITION, "timestamp", "metadata")) or ():
                await self._to_time(instance.consumer, entry)
        return None

    async def _to_time(self, consumer: Consumer, entry: Object) -> None:
        tp = self._partition(entry)
        offset = await self._proxy.kafka.find_time(tp, milliseconds(self._shapes.text(entry, "timestamp")))
        if offset is None:
            raise ApiError("no_such_time")
        self._seek(consumer, tp, offset)

    def _partition(self, entry: Object) -> TopicPartition:
        """C reads a missing number as 0."""
        return self._shapes.partition({"partition": 0, **entry} if self._flavour.rules == "C" else entry)

    @staticmethod
    def _seek(consumer: Consumer, tp: TopicPartition, offset: int) -> None:
        try:
            consumer.seek(tp, offset)
        except ValueError as error:
            raise ApiError("negative_offset") from error

    async def to_beginning(self, call: Call) -> Answer:
        """POST …/positions/beginning"""
        instance = self._instance(call)
        return await self._to_edge(instance, instance.consumer.seek_to_beginning, await required(call))

    async def to_end(self, call: Call) -> Answer:
        """POST …/positions/end"""
        instance = self._instance(call)
        return await self._to_edge(instance, instance.consumer.seek_to_end, await required(call))

    async def _to_edge(self, instance: Instance, seek: Callable[[TopicPartition], None], value: object) -> Answer:
        request = self._shapes.object(value, "ConsumerSeekToRequest", ("partitions",))
        listed = self._shapes.entries(request, "partitions", PARTITION)
        if listed is None:
            raise ApiError("missing", "partitions")
        async with turn(instance, self._flavour):
            for tp in [self._shapes.partition(entry) for entry in listed]:
                try:
                    seek(tp)
                except Unassigned as error:
                    if self._flavour.rules == "K" and not instance.consumer.assignment():
                        raise ApiError("unassigned_edge") from error
                    raise
        return None


def milliseconds(moment: str | None) -> int:
    """An ISO-8601 time as milliseconds since the epoch."""
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError as error:
        raise ApiError("bad_shape", f"Cannot deserialize value of type `Instant` from String {moment!r}") from error
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
