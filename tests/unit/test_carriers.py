"""The two ways to a proxy: nobody above notices which one an answer came."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ktui.errors import ProxyError, Unreachable
from ktui.rest.address import parse
from ktui.rest.carriers import LARGE
from ktui.rest.course import Course
from ktui.rest.tls import Tls
from ktui.rest.wire import Wire
from tests.unit.papers import Papers, papers
from tests.unit.test_tls import served
from tests.unit.test_wire import answering, serving
from tests.unit.waiting import until

__all__ = ["papers"]

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

WAYS = ("usual", "bulk")
LARGE_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (LARGE, b"x" * LARGE)


@asynccontextmanager
async def wire_to(url: str, way: str, tls: Tls | None = None) -> AsyncIterator[Wire]:
    """A wire that reads this way."""
    wire = Wire(parse(url), tls=tls)
    wire._answered = True  # one has come before, or there would be no other way
    if way == "bulk":
        wire.carriers.heed(LARGE)
        await until(lambda: wire.carriers.bulk() is not wire.carriers.usual())
    try:
        yield wire
    finally:
        await wire.aclose()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def then_silence(text: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answering(text)(reader, writer)
        await reader.read()

    return talk


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


TROUBLES: dict[str, Talk] = {
    "closed without a word": hang_up,
    "no HTTP": answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"),
    "a body that is cut": answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2"),
    "chunks that are cut": answering(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n"),
    "no answer": silence,
    "no end": then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2"),
    "damaged": answering(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde"),
    "elsewhere": answering(b"HTTP/1.1 302 Found\r\nLocation: http://other/topics\r\nContent-Length: 0\r\n\r\n"),
    "nowhere": answering(b"HTTP/1.1 302 Found\r\nLocation: http://[/\r\nContent-Length: 0\r\n\r\n"),
    "in circles": answering(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
    "refused": answering(b'HTTP/1.1 409 Conflict\r\nContent-Length: 38\r\n\r\n{"error_code":40904,"message":"spent"}'),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_trouble_is_told_in_the_same_words(trouble: str) -> None:
    told = []
    async with serving(TROUBLES[trouble]) as url:
        for way in WAYS:
            async with wire_to(url, way) as wire:
                with pytest.raises(ProxyError) as caught:
                    await wire.request("GET", "/topics", seconds=0.3, bulk=True)
                told.append((type(caught.value), str(caught.value), wire.transcript.exchanges[-1].status))
    assert told[0] == told[1]


async def test_nobody_there_is_told_in_the_same_words() -> None:
    async with serving(silence) as url:
        pass
    told = []
    for way in WAYS:
        async with wire_to(url, way) as wire:
            with pytest.raises(Unreachable) as caught:
                await wire.request("GET", "/topics", bulk=True)
            told.append(str(caught.value))
    assert told[0] == told[1]
    assert "Nothing listens" in told[0]


@pytest.mark.parametrize("name", ["here", "old", "elsewhere"])
async def test_a_certificate_that_is_not_trusted_is_told_in_the_same_words(papers: Papers, name: str) -> None:
    told = []
    async with served(papers, name) as url:
        for way in WAYS:
            async with wire_to(url, way, Tls() if name == "here" else Tls(ca_file=papers.ca)) as wire:
                with pytest.raises(Unreachable) as caught:
                    await wire.request("GET", "/topics", bulk=True)
                told.append(str(caught.value))
    assert told[0] == told[1]


@pytest.mark.parametrize("way", WAYS)
async def test_a_certificate_that_is_trusted_opens_both_ways(papers: Papers, way: str) -> None:
    async with served(papers, wants_certificate=True) as url:
        tls = Tls(ca_file=papers.ca, cert_file=papers.cert("ann"), key_file=papers.key("ann"))
        async with wire_to(url, way, tls) as wire:
            assert (await wire.request("GET", "/topics", bulk=True)).body == b"[]"


class Heard(Course):
    def __init__(self, sent: list[str], way: str) -> None:
        self._sent, self._way = sent, way

    def sent(self) -> None:
        self._sent.append(self._way)


async def test_large_answers_come_the_other_way_and_nothing_else_changes() -> None:
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            body = gzip.compress(bytes(LARGE)) if len(heads) > 1 else bytes(LARGE)
            coding = b"Content-Encoding: gzip\r\n" if len(heads) > 1 else b"Set-Cookie: node=2; Path=/\r\n"
            writer.write(b"HTTP/1.1 200 OK\r\nX-Long: %b\r\n%b" % (b"y" * 20_000, coding))
            writer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

    sent: list[str] = []
    async with serving(talk) as url:
        wire = Wire(parse(url.replace("://", "://ann:secret@") + "/base"))
        for way in WAYS:
            await until(lambda way=way: (wire.carriers.bulk() is not wire.carriers.usual()) == (way == "bulk"))
            answer = await wire.request("GET", "/a%20b%2Fc?x=%2b+1", accept="a/b", bulk=True, course=Heard(sent, way))
            assert answer.body == bytes(LARGE)
            assert len(answer.headers["x-long"]) == 20_000
            assert ("x-long", "y" * 20_000) in answer.exchange.response_headers
        assert await wire.request("GET", "/topics")
        await wire.aclose()
    assert set(sent) == set(WAYS)
    usual, bulk, topics = ([line for line in head.split(b"\r\n") if line] for head in heads)
    assert sorted(bulk) == sorted([*usual, b"Cookie: node=2"])
    assert usual[0] == b"GET /base/a%20b%2Fc?x=%2b+1 HTTP/1.1"
    assert b"Cookie: node=2" in topics


async def test_small_answers_fetch_no_other_way() -> None:
    text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
    async with serving(answering(text)) as url, wire_to(url, "usual") as wire:
        for _ in range(3):
            await wire.request("GET", "/topics", bulk=True)
        assert wire.carriers._loading is None


async def test_an_http_proxy_on_the_way_keeps_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    wire = Wire(parse("http://kafka.example:8082"))
    wire.carriers.heed(LARGE)
    assert wire.carriers._loading is None
    await wire.aclose()


@pytest.mark.parametrize("way", WAYS)
async def test_a_read_is_never_sent_twice(way: str) -> None:
    """What a proxy took for a read whose answer was lost is gone: whoever reads on must know."""
    heads: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while len(heads) != 2:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            if len(heads) != 2:
                writer.write(LARGE_ANSWER)

    async with serving(talk) as url, wire_to(url, way) as wire:
        await wire.request("GET", "/topics", bulk=True)
        with pytest.raises(Unreachable, match="closed the connection"):
            await wire.request("GET", "/topics", bulk=True)
    assert len(heads) == 2


@pytest.mark.parametrize("way", WAYS)
async def test_a_read_that_is_given_up_closes_its_connection(way: str) -> None:
    closed = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await then_silence(LARGE_ANSWER[:LARGE])(reader, writer)
        closed.set()

    async with serving(talk) as url, wire_to(url, way) as wire:
        reading = asyncio.create_task(wire.request("GET", "/topics", bulk=True))
        await until(lambda: wire.transcript.exchanges and wire.transcript.exchanges[-1].status == 200)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await asyncio.wait_for(closed.wait(), 5)
        assert wire.transcript.exchanges[-1].failure == "given up before the answer was complete"
