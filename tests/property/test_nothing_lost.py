"""From any start to any end, whatever happens: every record once and in order, and no instance left.

KTUI_EXAMPLES=5000 lives through so many random ones per flavour and prints what they came to (with -s).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings

from ktui.rest.dialect import DIALECTS
from ktui.server.flavours import FLAVOURS
from tests.property.plans import A_LONG_WAY, PLANS, Plan
from tests.property.virtual import run
from tests.property.world import lived

EXAMPLES = int(os.environ.get("KTUI_EXAMPLES", "0"))
LETTERS = sorted(FLAVOURS)


@pytest.mark.parametrize("letter", LETTERS)
def test_every_record_once_and_in_order(letter: str) -> None:
    counts: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES or 50,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @example(plan=A_LONG_WAY)
    @given(plan=PLANS)
    def lives(plan: Plan) -> None:
        world = run(lived(letter, plan))
        counts["examples"] += 1
        counts["records"] += world.records
        counts["gaps"] += len(world.gaps)
        counts["stopped and begun again"] += world.stops
        counts["read by several at once"] += world.watching.at_once > 2
        counts["requests"] += world.watching.requests.total()
        counts.update(world.batches)
        counts.update(f"step {step.kind}" for step in plan.steps)

    lives()
    if EXAMPLES:
        print(f"\n{letter}: lost 0, twice 0, instances left 0;", ", ".join(f"{n} {what}" for what, n in counts.items()))
    assert counts["records"] > 1000
    assert counts["gaps"]
    assert counts["trouble"]
    assert counts["read by several at once"] or DIALECTS[letter].reads_by_offset  # those are no instances
