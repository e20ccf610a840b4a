"""Our server against the recordings of real ones, case by case; the same on a socket, and on any live proxy."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest

from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve
from tests.clock import Clock
from tests.conformance.cases import SUITE
from tests.conformance.compare import differences, golden
from tests.conformance.endpoint import Endpoint, InProcess, load
from tests.conformance.known import ADDED_BY_GATEWAY, KNOWN
from tests.conformance.probe import Probe
from tests.conformance.suite import DIALECTS, Case, Json

ON_A_SOCKET = (1, 2, 15, 31, 42, 52, 72, 94, 112, 113, 116, 121, 133)
PLAYED = [
    pytest.param(letter, case, id=f"{letter}-{case.number}")
    for letter in DIALECTS
    for case in SUITE
    if DIALECTS[letter].flavour in case.flavours
]


async def differing(endpoint: Endpoint, case: Case, letter: str, salt: str = "") -> list[str]:
    """Run a case; what differs from the recording."""
    dialect = DIALECTS[letter]
    probe = Probe(endpoint, case, dialect, salt)
    try:
        await case.run(probe)
    finally:
        await probe.close()
    if letter == "G":
        for step in probe.steps.values():
            take_off(step["response"]["body"])
    return differences(probe.steps, golden(dialect.golden)[case.number])


def take_off(body: Json) -> None:
    """Leave of the records of a read what C sends of them; each must have the rest."""
    for record in body if isinstance(body, list) else ():
        if isinstance(record, dict) and "offset" in record:
            for name in ADDED_BY_GATEWAY:
                del record[name]


@pytest.mark.parametrize(("letter", "case"), PLAYED)
async def test_the_sandbox_answers_as_the_real_server_did(letter: str, case: Case) -> None:
    clock = Clock(step=0.25)
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    sandbox.topics.create("__consumer_offsets", internal=True)
    for topic in case.topics:
        load(sandbox, f"c{case.number}-{topic.name}", topic)
    async with httpx.AsyncClient(transport=sandbox.transport()) as client:
        found = await differing(InProcess(sandbox, clock, client), case, letter)
    await sandbox.aclose()
    if reason := KNOWN[letter].get(case.number):
        assert found, f"case {case.number} is the same now, take it from the known differences ({reason})"
        pytest.skip(f"known difference: {reason}")
    assert not found, "\n".join([f"case {case.number}: {case.title}", *found])


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """A sandbox on a socket, in real time, with the topics of the cases that are asked there."""
    sandbox = Sandbox()
    for number in ON_A_SOCKET:
        for topic in SUITE.cases[number].topics:
            load(sandbox, f"c{number}-{topic.name}", topic)
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(sandbox, "127.0.0.1", 0, say=opened.set_result))
    yield await opened
    serving.cancel()
    await asyncio.wait([serving])


async def test_the_sandbox_answers_the_same_on_a_socket(address: str) -> None:
    async with httpx.AsyncClient() as client:

        async def check(number: int) -> list[str]:
            return await differing(Endpoint(address, client), SUITE.cases[number], "C")

        found = await asyncio.gather(*(check(number) for number in ON_A_SOCKET))
    assert dict(zip(ON_A_SOCKET, found, strict=True)) == {number: [] for number in ON_A_SOCKET}


@pytest.mark.live
@pytest.mark.parametrize("case", [case for case in SUITE if not case.topics and not case.needs_kafka], ids=str)
async def test_a_live_proxy_answers_as_recorded(case: Case, proxy_url: str, request: pytest.FixtureRequest) -> None:
    """Cases that need no topics of their own; a real proxy cannot be given any."""
    letter = request.config.getoption("--flavour")
    if letter not in case.flavours:
        pytest.skip(f"not for {letter}")
    async with httpx.AsyncClient() as client:
        found = await differing(Endpoint(proxy_url, client), case, letter, f"-{secrets.token_hex(4)}")
    assert not found, "\n".join([f"case {case.number}: {case.title}", *found])
