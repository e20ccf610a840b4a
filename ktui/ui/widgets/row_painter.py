"""Rows of the log as strips: columns that fit what is on screen, and every row drawn once as long as they do."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from rich.segment import Segment
from textual.cache import LRUCache
from textual.strip import Strip

from ktui.jsontext import Role, Span
from ktui.model import Gap, Record
from ktui.records.needle import Needle
from ktui.ui.text import clean
from ktui.ui.widgets.match_spans import matched
from ktui.ui.widgets.painting import Palette
from ktui.ui.widgets.record_row import Columns, Row, columns_for, gap_text, ruled, value_spans
from ktui.ui.widgets.record_view import RecordView

_PATIENCE = 40
"""Windows for which the key column stays wider than needed while rows fly by, so that the values do not jitter."""
_KEPT = 1024
_BEGINNING = 4096
"""Bytes of a value that a row can show something of."""


class RowPainter:
    """Draws rows by their place in the view."""

    def __init__(self, view: RecordView) -> None:
        self._view = view
        self._needle: Needle | None = None
        self._rows: LRUCache[int, Row] = LRUCache(_KEPT)
        self._strips: LRUCache[tuple[int, bool], Strip] = LRUCache(_KEPT)
        self._columns = Columns()
        self._roomy = 0
        self._timed = False
        self._width = 0

    def forget(self) -> None:
        """Other records come now: the columns begin anew."""
        self.look_for(self._needle)
        self._columns, self._timed = Columns(), False

    def look_for(self, needle: Needle | None) -> None:
        """The view shows other rows; what is looked for is marked in them."""
        self._needle = needle
        self._rows.clear()
        self._strips.clear()

    def restyle(self) -> None:
        """The colours have changed."""
        self._strips.clear()

    def fit(self, start: int, stop: int, width: int, *, flying: bool) -> None:
        """Let the columns fit the rows from `start` to `stop`. While rows fly by the key column shrinks late."""
        rows = [self._row(place, item) for place in range(start, stop) if (item := self._view.record(place))]
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
        head = self._columns.head(self._width, timed=self._timed or not len(self._view))
        return Strip(palette.paint(head, self._width), self._width)

    def words(self, text: str, line: int, palette: Palette) -> Strip:
        """A line of text, wrapped, for a table without rows."""
        lines = ["", *textwrap.wrap(text, max(10, self._width - 2))]
        said = lines[line] if line < len(lines) else ""
        return Strip(palette.fill(f" {said}", self._width, palette.style("muted")), self._width)

    def row(self, place: int, lit: bool, palette: Palette) -> Strip:
        """A row that is kept."""
        strip = self._strips.get((place, lit))
        if strip is None:
            strip = Strip(self._segments(place, lit, palette))
            strip = self._strips[place, lit] = strip.adjust_cell_length(self._width)
        return strip

    def _segments(self, place: int, lit: bool, palette: Palette) -> list[Segment]:
        bar = Segment("▌" if lit else " ", palette.style("bar", lit))
        item = self._view[place]
        if not isinstance(item, Record):
            text = gap_text(item) if isinstance(item, Gap) else item.text
            style = palette.style("gap" if isinstance(item, Gap) else "muted", lit)
            return [bar, *palette.fill(ruled(clean(text), self._width - 1), self._width - 1, style)]
        row, columns = self._row(place, item), self._columns
        cells = [bar, Segment(f"{item.partition:<{columns.partition}}", palette.style("muted", lit))]
        cells.append(Segment(f"  {item.offset:>{columns.offset},}  ", palette.style("text", lit)))
        if columns.time:
            time = row.time[: columns.time].rjust(columns.time)
            cells.append(Segment(f"{time}  ", palette.style("muted", lit)))
        cells += palette.paint(self._marked(item.key, row.key), columns.key, lit=lit)
        cells.append(Segment("  ", palette.style("text", lit)))
        room = max(0, self._width - columns.value_from())
        return cells + palette.paint(self._marked(item.value, value_spans(item, room)), room, lit=lit)

    def _marked(self, data: bytes | None, spans: list[Span]) -> list[Span]:
        """With the matches in it; a hex dump has none, whatever its digits are."""
        if self._needle is None or not data or not spans:
            return spans
        text, role = spans[-1]
        if role is Role.NUMBER and text.encode() not in data[:_BEGINNING]:
            return spans
        return matched(spans, self._needle)

    def _row(self, place: int, record: Record) -> Row:
        row = self._rows.get(place)
        if row is None:
            row = self._rows[place] = Row.of(record, self._view.record(place - 1))
        return row
