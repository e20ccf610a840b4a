"""Producing, S's way: a schema for the body, timestamps and headers, and an answer that is always 200."""

from __future__ import annotations

import binascii
import re
from typing import Any, NamedTuple

from starlette.background import BackgroundTask
from starlette.responses import Response

from ktui.model import Header
from ktui.server.errors import ApiError
from ktui.server.javajson import Json, write
from ktui.server.kafka import KafkaError, RetriableError
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes, body

_RECORD = ("key", "value", "partition", "timestamp", "headers")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")
_NULL_WORD = b"\x9e\xe9e"
"""The word null read as base64: what S makes of a null in the binary format."""


class Sent(NamedTuple):
    """A record of a request."""

    key: bytes | None
    value: bytes | None
    partition: int | None
    timestamp: int | None
    headers: tuple[Header, ...]


class StrimziProduce:
    """The handlers that write."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes = proxy.kafka, Shapes(proxy.flavour)

    async def to_topic(self, call: Call) -> Answer:
        """POST /topics/{topic}"""
        return await self._produce(call, None)

    async def to_partition(self, call: Call) -> Answer:
        """POST /topics/{topic}/partitions/{partition}"""
        return await self._produce(call, call.number("partition"))

    async def _produce(self, call: Call, partition: int | None) -> Answer:
        value = body(await call.body())
        if value is None:
            raise ApiError("no_body")
        request = self._shapes.object(value, "ProducerRecordList", ("records",))
        fields = _RECORD if partition is None else tuple(f for f in _RECORD if f != "partition")
        listed = self._shapes.entries(request, "records", fields)
        if listed is None:
            raise ApiError("no_records")
        data_format = (call.content_type or "").split(".")[2]
        sent = [self._sent(entry, data_format, partition) for entry in listed]
        topic = call.path("topic")
        if call.query.get("async") == "true":
            return Response(status_code=204, background=BackgroundTask(self._all, topic, sent))
        return {"offsets": await self._all(topic, sent)}

    async def _all(self, topic: str, sent: list[Sent]) -> list[dict[str, Any]]:
        return [await self._one(topic, record) for record in sent]

    async def _one(self, topic: str, sent: Sent) -> dict[str, Any]:
        try:
            record = await self._kafka.produce(
                topic, sent.partition, sent.key, sent.value, timestamp=sent.timestamp, headers=sent.headers
            )
        except KafkaError as error:
            return {"error_code": 404 if isinstance(error, RetriableError) else 500, "message": str(error)}
        return {"partition": record.partition, "offset": record.offset}

    def _sent(self, entry: Object, data_format: str, partition: int | None) -> Sent:
        if "value" not in entry or ("key" in entry and entry["key"] is None):
            raise ApiError("bad_shape", "value is missing, or key is null")
        own = self._shapes.number(entry, "partition")
        if own is not None and own < 0:
            raise ApiError("negative_partition", own)
        timestamp = self._shapes.number(entry, "timestamp")
        headers = tuple(self._header(h) for h in self._shapes.entries(entry, "headers", ("key", "value")) or ())
        key = _bytes(entry["key"], data_format) if "key" in entry else None
        value = _bytes(entry["value"], data_format)
        return Sent(key, value, partition if own is None else own, timestamp, headers)

    def _header(self, header: Object) -> Header:
        name, value = self._shapes.text(header, "key"), self._shapes.text(header, "value")
        if name is None or value is None:
            raise ApiError("bad_shape", "a header needs a key and a value")
        return Header(name, _base64(value))


def _bytes(value: Json, data_format: str) -> bytes:
    """What is stored. Numbers and booleans are not in the schema, alone or as a key."""
    if isinstance(value, bool | int | float):
        raise ApiError("not_base64", value)
    if data_format == "json":
        return write(value)
    if value is None and data_format == "binary":
        return _NULL_WORD
    if not isinstance(value, str):
        raise ApiError("bad_shape", f"{value!r} is not a string")
    return _base64(value) if data_format == "binary" else value.encode("utf-8", "replace")


def _base64(text: str) -> bytes:
    if not _BASE64.fullmatch(text) or len(text.rstrip("=")) % 4 == 1 or ("=" in text and len(text) % 4):
        raise ApiError("bad_base64", text)
    return binascii.a2b_base64(text + "=" * (-len(text) % 4))
