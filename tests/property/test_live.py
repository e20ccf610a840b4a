"""On a real proxy, through the app's own reading: whatever happens meanwhile, every record once and in order, and no
instance left. Prints the counts.

    pytest -m live tests/property -s --proxy http://127.0.0.1:8082 --topic NAME

NAME is a topic to which nobody else writes; it is made where the proxy can make it. KTUI_EXAMPLES=100 lives through
so many random examples.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from ktui.rest.client import ProxyClient
from tests.live.other import somebody_else
from tests.property.on_proxy import PLANS, Example, Topic
from tests.property.plans import ReadPlan

EXAMPLES = int(os.environ.get("KTUI_EXAMPLES", "0"))
BAD = (
    "lost",
    "twice",
    "instances left",
    "out of order",
    "beyond the end",
    "changed",
    "gaps",
    "two reads of one at once",
)
"""What must not be: each is none."""


async def prepared(url: str, name: str) -> tuple[str, Topic]:
    """What make of proxy it is, and the topic, which is made unless it is there."""
    async with somebody_else(url) as other:
        await other.ensure_topic(name)
    client = ProxyClient(url)
    make = await client.probe()
    partitions = [each.partition for each in await client.partitions(name)]
    topic = Topic(name, await client.ranges(name, partitions))
    await client.aclose()
    return make.letter, topic


@pytest.mark.live
def test_every_record_once_and_in_order(proxy_url: str, request: pytest.FixtureRequest) -> None:
    counts: Counter[str] = Counter(dict.fromkeys(BAD, 0))

    async def lived(plan: ReadPlan) -> Counter[str]:
        async with somebody_else(proxy_url) as other:
            example = Example(proxy_url, letter, topic, other, plan)
            await example.lived()
            example.reckon()
            return example.counts

    with asyncio.Runner() as runner:
        letter, topic = runner.run(prepared(proxy_url, request.config.getoption("--topic")))

        @settings(
            max_examples=EXAMPLES or 10,
            derandomize=not EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # what happened once on a live server seldom happens the same again
            suppress_health_check=list(HealthCheck),
        )
        @given(plan=PLANS)
        def example(plan: ReadPlan) -> None:
            found = runner.run(lived(plan))
            counts.update(found)
            counts.update(f"step {step.kind}" for step in plan.steps)
            assert not {what: n for what in BAD if (n := found[what])}

        try:
            example()
        finally:
            print(f"\n{letter}:", ", ".join(f"{n} {what}" for what, n in counts.items()))
    assert counts["records"]
