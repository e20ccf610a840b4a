"""A key in the stream while records come, slowly and fast, against the same key in the same app when none come."""

from __future__ import annotations

from typing import NamedTuple

from tests.bench.gauges import Reading, flood, flooded
from tests.bench.keyboard import Latency
from tests.bench.table import Row, at_most

RATES = (1.0, 1_000.0, 20_000.0, 300_000.0)
ROUNDS = 40
TYPED = (("7", "after 17 "), ("1", "after 171 "), ("\x7f", "after 17 "), ("\x7f", "after 1 "))
"""Keys behind `begin take 1`, and what the prompt then says would happen."""
FRAME = 1000 / 60
"""Milliseconds."""


class Used(NamedTuple):
    """The app at one rate."""

    moving: Latency
    """Up and down."""
    typing: Latency
    """In a prompt, the view following the end behind it."""
    reading: Reading


def use(rate: float | None, rounds: int = ROUNDS) -> Used:
    with flood(rate) as url, flooded(url) as app:
        keyboard = app.keyboard
        keyboard.drain(3.0)
        start = len(app.gauges())
        keyboard.press("g")
        keyboard.wait_for("go to")
        keyboard.press("begin take 1")
        keyboard.wait_for("after 1 record")
        typing = keyboard.measure(TYPED, rounds)
        keyboard.press("\x1b")
        keyboard.drain(1.0)
        reading = Reading.of(app.gauges()[start:])
        keyboard.press("k")
        moving = keyboard.measure([("k", "▌"), ("j", "▌")], rounds)
    return Used(moving, typing, reading)


def measure(rounds: int = ROUNDS) -> list[Row]:
    used = {rate: use(rate, rounds) for rate in RATES}
    idle, rows = used[RATES[0]], []
    for rate in RATES[1:]:
        now = used[rate]
        for what, ours, beside in (("moving", now.moving, idle.moving), ("typing", now.typing, idle.typing)):
            row = (f"key, {what} at {rate:,.0f} records/s", str(ours), f"idle: {beside}", ours.p99 / beside.p99)
            rows.append(at_most(*row, 2.5) if rate == 20_000 else Row(*row))
    with flood(None) as url, flooded(url) as app:
        app.keyboard.drain(3.0)
        flat_out = app.watch(5.0)
    rows.append(
        at_most(
            "loop lag, flat out",
            str(flat_out.lags),
            f"of its own work: {flat_out.own}; a frame of 60: {FRAME:.1f} ms",
            flat_out.own.p99 / FRAME,
            1,
        )
    )
    return rows
