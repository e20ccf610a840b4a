"""What an example is made of: a topic, a place to begin, and what happens while it is read."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from hypothesis import strategies as st

from ktui.records.lanes import Scale
from ktui.rest.dialect import DIALECTS, Dialect

SMALL_READ = 4096
"""max_bytes of the gears here, so that a record above it is no megabyte."""
SCALE = Scale(far=20, stretch=30, waiting_bytes=5000)
"""Of lanes here."""
SIZES = (0, 0, 1, 20, 200, 1000, 1500, SMALL_READ - 1, SMALL_READ, 3 * SMALL_READ)


@dataclass(frozen=True)
class Step:
    """One thing that happens."""

    kind: str
    amount: int
    where: int
    seconds: float
    """Until the next."""


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """One example, as far as it can be lived through on any server."""

    partitions: int
    sizes: tuple[int, ...]
    bulk: int
    """Small records before all others."""
    start: int
    """Per mille of what may be read of each partition at which it begins."""
    end: int | None
    """Per mille of the rest up to which it is read. None: to wherever it ends by then, and on."""
    steps: tuple[Step, ...]
    json: bool
    tight: bool
    """Reads are small."""
    limited: bool
    """max_bytes is sent where it must not be."""
    lanes: int
    """Instances at once over what counts as a long way here."""


@dataclass(frozen=True, kw_only=True)
class Plan(ReadPlan):
    """One on a topic of its own."""

    dropped: frozenset[int]
    """Which of the records are compacted away; in partitions in turn."""
    truncated: int


KINDS = (
    "append",
    "append",
    "hollow",
    "poison",
    "compact",
    "truncate",
    "skip",
    "expire",
    "restart",
    "busy",
    "asked to wait",
    "gateway",
    "gone",
    "cut",
    "away",
    "refused seeks",
    "cancelled",
    "cancelled",
    "paused",
    "calm",
    "calm",
)
PAUSES = (0.0, 0.003, 0.006, 0.01, 0.03, 0.1, 0.6, 3.0, 15.0)
STEPS = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 30), st.integers(0, 5), st.sampled_from(PAUSES))
PLANS = st.builds(
    Plan,
    partitions=st.integers(1, 4),
    sizes=st.lists(st.sampled_from(SIZES), max_size=60).map(tuple),
    bulk=st.sampled_from((0, 0, 40, 200, 700, 1300)),
    dropped=st.frozensets(st.integers(0, 60), max_size=20),
    truncated=st.sampled_from((0, 0, 0, 3, 25)),
    start=st.sampled_from((0, 0, 0, 100, 500, 990, 1000)),
    steps=st.lists(STEPS, max_size=14).map(tuple),
    json=st.sampled_from((False, False, False, True)),
    tight=st.booleans(),
    limited=st.sampled_from((False, False, False, True)),
    lanes=st.sampled_from((1, 2, 4, 8)),
    end=st.sampled_from((None, None, None, None, 1000, 900, 500, 0)),
)

A_LONG_WAY = Plan(
    partitions=4,
    sizes=(),
    bulk=1300,
    dropped=frozenset(),
    truncated=0,
    start=0,
    end=None,
    steps=(),
    json=False,
    tight=True,
    limited=False,
    lanes=4,
)
"""One that is read by several instances at once, whatever else is tried."""


def dialect(letter: str, plan: ReadPlan) -> Dialect:
    """The real one, with smaller reads if the plan says so. One byte, as on Karapace, stays one byte."""
    real = DIALECTS[letter]
    changed = {}
    for name in ("tail", "catch_up"):
        gear = getattr(real, name)
        limit = gear.max_bytes
        if plan.tight and limit is not None and limit > 1:
            limit = SMALL_READ
        if plan.limited and letter == "S":
            limit = SMALL_READ
        changed[name] = msgspec.structs.replace(gear, max_bytes=limit) if limit != gear.max_bytes else gear
    if changed["tail"] == changed["catch_up"]:
        changed["catch_up"] = changed["tail"]  # one gear: told by identity
    return msgspec.structs.replace(real, **changed)
