"""Rows of the log as strips: columns that fit what is on screen, and every row drawn once as long as they do."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from ktui.model import Gap, Record
from ktui.records.log import RecordLog
from ktui.ui.text import clean
from ktui.ui.widgets.painting import Palette
from ktui.ui.widgets.record_row import Columns, Row, columns_for, gap_text, ruled, value_spans

_PATIENCE = 40
"""Windows for which the key column stays wider than needed while rows fly by, so that the values do not jitter."""
_KEPT = 1024


class RowPainter:
    """Draws rows by their absolute number."""

    def __init__(self, records: RecordLog) -> None:
        self._records = records
        self._rows: LRUCache[int, Row] = LRUCache(_KEPT)
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(_KEPT)
        self._columns = Columns()
        self._roomy = 0
        self._timed = False
        self._width = 0

    def forget(self) -> None:
        """Other records come now: the columns begin anew."""
        self._rows.clear()
        self._strips.clear()
        self._columns, self._timed = Columns(), False

    def restyle(self) -> None:
        """The colours have changed."""
        self._strips.clear()

    def fit(self, start: int, stop: int, width: int, *, flying: bool) -> None:
        """Let the columns fit the rows from `start` to `stop`. While rows fly by the key column shrinks late."""
        rows = [self._row(number, item) for number in range(start, stop) if (item := self.record(number))]
        self._timed = self._timed or any(row.record.timestamp is not None for row in rows)
        columns = columns_for(rows, self._columns, width)
        if columns.key < self._columns.key:
            self._roomy = self._roomy + 1 if flying else _PATIENCE
            if self._roomy < _PATIENCE:
                columns = replace(columns, key=self._columns.key)
        else:
            self._roomy = 0
        if columns != self._columns or width != self._width:
            self._columns, self._width = columns, width
            self._strips.clear()

    def head(self, palette: Palette) -> Strip:
        """The names of the columns."""
        head = self._columns.head(self._width, timed=self._timed or not len(self._records))
        return Strip(palette.paint(head, self._width), self._width)

    def words(self, text: str, line: int, palette: Palette) -> Strip:
        """A line of text, wrapped, for a table without rows."""
        lines = ["", *textwrap.wrap(text, max(10, self._width - 2))]
        said = lines[line] if line < len(lines) else ""
        return Strip(palette.fill(f" {said}", self._width, palette.style("muted")), self._width)

    def row(self, number: int, lit: bool, palette: Palette) -> Strip:
        """A row that is kept."""
        strip = self._strips.get((number, lit))
        if strip is None:
            strip = Strip(self._segments(number, lit, palette))
            strip = self._strips[number, lit] = strip.adjust_cell_length(self._width)
        return strip

    def record(self, number: int) -> Record | None:
        """The record in a row; None for a mark, and for a row that is not there."""
        if not self._records.first <= number < self._records.end:
            return None
        item = self._records[number]
        return item if isinstance(item, Record) else None

    def _segments(self, number: int, lit: bool, palette: Palette) -> list[Segment]:
        bar = Segment("▌" if lit else " ", palette.style("bar", lit))
        item = self._records[number]
        if not isinstance(item, Record):
            text = gap_text(item) if isinstance(item, Gap) else item.text
            style = palette.style("gap" if isinstance(item, Gap) else "muted", lit)
            return [bar, *palette.fill(ruled(clean(text), self._width - 1), self._width - 1, style)]
        row, columns = self._row(number, item), self._columns
        cells = [bar, Segment(f"{item.partition:<{columns.partition}}", palette.style("muted", lit))]
        cells.append(Segment(f"  {item.offset:>{columns.offset},}  ", palette.style("text", lit)))
        if columns.time:
            time = row.time[: columns.time].rjust(columns.time)
            cells.append(Segment(f"{time}  ", palette.style("muted", lit)))
        cells += palette.paint(row.key, columns.key, lit=lit)
        cells.append(Segment("  ", palette.style("text", lit)))
        room = max(0, self._width - columns.value_from())
        return cells + palette.paint(value_spans(item, room), room, lit=lit)

    def _row(self, number: int, record: Record) -> Row:
        row = self._rows.get(number)
        if row is None:
            row = self._rows[number] = Row.of(record, self.record(number - 1))
        return row
