"""The gateway over a broker against the recordings of Confluent's proxy, as the one over memory is."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.within import GatewayTransport
from tests.conformance.cases import SUITE
from tests.conformance.known import KNOWN
from tests.conformance.suite import Case
from tests.conformance.test_conformance import differing
from tests.kafka.recorded import OnBroker

pytestmark = pytest.mark.kafka
TOGETHER = 6
ON_A_BROKER: Mapping[int, str] = {}
"""Cases that are the same over memory and differ here, and why."""


@pytest.fixture
async def client(bootstrap: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = GatewayTransport(lambda: Gateway(ClusterKafka({"bootstrap.servers": bootstrap})), 30.0)
    async with httpx.AsyncClient(transport=transport) as client:
        yield client


async def test_a_broker_behind_it_changes_no_answer(client: httpx.AsyncClient, bootstrap: str) -> None:
    turns = asyncio.Semaphore(TOGETHER)

    async def played(case: Case) -> list[str]:
        salt = f"-{secrets.token_hex(4)}"
        async with turns:
            endpoint = OnBroker(bootstrap, client)
            await asyncio.to_thread(endpoint.load, case, salt)
            return await differing(endpoint, case, "G", salt)

    async def different(case: Case) -> list[str]:
        """A case that differs is played again: a busy machine may answer later than the case waits."""
        for _ in range(3):
            if not (lines := await played(case)):
                break
        return lines

    cases = [case for case in SUITE if "C" in case.flavours and case.number not in KNOWN["G"]]
    found = dict(zip([case.number for case in cases], await asyncio.gather(*map(different, cases)), strict=True))
    wrong = {number: lines for number, lines in found.items() if bool(lines) != (number in ON_A_BROKER)}
    assert not wrong, "\n".join(f"{number}: {line}" for number, lines in wrong.items() for line in lines or ["same"])
