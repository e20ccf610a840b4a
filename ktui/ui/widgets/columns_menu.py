"""Two lines that ask which columns are shown, in which order and how wide. The table changes with every key."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ktui.columns import Column, Columns
from ktui.ui.text import even
from ktui.ui.widgets.stream_table import StreamTable

_OWN = {"partition": "P"}


class ColumnsMenu(Static, can_focus=True):
    """One column is chosen, by keys or with a click; keys act on it."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    ColumnsMenu { dock: bottom; height: 2; padding: 0 1; background: $panel; color: $foreground; }
    """

    BINDINGS = [
        Binding("left,h,up", "choose(-1)", "column before", id="columns.before", show=False, tooltip="Left"),
        Binding("right,l,down", "choose(1)", "next column", id="columns.next", show=False, tooltip="Right"),
        Binding("home", "choose(-1000)", "first column", id="columns.first", show=False, tooltip="The first column"),
        Binding("end", "choose(1000)", "last column", id="columns.last", show=False, tooltip="The last column"),
        Binding("space", "turn", "hide", id="columns.toggle", tooltip="Hide this column, or show it"),
        Binding(
            "less_than_sign,shift+left",
            "move(-1)",
            "move",
            id="columns.left",
            key_display="< >",
            tooltip="To the left",
        ),
        Binding(
            "greater_than_sign,shift+right",
            "move(1)",
            "move right",
            id="columns.right",
            key_display=">",
            show=False,
            tooltip="To the right",
        ),
        Binding("plus", "widen(1)", "width", id="columns.wider", key_display="+ -", tooltip="A cell wider"),
        Binding(
            "minus",
            "widen(-1)",
            "narrower",
            id="columns.narrower",
            key_display="-",
            show=False,
            tooltip="A cell narrower",
        ),
        Binding("a", "add", "add…", id="columns.add", tooltip="A column for a field, by its path: customer.id"),
        Binding("escape,enter,o", "close", "done", id="columns.close", tooltip="Back to the records"),
        Binding("equals_sign", "fit", "own width", id="columns.fit", key_display="=", tooltip="As wide as needed"),
        Binding(
            "x,delete",
            "remove",
            "remove",
            id="columns.remove",
            show=False,
            tooltip="Forget one that was added",
        ),
        Binding("r", "reset", "reset", id="columns.reset", tooltip="All columns as they are at first"),
    ]

    @dataclass
    class Closed(Message):
        """Done; the pane removes it."""

        menu: ColumnsMenu

    class PathWanted(Message):
        """A column is to be named by its path."""

    def __init__(self, table: StreamTable, column: str = "") -> None:
        """`column` is the id of the one that is chosen at first."""
        super().__init__()
        self._table = table
        self._chosen = column or table.columns.in_play[0].id
        self._cells: list[tuple[range, str]] = []
        """Where each name stands on the first line, and the id of its column."""

    @property
    def _column(self) -> Column:
        playing = self._table.columns.in_play
        return next((column for column in playing if column.id == self._chosen), playing[0])

    def _on_mount(self, event: events.Mount) -> None:
        self.screen.set_focus(self)
        self.show()

    def _on_unmount(self) -> None:
        self._table.chosen = ""

    def _on_resize(self, event: events.Resize) -> None:
        self.show()

    def _on_blur(self, event: events.Blur) -> None:
        if self.app.app_focus:  # else it is the window that has lost it, and gives it back here
            self.action_close()

    # Keys

    def action_choose(self, steps: int) -> None:
        playing = self._table.columns.in_play
        at = playing.index(self._column)
        self._choose(playing[max(0, min(at + steps, len(playing) - 1))].id)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y == 0:
            for cells, column in self._cells:
                if offset.x in cells:
                    self._choose(column)

    def _choose(self, column: str) -> None:
        self._chosen = column
        self.show()
        if self._column.field and self._width is None:
            self._table.bring(self._column)
            self.call_after_refresh(self.show)  # how wide it is is known when it is drawn

    def action_turn(self) -> None:
        if self._gave_way:
            self._change(self._table.columns.wanted(self._column))
            return
        shown = [column for column in self._table.columns.in_play if column.shown]
        if shown == [self._column]:
            self.notify("One column stays.", severity="warning", markup=False)
            return
        self._change(self._table.columns.toggled(self._column))

    def action_move(self, steps: int) -> None:
        self._change(self._table.columns.moved(self._column, steps))

    def action_widen(self, cells: int) -> None:
        if (width := self._width) is not None:
            self._change(self._table.columns.sized(self._column, width + cells))

    def action_fit(self) -> None:
        self._change(self._table.columns.sized(self._column, None))

    def action_remove(self) -> None:
        column = self._column
        if not column.typed:
            self.notify("Records have this one: space hides it.", severity="warning", markup=False)
            return
        self.action_choose(1)
        self._change(self._table.columns.replaced(column, None))

    def action_reset(self) -> None:
        self._change(Columns(as_fields=self._table.columns.as_fields))
        if self._table.columns.as_fields:
            self._table.survey()

    def action_add(self) -> None:
        self.post_message(self.PathWanted())

    def action_close(self) -> None:
        self.post_message(self.Closed(self))

    def _change(self, columns: Columns) -> None:
        self._table.columns = columns
        self._table.post_message(StreamTable.ColumnsChanged())
        self.call_after_refresh(self.show)  # how wide they are is known when they are drawn

    # What it says

    def says(self, action: str) -> str:
        """What space does now."""
        return "show" if action == "turn" and (not self._column.shown or self._gave_way) else ""

    @property
    def _gave_way(self) -> bool:
        """It would be shown if there were more room, and nobody has asked for it yet."""
        column = self._column
        return column.shown and column.hidden is None and not column.field and self._width is None

    @property
    def _width(self) -> int | None:
        """Cells of the chosen column; None where it is not on the screen."""
        return next((slot.width for slot in self._table.slots if slot.column.id == self._column.id), None)

    def show(self) -> None:
        """Name the columns, and say what the chosen one is."""
        if not self.is_attached:
            return  # it was closed before what it had changed was drawn
        self._table.chosen = self._column.id
        self.refresh_bindings()  # space says what it does with this one
        self.update(self._names() + Content("\n") + self._about())

    def _names(self) -> Content:
        """All columns in order, those that are hidden in brackets, as many as fit around the chosen one."""
        columns, chosen = self._table.columns, self._column
        names = [column_name(column) if column.shown else f"({column_name(column)})" for column in columns.in_play]
        at = columns.in_play.index(chosen)
        room = self.size.width - cell_len("columns  ‹  ›")
        first = at
        used = cell_len(names[at])
        while first and used + cell_len(names[first - 1]) + 2 <= room:
            first -= 1
            used += cell_len(names[first]) + 2
        parts = [Content.styled("columns", "$ktui-muted"), Content.styled("‹" if first else " ", "$ktui-muted")]
        line, taken = Content(" ").join(parts), 0
        self._cells = []
        for number in range(first, len(names)):
            taken += cell_len(names[number]) + 2
            if taken > room + 2:
                return line + Content.styled("  ›", "$ktui-muted")
            style = "reverse" if number == at else "" if columns.in_play[number].shown else "$ktui-muted"
            line += Content("" if number == first else "  ")
            begin = line.cell_length
            line += Content.styled(names[number], style)
            self._cells.append((range(begin, line.cell_length), columns.in_play[number].id))
        return line

    def _about(self) -> Content:
        """What the chosen column is, and how it is shown."""
        column, width = self._column, self._width
        if not column.shown:
            words = "hidden, space shows it"
        elif width is None and self._table.lacks(column):
            words = "nothing to show: no record here has it"
        elif self._gave_way:
            words = "gives way to the others here: space shows it all the same"
        elif width is None:
            words = "no room for it here: < moves it left"
        else:
            cells = f"{width} cell{'' if width == 1 else 's'}"
            words = f"{cells}, " + ("as needed" if column.width is None else "= makes it as needed")
        return Content.assemble((column_name(column), "bold $secondary"), (f"  {words}", "$ktui-muted"))


def column_name(column: Column) -> str:
    """What a column is called, clean."""
    return even(column.name) if column.field else _OWN.get(column.name, column.name.upper())
