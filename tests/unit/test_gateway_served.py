"""A gateway as a server: who may ask, how much, how slowly, and what is seen of it from outside."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import trustme

from ktui.errors import ConfigError
from ktui.model import TopicPartition
from ktui.server.door import Bounds
from ktui.server.gate import Users, passwords_of
from ktui.server.instances import Instance
from ktui.server.kafka import ConsumerOptions
from ktui.server.memory.cluster import MemoryKafka
from ktui.server.memory.groups import Groups
from ktui.server.memory.log import Topics
from ktui.server.room import LEAST, MIB, Room
from ktui.server.serve import serve
from ktui.server.standing import ServedGateway, Standing
from tests.unit.server_http import BINARY, V2, Http
from tests.unit.waiting import until

KIB = 1024
SHA = "{SHA}" + base64.b64encode(hashlib.sha1(b"open sesame", usedforsecurity=False).digest()).decode()


def memory() -> MemoryKafka:
    topics = Topics(time.time)
    topics.create("t")
    return MemoryKafka(topics, Groups(), clock=time.time, sleep=asyncio.sleep)


class Server:
    """One on a socket."""

    def __init__(self, served: ServedGateway, kafka: MemoryKafka, port: int) -> None:
        self.served, self.topics, self.groups, self.port = served, kafka.topics, kafka.groups, port
        self.url = f"http://127.0.0.1:{port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    def add(self, group: str) -> None:
        """An instance that reads from the beginning."""
        consumer = self.served.gateway.kafka.consumer(group, "m", ConsumerOptions("earliest", auto_commit=False))
        consumer.assign([TopicPartition("t", 0)])
        self.served.gateway.instances.add(Instance(group, "i", "binary", consumer, request_timeout_ms=900, min_bytes=1))

    async def deaf(self, path: str) -> socket.socket:
        """A client that asks, and takes next to nothing of its answer."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", self.port))
        await loop.sock_sendall(client, f"GET {path} HTTP/1.1\r\nHost: h\r\nAccept: {BINARY}\r\n\r\n".encode())
        return client


async def opened(standing: Standing) -> AsyncIterator[Server]:
    kafka = memory()
    served = ServedGateway(kafka, standing)
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(served, "127.0.0.1", 0, say=told.set_result))
    address = await told
    yield Server(served, kafka, int(address.rpartition(":")[2]))
    serving.cancel()
    await asyncio.wait([serving])


@pytest.fixture
async def small() -> AsyncIterator[Server]:
    """One with narrow bounds."""
    bounds = Bounds(body=64 * KIB, bodies=256 * KIB, body_seconds=0.3, piece_seconds=1.0)
    async for server in opened(Standing(bounds=bounds, answers=8 * 1024 * KIB, largest_answer=1024 * KIB)):
        yield server


# who may ask


@pytest.mark.parametrize(
    ("authorization", "name"),
    [
        ("Basic " + base64.b64encode("ann:s€cret:with colon".encode()).decode(), "ann"),
        ("basic " + base64.b64encode(b"bob:open sesame").decode(), "bob"),
        ("Bearer t0ken", "token 2"),
        ("Bearer  t0ken ", "token 2"),
        ("Basic " + base64.b64encode(b"ann:wrong").decode(), None),
        ("Basic " + base64.b64encode(b"bob:" + SHA.encode()).decode(), None),
        ("Basic " + base64.b64encode(b"carl:open sesame").decode(), None),
        ("Basic ????", None),
        ("Basic", None),
        ("Bearer", None),
        ("Bearer t0ke", None),
        ("Digest t0ken", None),
        ("", None),
    ],
)
def test_who_is_let_in(authorization: str, name: str | None) -> None:
    users = Users({"ann": "s€cret:with colon", "bob": SHA}, ["other", "t0ken"])
    assert users.admitted(authorization) == name
    assert "s€cret" not in repr(users) + repr(vars(users))


def test_a_file_of_users() -> None:
    assert passwords_of("# who\nann:a:b \n\nbob:" + SHA, "users") == {"ann": "a:b", "bob": SHA}
    for line in ("ann", ":x", "ann:", "ann:$2y$05$abcdefghijklmnopqrstuv", "ann:{SSHA}abc"):
        with pytest.raises(ConfigError, match="users, line 2") as told:
            passwords_of(f"bob:b\n{line}", "users")
        assert "abc" not in str(told.value)


async def test_without_a_proof_nothing_is_told() -> None:
    async for server in opened(Standing(users=Users({"ann": "secret"}, ["t0ken"]))):
        async with httpx.AsyncClient(base_url=server.url) as client:
            for path in ("/topics", "/metrics", "/nowhere", "/v3/clusters"):
                refused = await client.get(path)
                assert (refused.status_code, refused.json()["error_code"]) == (401, 40101)
                assert "ktui/" not in str(refused.headers)
            assert refused.headers.get_list("www-authenticate", split_commas=False)[-1] == "Bearer"
            assert (await client.get("/topics", auth=("ann", "secret"))).json() == ["t"]
            assert (await client.get("/topics", headers={"authorization": "Bearer t0ken"})).status_code == 200


