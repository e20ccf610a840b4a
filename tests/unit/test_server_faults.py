"""Faults, and clients that go away: in process, and where it matters on a socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve
from tests.clock import Clock
from tests.unit.server_http import BINARY, Http


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[Http]:
    sandbox.topics.create("t")
    async with httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox") as client:
        yield Http(client)


@pytest.fixture
async def socket() -> AsyncIterator[tuple[Sandbox, Http]]:
    """A sandbox on a socket, in real time."""
    sandbox = Sandbox()
    sandbox.topics.create("t")
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(sandbox, "127.0.0.1", 0, say=opened.set_result))
    async with httpx.AsyncClient(base_url=await opened) as client:
        yield sandbox, Http(client)
    serving.cancel()
    await asyncio.wait([serving])


async def until(condition: object) -> None:
    """Wait for something to become true."""
    assert callable(condition)
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


async def test_latency_comes_before_every_answer(http: Http, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.faults.latency = 2.0
    started = clock()
    assert (await http.get("/topics")).status_code == 200
    assert clock() - started >= 2


async def test_failures_are_counted_and_chosen_by_path(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.fail_next(503, times=2, path="GET /topics$", headers={"Retry-After": "7"})
    assert (await http.get("/brokers")).status_code == 200
    failed = await http.get("/topics")
    assert (failed.status_code, failed.headers["retry-after"]) == (503, "7")
    assert failed.json()["error_code"] == 503
    assert [(await http.get("/topics")).status_code for _ in range(2)] == [503, 200]


async def test_a_failure_may_be_a_page(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.fail_next(502, body="<h1>Bad Gateway</h1>")
    failed = await http.get("/topics")
    assert (failed.status_code, failed.headers["content-type"], failed.text) == (
        502,
        "text/html",
        "<h1>Bad Gateway</h1>",
    )


async def test_a_restart_forgets_the_instances(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    sandbox.faults.restart()
    assert not sandbox.instances
    assert (await http.delete("/consumers/g/instances/i")).status_code == 404


async def test_the_base_uri_may_name_another_world(http: Http, sandbox: Sandbox) -> None:
    assert (await http.create("g", "a")).json()["base_uri"] == "http://sandbox/consumers/g/instances/a"
    sandbox.faults.base_uri = "http://rest-proxy:8082/"
    assert (await http.create("g", "b")).json()["base_uri"] == "http://rest-proxy:8082/consumers/g/instances/b"


async def test_a_refused_connection(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.refuse = True
    with pytest.raises(httpx.ConnectError):
        await http.get("/topics")
    sandbox.faults.refuse = False
    assert (await http.get("/topics")).status_code == 200


async def test_a_stalled_server_runs_into_the_read_timeout(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.stall = True
    with pytest.raises(httpx.ReadTimeout):
        await http.client.get("/topics", timeout=3)
    waiting = asyncio.create_task(http.client.get("/topics", timeout=None))
    await asyncio.sleep(0)
    sandbox.faults.stall = False
    assert (await waiting).status_code == 200


async def test_seeks_can_be_refused_a_few_times(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)
    sandbox.faults.refuse_seeks(2)
    body = {"offsets": [{"topic": "t", "partition": 0, "offset": 0}]}
    statuses = [(await http.post("/consumers/g/instances/i/positions", body)).status_code for _ in range(3)]
    assert statuses == [409, 409, 204]


async def test_a_body_is_cut_in_the_middle(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.cut_bodies()
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/topics/t")
    assert (await http.get("/topics/t")).status_code == 200


async def test_a_body_is_cut_on_a_socket_too(socket: tuple[Sandbox, Http]) -> None:
    sandbox, http = socket
    sandbox.faults.cut_bodies()
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/topics/t")
    assert (await http.get("/topics/t")).status_code == 200


async def test_an_abandoned_create_still_creates(http: Http, sandbox: Sandbox) -> None:
    sandbox.faults.latency = 1.0
    creating = asyncio.create_task(http.create("g", "i"))
    await asyncio.sleep(0)
    creating.cancel()
    await asyncio.wait([creating])
    assert not sandbox.instances
    await until(lambda: ("g", "i") in sandbox.instances)


async def test_an_abandoned_create_still_creates_on_a_socket(socket: tuple[Sandbox, Http]) -> None:
    sandbox, http = socket
    sandbox.faults.latency = 0.1
    with contextlib.suppress(httpx.ReadTimeout):
        await http.client.post("/consumers/g", content='{"name":"i"}', timeout=0.03)
    assert not sandbox.instances
    await until(lambda: ("g", "i") in sandbox.instances)


async def test_an_abandoned_read_eats_its_records(http: Http, sandbox: Sandbox) -> None:
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)
    reading = asyncio.create_task(http.records("g", "i", "timeout=1000"))
    for _ in range(20):  # let it begin to wait
        await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    sandbox.topics.append("t", 0, None, b"lost")
    assert await http.records("g", "i") == []
    sandbox.topics.append("t", 0, None, b"seen")
    assert [record["offset"] for record in await http.records("g", "i")] == [1]


async def test_closing_ends_what_is_under_way(sandbox: Sandbox, http: Http) -> None:
    sandbox.faults.stall = True
    waiting = asyncio.create_task(http.client.get("/topics", timeout=None))
    await asyncio.sleep(0.01)
    await sandbox.aclose()
    with pytest.raises(httpx.RemoteProtocolError):
        await waiting


async def test_a_long_body_comes_in_pieces(http: Http, sandbox: Sandbox) -> None:
    for _ in range(20):
        sandbox.topics.append("t", 0, None, b"x" * 10_000)
    await http.create("g", "i")
    await http.assign("g", "i", "t", 0)
    path = "/consumers/g/instances/i/records"
    async with http.client.stream("GET", path, headers={"accept": BINARY}) as answer:
        pieces = [len(piece) async for piece in answer.aiter_raw()]
    assert len(pieces) == 5
    assert max(pieces) == 64 * 1024
