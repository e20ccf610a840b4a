"""TLS: whom we trust and what we show, on a sandbox served with certificates made here; failures in their own words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest

from ktui.errors import ConfigError, Unreachable
from ktui.model import Draft
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
from ktui.server.sandbox import Sandbox
from ktui.server.serve import listen, make_server, serve, tls_of
from tests.unit.papers import Papers, papers
from tests.unit.test_stream import T0, Reader
from tests.unit.test_wire import answering, serving
from tests.unit.waiting import until

__all__ = ["papers"]


@asynccontextmanager
async def served(
    papers: Papers, name: str = "here", *, wants_certificate: bool = False, sandbox: Sandbox | None = None
) -> AsyncIterator[str]:
    """The https address of a sandbox that shows the certificate of this name."""
    sandbox = sandbox or Sandbox()
    tls = tls_of(papers.cert(name), papers.key(name))
    if wants_certificate:
        tls |= {"ssl_ca_certs": papers.ca, "ssl_cert_reqs": ssl.CERT_REQUIRED}
    listener = listen("127.0.0.1", 0)
    server = make_server(sandbox, tls=tls)
    running = asyncio.create_task(server.serve([listener]))
    try:
        await server.opened.wait()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        await sandbox.aclose()


@contextmanager
def alerting(papers: Papers, version: ssl.TLSVersion) -> Iterator[str]:
    """The address of a server that wants a certificate and says so, as all but asyncio's do: those only hang up."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.cert("here"), papers.key("here"))
    context.load_verify_locations(papers.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secured:
                secured.settimeout(5)
                with suppress(ssl.SSLError):
                    secured.do_handshake()
                with suppress(OSError):
                    while socket.socket.recv(secured, 4096):  # closed with bytes unread, the alert would be lost
                        pass

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


async def said(url: str, tls: Tls) -> str:
    """What is said about a connection that fails."""
    client = ProxyClient(url, tls=tls)
    with pytest.raises(Unreachable) as caught:
        await client.topics()
    await client.aclose()
    assert client.exchanges[-1].failure == str(caught.value)
    return str(caught.value)


async def test_an_authority_of_our_own_is_trusted(papers: Papers) -> None:
    sandbox = Sandbox()
    sandbox.topics.create("t")
    async with served(papers, sandbox=sandbox) as url:
        client = ProxyClient(url, tls=Tls(ca_file=papers.ca))
        assert await client.topics() == ["t"]
        assert not client.unverified
        await client.produce("t", [Draft("t", None, b"x")])
        reader = Reader(Stream(client, {T0: 0}))
        await until(lambda: reader.records)
        await reader.stop()
        await client.aclose()
        assert not sandbox.instances


async def test_who_answers_with_a_certificate_of_an_unknown_authority_is_not_trusted(papers: Papers) -> None:
    async with served(papers) as url:
        text = await said(url, Tls())
        assert "is not trusted" in text
        assert "ca_file or --cacert" in text
        assert "is not trusted" in await said(url, Tls(ca_file=papers.folder / "stranger.pem"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("old", "has expired"),
        ("young", "not valid yet"),
        ("elsewhere", "made for another name"),
    ],
)
async def test_a_bad_certificate_is_told_by_what_is_wrong_with_it(papers: Papers, name: str, words: str) -> None:
    async with served(papers, name) as url:
        text = await said(url, Tls(ca_file=papers.ca))
        assert text.startswith(f"TLS: the certificate of {url.removeprefix('https://')} ")
        assert words in text


async def test_a_host_name_that_does_not_match_is_told(papers: Papers) -> None:
    async with served(papers) as url:
        text = await said(url.replace("127.0.0.1", "localhost"), Tls(ca_file=papers.ca))
        assert "made for another name" in text
        assert "localhost" in text


@pytest.mark.parametrize("name", ["here", "old", "elsewhere"])
async def test_insecure_believes_anybody_and_is_known(papers: Papers, name: str) -> None:
    async with served(papers, name) as url:
        client = ProxyClient(url, tls=Tls(insecure=True))
        assert await client.topics() == []
        assert client.unverified
        await client.aclose()


@pytest.mark.parametrize("apart", [True, False])
async def test_a_client_certificate_opens_a_server_that_wants_one(papers: Papers, apart: bool) -> None:
    ours = (papers.cert("ann"), papers.key("ann")) if apart else (papers.both("ann"), None)
    async with served(papers, wants_certificate=True) as url:
        client = ProxyClient(url, tls=Tls(papers.ca, *ours))
        assert await client.topics() == []
        await client.aclose()


async def test_a_server_that_hangs_up_may_want_a_certificate(papers: Papers) -> None:
    async with served(papers, wants_certificate=True) as url:
        assert "wants a client certificate (cert_file and key_file, or --cert" in await said(url, Tls(papers.ca))
        assert "does not accept our certificate" in await said(url, Tls(papers.ca, papers.both("eve")))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_alert_for_a_missing_certificate_is_told(papers: Papers, version: ssl.TLSVersion) -> None:
    with alerting(papers, version) as url:
        text = await said(url, Tls(papers.ca))
    assert text.startswith(f"TLS: {url.removeprefix('https://')} wants a client certificate: name it in cert_file")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_the_alert_for_a_strange_certificate_is_told(papers: Papers, version: ssl.TLSVersion) -> None:
    with alerting(papers, version) as url:
        text = await said(url, Tls(papers.ca, papers.both("eve")))
    assert "does not accept our client certificate" in text
    assert "unknown ca" in text


async def test_tls_spoken_to_a_server_without() -> None:
    sandbox, address = Sandbox(), asyncio.get_running_loop().create_future()
    running = asyncio.create_task(serve(sandbox, "127.0.0.1", 0, say=address.set_result))
    text = await said((await address).replace("http:", "https:"), Tls())
    assert "answers, but not in TLS: does the address begin with http://?" in text
    running.cancel()
    await asyncio.wait({running})


async def test_no_tls_spoken_to_a_server_with_it(papers: Papers) -> None:
    hint = "closed the connection without an answer; if it speaks TLS, the address begins with https://"
    async with served(papers) as url:
        assert hint in await said(url.replace("s:", ":"), Tls())
    async with serving(answering(b"\x15\x03\x01\x00\x02\x02\x28")) as url:  # an alert, as Java sends it
        assert hint in await said(url, Tls())


async def test_the_sandbox_speaks_tls_when_asked(papers: Papers) -> None:
    address = asyncio.get_running_loop().create_future()
    cert, key = papers.cert("here"), papers.key("here")
    running = asyncio.create_task(serve(Sandbox(), "127.0.0.1", 0, say=address.set_result, cert=cert, key=key))
    client = ProxyClient(await address, tls=Tls(ca_file=papers.ca))
    assert client.url.startswith("https://")
    assert await client.topics() == []
    await client.aclose()
    running.cancel()
    await asyncio.wait({running})
    with pytest.raises(ConfigError, match=r"no TLS with .*here\.pem and .*ann\.key"):
        await serve(Sandbox(), "127.0.0.1", 0, cert=cert, key=papers.key("ann"))
