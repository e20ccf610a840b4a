"""Taking records in with the strip of figures shown against the same with the strip hidden."""

from __future__ import annotations

import asyncio
import base64
import statistics
import time
from functools import partial

import msgspec
import pytest

from ktui.records.batch import Batch
from ktui.rest import codec
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.stream import StreamPane
from tests.ui.host import Host, until

LEAST = 0.9
"""What must be left of the rate without it."""
SECONDS = 1.0
PAIRS = 9


def body(records: int = 2127) -> bytes:
    """An answer of about a megabyte: records of 416 bytes in it, as the proxy sends them."""

    def text(data: bytes) -> str:
        return base64.b64encode(data).decode()

    return msgspec.json.encode(
        [
            {"topic": "t", "partition": n % 6, "offset": n, "key": text(b"cust-%05d" % (n * 7919 % 20_000)),
             "value": text(b'{"id":%d,"x":"%s"}' % (n, b"y" * (170 + n % 90)))}
            for n in range(records)
        ]
    )  # fmt: skip


async def rate(pane: StreamPane, answer: bytes) -> float:
    """Records that are decoded and taken in, per second of this process, while the screen lives."""
    begun, begun_cpu, taken = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - begun < SECONDS:
        records = codec.records(answer)
        pane.show(Batch(records=records))
        taken += len(records)
        await asyncio.sleep(0)
    return taken / (time.process_time() - begun_cpu)


@pytest.mark.bench
async def test_figures_cost_little(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 6)
    pane, answer = StreamPane(proxy), body()
    host = Host(pane)
    hidden, shown = [], []
    async with host.run_test(size=(120, 36)) as pilot:
        pane.open(await proxy.topic("t"))
        await rate(pane, answer)
        for _ in range(PAIRS):
            hidden.append(await rate(pane, answer))
            pane.action_figures()
            figures = pane.figures.figures
            assert figures is not None
            await until(pilot, partial(lambda each: not each.catching_up, figures))  # once, a tenth of a second
            shown.append(await rate(pane, answer))
            pane.action_figures()
    ratio = statistics.median(b / a for a, b in zip(hidden, shown, strict=True))
    print(f"\n{[f'{a / 1000:.0f}k' for a in hidden]} {[f'{a / 1000:.0f}k' for a in shown]}")
    print(f"hidden {statistics.median(hidden):,.0f}/s, shown {statistics.median(shown):,.0f}/s: {ratio:.2f}")
    assert ratio >= LEAST
