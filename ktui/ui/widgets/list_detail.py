"""A list over what is known of the row under its cursor: the middle of every screen that looks things up."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ktui.ui.widgets.line_table import LineTable


class ListDetail(Vertical):
    """Two frames. The screen says what stands in them, and how high the lower one is."""

    DEFAULT_CSS = """
    ListDetail {
        height: 1fr;
        & > * {
            height: 1fr;
            border: round $ktui-dim;
            border-title-color: $ktui-muted;
            border-title-style: bold;
            border-subtitle-color: $ktui-muted;
        }
        & > Vertical:focus-within, & > VerticalScroll:focus { border: round $primary; border-title-color: $primary; }
        & > VerticalScroll {
            padding: 0 1;
            scrollbar-size-vertical: 1;
            scrollbar-color: $ktui-dim;
            scrollbar-background: $background;
            scrollbar-background-hover: $background;
        }
        & Static { height: auto; }
        & #list-header { height: 1; padding-left: 1; }
    }
    """

    def __init__(self, title: str, line: Callable[[int, int], Content], detail_title: str) -> None:
        """`line(row, width)` draws one row of the list."""
        super().__init__()
        self.table = LineTable(line)
        self.list = Vertical(Static(id="list-header"), self.table)
        self.list.border_title = title
        self.detail = VerticalScroll(Static(id="detail-text"))
        self.detail.border_title = detail_title

    def compose(self) -> ComposeResult:
        yield self.list
        yield self.detail

    def show(self, header: Content, detail: Content | None, state: Content) -> None:
        """Draw what is over the list, under it (None: as before) and at the edge; and the rows in sight."""
        self.query_one("#list-header", Static).update(header)
        self.table.refresh()
        if detail is not None:
            self.query_one("#detail-text", Static).update(detail)
        self.list.border_subtitle = state

    @on(LineTable.Moved)
    def _moved(self) -> None:
        self.detail.scroll_home(animate=False)
