"""A small Redpanda HTTP proxy as the reference describes it, for tests of what only it does."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any

import httpx

V2 = "application/vnd.kafka.v2+json"
EMBEDDED = ("application/vnd.kafka.binary.v2+json", "application/vnd.kafka.json.v2+json")
CREATE = {"name", "format", "auto.offset.reset", "auto.commit.enable", "fetch.min.bytes", "consumer.request.timeout.ms"}


@dataclass
class Log:
    """One partition; `None` is an offset without a record."""

    records: list[tuple[bytes, bytes] | None] = field(default_factory=list)
    beginning: int = 0

    @property
    def end(self) -> int:
        return len(self.records)


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = httpx.Response(
            status,
            headers={"server": "Seastar httpd", "content-type": "application/json"},
            json={"error_code": code, "message": message},
        )


class Redpanda(httpx.AsyncBaseTransport):
    """The whole server. `asked` holds what came in."""

    def __init__(self, batch: int = 10) -> None:
        self.topics: dict[str, list[Log]] = {}
        self.instances: dict[str, dict[str, Any]] = {}
        self.committed: dict[tuple[str, str, int], int] = {}
        self.batch = batch
        """Records that a fetch gives at most; batches begin at its multiples."""
        self.asked: list[str] = []
        self.broken: dict[str, int] = {}
        """Path -> status that it is answered with."""
        self.going = asyncio.Event()
        """While it is not set, no fetch is answered."""
        self.going.set()
        self.reading = asyncio.Event()
        """A fetch has come in."""

    def create(self, name: str, partitions: int = 1) -> list[Log]:
        self.topics[name] = [Log() for _ in range(partitions)]
        return self.topics[name]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        if path.endswith("/records"):
            self.reading.set()
            await self.going.wait()
        try:
            if path in self.broken:
                raise Refusal(self.broken[path], 50002, "broken")
            for method, pattern, handler in self._routes():
                if method == request.method and (found := re.fullmatch(pattern, path)):
                    answer = handler(request, *found.groups())
                    status = 204 if answer is None else 200
                    content = b"" if answer is None else json.dumps(answer).encode()
                    return httpx.Response(status, headers={"server": "Seastar httpd"}, content=content)
            raise Refusal(404, 404, "Not found")
        except Refusal as refusal:
            return refusal.answer

    def _routes(self) -> list[tuple[str, str, Any]]:
        instance = r"/consumers/([^/]+)/instances/([^/]+)"
        return [
            ("GET", "/topics", lambda request: sorted(self.topics)),
            ("GET", "/brokers", lambda request: {"brokers": [1]}),
            ("POST", "/topics/([^/]+)", self._produce),
            ("GET", r"/topics/([^/]+)/partitions/(\d+)/records", self._fetch),
            ("POST", "/consumers/([^/]+)", self._create),
            ("DELETE", instance, self._delete),
            ("POST", f"{instance}/subscription", self._subscribe),
            ("GET", f"{instance}/records", self._read),
            ("POST", f"{instance}/offsets", self._commit),
            ("GET", f"{instance}/offsets", self._committed),
        ]

    def _typed(self, request: httpx.Request, kinds: tuple[str, ...] = (V2,)) -> Any:
        if request.headers.get("content-type") not in kinds:
            raise Refusal(415, 415, "unsupported_media_type")
        return json.loads(request.content) if request.content else None

    def _produce(self, request: httpx.Request, topic: str) -> Any:
        reports: dict[int, dict[str, int]] = {}
        for record in self._typed(request, EMBEDDED)["records"]:
            if not record.keys() <= {"key", "value", "partition"} or None in record.values():
                raise Refusal(422, 422, "parse error at offset 1")
            partition = record.get("partition", sum(base64.b64decode(record.get("key", ""))) % 2)
            if topic not in self.topics or partition >= len(self.topics[topic]):
                reports[partition] = {"partition": partition, "offset": -1, "error_code": 3}
                continue
            log = self.topics[topic][partition]
            reports.setdefault(partition, {"partition": partition, "offset": log.end})
            log.records.append((base64.b64decode(record.get("key", "")), base64.b64decode(record.get("value", ""))))
        return {"offsets": sorted(reports.values(), key=lambda report: -report["partition"])}

    def _fetch(self, request: httpx.Request, topic: str, number: str) -> Any:
        self._accepted(request)
        query = request.url.params
        for name in ("offset", "timeout", "max_bytes"):
            if name not in query:
                raise Refusal(400, 40002, f"Missing mandatory parameter '{name}'")
        if topic not in self.topics or int(number) >= len(self.topics[topic]):
            raise Refusal(404, 40402, "unknown_topic_or_partition")
        log, offset = self.topics[topic][int(number)], int(query["offset"])
        if not log.beginning <= offset <= log.end:
            raise Refusal(400, 40002, "offset_out_of_range")
        if offset == log.end:
            return []
        shown: list[dict[str, Any]] = []
        first = offset // self.batch * self.batch
        while not shown and first < log.end:  # a batch that lost all its records is passed over
            shown = self._shown(topic, int(number), range(max(first, log.beginning), min(first + self.batch, log.end)))
            first += self.batch
        return shown

    def _shown(self, topic: str, partition: int, offsets: range) -> list[dict[str, Any]]:
        shown = []
        for offset in offsets:
            if record := self.topics[topic][partition].records[offset]:
                key, value = (base64.b64encode(each).decode() or None for each in record)
                shown.append({"topic": topic, "key": key, "value": value, "partition": partition, "offset": offset})
        return shown

    def _create(self, request: httpx.Request, group: str) -> Any:
        body = self._typed(request)
        if not body.keys() <= CREATE or not all(isinstance(value, str) for value in body.values()):
            raise Refusal(422, 422, "parse error at offset 1")
        if body["auto.offset.reset"] != "earliest" or body.get("auto.commit.enable", "false") != "false":
            raise Refusal(400, 40002, "unsupported option")
        self.instances[body["name"]] = {"topics": [], "at": {}}
        name = body["name"]
        return {"instance_id": name, "base_uri": f"http://0.0.0.0:8082/consumers/{group}/instances/{name}"}

    def _delete(self, request: httpx.Request, group: str, name: str) -> None:
        self._typed(request)
        self._known(name)
        del self.instances[name]

    def _known(self, name: str) -> dict[str, Any]:
        if name not in self.instances:
            raise Refusal(404, 40403, f"unknown_member_id: {name}")
        return self.instances[name]

    def _subscribe(self, request: httpx.Request, group: str, name: str) -> None:
        self._known(name)["topics"] = self._typed(request)["topics"]

    def _read(self, request: httpx.Request, group: str, name: str) -> Any:
        self._accepted(request)
        instance, shown = self._known(name), []
        for topic in instance["topics"]:
            for partition, log in enumerate(self.topics[topic]):
                at = instance["at"].get((topic, partition), log.beginning)
                until = instance["at"][topic, partition] = min(at + self.batch, log.end)
                shown += self._shown(topic, partition, range(at, until))
        return shown

    def _accepted(self, request: httpx.Request) -> None:
        if request.headers.get("accept") not in EMBEDDED:
            raise Refusal(406, 406, "not_acceptable")

    def _commit(self, request: httpx.Request, group: str, name: str) -> None:
        self._known(name)
        if "content-type" not in request.headers:
            raise Refusal(415, 415, "unsupported_media_type")
        if request.content:
            body = self._typed(request)
            if body.keys() != {"partitions"}:
                raise Refusal(422, 422, "parse error at offset 1")
            for entry in body["partitions"]:
                self.committed[group, entry["topic"], entry["partition"]] = entry["offset"]

    def _committed(self, request: httpx.Request, group: str, name: str) -> Any:
        self._known(name)
        entries = self._typed(request)["partitions"]
        for entry in entries:
            entry["offset"] = self.committed.get((group, entry["topic"], entry["partition"]), -1)
            entry["metadata"] = ""
        return {"offsets": entries}
