"""Reading, R's way: by offset without an instance, or what a group gives."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.model import Record, TopicPartition
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.javajson import NotJson, parse, write
from ktui.server.kafka import ConsumerOptions, NoAssignment
from ktui.server.media import FORMAT_OF
from ktui.server.proxy import Proxy
from ktui.server.reading import BinaryRecord, JsonRecord, until
from ktui.server.resource import Answer, Call, integer

MIB = 1024 * 1024
_NULL = msgspec.Raw(b"null")


class RedpandaRecords:
    """The handlers that read. Accept alone decides how records are shown, whatever the instance was made for."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour = proxy, proxy.flavour

    async def by_offset(self, call: Call) -> Answer:
        """GET /topics/{topic}/partitions/{partition}/records"""
        offset, timeout, max_bytes = (_mandatory(call, name) for name in ("offset", "timeout", "max_bytes"))
        tp = TopicPartition(call.path("topic"), call.number("partition"))
        edges = (await self._proxy.kafka.ranges(tp.topic, [tp.partition]))[tp.partition]
        if not edges.beginning <= offset <= edges.end:
            raise ApiError("out_of_range")
        consumer = self._proxy.kafka.consumer("", "", ConsumerOptions("none", auto_commit=False))
        consumer.assign([tp])
        consumer.seek(tp, offset)
        reader = Instance("", "", "binary", consumer, request_timeout_ms=timeout)
        try:
            return await self._read(call, reader, timeout, max_bytes)
        finally:
            await consumer.close()

    async def of_instance(self, call: Call) -> Answer:
        """GET …/records: a wait can only be lowered; nothing subscribed is nothing read."""
        wait, max_bytes = call.query_number("timeout"), call.query_number("max_bytes")
        instances = self._proxy.instances
        instance = instances.find(call.path("group"), call.path("instance"))
        timeout = instance.request_timeout_ms if wait is None else min(wait, instance.request_timeout_ms)
        instances.hold(instance)
        try:
            return await self._read(call, instance, timeout, MIB if max_bytes is None else max_bytes)
        except NoAssignment:
            return []
        finally:
            instances.touch(instance)

    async def _read(self, call: Call, reader: Instance, timeout_ms: int, max_bytes: int) -> bytes:
        taken: list[Record] = []

        async def fill() -> bool:
            if reader.closed:
                raise ApiError("closed")
            polled = await reader.consumer.poll(self._flavour.records_per_poll)
            taken.extend(_within(polled, max_bytes))
            for record in reversed(polled[len(taken) :]):  # the first one that is left of each partition stays
                reader.consumer.seek(record.tp, record.offset)
            return bool(taken)

        await until(reader, fill, max(timeout_ms, 0) / 1000, self._proxy.sleep)
        show = _binary if FORMAT_OF[call.media] == "binary" else _json
        return msgspec.json.encode([show(record) for record in taken])


def _mandatory(call: Call, name: str) -> int:
    text = call.query.get(name)
    if text is None:
        raise ApiError("missing_parameter", name)
    return integer(text, "bad_query")


def _within(records: Sequence[Record], max_bytes: int) -> Sequence[Record]:
    """The first records that do not exceed a limit together; at least one."""
    size = 0
    for place, record in enumerate(records):
        size += record.size
        if place and size > max_bytes:
            return records[:place]
    return records


def _binary(record: Record) -> BinaryRecord:
    return BinaryRecord(record.topic, record.key or None, record.value or None, record.partition, record.offset)


def _json(record: Record) -> JsonRecord:
    key, value = _word(record, "key", record.key), _word(record, "value", record.value)
    return JsonRecord(record.topic, key, value, record.partition, record.offset)


def _word(record: Record, part: str, data: bytes | None) -> msgspec.Raw:
    if not data:
        return _NULL
    try:
        return msgspec.Raw(write(parse(data)))
    except NotJson as error:
        place = f"offset {record.offset} in topic:partition {record.topic}:{record.partition}"
        raise ApiError("poison", f"Unable to serialize {part} of record at {place}") from error
