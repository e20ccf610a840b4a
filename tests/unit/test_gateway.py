"""What our own gateway does otherwise than Confluent's proxy, over a cluster in memory."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from ktui.model import Header, TopicPartition
from ktui.server.app import writes
from ktui.server.flavours import GATEWAY
from ktui.server.gateway import Gateway
from ktui.server.memory.cluster import CLUSTER
from ktui.server.produce_gateway import GatewayProduce, quick
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.server_http import BINARY, Http

JSON = "application/vnd.kafka.json.v2+json"
T0 = TopicPartition("t", 0)


@pytest.fixture
def server(clock: Clock) -> Sandbox:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=GATEWAY)
    sandbox.topics.create("t")
    return sandbox


@pytest.fixture
async def http(server: Sandbox) -> AsyncIterator[Http]:
    async with httpx.AsyncClient(transport=server.transport(), base_url="http://sandbox") as client:
        yield Http(client)
    await server.aclose()


def fill(server: Sandbox, *sizes: int) -> None:
    for size in sizes:
        server.topics.append("t", 0, None, b"v" * size)


async def reader(http: Http, **options: str) -> Callable[..., Any]:
    """A new instance on partition 0; what it gives is how to read it."""
    await http.create("g", "i", **options)
    await http.assign("g", "i", "t", 0)

    async def offsets(query: str = "timeout=300") -> list[int]:
        return [record["offset"] for record in await http.records("g", "i", query)]

    return offsets


async def seek(http: Http, offset: int) -> None:
    body = {"offsets": [{"topic": "t", "partition": 0, "offset": offset}]}
    assert (await http.post("/consumers/g/instances/i/positions", body)).status_code == 204


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


async def test_headers_and_times_go_both_ways(server: Sandbox, http: Http) -> None:
    headers = [{"key": "a", "value": b64(b"1")}, {"key": "a", "value": None}, {"key": "", "value": ""}]
    records = [{"value": b64(b"v"), "timestamp": 1_700_000_000_000, "headers": headers}, {"value": b64(b"w")}]
    sent = await http.post("/topics/t", {"records": records}, BINARY)
    assert [report["offset"] for report in sent.json()["offsets"]] == [0, 1]
    stored = server.topics["t"].partitions[0].read(0, 9)
    assert stored[0].headers == (Header("a", b"1"), Header("a", None), Header("", b""))
    await reader(http)
    first, second = await http.records("g", "i")
    assert (first["timestamp"], first["headers"]) == (1_700_000_000_000, headers)
    assert second["headers"] == []


@pytest.mark.parametrize("entry", [{"value": "eA=="}, 7, {"key": "h", "value": "%"}, {"key": "h", "extra": 1}])
async def test_a_header_that_is_none_writes_nothing(server: Sandbox, http: Http, entry: object) -> None:
    refused = await http.post("/topics/t", {"records": [{"value": "eA=="}, {"headers": [entry]}]}, BINARY)
    assert refused.status_code in (400, 422)
    assert not len(server.topics["t"].partitions[0])


@pytest.mark.parametrize(
    "records",
    [
        [{"value": "eA=="}],
        [{"value": "eA==", "key": None, "partition": 1, "timestamp": 5, "headers": [{"key": "h", "value": "eA=="}]}],
        [{}],
        [{"value": "eA==", "headers": None}],
        [{"value": "eA"}],
        [{"value": "eA==", "partition": "1"}],
        [{"value": ""}, {"value": None}],
    ],
)
async def test_both_ways_to_read_a_body_give_the_same(server: Sandbox, records: list[dict[str, object]]) -> None:
    """msgspec's, where it takes the body, and Confluent's."""
    body = json.dumps({"records": records}).encode()
    slow = GatewayProduce(server.proxy)._drafts(body, "t", 0, "binary")
    assert quick(body, "t", 0) in (slow, [])
    await server.aclose()


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"records":' * 50_000, '{"records":[{"key":' + "[" * 99_999])
async def test_a_body_that_is_deep_is_refused(http: Http, deep: str) -> None:
    answer = await http.client.post("/topics/t", content=deep, headers={"content-type": BINARY})
    assert answer.status_code in (400, 422)


async def test_a_read_returns_with_all_that_is_there(server: Sandbox, http: Http, clock: Clock) -> None:
    fill(server, *[8] * 1000)
    offsets = await reader(http, **{"fetch.min.bytes": "-1"})
    begun = clock()
    assert await offsets("timeout=900") == list(range(1000))
    assert clock() - begun < 0.9


async def test_no_limit_of_bytes_loses_or_holds_back_a_record(server: Sandbox, http: Http) -> None:
    sizes = [10, 5000, 10, 10, 0, 5000, 5000, 10]
    fill(server, *sizes)
    offsets = await reader(http)
    reads = []
    while found := await offsets("timeout=50&max_bytes=100"):
        reads.append(found)
    assert reads == [[0], [1], [2, 3, 4], [5], [6], [7]]
    await seek(http, 0)
    for query in ("max_bytes=1", "max_bytes=0", "max_bytes=-1"):
        assert len(await offsets(f"timeout=50&{query}")) == 1


async def test_a_read_may_wait_for_more(server: Sandbox, http: Http) -> None:
    fill(server, 10, 10)
    offsets = await reader(http, **{"fetch.min.bytes": "100"})
    waiting = asyncio.create_task(offsets("timeout=900"))
    await asyncio.sleep(0.005)
    assert not waiting.done()
    fill(server, 90, 10)
    assert await waiting == [0, 1, 2, 3]
    assert await offsets("timeout=100&max_bytes=1") == []


async def test_a_seek_leaves_nothing_stale(server: Sandbox, http: Http) -> None:
    fill(server, *[60] * 10)
    offsets = await reader(http)
    assert await offsets("timeout=300&max_bytes=150") == [0, 1]
    await seek(http, 7)
    assert await offsets() == [7, 8, 9]


async def test_what_is_committed_without_offsets_is_what_was_given_out(server: Sandbox, http: Http) -> None:
    fill(server, *[60] * 10)
    offsets = await reader(http)
    assert await offsets("timeout=300&max_bytes=150") == [0, 1]
    assert (await http.post("/consumers/g/instances/i/offsets")).status_code == 200
    assert server.groups.committed["g"] == {T0: 2}


async def test_poison_is_an_error_in_its_place(server: Sandbox, http: Http) -> None:
    for value in (b"1", b"{poison", None, b"2"):
        server.topics.append("t", 0, None, value)
    await reader(http, format="json")
    found = (await http.get("/consumers/g/instances/i/records", JSON)).json()
    assert [record["value"] for record in found] == [1, None, None, 2]
    assert [record.get("error_code") for record in found] == [None, 40801, None, None]
    assert "poison" in found[1]["error"]


async def test_the_address_of_an_instance_is_what_was_called(http: Http) -> None:
    body = {"name": "i"}
    made = await http.client.post("/consumers/g", json=body, headers={"host": "proxy.example:1", "content-type": JSON})
    assert made.json()["base_uri"] == "http://proxy.example:1/consumers/g/instances/i"


async def test_there_are_no_more_instances_than_allowed(server: Sandbox, http: Http, clock: Clock) -> None:
    server.instances.most = 2
    for name in ("a", "b"):
        assert (await http.create("g", name)).status_code == 200
    refused = await http.create("g", "c")
    assert (refused.status_code, refused.json()["error_code"]) == (429, 429)
    assert int(refused.headers["retry-after"]) > 0
    clock.advance(301)
    assert (await http.create("g", "c")).status_code == 200


async def test_read_only_reads_and_writes_nothing(server: Sandbox, clock: Clock) -> None:
    fill(server, 8, 8)
    gateway = Gateway(server.kafka, read_only=True, clock=clock, sleep=clock.sleep)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app), base_url="http://g") as client:
        http = Http(client)
        offsets = await reader(http, **{"auto.commit.enable": "true"})
        assert await offsets() == [0, 1]
        clock.advance(10)
        assert await offsets("timeout=1") == []
        v3 = f"/v3/clusters/{CLUSTER.id}/topics"
        refused = [
            await http.post("/topics/t", {"records": [{"value": "eA=="}]}, BINARY),
            await http.post("/topics/t/partitions/0", {"records": [{"value": "eA=="}]}, BINARY),
            await http.post("/consumers/g/instances/i/offsets"),
            await client.post(v3, json={"topic_name": "new"}),
            await client.post(f"{v3}/t/records", json={"value": {"type": "JSON", "data": 1}}),
            await client.post(f"{v3}/t/configs:alter", json={"data": []}),
            await client.delete(f"{v3}/t"),
        ]
        assert {answer.status_code for answer in refused} == {403}
        assert all("--read-only" in answer.json()["message"] for answer in refused)
        await http.delete("/consumers/g/instances/i")
    await gateway.aclose()
    assert server.topics.names() == ["t"]
    assert len(server.topics["t"].partitions[0]) == 2
    assert not server.groups.committed
    await server.aclose()


def test_what_writes() -> None:
    instance = "/consumers/{group}/instances/{instance}"
    assert not writes("POST", f"{instance}/positions")
    assert not writes("DELETE", instance)
    assert not writes("POST", "/")
    assert not writes("GET", f"{instance}/offsets")
    assert writes("POST", f"{instance}/offsets")
    assert writes("PUT", "/v3/clusters/{cluster}/topics/{topic}/configs/{config}")


async def test_idle_instances_go_while_nobody_asks(server: Sandbox, clock: Clock) -> None:
    gateway = Gateway(server.kafka, idle_seconds=30, clock=clock, sleep=clock.sleep)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app), base_url="http://g") as client:
        await Http(client).create("g", "i")
        assert gateway.instances._live
        await clock.sleep(60)
        assert not gateway.instances._live
    await gateway.aclose()
    await server.aclose()
