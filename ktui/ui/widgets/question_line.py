"""Where a pane asks its questions: at its bottom, one at a time, and the focus goes back to where it was."""

from __future__ import annotations

from textual import on
from textual.containers import VerticalGroup
from textual.widget import Widget

from ktui.ui.widgets.columns_menu import ColumnsMenu
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.prompt import Prompt


class QuestionLine(VerticalGroup):
    """Takes no room while nothing is asked."""

    DEFAULT_CSS = """
    QuestionLine {
        dock: bottom;
        height: auto;
        & > Prompt { dock: none; }
        & > CopyMenu, & > ColumnsMenu { dock: none; }
        &.-top { dock: top; }
    }
    """

    def __init__(self, back: Widget) -> None:
        """`back` gets the focus after an answer."""
        super().__init__()
        self._back = back

    async def ask(self, question: Prompt | CopyMenu | ColumnsMenu) -> None:
        """Show a question, unless one is open and has the focus. When this returns the new one has it: what is typed
        ahead is for it."""
        if self.has_focus_within:
            return
        await self.remove_children()
        self.set_class(question.has_class("-top"), "-top")
        await self.mount(question)

    async def close(self) -> None:
        """Done with the question, whatever came of it."""
        focused = self.has_focus_within
        await self.remove_children()
        if focused:
            self._back.focus()

    @on(Prompt.Submitted)
    @on(Prompt.Cancelled)
    async def _answered(self, event: Prompt.Submitted | Prompt.Cancelled) -> None:
        """A filter holds as it was typed; what else is asked for is taken by the prompt itself."""
        event.stop()
        if event.prompt in self.children:  # else it has made room for another question
            await self.close()

    @on(CopyMenu.Closed)
    @on(ColumnsMenu.Closed)
    async def _menu_closed(self, event: CopyMenu.Closed | ColumnsMenu.Closed) -> None:
        event.stop()
        if event.menu in self.children:
            await self.close()
