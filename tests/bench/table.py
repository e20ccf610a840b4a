"""What was measured, as lines of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
HEADS = ("What", "ktui", "beside", "ratio", "wanted")


class Row(NamedTuple):
    """One measurement and what it was compared with in the same run."""

    what: str
    ours: str
    beside: str = ""
    ratio: float | None = None
    wanted: str = ""
    """In words: `>= 5`."""
    good: bool | None = None
    """None where nothing was promised."""

    def cells(self) -> tuple[str, ...]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.what, self.ours, self.beside, ratio, self.wanted + ("" if self.good is not False else " (missed)"))


def at_least(what: str, ours: str, beside: str, ratio: float, wanted: float) -> Row:
    return Row(what, ours, beside, ratio, f"≥ {wanted:g}", ratio >= wanted)


def at_most(what: str, ours: str, beside: str, ratio: float, wanted: float) -> Row:
    return Row(what, ours, beside, ratio, f"≤ {wanted:g}", ratio <= wanted)


def thousands(rate: float) -> str:
    """A rate as one reads it: 612k/s."""
    return f"{rate / 1000:,.0f}k/s" if rate >= 10_000 else f"{rate:,.0f}/s"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def text(rows: Sequence[Row]) -> str:
    """For a terminal."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def markdown(rows: Sequence[Row]) -> str:
    lines = ["| " + " | ".join(HEADS) + " |", "|--" * len(HEADS) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row.cells()) + " |" for row in rows)])


def into_readme(rows: Sequence[Row], conditions: str) -> None:
    """Put the table in the place of the one that is there."""
    whole = README.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGIN)
    _, _, after = rest.partition(END)
    table = f"{BEGIN}\n{conditions}\n\n{markdown(rows)}\n{END}"
    README.write_text(before + table + after, encoding="utf-8")
