"""Producing by the v3 API: records one after another in one body, or a batch of them with ids."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from ktui.server.errors import ApiError
from ktui.server.javajson import Json, NotJson, values
from ktui.server.kafka import Forbidden, KafkaError, RetriableError, Stored, TooLarge
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes
from ktui.server.v3.by_schema import Part, Writing
from ktui.server.v3.drafts import FIELDS, Drafts, V3Draft, iso
from ktui.server.v3.entries import Entry, wanted
from ktui.server.words import FORBIDDEN

LARGEST_BATCH = 10
BETWEEN = b"\r\n"


class V3Produce:
    """The handlers that write. The cluster of the path is not looked at."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes, self._traffic = proxy.kafka, Shapes(proxy.flavour), proxy.traffic
        self._drafts, self._words, self._schemas = Drafts(self._shapes), proxy.flavour.words, proxy.schemas

    async def records(self, call: Call) -> Answer:
        """POST …/records: as many reports as there were records, in order. They come when the body has ended."""
        asked: list[V3Draft | ApiError] = []
        ends: list[Entry] = []
        try:
            for value in values(await call.body()):
                asked.append(self._draft(value))
        except NotJson as error:
            ends.append({"error_code": 400, "message": str(error)})
            if error.ended:
                ends.append({"error_code": 400, "message": f"Bad Request: Error processing message: {error}"})
        reports = [*await self._reported(call.path("topic"), asked), *ends]
        text = b"".join(msgspec.json.encode(report) + BETWEEN for report in reports)
        return Response(text, headers={"content-type": call.media})

    def _draft(self, value: Json) -> V3Draft | ApiError:
        """A record of a request, or what is wrong with it."""
        try:
            return self._drafts.made(self._shapes.object(value, "ProduceRequest", FIELDS))
        except ApiError as error:
            return error

    async def _reported(self, topic: str, wanted: Sequence[V3Draft | ApiError]) -> list[Entry]:
        """Write what can be written, together, and tell of each one."""
        writing = Writing(self._schemas, topic)
        wanted = [await self._by_schema(writing, each) for each in wanted]
        drafts = [each.draft(topic) for each in wanted if isinstance(each, V3Draft)]
        written = await self._kafka.produce_all(drafts)
        self._traffic.count(isinstance(each, Stored) for each in written)
        results = iter(written)
        cluster = (await self._kafka.cluster()).id
        return [
            self._report(cluster, topic, each, next(results)) if isinstance(each, V3Draft) else self._failure(each)
            for each in wanted
        ]

    async def _by_schema(self, writing: Writing, draft: V3Draft | ApiError) -> V3Draft | ApiError:
        """A draft with its key and its value as they are stored, or why it cannot be."""
        if isinstance(draft, ApiError):
            return draft
        try:
            key, value = await writing.written("key", draft.key), await writing.written("value", draft.value)
        except ApiError as error:
            return error
        return draft._replace(key=key, value=value)

    def _report(self, cluster: str, topic: str, draft: V3Draft, result: Stored | KafkaError) -> Entry:
        if isinstance(result, KafkaError):
            return self._failure(result)
        parts = {"key": draft.key, "value": draft.value}
        return {
            "error_code": 200,
            "cluster_id": cluster,
            "topic_name": topic,
            "partition_id": result.partition,
            "offset": result.offset,
            "timestamp": iso(result.timestamp),
            **{
                name: {"type": part.kind, **part.schema, "size": part.size}
                for name, part in parts.items()
                if isinstance(part, Part)
            },
        }

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
        reports = await self._reported(call.path("topic"), [self._draft(_without_id(each)) for each in entries])
        for name, report in zip(ids, reports, strict=True):
            if report["error_code"] == 200:
                successes.append({"id": name, **{field: v for field, v in report.items() if field != "error_code"}})
            else:
                failures.append({"id": name, **report})
        answer = msgspec.json.encode({"successes": successes, "failures": failures})
        return Response(answer, 207, headers={"content-type": call.media})

    def _failure(self, error: ApiError | KafkaError) -> Entry:
        if isinstance(error, ApiError):
            word = self._words[error.kind]
            status = 400 if error.kind == "unknown_field" else word.status  # a stream has other words for it
            return {"error_code": status, "message": word.text.format(error.detail)}
        if isinstance(error, Forbidden):
            return {"error_code": FORBIDDEN, "message": str(error)}
        code = 40401 if isinstance(error, RetriableError) else 413 if isinstance(error, TooLarge) else 50002
        return {"error_code": code, "message": str(error)}


def _without_id(entry: Object) -> Object:
    return {name: value for name, value in entry.items() if name != "id"}
