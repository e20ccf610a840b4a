"""Records that a gateway in this process hands over as they are."""

from __future__ import annotations

from collections.abc import Sequence

import httpx

from ktui.model import Exchange, Header, Record, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.rest.transcript import KEPT
from ktui.server.flavours import GATEWAY
from ktui.server.sandbox import Sandbox
from ktui.server.transport import InProcess
from tests.clock import Clock
from tests.unit.server_http import Http


async def read(transport: httpx.AsyncBaseTransport, format: str = "binary") -> tuple[Sequence[Record], int, Exchange]:
    client = ProxyClient("http://sandbox", transport=transport)
    await client.probe()
    async with client.consumer(format=format) as consumer:
        await consumer.assign([TopicPartition("t", 0)])
        await consumer.seek({TopicPartition("t", 0): 0})
        answer = await consumer.read(300, 2**21)
        records = await answer.records()
    exchange = [each for each in client.exchanges if "/records" in each.path][-1]
    await client.aclose()
    return records, answer.size, exchange


def both(sandbox: Sandbox, clock: Clock) -> tuple[httpx.AsyncBaseTransport, httpx.AsyncBaseTransport]:
    """As text, and as they are."""
    handing = InProcess(sandbox.app, sandbox.faults, clock.sleep, set(), hands_records=True)
    return sandbox.transport(), handing


async def test_they_are_what_the_text_says_and_so_is_what_is_shown(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=GATEWAY)
    sandbox.topics.create("t")
    for key, value in ((None, None), (b"", b""), (b"k\0\xff", b"{}"), (b"7", None)):
        sandbox.topics.append("t", 0, key, value)
    sandbox.topics.append("t", 0, b"h", b"v", headers=(Header("a", b"\x00"), Header("\u00e4", None)))
    texts, handed = [await read(each) for each in both(sandbox, clock)]
    assert handed[:2] == texts[:2]
    assert handed[2].response_body == texts[2].response_body
    assert handed[2].response_size == texts[2].response_size == texts[1]
    await sandbox.aclose()


async def test_of_many_the_beginning_is_shown_and_the_size_is_near(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=GATEWAY)
    sandbox.topics.create("t")
    for number in range(2000):
        sandbox.topics.append("t", 0, b"%d" % number, b'"' + b"v" * 200 + b'"')
    texts, handed = [await read(each) for each in both(sandbox, clock)]
    assert list(handed[0]) == list(texts[0])
    assert len(handed[0]) > 1000
    assert handed[2].response_body[: KEPT - 1000] == texts[2].response_body[: KEPT - 1000]
    assert abs(handed[1] - texts[1]) < texts[1] / 20
    in_json = [await read(each, "json") for each in both(sandbox, clock)]
    assert in_json[0][0] == in_json[1][0]
    assert in_json[0][2].response_body == in_json[1][2].response_body
    await sandbox.aclose()


async def test_who_does_not_ask_for_them_gets_text(clock: Clock) -> None:
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=GATEWAY)
    sandbox.topics.create("t")
    sandbox.topics.append("t", 0, b"k", b"v")
    async with httpx.AsyncClient(transport=both(sandbox, clock)[1], base_url="http://sandbox") as client:
        http = Http(client)
        await http.create("g", "i")
        await http.assign("g", "i", "t", 0)
        assert [record["value"] for record in await http.records("g", "i", "timeout=300")] == ["dg=="]
    await sandbox.aclose()
