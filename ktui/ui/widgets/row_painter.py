"""Rows of the log as strips: columns that fit what is on screen, and every row drawn once as long as they do."""

from __future__ import annotations

import textwrap
from collections.abc import Container

from rich.cells import cell_len
from rich.segment import Segment
from textual.cache import FIFOCache
from textual.strip import Strip

from ktui.columns import Column, Columns
from ktui.jsontext import Role, Span
from ktui.model import Gap, Record
from ktui.records.needle import Needle
from ktui.ui.text import even
from ktui.ui.widgets.column_fit import GAP, MARGIN, TORN
from ktui.ui.widgets.match_spans import around, matched
from ktui.ui.widgets.painting import Palette, WholeStrip
from ktui.ui.widgets.record_row import NO_TIME, Row, day_text, gap_text, ruled, time_cells, value_spans
from ktui.ui.widgets.record_view import RecordView
from ktui.ui.widgets.shown_columns import TITLES, ShownColumns

_KEPT = 256
"""Rows that are not drawn again when the eye comes back to them: some screens of them. A thousand were sixty thousand
objects, which the garbage collector walked through for 50 ms."""
_BEGINNING = 4096
"""Bytes of a value that a row can show something of."""
_EXCERPT = 40
"""Cells that a match with what is around it takes at most, where it is not in what a row shows."""
_TOPIC = "TOPIC/P"


