"""One value over many lines: JSON that folds, text, hex. Draws only what is on screen.

Rows are made in slices of a few milliseconds, so a megabyte opens at once and the rest of it grows while its first
screen is being read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from ktui.jsontext import Line
from ktui.ui.widgets.layout import Layout, Row
from ktui.ui.widgets.line_view import LineView
from ktui.ui.widgets.painting import WholeStrip, cropped

SLICE = 0.006
"""Seconds of layout between two looks at the keyboard."""


class ValueView(LineView, can_focus=True, inherit_bindings=False):
    """Shows lines: some of ours on top, then those of a value. Knows the path of the line under its cursor."""

    BINDINGS = [
        Binding("j", "move(1)", "line down", id="value.down", tooltip="The next line of the value", show=False),
        Binding("k", "move(-1)", "line up", id="value.up", tooltip="The line of the value above", show=False),
        Binding("pageup", "page(-1)", "page up", id="value.page-up", tooltip="A screen up", show=False),
        Binding("pagedown", "page(1)", "page down", id="value.page-down", tooltip="A screen down", show=False),
        Binding("home", "first", "first line", id="value.first", tooltip="The first line", show=False),
        Binding("end", "last", "last line", id="value.last", tooltip="The last line", show=False),
        Binding("left", "fold", "fold", id="record.fold", tooltip="Fold, or go to what is around", key_display="←→"),
        Binding("right", "unfold", "unfold", id="record.unfold", tooltip="Unfold, or go one line in", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another line; `path` is its place in the value, like $.customer.name."""

        path: str

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ValueView.Moved)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._layout = Layout([], iter(()), 80)
        self._cursor = 0
        self._growth: Timer | None = None
        self._top: Row | None = None
        """The row on top before the width was another one, until it is laid out again."""

    def show(self, head: list[Line], value: Iterator[Line]) -> None:
        """Show something else from its beginning, nothing folded."""
        self._layout = Layout(head, value, self.scrollable_size.width - 1)
        self._cursor, self._top = len(head), None
        self._grow()
        self.resize_lines(len(self._layout.rows), 0)
        self._moved()

    @property
    def path(self) -> str:
        """Place of the cursor in the value."""
        return self._layout.path(self._cursor)

    @property
    def complete(self) -> bool:
        """All of it is laid out."""
        return self._layout.complete

    def action_move(self, lines: int) -> None:
        rows, row = self._layout.rows, self._layout.row_of(self._cursor)
        if not self._layout.structured:
            self._scroll_rows(lines)
            return
        if lines > 0:
            while row < len(rows) - 1 and rows[row].line == self._cursor:
                row += 1
        self._go_to_row(row if lines > 0 else row - 1)

    def action_page(self, pages: int) -> None:
        """A screen of rows; a line that fills more than one is scrolled through."""
        page = max(1, self.size.height - 1)
        top = self._scroll_rows(pages * page)
        self._go_to_row(top if pages < 0 else top + page, scroll=False)

    def action_first(self) -> None:
        self._go_to_row(0)

    def action_last(self) -> None:
        self._go_to_row(len(self._layout.rows) - 1)

    def action_fold(self) -> None:
        """Fold what opens here; else go to the line that opens around it."""
        if not self._layout.rows:
            return
        if self._cursor not in self._layout.folded and self._layout.can_fold(self._cursor):
            self._toggle()
        elif (parent := self._layout.parent(self._cursor)) >= 0:
            self._go_to_row(self._layout.row_of(parent))

    def action_unfold(self) -> None:
        """Unfold what is folded here; else go one line on."""
        if self._cursor in self._layout.folded:
            self._toggle()
        else:
            self.action_move(1)

    async def _on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row >= len(self._layout.rows):
            return
        again = self._layout.rows[row].line == self._cursor
        self._go_to_row(row, scroll=False)
        if (again or event.chain == 2) and self._layout.can_fold(self._cursor):
            self._toggle()

    def _on_resize(self, event: events.Resize) -> None:
        width = self.scrollable_size.width - 1
        if width != self._layout.width:
            if self._top is None and self._layout.rows:
                self._top = self._layout.rows[min(self.scroll_offset.y, len(self._layout.rows) - 1)]
            self._layout.refit(width)
            self._grow()
            self.resize_lines(len(self._layout.rows), 0)
            self._go_back()

    def render_lines(self, crop: Region) -> list[Strip]:
        palette, width, rows = self.palette, self.scrollable_size.width, self._layout.rows
        top = self.scroll_offset.y
        strips = []
        for number in range(top + crop.y, top + crop.bottom):
            if number >= len(rows):
                strips.append(Strip.blank(width, palette.style("text")))
                continue
            lit = rows[number].line == self._cursor and self._layout.structured
            bar = Segment("▌" if lit else " ", palette.style("bar", lit))
            strips.append(
                WholeStrip([bar, *palette.paint(self._layout.piece(rows[number]), width - 1, lit=lit)], width)
            )
        return cropped(strips, crop, width)

    def _go_back(self) -> None:
        """To the row that was on top, and the cursor, as soon as both are laid out again."""
        layout = self._layout
        if self._top is None or not (layout.complete or layout.rows[-1].line > max(self._top.line, self._cursor)):
            return
        self._scroll_rows(layout.row_again(self._top) - self.scroll_offset.y)
        if layout.structured:
            self._go_to_row(layout.row_of(self._cursor))

    def _toggle(self) -> None:
        self._layout.toggle(self._cursor)
        self._grow()
        self._go_to_row(self._layout.row_of(self._cursor))

    def _scroll_rows(self, rows: int) -> int:
        """Scroll without moving the cursor. Returns the new first row."""
        self._top = None
        count = len(self._layout.rows)
        top = max(0, min(self.scroll_offset.y + rows, count - self.size.height))
        self.resize_lines(count, top)
        self.refresh()
        return top

    def _go_to_row(self, row: int, *, scroll: bool = True) -> None:
        rows = self._layout.rows
        if not rows:
            return
        row = max(0, min(row, len(rows) - 1))
        self._top = None
        self._cursor = rows[row].line
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if scroll and not top <= row < top + height:
            top = row if row < top else row - height + 1
        self.resize_lines(len(rows), top)
        self._moved()

    def _moved(self) -> None:
        self.refresh()
        self.post_message(self.Moved(self.path))

    def _grow(self) -> None:
        """Lay out a slice; the timer does the next ones."""
        self._layout.grow(SLICE)
        if not self._layout.complete and self._growth is None and self.is_attached:
            self._growth = self.set_interval(SLICE * 3, self._grow_on)

    def _grow_on(self) -> None:
        self._layout.grow(SLICE)
        self.resize_lines(len(self._layout.rows), self.scroll_offset.y)
        self._go_back()
        if self._layout.complete and self._growth is not None:
            self._growth.stop()
            self._growth = None
            self.refresh()
