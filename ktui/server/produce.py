"""Producing, C's way: POST to a topic or to one of its partitions."""

from __future__ import annotations

import binascii
import re
from collections.abc import Sequence
from typing import Any

from ktui.server.errors import ApiError
from ktui.server.javajson import Json, write
from ktui.server.kafka import KafkaError, RetriableError
from ktui.server.media import FORMAT_OF
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes, body

REQUEST = ("records", "key_schema", "key_schema_id", "value_schema", "value_schema_id")
_RECORD = ("key", "value", "partition")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


class Produce:
    """The handlers that write."""

    fields: Sequence[str] = _RECORD
    """What a record may have."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes, self._traffic = proxy.kafka, Shapes(proxy.flavour), proxy.traffic

    async def to_topic(self, call: Call) -> Answer:
        """POST /topics/{topic}"""
        return await self._produce(call, None)

    async def to_partition(self, call: Call) -> Answer:
        """POST /topics/{topic}/partitions/{partition}: where a record names a partition of its own, that one counts."""
        return await self._produce(call, call.number("partition"))

    async def _produce(self, call: Call, partition: int | None) -> Answer:
        data_format = FORMAT_OF[call.content_type] if call.content_type else "binary"
        _, records = self._requested(await call.body(), f"produce{data_format.capitalize()}.arg2")
        if data_format not in ("binary", "json"):
            raise ApiError("no_registry")
        decode = base64_bytes if data_format == "binary" else json_bytes
        drafts = [(decode(r.get("key")), decode(r.get("value")), self._shapes.number(r, "partition")) for r in records]
        results = [
            await self._one(call.path("topic"), partition if own is None else own, key, value)
            for key, value, own in drafts
        ]
        return {"offsets": results, "key_schema_id": None, "value_schema_id": None}

    def _requested(self, data: bytes, argument: str) -> tuple[Object, list[Object]]:
        """A produce body, and its records; `argument` is what C calls it."""
        value = body(data)
        if value is None:
            raise ApiError("no_body", argument)
        request = self._shapes.object(value, "ProduceRequest", REQUEST)
        records = self._shapes.entries(request, "records", self.fields, "ProduceRecord>")
        if not records:
            raise ApiError("no_records", argument)
        return request, records

    async def _one(self, topic: str, partition: int | None, key: bytes | None, value: bytes | None) -> dict[str, Any]:
        if partition is not None and partition < 0:
            raise ApiError("negative_partition", partition)
        try:
            record = await self._kafka.produce(topic, partition, key, value)
        except KafkaError as error:
            code = 50003 if isinstance(error, RetriableError) else 50002
            return {"partition": None, "offset": None, "error_code": code, "error": str(error)}
        return {"partition": record.partition, "offset": record.offset, "error_code": None, "error": None}


def json_bytes(value: Json) -> bytes | None:
    """What the json format stores; null is null."""
    return None if value is None else write(value)


def base64_bytes(value: Json) -> bytes | None:
    """What the binary format stores; padding may be missing."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ApiError("not_base64", write(value).decode())
    if not _BASE64.fullmatch(value) or len(value.rstrip("=")) % 4 == 1 or ("=" in value and len(value) % 4):
        raise ApiError("bad_base64", value)
    return binascii.a2b_base64(value + "=" * (-len(value) % 4))
