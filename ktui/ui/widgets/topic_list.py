"""Topics as lines: name, partitions, about how many records, and whether some arrived just now. Knows no proxy.

Ten thousand names cost what the forty in sight cost: a line is made when it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from ktui.records.tallies import Tallies
from ktui.ui.text import cell_cut, clean
from ktui.ui.widgets.line_table import LineTable

COUNT_WIDTH = 5
"""Cells of `48.1k`."""
_UNITS = "kMGTPE"


class TopicList(LineTable):
    """The names that are shown, with a cursor."""

    DEFAULT_CSS = """
    TopicList { scrollbar-background: $background; scrollbar-color: $ktui-dim; }
    """

    opened: reactive[str | None] = reactive(None)
    """The topic that is open in the stream."""

    marked: reactive[frozenset[str]] = reactive(frozenset())
    """Topics that are to be opened together."""

    fresh: reactive[frozenset[str]] = reactive(frozenset())
    """Topics to which records came lately; they are marked."""

    class SightChanged(Message):
        """Other rows are in sight."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TopicList.SightChanged)

    def __init__(self, tallies: Tallies, *, id: str | None = None) -> None:
        """`tallies` is the pane's: it is read when a line is drawn."""
        super().__init__(self._draw, id=id)
        self._names: Sequence[str] = ()
        self._tallies = tallies

    @property
    def name_at_cursor(self) -> str | None:
        """The topic under the cursor; None when nothing is shown."""
        return self._names[self.cursor] if self._names else None

    @property
    def in_sight(self) -> Sequence[str]:
        """The topics on screen."""
        rows = self.rows_in_sight if self.is_on_screen else range(0)
        return self._names[rows.start : rows.stop]

    def show(self, names: Sequence[str], at: str | None) -> None:
        """Take other names. The cursor goes to `at`, or to the first name where that is not among them."""
        self._names = names
        try:
            row = names.index(at) if at is not None else 0
        except ValueError:
            row = 0
        self.keep(row, len(names))
        self.refresh()
        self.post_message(self.SightChanged())

    def go_to(self, name: str) -> None:
        """Put the cursor on a name that is shown."""
        self.cursor = self._names.index(name)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.SightChanged())

    def on_resize(self) -> None:
        self.post_message(self.SightChanged())

    def on_show(self) -> None:
        self.post_message(self.SightChanged())

    def _draw(self, row: int, width: int) -> Content:
        name = self._names[row]
        tally = self._tallies[name]
        partitions = "" if tally.partitions is None else f"{len(tally.partitions)}"
        records = "?" if tally.failed else "" if tally.records is None else abbreviated(tally.records)
        partitions, records = f"{partitions:>3} ", f"{records:>{COUNT_WIDTH}} "
        mark = ("✓ " if name in self.marked else "  ") if self.marked else ""
        room = max(1, width - len(mark) - len(partitions) - len(records) - 2)
        shown = cell_cut(clean(name[: room + 1]), room)
        line = Content.styled(mark, "$warning")
        line += Content.styled(shown, "bold $primary" if name == self.opened else "$foreground")
        line += Content.styled(" " * (room - cell_len(shown)) + partitions, "$ktui-muted")
        line += Content.styled(records, "$ktui-muted" if tally.failed else "$foreground")
        return line + (Content.styled("●", "$success") if name in self.fresh else Content(" "))


def abbreviated(number: int) -> str:
    """At most five characters: 37, 9.4k, 48.1k, 212k, 1.2M. Cut off, not rounded up."""
    if number < 1000:
        return str(number)
    unit = (len(str(number)) - 1) // 3
    whole, tenth = divmod(number * 10 // 1000**unit, 10)
    return f"{whole}.{tenth}{_UNITS[unit - 1]}" if tenth and whole < 100 else f"{whole}{_UNITS[unit - 1]}"
