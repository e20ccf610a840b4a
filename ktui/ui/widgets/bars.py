"""Small charts in one line of text: a bar of one cell per number."""

from __future__ import annotations

from collections.abc import Collection

BARS = "▁▂▃▄▅▆▇█"


def bars(numbers: Collection[int]) -> str:
    """The largest fills its cell; none at all is still seen as a line."""
    highest = max(numbers, default=0) or 1
    return "".join(BARS[(len(BARS) - 1) * number // highest] for number in numbers)
