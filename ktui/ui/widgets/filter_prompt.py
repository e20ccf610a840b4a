"""The prompt for the text that records must have: it is applied while it is typed."""

from __future__ import annotations

from textual.binding import Binding
from textual.content import Content

from ktui.ui.widgets.filtered_table import FilteredTable
from ktui.ui.widgets.prompt import Prompt


class FilterPrompt(Prompt):
    """Filters a table. Enter keeps the filter, escape takes it away; the question line does the rest."""

    DEFAULT_CSS = """
    FilterPrompt {
        & .prompt--label { color: $accent; padding-right: 0; }
        & Input { width: 3fr; max-width: 200; }
        & Examples { width: auto; }
    }
    """

    BINDINGS = [
        Binding("escape", "cancel", "no filter", id="prompt.cancel", tooltip="Take the filter away"),
    ]

    def __init__(self, table: FilteredTable) -> None:
        examples = "enter keeps, esc takes it away"
        super().__init__("/", examples=examples, value=table.filter, keeps=True, consequence=self._narrow)
        self.add_class("-top")
        self._table = table

    def _narrow(self, text: str) -> Content:
        self._table.narrow(text)
        if text and text != text.lower():
            return Content.styled("capital letters count", "$ktui-muted")
        return Content()

    def action_cancel(self) -> None:
        self._table.widen()
        super().action_cancel()
