"""One request and its answer: what is sent, what is kept, and which exception each failure becomes."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ktui.errors import (
    Busy,
    Conflict,
    ConsumerGone,
    Forbidden,
    NotAProxy,
    NotFound,
    ProxyError,
    Unacceptable,
    Unreachable,
    Unsupported,
)
from ktui.model import TopicPartition
from ktui.rest import transcript
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from tests.unit.waiting import until

INSTANCE = "/consumers/g/instances/i"
DEEP = "[" * 30_000 + "]" * 30_000


@asynccontextmanager
async def serving(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The address of a server that handles each connection by `talk`."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answering(text: bytes) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(text)
        await writer.drain()

    return talk


async def failure(proxy: ProxyClient, method: str = "GET", path: str = "/topics") -> ProxyError:
    with pytest.raises(ProxyError) as caught:
        await proxy._wire.request(method, path)
    assert caught.value.exchange is proxy.exchanges[-1]
    return caught.value


@pytest.mark.parametrize(
    ("status", "path", "error"),
    [
        (401, "/topics", Forbidden),
        (403, INSTANCE, Forbidden),
        (404, "/topics/t", NotFound),
        (404, f"{INSTANCE}/records", ConsumerGone),
        (404, INSTANCE, ConsumerGone),
        (404, "/consumers/g", NotFound),
        (405, f"{INSTANCE}/assignments", Unsupported),
        (501, "/topics", Unsupported),
        (409, INSTANCE, Conflict),
        (400, "/topics", Unacceptable),
        (406, INSTANCE, Unacceptable),
        (408, f"{INSTANCE}/records", Unacceptable),
        (415, "/topics", Unacceptable),
        (422, "/topics", Unacceptable),
        (429, "/topics", Busy),
        (500, INSTANCE, Busy),
        (503, "/topics", Busy),
        (304, "/topics", NotAProxy),
    ],
)
async def test_each_status_says_what_to_do_next(
    sandbox: Sandbox, proxy: ProxyClient, status: int, path: str, error: type[ProxyError]
) -> None:
    sandbox.faults.fail_next(status)
    assert type(await failure(proxy, path=path)) is error
    assert proxy.failed_count == 1


@pytest.mark.parametrize(
    ("status", "body", "path", "error", "code"),
    [
        (404, '{"error_code":404,"message":"No current assignment for partition t-0"}', "/positions", Conflict, 404),
        (404, '{"error_code":40403,"message":"Unknown topic or partition"}', "/records?timeout=1", NotFound, 40403),
        (404, '{"error_code":40403,"message":"Unknown topic or partition"}', "/positions/end", Conflict, 40403),
        (404, '{"error_code":40402,"message":"Partition 9 not found for topic t"}', "/offsets", NotFound, 40402),
        (422, '{"error_code":40001,"message":"x"}', "/records", Unacceptable, 40001),
        (500, '{"message":"Kafka node not ready","code":500}', "/records", Busy, 500),
        (401, '{"message":"Unauthorized"}', "/records", Forbidden, 401),
        (405, "", "/assignments", Unsupported, None),
        (500, "Internal Server Error", "/records", Busy, 500),
    ],
)
async def test_codes_and_words_decide_on_an_instance_path(
    sandbox: Sandbox, proxy: ProxyClient, status: int, body: str, path: str, error: type[ProxyError], code: int | None
) -> None:
    sandbox.faults.fail_next(status, body=body)
    found = await failure(proxy, path=INSTANCE + path)
    assert type(found) is error
    assert getattr(found, "code", None) == code


async def test_a_404_of_something_else_is_no_proxy(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(404, body="404: Not Found")
    found = await failure(proxy)
    assert isinstance(found, NotAProxy)
    assert "404: Not Found" in str(found)


async def test_a_gateways_page_is_told_in_its_first_words(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(
        502, body="<html><title>502 Bad Gateway</title>" + "x" * 5000, headers={"Retry-After": "7"}
    )
    found = await failure(proxy)
    assert isinstance(found, Busy)
    assert found.message.startswith("502 Bad Gateway x")
    assert len(found.message) <= 200
    assert found.retry_after == 7.0


async def test_validation_errors_are_part_of_the_message(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(400, body='{"error_code":400,"message":"no","validation_errors":["a is b","c"]}')
    assert (await failure(proxy)).message == "no (a is b; c)"


async def test_an_error_in_latin_1_keeps_its_code_and_its_words() -> None:
    body = '{"error_code":50300,"message":"Dienst nicht verfügbar"}'.encode("latin-1")
    text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    async with serving(answering(text)) as url:
        client = ProxyClient(url)
        for call in (client.topics, client.probe):
            with pytest.raises(Busy) as caught:
                await call()
            assert (caught.value.code, caught.value.message) == (50300, "Dienst nicht verf\ufffdgbar")
        await client.aclose()


@pytest.mark.parametrize("body", [DEEP, f'{{"error_code":50003,"message":"x","cause":{DEEP}}}'])
async def test_an_error_nested_too_deep_to_be_read_is_still_one(
    sandbox: Sandbox, proxy: ProxyClient, body: str
) -> None:
    sandbox.faults.fail_next(503, body=body)
    found = await failure(proxy)
    assert isinstance(found, Busy)
    assert (found.code, found.message) == (503, body[:200])


@pytest.mark.parametrize(("body", "message"), [("", "Bad Gateway"), ("{}", "Bad Gateway"), ('{"a":1}', '{"a":1}')])
async def test_an_error_that_says_nothing_is_told_by_its_status(
    sandbox: Sandbox, proxy: ProxyClient, body: str, message: str
) -> None:
    sandbox.faults.fail_next(502, body=body)
    assert (await failure(proxy)).message == message


async def test_a_success_that_is_no_json_is_no_proxy(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(200, body="<html>Sign in</html>")
    with pytest.raises(NotAProxy, match="Sign in"):
        await proxy.topics()


async def test_an_answer_without_its_end_is_unreachable(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(200, body='["a","b')
    with pytest.raises(Unreachable, match="middle"):
        await proxy.topics()
    assert proxy.exchanges[-1].ok is False


async def test_a_cut_body_is_unreachable(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders")
    sandbox.faults.cut_bodies()
    with pytest.raises(Unreachable, match="cut in the middle"):
        await proxy.topics()
    assert await proxy.topics() == ["orders"]


async def test_the_headers_are_exactly_those_that_all_makes_take(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t")
    await proxy.topics()
    headers = {name.lower(): value for name, value in proxy.exchanges[-1].request_headers}
    assert headers["accept"] == "application/vnd.kafka.v2+json"
    assert "content-type" not in headers
    async with proxy.consumer() as consumer:
        headers = {name.lower(): value for name, value in proxy.exchanges[-1].request_headers}
        assert headers["content-type"] == "application/vnd.kafka.v2+json"
        await consumer.assign([TopicPartition("t", 0)])
        await consumer.poll()
    headers = {name.lower(): value for name, value in proxy.exchanges[-1].request_headers}
    assert headers["accept"] == "application/vnd.kafka.binary.v2+json"
    assert "content-type" not in headers


async def test_the_same_headers_go_over_a_socket() -> None:
    seen: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
        await writer.drain()

    async with serving(talk) as url:
        client = ProxyClient(f"{url.replace('//', '//user:pass@')}/a%20prefix/")
        assert await client.topics() == []
        await client.aclose()
    lines = seen[0].lower().split(b"\r\n")
    assert lines[0] == b"get /a%20prefix/topics http/1.1"
    assert lines.count(b"accept: application/vnd.kafka.v2+json") == 1
    assert not [line for line in lines if line.startswith(b"content-")]
    assert b"authorization: basic " + base64.b64encode(b"user:pass").lower() in lines


async def test_secrets_are_in_no_exchange_and_no_error(sandbox: Sandbox) -> None:
    token = base64.b64encode(b"me:correct horse").decode()
    client = ProxyClient(
        "http://me:correct%20horse@sandbox", headers={"X-Api-Key": "s3cr3t-key"}, transport=sandbox.transport()
    )
    page = f"<html>Authorization: Basic {token} password correct horse at http://me:correct%20horse@sandbox/</html>"
    sandbox.faults.fail_next(500, body=page, headers={"Set-Cookie": "session=s3cr3t-key"})
    sandbox.faults.fail_next(302, body=page, headers={"Location": "http://me:correct%20horse@elsewhere/topics"})
    told = [str(await failure(client)), str(await failure(client))]
    for exchange in client.exchanges:
        told += [repr(exchange)]
    for text in told:
        assert token not in text
        assert "correct" not in text
        assert "s3cr3t" not in text
    assert ("Authorization", "hidden") in client.exchanges[0].request_headers
    await client.aclose()


async def test_bodies_are_kept_to_64_kib(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for n in range(5000):
        sandbox.topics.create(f"topic-with-a-long-name-{n}")
    await proxy.topics()
    exchange = proxy.exchanges[-1]
    assert exchange.response_size > len(exchange.response_body) == 64 * 1024


async def test_all_bodies_together_are_bounded(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript, "KEPT_IN_ALL", 100)
    sandbox.topics.create("t" * 40)
    for _ in range(10):
        await proxy.topics()
    assert sum(len(exchange.response_body) for exchange in proxy.exchanges) <= 100
    assert proxy.exchanges[-1].response_body
    assert not proxy.exchanges[0].response_body


async def test_every_call_leaves_an_exchange_even_given_up(sandbox: Sandbox, proxy: ProxyClient) -> None:
    ended = []
    proxy.on_exchange = ended.append
    await proxy.topics()
    sandbox.faults.stall = True
    call = asyncio.create_task(proxy.topics())
    await until(lambda: len(proxy.exchanges) == 2)
    assert proxy.exchanges[-1].ok is None
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    sandbox.faults.stall = False
    assert [exchange.ok for exchange in ended] == [True, False]
    assert "given up" in (ended[1].failure or "")
    assert (proxy.ok_count, proxy.failed_count) == (1, 0)


async def test_a_redirect_in_the_same_place_is_followed_for_get_only(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t")
    sandbox.faults.fail_next(307, path="GET /topics$", headers={"Location": "/topics/t"}, body="")
    answer = await proxy._wire.request("GET", "/topics")
    assert b'"name":"t"' in answer.body
    sandbox.faults.fail_next(307, path="POST", headers={"Location": "/consumers/other"}, body="")
    with pytest.raises(NotAProxy, match="redirects to http://sandbox/consumers/other"):
        await proxy._wire.request("POST", "/consumers/g", body=b"{}")


@pytest.mark.parametrize("place", ["http://elsewhere/topics", "ftp://sandbox/topics", "http://sandbox:99/topics"])
async def test_a_redirect_to_another_place_is_told_not_followed(
    sandbox: Sandbox, proxy: ProxyClient, place: str
) -> None:
    sandbox.faults.fail_next(302, headers={"Location": place}, body="")
    assert f"redirects to {place}" in str(await failure(proxy))
    assert len(proxy.exchanges) == 1


async def test_redirects_in_circles_end(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(302, times=10, headers={"Location": "/topics"}, body="")
    assert "circles" in str(await failure(proxy))


async def test_nothing_listens(unused_port: int) -> None:
    client = ProxyClient(f"http://127.0.0.1:{unused_port}")
    with pytest.raises(Unreachable) as caught:
        await client.topics()
    assert str(caught.value) == f"Nothing listens at 127.0.0.1:{unused_port} (connection refused)"
    await client.aclose()


async def test_an_unknown_name() -> None:
    client = ProxyClient("http://no-such-host.invalid:8082")
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid is not known \(DNS\)"):
        await client.topics()
    await client.aclose()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", "cut in the middle"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "damaged"),
        (b"", "without an answer"),
        (b"SSH-2.0-OpenSSH_9\r\n", "without an answer"),
    ],
)
async def test_broken_connections_are_told_apart(text: bytes, word: str) -> None:
    async with serving(answering(text)) as url:
        client = ProxyClient(url)
        with pytest.raises(Unreachable, match=word):
            await client.topics()
        await client.aclose()


async def test_no_answer_in_time() -> None:
    never = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await never.wait()

    async with serving(talk) as url:
        client = ProxyClient(url)
        with pytest.raises(Unreachable, match=r"gave no answer within 0\.1 s"):
            await client._wire.request("GET", "/topics", seconds=0.1)
        await client.aclose()
        never.set()


async def test_tls_where_none_is_spoken() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n")

    async with serving(talk) as url:
        client = ProxyClient(url.replace("http:", "https:"))
        with pytest.raises(Unreachable, match="TLS: 127"):
            await client.topics()
        await client.aclose()


async def test_plain_http_where_tls_is_spoken(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(400, body="Client sent an HTTP request to an HTTPS server.")
    found = await failure(proxy)
    assert isinstance(found, NotAProxy)
    assert "https://" in str(found)


async def test_a_closed_client_is_unreachable(proxy: ProxyClient) -> None:
    await proxy.aclose()
    await proxy.aclose()
    with pytest.raises(Unreachable):
        await proxy.topics()
    with pytest.raises(Unreachable):
        async with proxy.consumer():
            pass


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
