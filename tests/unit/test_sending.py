"""Sending one record: what is known of it afterwards, whatever the answer was."""

from __future__ import annotations

import pytest

from ktui.errors import NotAProxy
from ktui.model import Draft
from ktui.records.sending import Outcome, send
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import CONFLUENT, REDPANDA, STRIMZI, Dialect
from ktui.server.sandbox import Sandbox

DRAFT = Draft("t", b"k", b"v")
ONE = '{"partition":0,"offset":1}'


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, f'{{"offsets":[{ONE}]}}', Outcome.STORED),
        (200, '{"offsets":[{"error_code":50002,"error":"too large"}]}', Outcome.NOT_STORED),
        (200, '{"offsets":[]}', Outcome.UNKNOWN),
        (200, f'{{"offsets":[{ONE},{ONE}]}}', Outcome.UNKNOWN),
        (200, "<html>fine</html>", Outcome.UNKNOWN),
        (200, '{"offsets":[{"partition":0', Outcome.UNKNOWN),
        (204, "", Outcome.UNKNOWN),
        (302, "<html>over there</html>", Outcome.NOT_STORED),
        (400, None, Outcome.NOT_STORED),
        (401, None, Outcome.NOT_STORED),
        (404, "<html>not here</html>", Outcome.NOT_STORED),
        (405, None, Outcome.NOT_SENT),
        (408, "<html>it took too long</html>", Outcome.UNKNOWN),
        (408, None, Outcome.NOT_STORED),
        (422, '{"offsets":[]}', Outcome.NOT_STORED),
        (429, None, Outcome.NOT_STORED),
        (500, None, Outcome.UNKNOWN),
        (503, None, Outcome.UNKNOWN),
        (504, "<html>it took too long</html>", Outcome.UNKNOWN),
    ],
)
async def test_the_outcome_of_each_answer(
    sandbox: Sandbox, proxy: ProxyClient, status: int, body: str | None, outcome: Outcome
) -> None:
    sandbox.topics.create("t", 1)
    sandbox.faults.fail_next(status, path="POST /topics/t", body=body)
    sending = await send(proxy, DRAFT)
    assert (sending.outcome, sending.error is None) == (outcome, outcome is Outcome.STORED)
    assert sum(exchange.method == "POST" for exchange in proxy.exchanges) == 1


@pytest.mark.parametrize("dialect", [CONFLUENT, STRIMZI, REDPANDA], ids=lambda dialect: dialect.letter)
async def test_fewer_reports_than_records_are_no_answer_of_a_proxy(sandbox: Sandbox, dialect: Dialect) -> None:
    client = ProxyClient("http://sandbox", dialect=dialect, transport=sandbox.transport())
    sandbox.faults.fail_next(200, path="POST /topics/t", body='{"offsets":[]}')
    with pytest.raises(NotAProxy, match="0 reports, not 2") as caught:
        await client.produce("t", [DRAFT, DRAFT])
    assert caught.value.exchange is client.exchanges[-1]
    await client.aclose()
