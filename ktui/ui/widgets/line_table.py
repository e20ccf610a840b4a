"""A list with a cursor that draws only the lines in sight: the pane says how many and what each looks like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip


class LineTable(ScrollView, can_focus=True):
    """Rows by number, drawn on demand: the cost of a refresh does not depend on how many rows there are."""

    COMPONENT_CLASSES = {"line-table--cursor"}

    DEFAULT_CSS = """
    LineTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $ktui-dim;
        scrollbar-color-hover: $ktui-muted;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        background: transparent;
        & > .line-table--cursor { background: $panel; }
    }
    """

    BINDINGS = [
        Binding("up,k", "move(-1)", "up", id="table.up", show=False, tooltip="One row up"),
        Binding("down,j", "move(1)", "down", id="table.down", show=False, tooltip="One row down"),
        Binding("pageup", "page(-1)", "page up", id="table.page-up", show=False, tooltip="One screenful up"),
        Binding("pagedown", "page(1)", "page down", id="table.page-down", show=False, tooltip="One screenful down"),
        Binding("home", "go(0)", "first", id="table.first", show=False, tooltip="The first row"),
        Binding("end", "go(-1)", "last", id="table.last", show=False, tooltip="The last row"),
    ]

    count: reactive[int] = reactive(0)
    """How many rows there are."""
    cursor: reactive[int] = reactive(0)
    """The row under the cursor; 0 also when there is none."""

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        table: LineTable
        row: int

        @property
        def control(self) -> LineTable:
            return self.table

    @dataclass
    class Chosen(Message):
        """A row was double clicked."""

        table: LineTable
        row: int

        @property
        def control(self) -> LineTable:
            return self.table

    def __init__(self, line: Callable[[int, int], Content], *, id: str | None = None) -> None:
        """`line(row, width)` draws one row; what is too long is cut here."""
        super().__init__(id=id)
        self._line = line

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.count - 1))

    def watch_count(self) -> None:
        self._measure()
        self.cursor = self.validate_cursor(self.cursor)
        self.refresh()

    def watch_cursor(self, before: int, after: int) -> None:
        self._reveal()
        self.refresh()
        if before != after:
            self.post_message(self.Moved(self, after))

    @property
    def room(self) -> int:
        """Cells of a line, beside the scrollbar."""
        return self.scrollable_content_region.width

    @property
    def rows_in_sight(self) -> range:
        """The numbers of the rows on screen."""
        top = self.scroll_offset.y
        return range(top, min(self.count, top + self.size.height))

    def keep(self, cursor: int, count: int) -> None:
        """Take new rows and put the cursor on `cursor`, at the height on screen where it was."""
        height = self.cursor - self.scroll_offset.y
        with self.prevent(self.Moved):
            self.count = count
            self.cursor = cursor
        if self.scroll_offset.y or cursor >= self.size.height:
            self.scroll_to(y=max(0, self.cursor - height), animate=False, immediate=True, force=True)

    def render_line(self, y: int) -> Strip:
        row, width = self.scroll_offset.y + y, self.room
        style = self.visual_style
        if row >= self.count:
            return Strip.blank(width, style.rich_style)
        if row == self.cursor:
            style = style + self.get_visual_style("line-table--cursor")
        bar = Content.styled("▌", "$accent") if row == self.cursor else Content(" ")
        line = (bar + self._line(row, width - 1)).truncate(width, ellipsis=True, pad=True)
        return Strip(line.render_segments(style), width)

    def _measure(self) -> None:
        self.virtual_size = Size(self.room, self.count)

    def _reveal(self) -> None:
        top, height = self.scroll_offset.y, self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True, force=True)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True, force=True)

    def _on_resize(self, event: events.Resize) -> None:
        self._measure()
        self._reveal()

    async def _on_click(self, event: events.Click) -> None:
        row = self.scroll_offset.y + event.y
        if row < self.count:
            self.cursor = row
            if event.chain == 2:
                self.post_message(self.Chosen(self, row))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.size.height - 1)

    def action_go(self, row: int) -> None:
        self.cursor = row if row >= 0 else self.count - 1
