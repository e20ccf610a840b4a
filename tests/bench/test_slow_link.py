"""Keys over a slow link while records fly by, with the care that is taken of it and without."""

from __future__ import annotations

import pytest

from tests.bench.keyboard import DEADLINE, Latency
from tests.bench.slow_link import RATE, SlowLink

TIMES = 5.0
"""How much quicker a key must show."""
ROUNDS = 6


def keys(answers: bool, relay: int, *how: str) -> tuple[Latency, float]:
    """Latency of typing while the view follows the end, and the bytes a second that are drawn without any key."""
    with SlowLink("-m", "tests.bench.one_topic", "clicks", "traffic", *how, answers=answers, relay=relay) as link:
        link.wait_for("live")
        link.drain(5.0)
        drawn = link.total
        link.drain(5.0)
        drawn = (link.total - drawn) / 5
        took: list[float] = []
        try:
            link.press("g")
            took.append(link.wait_for("go to"))
            took += link.measure([("7", "start at 7"), ("1", "start at 71"), ("\x15", "     ")], ROUNDS).all
        except AssertionError:  # nothing within the deadline
            took += [DEADLINE] * (3 * ROUNDS + 1 - len(took))
        return Latency.of(took), drawn


@pytest.mark.bench
@pytest.mark.parametrize(
    ("answers", "relay"),
    [
        pytest.param(True, 0, id="a terminal that answers"),
        pytest.param(True, 100_000, id="over a relay that holds 100 kB, as ssh does"),
        pytest.param(False, 0, id="a terminal that answers nothing"),
    ],
)
def test_slow_link(answers: bool, relay: int) -> None:
    careful, drawn = keys(answers, relay)
    careless, drawn_carelessly = keys(answers, relay, "careless")
    print(f"\n{RATE / 1000:.0f} kB/s  with care  {careful}   {drawn / 1000:4.1f} kB/s drawn")
    print(f"         without    {careless}   {drawn_carelessly / 1000:4.1f} kB/s drawn")
    assert careful.median * TIMES <= careless.median
    assert careful.p99 <= careless.p99
