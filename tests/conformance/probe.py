"""The probe of a case: it sends requests with plain httpx and keeps every exchange as one step.

What has to be repeated until it succeeds (polling for records, a refused seek) is folded into a single step, so that
two recordings of the same case line up step by step.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from tests.conformance.endpoint import Endpoint
from tests.conformance.suite import Case, Dialect, Json

V2 = "application/vnd.kafka.v2+json"
RECORDED_HEADERS = ("content-type", "retry-after", "location", "allow")
PATIENCE = 70.0
"""Seconds until an answer counts as missing."""

Body = dict[str, Json] | list[Json] | str | None
Keep = Callable[[Json], Json]
Exchange = dict[str, Json]


def embedded(data_format: str) -> str:
    """The media type of records in an embedded format."""
    return f"application/vnd.kafka.{data_format}.v2+json"


JSON = embedded("json")
BINARY = embedded("binary")


@dataclass(frozen=True)
class Instance:
    """A consumer instance as the client addresses it."""

    group: str
    name: str
    format: str

    @property
    def path(self) -> str:
        """Its percent-encoded path."""
        return f"/consumers/{quote(self.group, safe='')}/instances/{quote(self.name, safe='')}"


@dataclass
class Answer:
    """One exchange before it is kept."""

    request: Exchange
    response: httpx.Response | None
    failure: str | None = None
    """Why there is no response."""

    @property
    def records(self) -> list[Exchange]:
        """The records of a successful read, else nothing."""
        ok = self.response is not None and self.response.status_code == 200
        body = self.response.json() if ok and self.response is not None else []
        return body if isinstance(body, list) else []


class Probe:
    """Sends the requests of one case and keeps the exchanges by their step."""

    def __init__(self, endpoint: Endpoint, case: Case, dialect: Dialect, salt: str = "") -> None:
        self.dialect = dialect
        self.steps: dict[int, Exchange] = {}
        self.mask: dict[str, str] = {urlsplit(endpoint.base).netloc: "HOST"}
        """Volatile text -> what is kept."""
        if salt:
            self.mask[salt] = ""
        self._endpoint, self._prefix = endpoint, f"c{case.number}{salt}"
        self._step = 0
        self._created: set[str] = set()

    # names

    def topic(self, name: str = "t") -> str:
        """The wire name of a topic of this case."""
        return f"{self._prefix}-{name}"

    def group(self, name: str = "") -> str:
        """A group of this case."""
        return self._prefix + name

    # exchanges

    async def call(
        self, method: str, path: str, *, keep: Keep | None = None, raw: bool = False, **options: Any
    ) -> None:
        """One exchange, with the options of `send`; `keep` cuts the body of a 200 down, `raw` keeps it as text."""
        self._record(await self.send(method, path, **options), keep=keep, raw=raw)

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Body = None,
        query: str = "",
        accept: str | None = V2,
        content_type: str | None = "",
    ) -> Answer:
        """Send without keeping. A `str` body goes out as it is; Content-Type defaults to v2 when there is a body."""
        if content_type == "":
            content_type = V2 if body is not None else None
        given = {"accept": accept, "content-type": content_type}
        sent = {name: value for name, value in given.items() if value is not None}
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        content = None if body is None else text.encode("utf-8", "surrogatepass")
        url = self._endpoint.base + path + (f"?{query}" if query else "")
        request = self._endpoint.client.build_request(method, url, headers=sent, content=content, timeout=PATIENCE)
        if accept is None:
            del request.headers["accept"]
        document = {"method": method, "path": path, "query": query}
        try:
            response = await self._endpoint.client.send(request)
        except httpx.TransportError as error:
            return Answer(document, None, type(error).__name__)
        if method == "POST" and response.status_code == 200 and '"instance_id"' in response.text:
            self._created.add(f"{path}/instances/{quote(response.json()['instance_id'], safe='')}")
        return Answer(document, response)

    def later(self, method: str, path: str, **options: Any) -> asyncio.Task[Answer]:
        """Send in the background; `together` keeps the answer."""
        return asyncio.create_task(self.send(method, path, **options))

    async def together(self, *pending: asyncio.Task[Answer]) -> None:
        """Keep background answers as one step: the worst status, all records in order."""
        answers = await asyncio.gather(*pending)
        worst = max(answers, key=lambda a: a.response.status_code if a.response else 0)
        self._record(worst, records=[r for a in answers for r in a.records])

    async def abandon(self, method: str, path: str, *, query: str = "", ms: int, **options: Any) -> None:
        """Send a request and go away after `ms` milliseconds, without reading the answer."""
        sending = self.later(method, path, query=query, **options)
        for _ in range(20):  # it leaves this machine even when nobody waits for it
            await asyncio.sleep(0)
        await self._endpoint.sleep(ms / 1000)
        sending.cancel()
        await asyncio.wait([sending])
        self._record(Answer({"method": method, "path": path, "query": query}, None))

    async def kafka(self, what: str, *arguments: Json) -> None:
        """A step of an independent Kafka client; where there is none it only takes its number."""
        result = await self._endpoint.kafka(what, *arguments)
        if result is NotImplemented:
            self._step += 1
            return
        self._record(Answer({"method": "KAFKA", "path": what, "query": ""}, None), body=result)

    async def wait(self, seconds: float) -> None:
        """Let the server go on by itself for a while."""
        await self._endpoint.sleep(seconds)

    # consumers

    async def create(self, group: str = "", name: str = "i1", data_format: str = "binary", **fields: Json) -> Instance:
        """Create an instance that reads from the beginning and never commits by itself."""
        group = group or self.group()
        body = {"name": name, "format": data_format, "auto.offset.reset": "earliest"}
        body |= dict(self.dialect.no_auto_commit) | dict(self.dialect.prompt) | fields
        await self.call("POST", f"/consumers/{quote(group, safe='')}", body=body)
        return Instance(group, name, data_format)

    async def reader(self, *partitions: int, topic: str = "t", **options: Any) -> Instance:
        """Create an instance and assign partitions (default 0) of a topic."""
        instance = await self.create(**options)
        await self.attach(instance, *(partitions or (0,)), topic=topic)
        return instance

    async def attach(self, instance: Instance, *partitions: int, topic: str = "t") -> None:
        """POST assignments."""
        entries = [{"topic": self.topic(topic), "partition": p} for p in partitions]
        await self.call("POST", f"{instance.path}/assignments", body={"partitions": entries})

    async def subscribe(self, instance: Instance, *topics: str) -> None:
        """POST subscription."""
        names = [self.topic(t) for t in topics or ("t",)]
        await self.call("POST", f"{instance.path}/subscription", body={"topics": names})

    async def seek(
        self, instance: Instance, offset: int, *, partition: int = 0, topic: str = "t", tries: int = 10
    ) -> None:
        """POST positions, again while it is refused with 409 (one step)."""
        body: Json = {"offsets": [{"topic": self.topic(topic), "partition": partition, "offset": offset}]}
        for left in reversed(range(tries)):
            answer = await self.send("POST", f"{instance.path}/positions", body=body)
            if answer.response is None or answer.response.status_code != 409 or not left:
                self._record(answer)
                return
            await self.wait(0.02)

    async def read(self, instance: Instance, query: str = "timeout=1000", **options: Any) -> list[Exchange]:
        """One GET records."""
        keep, raw = options.pop("keep", None), options.pop("raw", False)
        sent = {"accept": embedded(instance.format), **options}
        answer = await self.send("GET", f"{instance.path}/records", query=query, **sent)
        self._record(answer, keep=keep, raw=raw)
        return answer.records

    async def read_all(
        self, instance: Instance, count: int, query: str = "timeout=1000", *, seconds: float = 20, **options: Any
    ) -> list[Exchange]:
        """GET records until `count` of them came, an error, or time is up (one step)."""
        found: list[Exchange] = []
        deadline, keep = self._endpoint.now() + seconds, options.pop("keep", None)
        sent = {"accept": embedded(instance.format), **options}
        while True:
            answer = await self.send("GET", f"{instance.path}/records", query=query, **sent)
            found += answer.records
            failed = answer.response is None or answer.response.status_code != 200
            if failed or len(found) >= count or self._endpoint.now() > deadline:
                break
        self._record(answer, records=found, keep=keep)
        return found

    async def commit(self, instance: Instance, *entries: Exchange) -> None:
        """POST offsets with explicit entries; without entries: commit all that was read."""
        body: Body = {"offsets": list(entries)} if entries else self.dialect.commit_all
        await self.call("POST", f"{instance.path}/offsets", body=body)

    async def committed(self, instance: Instance, *partitions: int, topic: str = "t") -> None:
        """GET offsets, which needs a body."""
        entries = [{"topic": self.topic(topic), "partition": p} for p in partitions or (0,)]
        await self.call("GET", f"{instance.path}/offsets", body={"partitions": entries})

    async def delete(self, instance: Instance) -> None:
        """DELETE the instance."""
        await self.call("DELETE", instance.path)

    async def close(self) -> None:
        """Delete every instance this case created."""
        for path in self._created:
            await self.send("DELETE", path)
        await self._endpoint.kafka("leave")

    # keeping

    def _record(
        self,
        answer: Answer,
        *,
        records: Sequence[Mapping[str, Json]] | None = None,
        body: Json = None,
        keep: Keep | None = None,
        raw: bool = False,
    ) -> None:
        self._step += 1
        status, headers, body = None, {}, body or answer.failure
        if (response := answer.response) is not None:
            status = response.status_code
            headers = {h: response.headers[h] for h in RECORDED_HEADERS if h in response.headers}
            body = response.text if raw else parsed(response.text)
            if records is not None and status == 200:
                body = sorted(records, key=lambda r: (r["topic"], r["partition"], r["offset"]))
            if keep is not None and status == 200:
                body = keep(body)
        text = json.dumps({"request": answer.request, "response": {"status": status, "headers": headers, "body": body}})
        for volatile, shown in self.mask.items():
            text = text.replace(volatile, shown)
        self.steps[self._step] = json.loads(text)


def parsed(text: str) -> Json:
    """The JSON value of a body, {"stream": […]} for several in a row, else its text; None when there is none."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        return {"stream": [json.loads(line) for line in text.splitlines()]}
    except ValueError:
        return text
