"""The line of panes on a narrow screen: which there are, which is shown."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class TabLine(Widget):
    """`1 Topics  2 Stream  …`; a click goes there."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TabLine { height: 1; padding: 0 2; color: $ktui-muted; }
    """

    shown: reactive[str] = reactive("")
    """Id of the pane that is shown."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        pane: str

    def __init__(self, tabs: dict[str, str]) -> None:
        """`tabs`: id of a pane -> what its tab says."""
        super().__init__()
        self._tabs = tabs

    def render(self) -> Content:
        tabs = [
            Content.styled(says, "bold $primary" if pane == self.shown else "") for pane, says in self._tabs.items()
        ]
        return Content("   ").join(tabs)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        end = 0
        for pane, says in self._tabs.items():
            end += len(says) + 3
            if offset is not None and offset.x < end:
                self.post_message(self.Chosen(pane))
                return
