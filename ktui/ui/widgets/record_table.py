"""The stream as a table: a view of lines over a RecordLog that draws only what is on screen.

Nothing is done per record. Twenty times a second a timer compares two counters; what a repaint costs depends on the
height of the screen, never on how many records came or are kept. Rows are known by their place in the view of the log,
which stays the same while the oldest rows are dropped and, when only matches are shown, older ones are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.scrollbar import ScrollTo

from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.records.search import Search
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.landing import Landing
from ktui.ui.widgets.record_lines import RecordLines

FRAMES = 20
"""Looks at the counters per second: a sane rate, the key latency does not depend on it."""
STORM = 50
"""Screens of new rows per look. Where all rows are others at each look nobody reads them, and every other look is
enough; in a storm every fourth: what drawing takes then is missing to whoever reads."""


class RecordTable(RecordLines, can_focus=True, inherit_bindings=False):
    """Shows a log. Follows its end until the user goes elsewhere."""

    BINDINGS = [
        Binding("up,k", "move(-1)", "up", id="table.up", tooltip="The record above", show=False),
        Binding("down,j", "move(1)", "down", id="table.down", tooltip="The record below", show=False),
        Binding("pageup", "page(-1)", "page up", id="table.page-up", tooltip="A screen up", show=False),
        Binding("pagedown", "page(1)", "page down", id="table.page-down", tooltip="A screen down", show=False),
        Binding("home", "first", "first", id="table.first", tooltip="The first record that is kept", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """Enter or double click on a record."""

        record: Record

    @dataclass
    class Highlighted(Message):
        """The user moved the cursor to a record."""

        record: Record

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RecordTable.Highlighted)

    @dataclass
    class FollowingChanged(Message):
        """The end was left or found again."""

        following: bool

    def __init__(self, records: RecordLog, link: TerminalLink | None = None, *, id: str | None = None) -> None:
        super().__init__(records, link, id=id)
        self._seen = (records.first, records.first)
        self._left_at = 0
        self._passed_over = 0
        self.landing = Landing()

    # What others ask and tell

    @property
    def read_at(self) -> int:
        """Number of the row that somebody reads: under the cursor, or where that is out of sight the first visible."""
        top = self._top()
        place = self._cursor if top <= self._cursor < top + self.page else top
        return self.view.number(place) if self.view.first <= place < self.view.end else self.records.end

    @property
    def below(self) -> int:
        """Records under the visible rows."""
        return self.view.records_since(self._top() + self.page)

    @property
    def new_below(self) -> int:
        """Of them, those that came since the end was left."""
        below = self._top() + self.page
        return 0 if self.following else self.view.records_since(max(below, self.view.place_from(self._left_at)))

    def clear(self) -> None:
        """Forget everything; for another topic or place."""
        self.records.clear()
        self._painter.forget()
        self.landing.forget()
        self._cursor = self.view.first - 1
        self._seen = (self.view.first, self.view.first)
        self.following = True
        self.resize_lines(1, 0)
        self._draw()

    def extend(self, records: Sequence[Record], left: int) -> None:
        """Take records in; `left` more are known to follow. One that the cursor waits for gets it."""
        start = self.records.end
        self.records.extend(records)
        place = self.landing.among(records, fits=left + len(records) < self.page)
        if place is not None:
            self.leave_end()
            self.go_to(start + place)

    def look(self) -> None:
        """Compare the counters and move with them; called by the timer."""
        first, end = seen = (self.view.first, self.view.end)
        if seen == self._seen or not self.is_mounted:
            return
        dropped = first - self._seen[0]
        was_end, self._seen = self._seen[1], seen
        height = end - first + 1
        if self.following:
            self._cursor = end - 1
            self.resize_lines(height, max(0, height - self.size.height))
        else:
            self._cursor = max(self._cursor, first)
            self.resize_lines(height, max(0, self.scroll_offset.y - dropped))
        if self.following or dropped or was_end < self._top() + self.page:
            self._draw()

    def show(self, search: Search | None, number: int) -> None:
        """Show only what a search finds, or everything; the cursor goes to this row unless the end is followed."""
        self.view.search = search
        self._painter.look_for(None if search is None else search.needle)
        first, end = self._seen = (self.view.first, self.view.end)
        self._cursor = end - 1
        self.resize_lines(end - first + 1, max(0, end - first + 1 - self.size.height))
        self._draw()
        if not self.following and number >= 0:
            self.go_to(number)

    def go_to(self, number: int) -> None:
        """Put the cursor on a row, or on the next that is shown, and show it. Leaves the end alone; tells nobody."""
        self.look()
        self._go(self.view.place(number))

    def _go(self, place: int) -> None:
        if not len(self.view):
            return
        self._cursor = max(self.view.first, min(place, self.view.end - 1))
        row = self._cursor - self.view.first
        top, page = self.scroll_offset.y, self.page
        if not top <= row < top + page:
            top = row if row < top else row - page + 1
            self.resize_lines(self.virtual_size.height, max(0, top))
        self._draw()

    def leave_end(self) -> None:
        """Stay with the record under the cursor while others come in."""
        self.look()
        self.following = False

    def follow(self) -> None:
        """Go to the end and stick to it."""
        self.following = True
        self.look()
        self._go(self.view.end - 1)

    # Keys and mouse

    def action_move(self, rows: int) -> None:
        if rows < 0 or not self.following:
            self._walk(self._here() + rows)

    def action_page(self, pages: int) -> None:
        if pages < 0 or not self.following:
            self._walk(self._here() + pages * max(1, self.page - 1))

    def action_first(self) -> None:
        self._walk(self.view.first)

    def choose(self) -> None:
        """Open the record under the cursor."""
        if (record := self.record) is not None:
            self.following = False
            self.post_message(self.Chosen(record))

    def _here(self) -> int:
        """Place of the cursor. Where none was drawn yet, that of the rows that have just come."""
        if self._cursor < self.view.first:
            self.look()
        return self._cursor

    def _walk(self, place: int) -> None:
        if not len(self.view):
            return
        self.following = False
        self.landing.gone_elsewhere()
        self.look()
        self._go(place)
        if (record := self.record) is not None:
            self.post_message(self.Highlighted(record))

    async def _on_click(self, event: events.Click) -> None:
        place = self._drawn_top + event.y - 1
        if event.y >= 1 and place < self.view.end:
            self._walk(place)
            if event.chain == 2:
                self.choose()

    # Following what the user and Textual do

    def _on_mount(self, event: events.Mount) -> None:
        self.resize_lines(1, 0)
        self.set_interval(1 / FRAMES, self._look_on_time)

    def _on_resize(self, event: events.Resize) -> None:
        height = self.virtual_size.height
        end = max(0, height - event.size.height)
        self.resize_lines(height, end if self.following else min(self.scroll_offset.y, end))
        if not self.following:
            self.look()
            self._go(self._cursor)
        self.refresh()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Wheel and scrollbar come here, and Textual when the size changes; our own moves go around the watchers."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and round(new_value) < self.max_scroll_y:
            self.following = False
        if round(new_value) != round(old_value):  # Textual asks for the rows again, and has those that were drawn
            self._draw()

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.call_next(self._follow_at_end)

    def _on_scroll_to(self, message: ScrollTo) -> None:
        self.call_next(self._follow_at_end)

    def _follow_at_end(self) -> None:
        """The user scrolled down as far as it goes."""
        if self.scroll_offset.y >= self.max_scroll_y:
            self.following = True

    def watch_following(self, following: bool) -> None:
        self._left_at = self.records.end
        if self.is_mounted:
            self.post_message(self.FollowingChanged(following))

    def _look_on_time(self) -> None:
        screens = (self.view.end - self._seen[1]) // self.page // (self._passed_over + 1) if self.following else 0
        self._passed_over = (self._passed_over + 1) % (4 if screens >= STORM else 2 if screens else 1)
        if self._link.clear and not self._passed_over:
            self.look()
        if self._owed:
            self._draw()
