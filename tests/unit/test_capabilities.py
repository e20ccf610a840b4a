"""What a server is said to be able to do, and how it is recognised through a gateway that takes signs away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from ktui.errors import NotAProxy
from ktui.rest.capabilities import Capabilities, capabilities
from ktui.rest.capability_rules import V3_RESOURCES
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS, REDPANDA
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.test_wire import answering, serving

PAGE = b"<html><h1>404</h1> nothing here</html>"


class Gateway(httpx.AsyncBaseTransport):
    """Takes all headers away, writes its own, and answers some paths with a page."""

    def __init__(self, inner: httpx.AsyncBaseTransport, blocked: tuple[str, ...], server: str) -> None:
        self._inner = inner
        self._blocked = blocked
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {"server": self._server, "content-type": "application/octet-stream"}
        if request.url.path.startswith(self._blocked):
            return httpx.Response(404, headers=headers, content=PAGE)
        answer = await self._inner.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=headers, content=await answer.aread())


@pytest.fixture(params=sorted(FLAVOURS))
async def flavoured(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Sandbox]:
    """A sandbox of each flavour."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[request.param])
    sandbox.topics.create("t", 2)
    yield sandbox
    await sandbox.aclose()


async def probed(transport: httpx.AsyncBaseTransport) -> Capabilities:
    client = ProxyClient("http://sandbox", transport=transport)
    try:
        await client.probe()
        assert client.failed_count == 0
        return client.capabilities
    finally:
        await client.aclose()


async def test_each_flavour_is_recognised_with_evidence(flavoured: Sandbox) -> None:
    found = await probed(flavoured.transport())
    assert found.dialect.letter == flavoured.proxy.flavour.letter
    assert found["topics.list"].evidence == "GET /topics → 200: lists 1 topic"
    assert found["topics.list"].exchange is found.signs[0].exchange is not None
    assert found["commit"].evidence == f"not tried: known of {found.dialect.name}"


@pytest.mark.parametrize("blocked", [("/none",), ("/v3", "/kafka"), ("/brokers", "/v3", "/kafka")])
@pytest.mark.parametrize("server", ["nginx", "Karapace/5", "Seastar httpd"])
async def test_a_gateway_does_not_confuse(flavoured: Sandbox, blocked: tuple[str, ...], server: str) -> None:
    found = await probed(Gateway(flavoured.transport(), blocked, server))
    assert found.dialect.letter == flavoured.proxy.flavour.letter
    assert found.can("topics.list")


@pytest.mark.parametrize("letter", ["C", "S"])
async def test_a_gateway_that_hides_consumers_does_not_confuse(clock: Clock, letter: str) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    found = await probed(Gateway(sandbox.transport(), ("/consumers", "/v3", "/kafka"), "nginx"))
    assert found.dialect.letter == letter
    await sandbox.aclose()


async def test_v3_is_found_where_confluent_has_it(flavoured: Sandbox) -> None:
    found = await probed(flavoured.transport())
    has = flavoured.proxy.flavour.letter in "CG"
    assert found.can("v3.lags") is has
    assert (found.v3_path, bool(found.cluster_id)) == (("/v3", True) if has else (None, False))
    assert has or found.why_not("v3") == "this proxy has no v3 API"


@pytest.mark.parametrize(
    ("blocked", "lost", "says"),
    [
        ((), set(), "takes GET, HEAD, OPTIONS"),
        (("consumer-groups",), {"v3.groups", "v3.lags"}, "the v3 API of this proxy has no such part"),
    ],
)
async def test_each_v3_resource_is_seen_on_its_own(
    sandbox: Sandbox, blocked: tuple[str, ...], lost: set[str], says: str
) -> None:
    """Also where some of them are switched off; nothing is read or written by it."""
    for path in blocked:
        body = '{"error_code":404,"message":"HTTP 404 Not Found"}'
        sandbox.faults.fail_next(404, times=9, path=path, body=body)
    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    await client.probe()
    await client.probe_v3()
    found = client.capabilities
    assert {each.id for each in found if each.id.startswith("v3") and not each.available} == lost
    assert found["v3.topics"].evidence == "OPTIONS /v3/…/topics → 200: takes GET, HEAD, OPTIONS, POST"
    lags = found["v3.lags"]
    assert says in (lags.evidence + lags.why_not)
    assert lags.exchange is not None
    assert lags.exchange.path.endswith("/consumer-groups/ktui-probe/lags")
    asked = len(client.exchanges)
    await client.probe_v3()
    assert len(client.exchanges) == asked
    assert client.failed_count == 0
    await client.aclose()


