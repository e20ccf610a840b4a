"""The stream's table with marks: set on records, walked through, and shown alone."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.records.marked import Marked, MarkedRows, TooMany
from ktui.ui.greyed import NO_RECORD
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.filtered_table import FilteredTable

_GONE = "The marked records have left the list; y copies them all the same."


class MarkedTable(FilteredTable):
    """Marks stay on their records whatever is filtered, and wherever one goes in the topic."""

    BINDINGS = [
        Binding("X", "marked_only", "marked only", id="stream.marked", tooltip="Only marked ones, or all", show=False),
        Binding("]", "marked(1)", "next marked", id="stream.next-marked", tooltip="The one below", show=False),
        Binding("[", "marked(-1)", "marked before", id="stream.marked-before", tooltip="The one above", show=False),
    ]  # fmt: skip

    def __init__(self, records: RecordLog, link: TerminalLink | None = None, *, id: str | None = None) -> None:
        super().__init__(records, link, id=id)
        self._aside = ""
        """What was filtered for before only marked ones were shown."""
        self.marked = Marked(records)
        self._painter.marked = self.marked

    def extend(self, records: Sequence[Record], left: int) -> None:
        start = self.records.end
        super().extend(records, left)
        self.marked.came(start, records)

    def forget(self) -> None:
        super().forget()
        self.marked.clear()

    def narrow(self, text: str) -> None:
        self._show_all()
        super().narrow(text)

    def widen(self) -> None:
        self._show_all()
        super().widen()

    def clear(self) -> None:
        if self.marked_only:  # none of them is there any more: what was filtered for before holds
            self.narrow(self._aside)
        super().clear()

    @property
    def marked_only(self) -> bool:
        """Only marked records are shown."""
        return self.view.marked is not None

    @property
    def none_marked(self) -> str:
        """What an empty list says of marked ones; empty where it is not for them."""
        return f"{_GONE} esc shows the others." if self.marked_only else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (action == "widen" and self.marked_only) or super().check_action(action, parameters)

    def says(self, action: str) -> str:
        """What escape does now."""
        return "not only marked" if action == "widen" and self.marked_only else ""

    def mark(self) -> None:
        """Mark the record under the cursor, or take its mark away."""
        self.look()  # what has just come and was not drawn yet is there
        number = self.cursor
        if self.record is None:
            self.notify(NO_RECORD, severity="warning", markup=False)
            return
        self.leave_end()
        try:
            self.marked.toggle(number)
        except TooMany as error:
            self.notify(f"Not marked: {error}.", severity="warning", markup=False)
            return
        self._painter.restyle()
        if not self.marked_only:
            self.refresh()
        elif self.marked.rows:
            self._show_marked(number)
        else:
            self.action_widen()
        self.post_message(self.Filtered())

    def action_marked_only(self) -> None:
        if self.marked_only:
            self.action_widen()
        elif self.marked.rows:
            number, self._aside = self.cursor, self.filter
            self.widen()
            self.leave_end()
            self._show_marked(number)
        else:
            self.notify(self._none(), markup=False)

    def action_widen(self) -> None:
        """Back to what was shown before, or to all."""
        aside = self._aside if self.marked_only else ""
        super().action_widen()
        self.narrow(aside)

    async def action_match(self, step: int) -> None:
        if self.marked_only:  # a match need not be marked
            self.action_widen()
        await super().action_match(step)

    def action_marked(self, step: int) -> None:
        number = self.marked.beside(self.cursor, step)
        if number is None:
            where = "below" if step > 0 else "above"
            self.notify(f"No marked record {where}." if self.marked.rows else self._none(), markup=False)
            return
        if not len(self.view) or self.view.number(self.view.place(number)) != number:
            self.notify("The filter is off: it hides that record.", markup=False)
            self.widen()
        self._walk(self.view.place(number))

    def _none(self) -> str:
        """Why there is nothing to go to."""
        if not self.marked:
            return "No record is marked; x marks the one under the cursor."
        return _GONE

    def _show_marked(self, number: int) -> None:
        self.view.marked = MarkedRows(self.records, self.marked.rows)
        self._look_at(None, number)

    def _show_all(self) -> None:
        if self.marked_only:
            number = self.cursor
            self.view.marked = None
            self._look_at(None, number)
