"""TLS: whom we trust and what we show, on a sandbox served with certificates made here; failures in their own words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from ktui.errors import ConfigError, Unreachable
from ktui.model import Draft
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
from ktui.server.sandbox import Sandbox
from ktui.server.serve import listen, make_server, serve, tls_of
from tests.unit.test_stream import T0, Reader
from tests.unit.test_wire import answering, serving
from tests.unit.waiting import until

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Papers:
    """Files of one authority and what it has signed."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def cert(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def both(self, name: str) -> Path:
        """Certificate and key in one file."""
        return self.folder / f"{name}-both.pem"


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """`here` is for this machine, `elsewhere` for another, `old` and `young` for another time, `ann` for a client."""
    papers, now, day = Papers(tmp_path_factory.mktemp("tls")), datetime.now(UTC), timedelta(days=1)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(papers.ca)
    for name, identity, begins, ends in (
        ("here", "127.0.0.1", None, None),
        ("elsewhere", "elsewhere.example", None, None),
        ("old", "127.0.0.1", now - 2 * day, now - day),
        ("young", "127.0.0.1", now + day, now + 2 * day),
        ("ann", "ann@example.org", None, None),
    ):
        issued = authority.issue_cert(identity, not_before=begins, not_after=ends)
        issued.cert_chain_pems[0].write_to_path(papers.cert(name))
        issued.private_key_pem.write_to_path(papers.key(name))
        issued.private_key_and_cert_chain_pem.write_to_path(papers.both(name))
    stranger = trustme.CA()
    stranger.cert_pem.write_to_path(papers.folder / "stranger.pem")
    stranger.issue_cert("eve@example.org").private_key_and_cert_chain_pem.write_to_path(papers.both("eve"))
    return papers


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
    server = make_server(sandbox, tls)
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
    async with served(papers) as url:
        assert "If TLS is spoken there, the address begins with https" in await said(url.replace("s:", ":"), Tls())
    async with serving(answering(b"\x15\x03\x01\x00\x02\x02\x28")) as url:  # an alert, as Java sends it
        assert await said(url, Tls()) == f"TLS is spoken at {url[7:]}: the address begins with https://"


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


@pytest.fixture(scope="session")
def locked(papers: Papers) -> Path:
    """The key of ann, encrypted."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(papers.key("ann").read_bytes(), None)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    path = papers.folder / "locked.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def refused(tls: Tls) -> str:
    with pytest.raises(ConfigError) as caught:
        ProxyClient("https://127.0.0.1:1", tls=tls)
    assert PASSWORD not in repr(tls)
    return str(caught.value)


def test_an_encrypted_key_asks_for_its_password(papers: Papers, locked: Path) -> None:
    cert = papers.cert("ann")
    assert refused(Tls(None, cert, locked)) == (
        f"key_file: {locked} is encrypted: its password is taken from KTUI_KEY_PASSWORD"
    )
    text = refused(Tls(None, cert, locked, f"not-{PASSWORD}"))
    assert text == f"key_file: {locked} is encrypted, and the password in KTUI_KEY_PASSWORD does not open it"
    Tls(None, cert, locked, PASSWORD).context()


def test_files_that_cannot_be_used_are_named(papers: Papers, tmp_path: Path) -> None:
    missing, text, damaged = tmp_path / "missing", tmp_path / "text", tmp_path / "damaged"
    text.write_text("hello")
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    cert, key = papers.cert("ann"), papers.key("ann")
    names = {"ca_file": "--cacert", "cert_file": "--cert", "key_file": "key_file of [proxy.x] in f"}
    assert refused(Tls(missing)) == f"ca_file: {missing} cannot be read (No such file or directory)"
    assert refused(Tls(tmp_path)) == f"ca_file: {tmp_path} cannot be read (Is a directory)"
    assert refused(Tls(text, names=names)) == f"--cacert: {text} holds no certificate in PEM form"
    assert refused(Tls(damaged)) == f"ca_file: {damaged} holds a damaged certificate"
    assert (
        refused(Tls(None, missing, key, names=names)) == f"--cert: {missing} cannot be read (No such file or directory)"
    )
    assert refused(Tls(None, cert)) == f"cert_file: {cert} holds no private key in PEM form"
    assert (
        refused(Tls(None, cert, text, names=names)) == f"{names['key_file']}: {text} holds no private key in PEM form"
    )
    assert refused(Tls(None, cert, papers.key("here"))) == (
        f"key_file: {papers.key('here')} is not the key of the certificate in {cert}"
    )
    assert refused(Tls(None, damaged, key)).startswith(f"cert_file: {damaged} and its key cannot be used (")
    assert refused(Tls(None, None, key)) == "key_file is given without a certificate: cert_file, or --cert"


def test_for_plain_http_no_file_is_opened_and_no_authority_loaded(tmp_path: Path) -> None:
    code = f"""
import ssl
from pathlib import Path
loaded = []
for name in ("load_default_certs", "load_verify_locations", "load_cert_chain"):
    setattr(ssl.SSLContext, name, lambda *_, **__: loaded.append(1))
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
ProxyClient("http://127.0.0.1:1", tls=Tls(Path({str(tmp_path)!r}), Path("missing")))
print(len(loaded), flush=True)
ProxyClient("https://127.0.0.1:1")
print(len(loaded))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert run.stdout.split() == ["0", "1"]
