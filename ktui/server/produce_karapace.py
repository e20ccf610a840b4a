"""Producing, K's way: topics are looked up first, falsy values become nothing, and one failure makes it a 422."""

from __future__ import annotations

import binascii
import re
import zlib
from typing import Any

import msgspec
from starlette.responses import Response

from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.kafka import InvalidTopic, KafkaError, UnknownTopic
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes

_REQUEST = {"records", "key_schema", "key_schema_id", "value_schema", "value_schema_id"}
_RECORD = {"key", "value", "partition"}
_LARGEST = 1024 * 1024
_UNKNOWN = "This request is for a topic or partition that does not exist on this broker."
_STRANGE = re.compile(r"[^A-Za-z0-9+/=]")


class KarapaceProduce:
    """The handlers that write."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes = proxy.kafka, Shapes(proxy.flavour)

    async def to_topic(self, call: Call) -> Answer:
        """POST /topics/{topic}"""
        return await self._produce(call, None)

    async def to_partition(self, call: Call) -> Answer:
        """POST /topics/{topic}/partitions/{partition}: where a record names one of its own, that one counts."""
        return await self._produce(call, call.number("partition"))

    async def _produce(self, call: Call, partition: int | None) -> Answer:
        data = await call.body()
        if len(data) > _LARGEST:
            raise ApiError("too_large")
        topic, count = call.path("topic"), await self._partitions(call.path("topic"))
        if partition is not None and not 0 <= partition < count:
            raise ApiError("unknown_partition", partition)
        in_json = ".json." in (call.content_type or "")
        encode = _json_bytes if in_json else _binary_bytes
        sent = [(encode(r.get("key")), encode(r.get("value")), r) for r in requested(data)]
        results = []
        for key, value, entry in sent:
            own = self._shapes.number(entry, "partition")
            chosen = own if own is not None else partition
            results.append(await self._one(topic, count, chosen, key, value or b""))
        answer = {"key_schema_id": None, "offsets": results, "value_schema_id": None}
        status = 422 if any("error" in result for result in results) else 200
        return Response(msgspec.json.encode(answer), status, headers={"content-type": call.media})

    async def _partitions(self, topic: str) -> int:
        try:
            return len(await self._kafka.partitions(topic))
        except (UnknownTopic, InvalidTopic) as error:
            raise ApiError("unknown_topic", topic) from error

    async def _one(
        self, topic: str, count: int, partition: int | None, key: bytes | None, value: bytes
    ) -> dict[str, Any]:
        if partition is not None and partition >= count:
            return {"error": _UNKNOWN, "error_code": 2}
        if partition is None or partition < 0:
            partition = zlib.crc32(key) % count if key else None
        try:
            record = await self._kafka.produce(topic, partition, key, value)
        except KafkaError as error:
            return {"error": str(error), "error_code": 1}
        if not value:
            return {"offset": -1, "partition": 0}  # it was written, but K does not know where
        return {"offset": record.offset, "partition": record.partition}


def requested(data: bytes) -> list[Object]:
    """The records of a produce body."""
    if not data.strip():
        raise ApiError("no_body")
    try:
        value: Json = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError("not_json", error) from error
    if not isinstance(value, dict):
        raise ApiError("not_an_object")
    records = value.get("records")
    if not records or value.keys() - _REQUEST:
        raise ApiError("no_records")
    if not isinstance(records, list):
        raise ApiError("records_no_list")
    if any(not isinstance(record, dict) or record.keys() - _RECORD for record in records):
        raise ApiError("bad_shape")
    return records


def _json_bytes(value: Json) -> bytes | None:
    """Falsy values are dropped, a key that is "" excepted by its quotes."""
    return msgspec.json.encode(_rounded(value)) if value else None


def _rounded(value: Json) -> Json:
    """Integers beyond 64 bits become floats."""
    if isinstance(value, dict):
        return {name: _rounded(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_rounded(member) for member in value]
    return float(value) if isinstance(value, int) and not -(2**63) <= value < 2**64 else value


def _binary_bytes(value: Json) -> bytes | None:
    """Python's lenient base64: what is not of the alphabet is passed over."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ApiError("not_base64", value)
    try:
        return binascii.a2b_base64(_STRANGE.sub("", value))
    except binascii.Error as error:
        raise ApiError("bad_base64", value) from error
