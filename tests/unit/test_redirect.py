"""Redirects: followed in the same place only; credentials go nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ktui.errors import NotAProxy, Unreachable
from ktui.rest.auth import Credentials
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from tests.unit.waiting import until

CREDENTIALS = [
    Credentials(user="ann", password="s3cr3t-pass"),
    Credentials(token="s3cr3t-token"),
    Credentials(headers={"X-Api-Key": "s3cr3t-key"}),
]


class Listener:
    """A server that writes down what it hears and answers all the same."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.heard: list[bytes] = []
        self.port = 0
        self.connections = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.heard.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
                await writer.drain()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            self.connections -= 1


@asynccontextmanager
async def listening(answer: bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]") -> AsyncIterator[Listener]:
    listener = Listener(answer)
    server = await asyncio.start_server(listener.talk, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    try:
        yield listener
        await until(lambda: not listener.connections)
    finally:
        server.close()


def moved(location: str, status: int = 307) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("credentials", CREDENTIALS, ids=["basic", "bearer", "header"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nothing_is_sent_to_another_host(credentials: Credentials, method: str, status: int) -> None:
    async with listening() as elsewhere, listening() as here:
        here.answer = moved(f"http://127.0.0.1:{elsewhere.port}/topics", status)
        client = ProxyClient(f"http://127.0.0.1:{here.port}", credentials=credentials)
        with pytest.raises(NotAProxy, match=f"redirects to http://127.0.0.1:{elsewhere.port}/topics: use that"):
            await client._wire.request(method, "/topics", body=b"{}" if method == "POST" else None)
        await client.aclose()
    assert len(here.heard) == 1
    assert b"s3cr3t" in here.heard[0] or b"Authorization: Basic" in here.heard[0]
    assert elsewhere.heard == []


@pytest.mark.parametrize(
    "location",
    [
        "//127.0.0.1:{port}/topics",
        "http://127.0.0.1:{here}@127.0.0.1:{port}/topics",
        "/\\127.0.0.1:{port}/topics",
        "http:127.0.0.1:{port}",
        "http://localhost:{here}/topics",
        "http://127.0.0.1.:{here}/topics",
    ],
)
async def test_an_address_in_disguise_is_not_followed_either(location: str) -> None:
    async with listening() as elsewhere, listening() as here:
        here.answer = moved(location.format(port=elsewhere.port, here=here.port))
        client = ProxyClient(f"http://127.0.0.1:{here.port}", credentials=CREDENTIALS[1])
        with pytest.raises((NotAProxy, Unreachable), match="redirects"):
            await client.topics()
        await client.aclose()
    assert elsewhere.heard == []


async def test_in_the_same_place_credentials_go_along() -> None:
    async with listening() as here:
        here.answer = moved("/topics/")
        client = ProxyClient(f"http://127.0.0.1:{here.port}", credentials=CREDENTIALS[1])
        asking = asyncio.create_task(client.topics())
        with pytest.raises(NotAProxy, match="redirects in circles"):
            await asking
        await client.aclose()
    assert len(here.heard) == 4
    assert all(b"Authorization: Bearer s3cr3t-token" in request for request in here.heard)


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("https://sandbox/pre/topics", "https://sandbox/pre"),
        ("https://sandbox:8443/pre/topics?x=1", "https://sandbox:8443/pre"),
        ("https://user:s3cr3t@sandbox/pre/topics/", "https://sandbox/pre"),
    ],
)
async def test_from_http_to_https_the_new_address_is_told(sandbox: Sandbox, location: str, address: str) -> None:
    sandbox.faults.fail_next(301, headers={"Location": location}, body="")
    client = ProxyClient("http://sandbox/pre", transport=sandbox.transport())
    with pytest.raises(NotAProxy) as caught:
        await client.topics()
    assert str(caught.value) == f"sandbox:80 wants TLS: the address is {address}"
    assert len(client.exchanges) == 1
    await client.aclose()


@pytest.mark.parametrize("location", ["http://[", "http://h:99999999/", "", "http://\x7f/"])
async def test_a_redirect_to_nowhere_is_told(sandbox: Sandbox, location: str) -> None:
    sandbox.faults.fail_next(302, times=9, headers={"Location": location}, body="")
    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    with pytest.raises((NotAProxy, Unreachable), match="redirects"):
        await client.topics()
    await client.aclose()