class RowPainter(ShownColumns):
    """Draws rows by their place in the view."""

    def __init__(self, view: RecordView) -> None:
        super().__init__()
        self.chosen = ""
        """Id of the column whose name is lit."""
        self.marked: Container[Record] = ()
        """Records that have a sign."""
        self._view = view
        self._needle: Needle | None = None
        # Not by last use: that cache of Textual's is a ring of lists, and what it forgets waits for the collector.
        self._rows: FIFOCache[int, Row] = FIFOCache(_KEPT)
        self._strips: FIFOCache[tuple[int, bool], Strip] = FIFOCache(_KEPT)
        self._timed: bool | None = None
        """Whether records come with their time; None: none was seen yet."""
        self._day = ""
        """Of the first row on screen, unless it is today: the rows below say it where it changes."""

    def forget(self) -> None:
        """Other records come now: the columns begin anew."""
        self.look_for(self._needle)
        self._timed = None
        self.show(self.columns)

    def show(self, columns: Columns) -> None:
        super().show(columns)
        self._strips.clear()

    def look_for(self, needle: Needle | None) -> None:
        """The view shows other rows; what is looked for is marked in them."""
        self._needle = needle
        self._rows.clear()
        self._strips.clear()

    def restyle(self) -> None:
        """The colours have changed."""
        self._strips.clear()

    def fit(self, start: int, stop: int, width: int, *, flying: bool) -> None:
        """Let the columns fit the rows from `start` to `stop`."""
        rows = [self._row(place, item) for place in range(start, stop) if (item := self._view.record(place))]
        if rows:
            self._timed = self._timed or any(row.record.timestamp is not None for row in rows)
            self._day = day_text(rows[0].record.timestamp)
        if self.fit_to(rows, width, flying=flying):
            self._strips.clear()

    def head(self, palette: Palette) -> Strip:
        """The names of the columns."""
        segments, end = [], 0
        fields, cut = [slot.column for slot in self.slots if slot.column.field], self.cut
        for column, start, width in self.slots:
            title = _title(column, width, several=self.several)
            if column.right or (column.name == "offset" and not column.field):
                title = title.rjust(width + len(title) - cell_len(title))
            elif column.name == "time" and not column.field:
                title = f"{title} {self._day}".ljust(time_cells(1)).rjust(width)
            chosen = column.id == self.chosen
            before = "‹" if self.skipped and column in fields[:1] else ""
            after = "›" if cut and column in fields[-1:] else ""
            segments.append(Segment(before.rjust(start - end), palette.style("head")))
            inside = len(after) if start + width >= self._width else 0  # else in the gap
            style = palette.style("bar" if chosen else "head", chosen)
            segments += palette.fill(title, width - inside, style)
            segments += [Segment(after, palette.style("head"))] if after else []
            end = start + width - inside + len(after)
            if column.id == "value" and self._timed is False and width > len(NO_TIME) + 12:
                segments[-1] = palette.fill(title, width - len(NO_TIME) - 1, style)[0]
                segments.append(Segment(NO_TIME + " ", palette.style("head")))
        return WholeStrip([*segments, Segment(" " * (self._width - end), palette.style("head"))], self._width)

    def words(self, text: str, line: int, palette: Palette) -> Strip:
        """A line of text, wrapped, for a table without rows."""
        lines = ["", *textwrap.wrap(text, max(10, self._width - 2))]
        said = lines[line] if line < len(lines) else ""
        return WholeStrip(palette.fill(f" {said}", self._width, palette.style("muted")), self._width)

    def row(self, place: int, lit: bool, palette: Palette) -> Strip:
        """A row that is kept."""
        strip = self._strips.get((place, lit))
        if strip is None:
            strip = WholeStrip(self._segments(place, lit, palette))
            if strip.cell_length != self._width:
                strip = WholeStrip(strip.adjust_cell_length(self._width), self._width)
            self._strips[place, lit] = strip
        return strip

    def _segments(self, place: int, lit: bool, palette: Palette) -> list[Segment]:
        bar = Segment("▌" if lit else " ", palette.style("bar", lit))
        item = self._view[place]
        if isinstance(item, Record):
            cells = self._cells(self._row(place, item), lit, palette)
            return [bar, *(cells if self._needle is None else self._with_match(item, cells, lit, palette))]
        text = gap_text(item, several=self.several) if isinstance(item, Gap) else item.text
        style = palette.style("gap" if isinstance(item, Gap) else "muted", lit)
        return [bar, *palette.fill(ruled(even(text), self._width - 1), self._width - 1, style)]

    def _cells(self, row: Row, lit: bool, palette: Palette) -> list[Segment]:
        segments: list[Segment] = []
        end, blank = MARGIN, palette.style("text", lit)
        fields = [slot for slot in self.slots if slot.column.field]
        plain = not any(row.cell(column, width) for column, _, width in fields)  # then its text says more than nothing
        for number, (column, start, width) in enumerate(self.slots):
            if start < end:
                continue  # under the text of a value that has none of the fields
            marked = number == 0 and row.record in self.marked
            if column.field and plain:
                width = self._block(number) - start
            if marked:  # its sign stands in the gap behind the first column, or in its last cell where there is none
                width = min(width, self._width - start - 1)
            if column.field and plain:
                spans = self._marked(row.record.value, value_spans(row.record, width))
                before = 0
            else:
                spans = row.cell(column, width)
                if spans and self._needle is not None:
                    spans = self._found(row.record, column, spans)
                before = width - row.need(column) if column.right or column.id in ("offset", "time") else 0
            before = max(0, before)
            if start + before > end:
                segments.append(Segment(" " * (start + before - end), blank))
            segments += palette.paint(spans, width - before, lit=lit)
            end = start + width
            if marked:
                segments.append(Segment("✓", palette.style("bar", lit)))
                end += 1
        segments.append(Segment(" " * (self._width - end), blank))
        return segments

    def _with_match(self, record: Record, cells: list[Segment], lit: bool, palette: Palette) -> list[Segment]:
        """The row as it is if a match can be seen in it; else with one at its right end, and what stands around it."""
        if self._needle is None or any(segment.style is palette.style("match", lit) for segment in cells):
            return cells
        place = max((slot.stop + GAP for slot in self.slots if slot.column.id in ("partition", "offset")), default=0)
        room = min(_EXCERPT, (self._width - MARGIN) // 3, max(self._width - place, TORN))
        spans = around(record.value, self._needle, room) or around(record.key, self._needle, room)
        if not spans:
            return cells
        found = palette.paint(spans, room, lit=lit)
        return [*Strip(cells).adjust_cell_length(self._width - MARGIN - room), *found]

    def _block(self, number: int) -> int:
        """Where the run of fields ends that this slot is in, at the right edge if nothing follows."""
        for slot in self.slots[number:]:
            if not slot.column.field:
                return slot.start - GAP
        return self._width

    def _found(self, record: Record, column: Column, spans: list[Span]) -> list[Span]:
        """With the matches in it, where they are looked for."""
        if column.id == "key":
            return self._marked(record.key, spans)
        if column.field and self._needle is not None:  # of JSON: what is a number there is no hex dump
            return matched(spans, self._needle)
        return self._marked(record.value, spans) if column.id == "value" else spans

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
            row = self._rows[place] = Row(record, self._view.record(place - 1), several=self.several)
        return row


def _title(column: Column, width: int, *, several: bool) -> str:
    """The name of a column in so many cells; of a long path its end says more."""
    if several and column.id == "partition" and width >= len(_TOPIC):
        return _TOPIC
    if not column.field:
        return TITLES.get(column.name, column.name.upper())
    title = even(column.name)
    while cell_len(title) > width:
        title = "…" + title.lstrip("…")[1:]
    return title