async def test_only_clients_with_a_certificate_where_that_is_wanted(tmp_path: Path) -> None:
    ours, theirs = trustme.CA(), trustme.CA()
    paper = ours.issue_cert("127.0.0.1")
    paper.private_key_and_cert_chain_pem.write_to_path(tmp_path / "server.pem")
    theirs.cert_pem.write_to_path(tmp_path / "clients.pem")
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    files = {"cert": tmp_path / "server.pem", "client_ca": tmp_path / "clients.pem"}
    served = ServedGateway(memory())
    serving = asyncio.create_task(serve(served, "127.0.0.1", 0, say=told.set_result, **files))
    address = await told
    stranger, known = ssl.create_default_context(), ssl.create_default_context()
    for context in (stranger, known):
        ours.configure_trust(context)
    theirs.issue_cert("ann@example.org").configure_cert(known)
    async with httpx.AsyncClient(verify=known) as client:
        made = await client.post(f"{address}/consumers/g", json={"name": "i"}, headers={"content-type": V2})
        assert made.json()["base_uri"] == f"{address}/consumers/g/instances/i"
        assert address.startswith("https://")
    async with httpx.AsyncClient(verify=stranger) as client:
        with pytest.raises(httpx.TransportError):
            await client.get(f"{address}/topics")
    serving.cancel()
    await asyncio.wait([serving])


# how much


async def test_a_body_that_is_too_large_is_refused_and_the_next_request_answered(small: Server) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * KIB

    headers = {"content-type": BINARY}
    async with httpx.AsyncClient(base_url=small.url) as client:
        declared = await client.post("/topics/t", content=b"x" * (64 * KIB + 1), headers=headers)
        assert (declared.status_code, declared.json()["error_code"]) == (413, 413)
        assert (await client.get("/topics")).json() == ["t"]
    reader, writer = await small.connect()
    writer.write(b"POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n" % BINARY.encode())
    writer.write(b"Transfer-Encoding: chunked\r\n\r\n")
    async for piece in pieces():
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    assert b" 413 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    async with httpx.AsyncClient(base_url=small.url) as client:
        assert (await client.get("/topics")).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for(small: Server) -> None:
    reader, writer = await small.connect()
    head = f"POST /topics/t HTTP/1.1\r\nHost: h\r\nContent-Type: {BINARY}\r\nContent-Length: 1000\r\n\r\n"
    writer.write(head.encode() + b'{"rec')
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 5)
    writer.close()


async def test_a_head_that_does_not_come_is_not_waited_for(small: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.server.serve.HEAD_SECONDS", 0.1)
    for said in (b"", b"GET /topics HT"):
        reader, writer = await small.connect()
        writer.write(said)
        assert await asyncio.wait_for(_rest(reader), 5) == b""
        writer.close()


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_room_gives_less_when_there_is_less_and_never_nothing() -> None:
    room = Room(8 * LEAST)
    assert room.share(4 * LEAST) == 2 * LEAST
    assert room.share(10) == 10
    room.taken = 100 * LEAST
    assert room.share(4 * LEAST) == LEAST


async def test_two_hundred_slow_clients_hold_little_and_hinder_nobody() -> None:
    """Each asks for 8 megabytes and takes next to nothing: beyond what the system's sockets hold, little is held."""
    total = 32 * MIB
    async for server in opened(Standing(answers=total, largest_answer=8 * MIB)):
        for _ in range(20):
            server.topics.append("t", 0, None, b"v" * 500 * KIB)
        room, most = server.served.gateway.proxy.answers, 0
        slow = []
        for number in range(200):
            server.add(f"g{number}")
            slow.append(await server.deaf(f"/consumers/g{number}/instances/i/records"))
            most = max(most, room.taken)
        await until(lambda room=room: room.taken > total // 4)
        assert most < 2 * total  # where 1600 MiB were asked for
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            assert (await client.get("/topics", headers={"accept": V2})).json() == ["t"]
        for each in slow:
            each.close()
        await until(lambda room=room: not room.taken)
        assert len(server.served.gateway.instances) == 200


# what is seen from outside


async def test_metrics_and_log(capfd: pytest.CaptureFixture[str]) -> None:
    async for server in opened(Standing(log=True)):
        async with httpx.AsyncClient(base_url=server.url) as client:
            http = Http(client)
            body = {"records": [{"value": "c2VjcmV0"}, {"value": "eA==", "partition": 0}]}
            await http.post("/topics/t", body, BINARY)
            await http.create("g", "i")
            await http.assign("g", "i", "t", 0)
            assert len(await http.records("g", "i")) == 2
            await http.get("/consumers/g%1B%5B2J/instances/x")
            text = (await client.get("/metrics")).text
    assert 'ktui_gateway_requests_total{method="POST",route="/topics/{topic}",status="200"} 1.0' in text
    assert 'ktui_gateway_records_total{direction="read"} 2.0' in text
    assert 'ktui_gateway_records_total{direction="written"} 2.0' in text
    assert "ktui_gateway_instances 1.0" in text
    assert 'ktui_gateway_request_seconds_count{method="POST",route="/consumers/{group}"} 1.0' in text
    logged = capfd.readouterr().err
    assert "127.0.0.1 - POST /topics/t 200" in logged
    assert "GET /consumers/g%1B%5B2J/instances/x 405" in logged
    assert "c2VjcmV0" not in logged


async def test_the_end_lets_reads_go_and_closes_every_consumer() -> None:
    async for server in opened(Standing()):
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            http = Http(client)
            await http.create("g", "i", **{"consumer.request.timeout.ms": "30000"})
            await http.post("/consumers/g/instances/i/subscription", {"topics": ["t"]})
            path = "/consumers/g/instances/i/records"
            waiting = asyncio.create_task(http.get(path, BINARY))
            groups = server.groups
            await until(lambda: groups.members("g"))  # noqa: B023  there is one server
            server.served.leave_off()
            assert (await asyncio.wait_for(waiting, 5)).status_code == 500
    assert not server.groups.members("g")
