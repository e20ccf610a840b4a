"""Producing by the v3 API: records one after another in one body, or a batch of them with ids."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from ktui.server.errors import ApiError
from ktui.server.javajson import Json, NotJson, values
from ktui.server.kafka import KafkaError, RetriableError, TooLarge
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes
from ktui.server.v3.drafts import FIELDS, Drafts, V3Draft, iso
from ktui.server.v3.entries import Entry, wanted

LARGEST_BATCH = 10
LATE_MS = 3_600_000
"""How far ahead of the broker a record's time may be."""
BETWEEN = b"\r\n"


class V3Produce:
    """The handlers that write. The cluster of the path is not looked at."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._clock, self._shapes = proxy.kafka, proxy.clock, Shapes(proxy.flavour)
        self._drafts, self._words = Drafts(self._shapes), proxy.flavour.words

    async def records(self, call: Call) -> Answer:
        """POST …/records: as many reports as there were records, in order. They come when the body has ended."""
        reports: list[Entry] = []
        try:
            for value in values(await call.body()):
                reports.append(await self._reported(call.path("topic"), value))
        except NotJson as error:
            reports.append({"error_code": 400, "message": str(error)})
            if error.ended:
                reports.append({"error_code": 400, "message": f"Bad Request: Error processing message: {error}"})
        text = b"".join(msgspec.json.encode(report) + BETWEEN for report in reports)
        return Response(text, headers={"content-type": call.media})

    async def _reported(self, topic: str, value: Json) -> Entry:
        try:
            stored = await self._stored(topic, self._drafts.made(self._shapes.object(value, "ProduceRequest", FIELDS)))
        except (ApiError, KafkaError) as error:
            return self._failure(error)
        return {"error_code": 200, **stored}

    async def batch(self, call: Call) -> Answer:
        """POST …/records:batch: what was stored and what was not, by id."""
        request = self._shapes.object(await wanted(call), "ProduceBatchRequest", ("entries",))
        entries = self._shapes.entries(request, "entries", ("id", *FIELDS)) or []
        ids = [self._shapes.text(each, "id") for each in entries]
        if not entries:
            raise ApiError("bad_batch", "Empty batch.")
        if len(entries) > LARGEST_BATCH:
            raise ApiError("bad_batch", "Too many entries in batch.")
        if None in ids or len(set(ids)) < len(ids):
            raise ApiError("bad_batch", "Batch entry IDs are not distinct.")
        successes: list[Entry] = []
        failures: list[Entry] = []
        for name, each in zip(ids, entries, strict=True):
            report = await self._reported(call.path("topic"), _without_id(each))
            if report["error_code"] == 200:
                successes.append({"id": name, **{field: v for field, v in report.items() if field != "error_code"}})
            else:
                failures.append({"id": name, **report})
        answer = msgspec.json.encode({"successes": successes, "failures": failures})
        return Response(answer, 207, headers={"content-type": call.media})

    async def _stored(self, topic: str, draft: V3Draft) -> Entry:
        latest = int(self._clock() * 1000) + LATE_MS
        if draft.timestamp is not None and draft.timestamp > latest:
            raise KafkaError(
                f"Timestamp {draft.timestamp} of message with offset 0 is out of range. "
                f"The timestamp should be within [-9223370241670162866, {latest}]"
            )
        record = await self._kafka.produce(
            topic,
            draft.partition,
            draft.key.data if draft.key else None,
            draft.value.data if draft.value else None,
            timestamp=draft.timestamp,
            headers=draft.headers,
        )
        parts = {"key": draft.key, "value": draft.value}
        return {
            "cluster_id": (await self._kafka.cluster()).id,
            "topic_name": record.topic,
            "partition_id": record.partition,
            "offset": record.offset,
            "timestamp": iso(record.timestamp or 0),
            **{name: {"type": part.kind, "size": part.size} for name, part in parts.items() if part},
        }

    def _failure(self, error: ApiError | KafkaError) -> Entry:
        if isinstance(error, ApiError):
            word = self._words[error.kind]
            status = 400 if error.kind == "unknown_field" else word.status  # a stream has other words for it
            return {"error_code": status, "message": word.text.format(error.detail)}
        code = 40401 if isinstance(error, RetriableError) else 413 if isinstance(error, TooLarge) else 50002
        return {"error_code": code, "message": str(error)}


def _without_id(entry: Object) -> Object:
    return {name: value for name, value in entry.items() if name != "id"}
