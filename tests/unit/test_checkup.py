"""The doctor without a screen: step by step, on every flavour, and what it says when something is wrong."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ktui.records.checkup import Checkup, Result, Step
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS, STRIMZI
from ktui.rest.tls import Tls
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.redpanda import Redpanda

LIFE = ["reachable", "server", "a topic to read", "create an instance", "assign and seek", "read", "delete it"]


@pytest.fixture(params=[letter for letter in sorted(FLAVOURS) if DIALECTS[letter].assigns])
async def flavoured(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Sandbox]:
    """A sandbox of each flavour with some records."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[request.param])
    fill(sandbox)
    yield sandbox
    await sandbox.aclose()


def fill(sandbox: Sandbox) -> None:
    sandbox.topics.create("_internal", 1)
    sandbox.topics.create("none", 1)
    sandbox.topics.create("orders", 2)
    for number in range(10):
        sandbox.topics.append("orders", 1, b"k", b"%d" % number)


async def examined(client: ProxyClient, send_to: str | None = None) -> list[Step]:
    try:
        return [step async for step in Checkup(client, send_to=send_to).steps()]
    finally:
        await client.aclose()


def client_of(sandbox: Sandbox) -> ProxyClient:
    return ProxyClient("http://sandbox", transport=sandbox.transport())


def problems(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.result is Result.PROBLEM]


async def test_a_healthy_proxy_passes_every_step(flavoured: Sandbox) -> None:
    steps = await examined(client_of(flavoured), "orders")
    assert [step.title for step in steps if step.result is not Result.NOTE] == [*LIFE, "send to orders and read back"]
    assert {step.result for step in steps} <= {Result.OK, Result.NOTE}
    assert steps[5].says.startswith(("1 record from orders/1 @ 5", "5 records from orders/1 @ 5"))
    assert "read back byte by byte" in steps[-1].says
    assert not flavoured.instances


async def test_nothing_is_written_unasked(flavoured: Sandbox) -> None:
    await examined(client_of(flavoured))
    assert [flavoured.topics["orders"].partitions[number].end for number in (0, 1)] == [0, 10]
    assert not flavoured.groups.committed


async def test_redpanda_needs_no_instance() -> None:
    server = Redpanda()
    server.create("orders", 2)[1].records += [(b"k", b"v")] * 10
    steps = await examined(ProxyClient("http://redpanda", transport=server), "orders")
    assert problems(steps) == []
    assert [step.title for step in steps][-1] == "send to orders and read back"
    assert "not needed" in steps[3].says
    assert not any("instances" in asked and "ktui-probe" not in asked for asked in server.asked)


async def test_nobody_there_is_told_with_a_cause(sandbox: Sandbox) -> None:
    sandbox.faults.refuse = True
    (step,) = await examined(client_of(sandbox))
    assert (step.title, step.result) == ("reachable", Result.PROBLEM)
    assert "connection refused" in step.says
    assert "nothing listens" in step.cause
    assert "tried again" not in step.next_step


async def test_a_path_too_much_is_told(flavoured: Sandbox) -> None:
    (step,) = await examined(ProxyClient("http://sandbox/wrong", transport=flavoured.transport()))
    assert step.result is Result.PROBLEM
    assert step.says.startswith("There is no list of topics at http://sandbox/wrong")
    assert "Check the address" in step.next_step


async def test_another_make_than_named_is_noticed(sandbox: Sandbox) -> None:
    fill(sandbox)
    steps = await examined(ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=STRIMZI))
    assert steps[1].result is Result.NOTE
    assert "another make of proxy (C)" in steps[1].cause
    (problem,) = problems(steps)
    assert problem.title == "create an instance"
    assert "--dialect" in problem.next_step
    assert problem.exchange is not None
    assert problem.exchange.status == 422


async def test_a_base_uri_of_another_world_is_a_note(sandbox: Sandbox) -> None:
    fill(sandbox)
    sandbox.faults.base_uri = "http://unreachable:8082"
    steps = await examined(client_of(sandbox))
    assert problems(steps) == []
    (note,) = (step for step in steps if step.result is Result.NOTE)
    assert "unreachable:8082" in note.cause


async def test_what_healed_is_told_as_found_and_so_is_a_certificate_that_nobody_looks_at(sandbox: Sandbox) -> None:
    fill(sandbox)
    sandbox.faults.refuse_seeks(1)
    client = ProxyClient("https://sandbox", transport=sandbox.transport(), tls=Tls(insecure=True))
    steps = await examined(client)
    assert problems(steps) == []
    unverified, healed = (step for step in steps if step.result is Result.NOTE)
    assert (unverified.title, unverified.says) == ("TLS", "not verified")
    assert "--cacert" in unverified.next_step
    assert healed.cause
    assert healed.next_step
    assert healed.exchange is not None
    assert (healed.exchange.method, healed.exchange.status) == ("POST", 409)


@pytest.mark.parametrize(
    ("path", "title"),
    [("/assignments", "assign and seek"), ("ktui-(?!probe).*/records", "read"), ("/partitions", "a topic to read")],
)
async def test_the_step_that_fails_is_the_one_that_is_named(sandbox: Sandbox, path: str, title: str) -> None:
    fill(sandbox)
    sandbox.faults.fail_next(500, 1, path=path)
    steps = await examined(client_of(sandbox))
    (problem,) = problems(steps)
    assert problem.title == title
    assert problem.exchange is not None
    assert problem.cause
    assert not sandbox.instances


async def test_an_instance_that_is_not_deleted_is_told(sandbox: Sandbox) -> None:
    fill(sandbox)
    sandbox.faults.fail_next(503, 7, path="/instances/ktui-[0-9a-f]{8}$")
    steps = await examined(client_of(sandbox))
    (problem,) = problems(steps)
    assert (problem.title, problem.says) == ("delete it", "it may be there still")


async def test_without_topics_or_records_that_is_said(sandbox: Sandbox) -> None:
    steps = await examined(client_of(sandbox))
    assert (steps[-1].result, steps[-1].says) == (Result.SKIPPED, "there is no topic")
    sandbox.topics.create("empty", 1)
    steps = await examined(client_of(sandbox))
    assert [step.title for step in steps] == LIFE
    assert steps[5].says.startswith("nothing, as it should be: empty/0 is empty")


async def test_a_topic_that_is_not_there_gets_nothing(sandbox: Sandbox) -> None:
    steps = await examined(client_of(sandbox), "nowhere")
    assert problems(steps) == [steps[-2]]
    assert steps[-2].says == "not sent: there is no topic nowhere"
    assert sandbox.topics.names() == []


async def test_an_outcome_that_is_not_known_is_not_called_a_failure_to_store(sandbox: Sandbox) -> None:
    fill(sandbox)
    client = client_of(sandbox)
    checkup = Checkup(client, send_to="orders")
    steps = []
    async for step in checkup.steps():
        steps.append(step)
        if step.title == "delete it":
            sandbox.faults.fail_next(502, 1, path="^POST /topics/orders$", body="<html>Bad gateway</html>")
    await client.aclose()
    assert steps[-1].says.startswith("outcome unknown, look before sending it again")
