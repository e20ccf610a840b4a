"""A key in the stream at full traffic against the same key in the same app without traffic."""

from __future__ import annotations

import pytest

from tests.bench.keyboard import Keyboard, Latency

TIMES = 3.0
"""How much slower a key may be while records fly by."""
CLOSE = 10.0
"""Milliseconds that nobody notices: an idle app can be so quick that three times nothing is nothing."""
ROUNDS = 75


def keys(traffic: str) -> dict[str, Latency]:
    """Latencies of typing while the view follows the end, and of moving the cursor."""
    with Keyboard("-m", "tests.bench.one_topic", "clicks", traffic) as keyboard:
        keyboard.wait_for("live")
        keyboard.drain(3.0)
        keyboard.press("g")
        keyboard.wait_for("go to")
        typing = keyboard.measure([("7", "start at 7"), ("1", "start at 71"), ("\x15", "     ")], ROUNDS)
        keyboard.press("\x1b")
        keyboard.drain(1.0)
        keyboard.press("k")
        moving = keyboard.measure([("k", "▌"), ("j", "▌")], ROUNDS)
    return {"typing": typing, "moving": moving}


@pytest.mark.bench
def test_keys_at_full_traffic() -> None:
    idle, busy = keys("idle"), keys("traffic")
    for what in idle:
        print(f"\n{what:8} idle     {idle[what]}\n{what:8} traffic  {busy[what]}")
    for what in idle:
        assert busy[what].p99 <= max(TIMES * idle[what].p99, CLOSE), what
        assert busy[what].median <= max(TIMES * idle[what].median, CLOSE), what
