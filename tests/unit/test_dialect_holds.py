"""What a dialect believes, held against the server: each value is tried with plain requests, in sandbox and live."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from ktui.rest.dialect import DIALECTS, Dialect
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock

V2 = "application/vnd.kafka.v2+json"
BINARY = "application/vnd.kafka.binary.v2+json"
JSON = "application/vnd.kafka.json.v2+json"
WITH_INSTANCES = [letter for letter in sorted(FLAVOURS) if DIALECTS[letter].assigns]


@dataclass
class Server:
    """One to be asked, and what we believe of it."""

    http: httpx.AsyncClient
    dialect: Dialect
    topic: str

    async def call(self, method: str, path: str, body: Any = None, *, media: str = V2, accept: str = V2) -> Any:
        content = None if body is None else json.dumps(body)
        headers = {"accept": accept} | ({} if body is None else {"content-type": media})
        return await self.http.request(method, path, content=content, headers=headers)

    async def instance(self, format: str = "binary", group: str | None = None) -> str:
        """The path of a new one that has partition 0."""
        group, name = group or f"ktui-test-{secrets.token_hex(4)}", f"ktui-{secrets.token_hex(4)}"
        body = self.dialect.create_body(name, format, "earliest", self.dialect.look)
        made = await self.call("POST", f"/consumers/{group}", body)
        assert made.status_code == 200, made.text
        path = f"/consumers/{group}/instances/{name}"
        assigned = await self.call("POST", f"{path}/assignments", {"partitions": [self.place()]})
        assert assigned.status_code == 204, assigned.text
        return path

    def place(self, **more: int) -> dict[str, object]:
        return {"topic": self.topic, "partition": 0, **more}

    async def write(self, record: dict[str, object], media: str = BINARY) -> Any:
        return await self.call("POST", f"/topics/{self.topic}", {"records": [{"partition": 0, **record}]}, media=media)

    async def seek(self, path: str, offset: int) -> None:
        for _ in range(100):  # Karapace refuses the first ones now and then
            answer = await self.call("POST", f"{path}/positions", {"offsets": [self.place(offset=offset)]})
            if answer.status_code == 204:
                return
        raise AssertionError(answer.text)

    async def read(self, path: str, accept: str = BINARY) -> Any:
        """The first answer of a read that is not an empty list."""
        for _ in range(20):
            answer = await self.call("GET", f"{path}/records?timeout=500", accept=accept)
            if answer.status_code != 200 or answer.json():
                return answer
        raise AssertionError("nothing came")

    async def end(self) -> int:
        answer = await self.call("GET", f"/topics/{self.topic}/partitions/0/offsets")
        return int(answer.json()["end_offset"])


@pytest.fixture(params=[*WITH_INSTANCES, pytest.param("live", marks=pytest.mark.live)])
async def server(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Server]:
    if request.param == "live":
        options = request.config.option
        async with httpx.AsyncClient(base_url=options.proxy, timeout=30) as http:
            yield Server(http, DIALECTS[options.flavour], options.topic)
        return
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[request.param])
    sandbox.topics.create("t", 1)
    async with httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox") as http:
        yield Server(http, DIALECTS[request.param], "t")
    await sandbox.aclose()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_what_it_describes(server: Server) -> None:
    dialect = server.dialect
    assert ((await server.call("GET", "/brokers")).status_code == 200) is dialect.lists_brokers
    assert ((await server.call("GET", f"/topics/{server.topic}")).status_code == 200) is dialect.describes_topics
    unknown = await server.call("GET", "/topics/ktui-there-is-no-such-topic")
    assert unknown.json()["error_code"] == dialect.unknown_topic_code
    offsets = await server.call("GET", f"/topics/{server.topic}/partitions/0/offsets")
    assert (offsets.status_code == 200) is dialect.tells_offsets


async def test_what_a_record_may_have(server: Server) -> None:
    dialect, value = server.dialect, b64("v")
    header = {"key": "h", "value": b64("x")}
    with_headers = await server.write({"value": value, "headers": [header]})
    assert (with_headers.status_code == 200) is dialect.takes_headers
    with_timestamp = await server.write({"value": value, "timestamp": 1700000000000})
    assert (with_timestamp.status_code == 200) is dialect.takes_timestamp
    by_path = f"/topics/{server.topic}/partitions/0"
    answer = await server.call("POST", by_path, {"records": [{"value": value}]}, media=BINARY)
    assert (answer.status_code == 200) is dialect.produces_to_path
    explicit_null = await server.write({"key": None, "value": value})
    assert (explicit_null.status_code != 200) is dialect.omits_nulls


async def test_what_a_read_shows(server: Server) -> None:
    dialect = server.dialect
    start = await server.end()
    header = [{"key": "h", "value": b64("x")}] if dialect.takes_headers else None
    await server.write({"value": b64("v"), **({"headers": header} if header else {})})
    path = await server.instance()
    await server.seek(path, start)
    (record,) = (await server.read(path)).json()
    assert ("timestamp" in record) is dialect.sends_timestamps
    assert ("headers" in record) is dialect.sends_headers
    await server.call("DELETE", path)


async def test_what_a_tombstone_becomes(server: Server) -> None:
    start = await server.end()
    await server.write({"key": b64("k"), "value": None})
    path = await server.instance()
    await server.seek(path, start)
    (record,) = (await server.read(path)).json()
    # Karapace shows the empty bytes that it writes as null too: that it is none, only another server shows.
    assert (record["value"] is None) is (server.dialect.writes_tombstones or server.dialect.letter == "K")
    await server.call("DELETE", path)


async def test_what_an_instance_tells(server: Server) -> None:
    dialect, path = server.dialect, await server.instance()
    assert ((await server.call("GET", f"{path}/assignments")).status_code == 200) is dialect.shows_assignments
    assert ((await server.call("GET", f"{path}/subscription")).status_code == 200) is dialect.shows_subscription
    body = {"timestamps": [{**server.place(), "timestamp": "2000-01-01T00:00:00Z"}]}
    await server.write({"value": b64("v")})
    assert ((await server.call("POST", f"{path}/positions", body)).status_code == 204) is dialect.seeks_time
    assert (await server.call("DELETE", path)).status_code == 204
    gone = await server.call("GET", f"{path}/records", accept=BINARY)
    assert gone.json()["error_code"] == dialect.gone_code


async def test_what_a_commit_stores(server: Server) -> None:
    dialect, path = server.dialect, await server.instance()
    body = {dialect.commit_key: [server.place(offset=dialect.commit_offset(1))]}
    assert (await server.call("POST", f"{path}/offsets", body)).status_code in (200, 204)
    told = await server.call("GET", f"{path}/offsets", {"partitions": [server.place()]})
    assert (told.status_code == 200) is dialect.reads_committed
    if dialect.reads_committed:
        assert told.json()["offsets"][0]["offset"] == 1
    everything = await server.http.post(
        f"{path}/offsets",
        content=dialect.commit_all,
        headers={"accept": V2} | ({} if dialect.commit_all is None else {"content-type": V2}),
    )
    assert everything.status_code in (200, 204), everything.text
    await server.call("DELETE", path)


async def test_what_poison_does(server: Server) -> None:
    dialect, start = server.dialect, await server.end()
    for text in ("1", "{poison", "2"):
        await server.write({"value": b64(text)})
    path = await server.instance("json")
    await server.seek(path, start)
    if dialect.poison_status is None:
        shown = [(record["value"], record.get("error_code")) for record in (await server.read(path, JSON)).json()]
        assert shown == [(1, None), (None, 40801), (2, None)]
        await server.call("DELETE", path)
        return
    statuses = [(await server.call("GET", f"{path}/records?timeout=500", accept=JSON)).status_code for _ in range(9)]
    assert {*statuses} <= {200, dialect.poison_status}
    assert statuses.count(dialect.poison_status) >= 1
    after = statuses[statuses.index(dialect.poison_status) + 1 :]
    assert ({*after} == {dialect.poison_status}) is dialect.poison_sticks
    await server.call("DELETE", path)


async def test_which_formats_an_instance_may_have(server: Server) -> None:
    for format in ("binary", "json", "text"):
        body = server.dialect.create_body("ktui-format", format, "earliest", server.dialect.tail)
        made = await server.call("POST", "/consumers/ktui-formats", body)
        assert (made.status_code == 200) is (format in server.dialect.formats), made.text
        if made.status_code == 200:
            await server.call("DELETE", "/consumers/ktui-formats/instances/ktui-format")
