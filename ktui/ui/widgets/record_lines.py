"""Lines of the stream's table: the head and the rows that are on screen. They are drawn when something has changed."""

from __future__ import annotations

from typing import Self

from textual.geometry import Region
from textual.reactive import var
from textual.strip import Strip

from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.line_view import LineView
from ktui.ui.widgets.painting import Palette, changed_lines, cropped
from ktui.ui.widgets.record_view import RecordView
from ktui.ui.widgets.row_painter import RowPainter


class RecordLines(LineView, inherit_bindings=False):
    """Draws a part of a log, and in it the row under the cursor."""

    following: var[bool] = var(True)
    """The view sticks to the end."""

    def __init__(self, records: RecordLog, link: TerminalLink | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.records = records
        self.view = RecordView(records)
        self._link = link or TerminalLink()
        self._painter = RowPainter(self.view)
        self._cursor = -1
        self._hint = ""
        self._owed = False
        """The link is choked: what has changed is drawn later."""
        self._drawn: list[Strip] = []
        self._drawn_top = 0
        """Place of the first row that was drawn: what the mouse points at."""

    @property
    def cursor(self) -> int:
        """Absolute number of the row under the cursor; -1 while there is none."""
        return self.view.number(self._cursor) if self.view.first <= self._cursor < self.view.end else -1

    @property
    def record(self) -> Record | None:
        """The record under the cursor; None on a gap or a note, and while the log is empty."""
        return self.view.record(self._cursor)

    @property
    def page(self) -> int:
        """Rows that the screen holds: the first line is the head's."""
        return max(1, self.size.height - 1)

    def say(self, hint: str) -> None:
        """What to read while there is no row; clean text."""
        if hint != self._hint:
            self._hint = hint
            self._draw()

    def _draw(self) -> None:
        """Draw the lines that have changed; later, while the link is choked."""
        self._owed = self._link.choked
        if self._owed:
            return
        before, self._drawn = self._drawn, self._lines()
        if len(before) != len(self._drawn):
            self.refresh()
        elif regions := changed_lines(before, self._drawn, self.size.width):
            self.refresh(*regions)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Without regions: everything may be another than what was drawn."""
        if not regions:
            self._drawn = []
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        """What was drawn last: lines that came later wait for the next look, so that old and new are never mixed."""
        width = self.scrollable_size.width
        if self._palette is None or len(self._drawn) != self.size.height or self._drawn[0].cell_length != width:
            self._drawn = self._lines()
        return cropped(self._drawn[crop.y : crop.bottom], crop, width)

    def _lines(self) -> list[Strip]:
        """The lines of the screen as they are now."""
        top = self._drawn_top = self._top()
        self._fit()
        return [self._line(top, y, self.palette) for y in range(self.size.height)]

    def _fit(self) -> None:
        """Let the columns fit the rows on screen. Who changes them does it at once: the next key may come before they
        are drawn, and asks where they stand."""
        top = self._top()
        stop = min(top + self.page, self.view.end)
        self._painter.fit(top, stop, self.scrollable_size.width, flying=self.following)

    def _line(self, top: int, y: int, palette: Palette) -> Strip:
        if y == 0:
            return self._painter.head(palette)
        place = top + y - 1
        if place < self.view.end:
            return self._painter.row(place, place == self._cursor, palette)
        empty = not (self.records.kept and len(self.view))  # but for notes of ours
        return self._painter.words(self._hint if empty else "", place - self.view.end, palette)

    def _top(self) -> int:
        """Place of the first visible row."""
        return self.view.first + self.scroll_offset.y

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter.restyle()