async def test_a_cluster_id_with_slashes_stays_one_part_of_the_path(sandbox: Sandbox) -> None:
    body = '{"kind":"KafkaClusterList","data":[{"cluster_id":"../a b/ü?c=%2F#d"}]}'
    sandbox.faults.fail_next(200, path="GET /v3/clusters", body=body)
    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    await client.probe()
    await client.probe_v3()
    asked = [exchange.path for exchange in client.exchanges if exchange.method == "OPTIONS"]
    assert len(asked) == len(V3_RESOURCES)
    assert all(path.startswith("/v3/clusters/..%2Fa%20b%2F%C3%BC%3Fc%3D%252F%23d/") for path in asked)
    await client.aclose()


async def test_where_options_are_not_told_the_v3_api_as_such_counts(sandbox: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    await client.probe()
    sandbox.faults.fail_next(405, times=3, path="OPTIONS", body="<html>no</html>")
    sandbox.faults.fail_next(403, times=3, path="OPTIONS")
    await client.probe_v3()
    told = [client.capabilities[each.id] for each in V3_RESOURCES]
    assert [each.available for each in told].count(False) == 3
    assert all("does not tell" in each.evidence for each in told if each.available)
    assert all("does not let us in" in each.why_not for each in told if not each.available)
    await client.aclose()


async def test_what_cannot_be_read_is_no_sign(sandbox: Sandbox) -> None:
    """Bodies nested deeper than any reader goes: those of the signs, and then that of the list of topics."""
    deep = "[" * 30_000 + "]" * 30_000
    sandbox.faults.fail_next(200, path="GET /(kafka/)?v3/clusters", times=2, body=f'{{"x":{deep}}}')
    sandbox.faults.fail_next(200, path="GET /brokers", body=f'{{"x":{deep}}}')
    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    await client.probe()
    assert client.dialect.letter == "C"
    assert client.capabilities.v3_path is None
    await client.aclose()


async def test_a_list_of_topics_that_is_not_utf_8_is_no_proxys() -> None:
    async with serving(answering(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n["caf\xe9"]')) as url:
        client = ProxyClient(url)
        with pytest.raises(NotAProxy, match="is not a Kafka REST proxy"):
            await client.probe()
        await client.aclose()


async def test_probing_leaves_nothing_behind(flavoured: Sandbox) -> None:
    await probed(flavoured.transport())
    assert not flavoured.instances
    assert flavoured.topics.names() == ["t"]


async def test_a_forced_dialect_decides_and_keeps_the_votes(sandbox: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=REDPANDA)
    assert client.capabilities.forced
    await client.probe()
    assert (client.capabilities.dialect, client.dialect) == (REDPANDA, REDPANDA)
    assert client.capabilities.votes["C"] > client.capabilities.votes["R"]
    await client.aclose()


def letters(can: Callable[[Capabilities], bool]) -> str:
    return "".join(letter for letter, dialect in DIALECTS.items() if can(capabilities(dialect)))


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("topics.describe", "CKSG"),
        ("partitions.offsets", "CKSG"),
        ("brokers", "CKRG"),
        ("produce.headers", "SG"),
        ("produce.timestamp", "SG"),
        ("produce.tombstone", "CRG"),
        ("produce.null_key", "CKSG"),
        ("produce.exact", "CKSG"),
        ("read.timestamps", "KSG"),
        ("read.headers", "SG"),
        ("read.aborted", "CSRG"),
        ("assign", "CKSG"),
        ("assign.show", "CKG"),
        ("seek.time", "CG"),
        ("committed", "CKRG"),
        ("subscribe.show", "CKSG"),
        ("format.text", "S"),
        ("format.avro", "CKG"),
    ],
)
def test_who_can_what(id: str, expected: str) -> None:
    assert letters(lambda server: server.can(id)) == expected


def test_what_cannot_be_done_says_why() -> None:
    for dialect in DIALECTS.values():
        for entry in capabilities(dialect):
            assert entry.available is (not entry.why_not)
    assert capabilities(DIALECTS["C"]).why_not("read.timestamps") == "this proxy does not send timestamps"
    assert "1 less" in capabilities(DIALECTS["C"])["commit.exact"].title
    assert capabilities(REDPANDA)["read.binary"].call == "GET /topics/{topic}/partitions/{partition}/records"
    with pytest.raises(KeyError):
        capabilities(REDPANDA).can("fly")
