"""Producing as our own gateway does it: C's way, with times and headers, and all records of a body together.

A binary body is read by msgspec, straight to bytes. What that refuses is read again C's way, which takes more (numbers
as text, base64 without its padding) and has words for the rest.
"""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from ktui.model import Draft, Header
from ktui.server.by_schema import Side, encoded
from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.kafka import Forbidden, KafkaError, RetriableError, Stored
from ktui.server.media import FORMAT_OF
from ktui.server.produce import Produce, base64_bytes, json_bytes
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.schemas.schemas import KINDS
from ktui.server.shapes import Object
from ktui.server.words import FORBIDDEN

_RECORD = ("key", "value", "partition", "timestamp", "headers")


class _Header(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    key: str
    value: bytes | None = None


class _Sent(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    key: bytes | None = None
    value: bytes | None = None
    partition: int | None = None
    timestamp: int | None = None
    headers: tuple[_Header, ...] = ()


class _Body(msgspec.Struct, forbid_unknown_fields=True):
    records: list[_Sent]


class Report(msgspec.Struct, gc=False):
    """What became of one record."""

    partition: int | None = None
    offset: int | None = None
    error_code: int | None = None
    error: str | None = None


_DECODER = msgspec.json.Decoder(_Body)


class GatewayProduce(Produce):
    """The handlers that write."""

    fields = _RECORD

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(proxy)
        self._schemas = proxy.schemas

    async def _produce(self, call: Call, partition: int | None) -> Answer:
        data_format = FORMAT_OF[call.content_type] if call.content_type else "binary"
        body, topic = await call.body(), call.path("topic")
        ids: list[int | None] = [None, None]
        drafts = quick(body, topic, partition) if data_format == "binary" else []
        if data_format in KINDS:
            drafts, *ids = await self._by_schema(body, topic, partition, data_format)
        drafts = drafts or self._drafts(body, topic, partition, data_format)
        for draft in drafts:
            if draft.partition is not None and draft.partition < 0:
                raise ApiError("negative_partition", draft.partition)
        offsets = [report(each) for each in await self._kafka.produce_all(drafts)]
        self._traffic.count(each.error_code is None for each in offsets)
        answer = {"offsets": offsets, "key_schema_id": ids[0], "value_schema_id": ids[1]}
        if any(each.error_code == FORBIDDEN for each in offsets):  # as C has it, whatever became of the others
            return Response(msgspec.json.encode(answer), 403, headers={"content-type": call.media})
        return answer

    def _drafts(self, body: bytes, topic: str, partition: int | None, data_format: str) -> list[Draft]:
        """C's way."""
        _, records = self._requested(body, f"produce{data_format.capitalize()}.arg2")
        decode = base64_bytes if data_format == "binary" else json_bytes
        return [
            Draft(topic, decode(each.get("key")), decode(each.get("value")), *self._place(each, partition))
            for each in records
        ]

    async def _by_schema(
        self, body: bytes, topic: str, partition: int | None, data_format: str
    ) -> tuple[list[Draft], int | None, int | None]:
        """Drafts in a format of the schema registry, with the schemas of the keys and of the values."""
        request, records = self._requested(body, f"produce{data_format.capitalize()}.arg2")
        if self._schemas is None:
            raise ApiError("no_registry")
        places = [self._place(each, partition) for each in records]
        sides = []
        for name in ("key", "value"):
            text = self._shapes.text(request, f"{name}_schema")
            number = self._shapes.number(request, f"{name}_schema_id")
            side = Side(name, text, number, [each.get(name) for each in records])
            sides.append(await encoded(self._schemas, data_format, topic, side))
        keys, values = sides
        drafts = [
            Draft(topic, *each) for each in zip(keys.parts, values.parts, *zip(*places, strict=True), strict=True)
        ]
        return drafts, keys.schema_id, values.schema_id

    def _place(self, record: Object, partition: int | None) -> tuple[int | None, int | None, tuple[Header, ...]]:
        """Partition, timestamp and headers of a record."""
        own = self._shapes.number(record, "partition")
        return partition if own is None else own, self._shapes.number(record, "timestamp"), self._headers(record)

    def _headers(self, record: Object) -> tuple[Header, ...]:
        return tuple(map(self._header, self._shapes.entries(record, "headers", ("key", "value")) or ()))

    def _header(self, entry: Json) -> Header:
        key = self._shapes.text(entry, "key")
        if key is None:
            raise ApiError("bad_header")
        return Header(key, base64_bytes(entry.get("value")))


def quick(body: bytes, topic: str, partition: int | None) -> list[Draft]:
    """The records of a binary body that is as it should be; none of every other."""
    try:
        sent = _DECODER.decode(body).records
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [
        Draft(
            topic,
            each.key,
            each.value,
            partition if each.partition is None else each.partition,
            each.timestamp,
            tuple(Header(header.key, header.value) for header in each.headers) if each.headers else (),
        )
        for each in sent
    ]


def report(result: Stored | KafkaError) -> Report:
    """What became of a record, as C tells it."""
    if isinstance(result, Stored):
        return Report(result.partition, result.offset)
    code = FORBIDDEN if isinstance(result, Forbidden) else 50003 if isinstance(result, RetriableError) else 50002
    return Report(error_code=code, error=str(result))
