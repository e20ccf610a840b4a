"""The lines of a value as rows of a given width: wrapped, folded, made bit by bit. No widget, no colours."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

from ktui.jsontext import Line, Role, Span
from ktui.ui.text import even

INDENT = 4
_DENSE = 4
"""Characters for each cell of a row, at most: of those without a width any number would fit, and be drawn at once."""
_BATCH = 32
"""Rows made between two looks at the clock."""


class Row(NamedTuple):
    """A piece of a line, from character `start` up to `end`."""

    line: int
    start: int
    end: int


class Layout:
    """Some lines of ours, then those of a value, as rows."""

    def __init__(self, head: list[Line], value: Iterator[Line], width: int) -> None:
        self.lines: list[Line] = list(head)
        self.rows: list[Row] = []
        self.head = len(head)
        """Lines on top that are not the value's."""
        self.width = max(8, width)
        self.folded: set[int] = set()
        self.complete = False
        self._value = value
        self._making = self._make(0)

    def grow(self, seconds: float) -> bool:
        """Make rows for so long. True when something was made."""
        if self.complete:
            return False
        until = time.perf_counter() + seconds
        before = len(self.rows)
        while not self.complete and (len(self.rows) == before or time.perf_counter() < until):
            for _ in range(_BATCH):
                row = next(self._making, None)
                if row is None:
                    self.complete = True
                    break
                self.rows.append(row)
        return True

    def refit(self, width: int) -> None:
        """Start the rows over for another width; the lines stay."""
        self.width = max(8, width)
        self._remake(0)

    def toggle(self, number: int) -> None:
        """Fold or unfold a line that opens. Needs its end to be known."""
        self.folded ^= {number}
        self._remake(number)

    @property
    def structured(self) -> bool:
        """The value is a tree, with places in it to go to."""
        return len(self.lines) > self.head and self.lines[self.head].opens

    def can_fold(self, number: int) -> bool:
        line = self.lines[number]
        return line.opens and line.close >= 0

    def row_of(self, number: int) -> int:
        """The first row of a line, or of the folded one it is hidden in."""
        row = bisect.bisect_left(self.rows, number, key=lambda row: row.line)
        if row < len(self.rows) and self.rows[row].line == number:
            return row
        row = max(0, row - 1)
        return row if not self.rows else bisect.bisect_left(self.rows, self.rows[row].line, key=lambda row: row.line)

    def row_again(self, row: Row) -> int:
        """Where the beginning of a row stands that was made for another width."""
        begin = (row.line, row.start)
        return max(0, bisect.bisect_right(self.rows, begin, key=lambda each: (each.line, each.start)) - 1)

    def parent(self, number: int) -> int:
        """The line that opens around this one; -1 at the root and on top."""
        above = self.lines[number].parent
        return above + self.head if above >= 0 else -1

    def path(self, number: int) -> str:
        """Where in the value a line is, like $.customer.name; nothing where there is no structure."""
        if not self.head <= number < len(self.lines):
            return ""
        steps: list[str] = []
        while number >= 0:
            step = self.lines[number].step
            if step is not None:
                steps.append(f"[{step}]" if isinstance(step, int) else f".{step}")
            number = self.parent(number)
        return "$" + "".join(reversed(steps)) if self.structured else ""

    def indent(self, line: Line) -> int:
        """Cells in front of a line. The root's closing bracket stands under its opening one."""
        closes_root = line.depth == 0 and line.step is None and line.spans[0].text in ("}", "]")
        return 2 if closes_root else min(INDENT * line.depth, self.width // 2)

    def spans(self, number: int) -> list[Span]:
        """A line as it is drawn: no commas, a mark at what opens, a count at what is folded."""
        line = self.lines[number]
        spans = line.spans
        if len(spans) > 1 and spans[-1] == (",", Role.PUNCTUATION):
            spans = spans[:-1]
        if not line.opens:
            return spans
        *before, bracket = spans
        if number not in self.folded:
            return [*before, Span("▾ ", Role.MUTED), bracket]
        closing = "}" if bracket.text == "{" else "]"
        return [*before, Span("▸ ", Role.MUTED), Span(f"{bracket.text} {line.size:,} {closing}", Role.PUNCTUATION)]

    def piece(self, row: Row) -> list[Span]:
        """What stands in a row, with its indentation."""
        line = self.lines[row.line]
        spans = [Span(" " * self.indent(line), Role.TEXT)]
        at = 0
        for text, role in self.spans(row.line):
            start, end = max(row.start, at), min(row.end, at + len(text))
            if start < end:
                spans.append(Span(text[start - at : end - at], role))
            at += len(text)
        return spans

    def _remake(self, number: int) -> None:
        del self.rows[bisect.bisect_left(self.rows, number, key=lambda row: row.line) :]
        self._making = self._make(number)
        self.complete = False

    def _make(self, number: int) -> Iterator[Row]:
        while True:
            while number >= len(self.lines):
                line = next(self._value, None)
                if line is None:
                    return
                self.lines.append(line)
            line = self.lines[number]
            text = "".join(span.text for span in self.spans(number))
            cuts = _cuts(text, self.width - self.indent(line))
            yield from (Row(number, start, end) for start, end in pairwise(cuts))
            number = line.close + self.head + 1 if number in self.folded else number + 1


def _cuts(text: str, width: int) -> Iterator[int]:
    """Where to cut a text so that each piece is at most `width` cells; at least one piece."""
    yield 0
    start, end = 0, len(text)
    if text.isascii():
        yield from range(width, end, width)
    else:
        while end - start:
            size = min(width, end - start)
            while (cells := cell_len(even(text[start : start + size]))) > width and size > 1:
                size = max(1, min(size - 1, size * width // cells))
            most = min(end - start, _DENSE * width)
            while size < most and (cells := cells + cell_len(even(text[start + size]))) <= width:
                size += 1
            start += size
            if start < end:
                yield start
    yield end
