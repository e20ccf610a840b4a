"""Consumer instances: idle expiry, time, seeking by time, and the wait of a read."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from ktui.model import TopicPartition
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.server_http import BINARY, Http


@pytest.fixture
def http(sandbox: Sandbox) -> Http:
    sandbox.topics.create("t")
    for n in range(3):
        sandbox.topics.append("t", 0, None, b"%d" % n, timestamp=1_700_000_000_000 + 1000 * n)
    return Http(httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox"))


async def test_an_idle_instance_is_forgotten(http: Http, sandbox: Sandbox, clock: Clock) -> None:
    await http.create("g", "i")
    clock.advance(299)
    assert (await http.get("/consumers/g/instances/i/subscription")).status_code == 200
    clock.advance(299)
    assert set(sandbox.instances) == {("g", "i")}
    clock.advance(2)
    assert not sandbox.instances
    gone = await http.get("/consumers/g/instances/i/subscription")
    assert (gone.status_code, gone.json()["error_code"]) == (404, 40403)
    assert (await http.create("g", "i")).status_code == 200


async def test_an_expired_member_leaves_its_group(http: Http, sandbox: Sandbox, clock: Clock) -> None:
    await http.create("g", "i")
    await http.post("/consumers/g/instances/i/subscription", {"topics": ["t"]})
    await http.records("g", "i")
    assert len(sandbox.groups.members("g")) == 1
    clock.advance(301)
    assert len(sandbox.instances) == 0
    await asyncio.sleep(0)
    assert sandbox.groups.members("g") == ()


async def test_without_fetch_min_bytes_a_read_takes_its_full_time(http: Http, clock: Clock) -> None:
    await http.create("g", "i", **{"fetch.min.bytes": "-1"})
    await http.assign("g", "i", "t", 0)
    started = clock()
    assert len(await http.records("g", "i", "timeout=700")) == 3
    assert clock() - started >= 0.7


async def test_the_instance_may_bring_its_own_wait(http: Http, clock: Clock) -> None:
    await http.create("g", "i", **{"consumer.request.timeout.ms": "3000"})
    await http.assign("g", "i", "t", 0)
    await http.records("g", "i")
    started = clock()
    assert await http.records("g", "i", "timeout=9000") == []
    assert 3 <= clock() - started < 4


async def test_a_waiting_read_takes_what_comes(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)
    await http.records("g", "i")
    reading = asyncio.create_task(http.records("g", "i", "timeout=1000"))
    await asyncio.sleep(0)
    sandbox.topics.append("t", 0, None, b"new")
    assert [record["offset"] for record in await reading] == [3]


async def test_times_are_sought(http: Http) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)

    async def seek(moment: str) -> int:
        entry = {"topic": "t", "partition": 0, "timestamp": moment}
        return (await http.post("/consumers/g/instances/i/positions", {"timestamps": [entry]})).status_code

    assert await seek("2023-11-14T22:13:21Z") == 204
    assert [record["offset"] for record in await http.records("g", "i")] == [1, 2]
    assert await seek("2030-01-01T00:00:00Z") == 500
    assert await seek("yesterday") == 400


async def test_a_topic_assigned_before_it_exists_is_read_once_it_does(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "later", 0)
    assert await http.records("g", "i") == []
    sandbox.topics.create("later")
    sandbox.topics.append("later", 0, None, b"v")
    assert [record["topic"] for record in await http.records("g", "i")] == ["later"]


async def test_a_topic_nobody_reads_wakes_nobody(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)
    await http.records("g", "i")
    assert len(sandbox.topics["t"].watchers) == 1
    await http.delete("/consumers/g/instances/i")
    assert not sandbox.topics["t"].watchers


async def test_auto_create_makes_a_topic_on_the_first_produce(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, auto_create=True)
    http = Http(httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox"))
    answer = await http.post("/topics/new", {"records": [{"value": "eA=="}]}, BINARY)
    assert answer.json()["offsets"] == [{"partition": 0, "offset": 0, "error_code": None, "error": None}]
    bad = await http.post("/topics/not%20a%20name", {"records": [{"value": "eA=="}]}, BINARY)
    assert bad.json()["offsets"][0]["error_code"] == 50003
    assert sandbox.topics.names() == ["new"]


async def test_auto_commit_happens_every_few_seconds(http: Http, sandbox: Sandbox, clock: Clock) -> None:
    await http.create("g", "i", **{"auto.commit.enable": "true"})
    await http.assign("g", "i", "t", 0)
    await http.records("g", "i")
    assert not sandbox.groups.committed.get("g")
    clock.advance(5)
    await http.records("g", "i")
    assert sandbox.groups.committed["g"] == {TopicPartition("t", 0): 3}


async def test_a_long_read_keeps_its_instance(http: Http, sandbox: Sandbox, clock: Clock) -> None:
    await http.create("g", "i", **{"consumer.request.timeout.ms": "900000"})
    await http.assign("g", "i", "t", 0)
    await http.records("g", "i")
    path = "/consumers/g/instances/i/records"
    reading = asyncio.create_task(http.client.get(path, headers={"accept": BINARY}, timeout=None))
    for _ in range(20):
        await asyncio.sleep(0)
    clock.advance(800)
    assert set(sandbox.instances) == {("g", "i")}
    sandbox.topics.append("t", 0, None, b"at last")
    assert len((await reading).json()) == 1


async def test_json_nested_too_deep_is_refused(http: Http) -> None:
    media = {"content-type": "application/vnd.kafka.json.v2+json"}
    for depth, status in ((200, 200), (400, 400), (100_000, 400)):
        body = '{"records":[{"value":' + "[" * depth + "]" * depth + "}]}"
        assert (await http.client.post("/topics/t", content=body, headers=media)).status_code == status


async def test_the_application_serves_other_transports(sandbox: Sandbox, http: Http) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://other") as client:
        assert (await client.get("/topics/?x=1")).json() == ["t"]
        created = await client.post("/consumers/a%2Fb", content='{"name":"x y"}')
        assert created.json()["base_uri"] == "http://other/consumers/a/b/instances/x y"
        assert (await client.delete("/consumers/a%2Fb/instances/x%20y")).status_code == 204
