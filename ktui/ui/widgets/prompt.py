"""A one-line question inside a pane: label, field, examples, and underneath what the answer would do.

The pane mounts it, reacts to `Submitted` and `Cancelled`, and removes it. What an answer means is the pane's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from ktui.ui.text import TYPABLE, clean, plain

_MOST_LINES, _MOST_CELLS = 4, 1000
"""Of what is said underneath."""


class Examples(Static):
    """What may be typed, as much of it as there is room for: of `181 until 2000` half would be no example."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._each = [plain(word) for word in words.split("  ")]

    def get_content_width(self, container: Size, viewport: Size) -> int:
        return Content("  ").join(self._each).cell_length

    def render(self) -> Content:
        shown, room = list[Content](), self.content_size.width
        for each in self._each:
            room -= each.cell_length
            if room < 0:
                break
            shown.append(each)
            room -= 2
        return Content("  ").join(shown)


class Prompt(Widget):
    """Asks for one line of text. It has the focus from its mount on."""

    DEFAULT_CSS = """
    Prompt {
        height: auto;
        dock: bottom;
        padding: 0 1;
        background: $background;
        & > Horizontal { height: 1; }
        & .prompt--label { width: auto; color: $ktui-muted; padding-right: 1; }
        & Input { width: 1fr; min-width: 12; max-width: 24; background: $panel; color: $foreground; }
        & Examples { width: 1fr; height: 1; color: $ktui-muted; padding-left: 2; }
        & .prompt--consequence { height: 1; color: $warning; }
        & .-complaint { color: $error; }
    }
    """

    BINDINGS = [
        Binding("escape", "cancel", "close", id="prompt.cancel", tooltip="Close the prompt, change nothing"),
    ]

    @dataclass
    class Submitted(Message):
        """Enter was pressed. The text is as typed, without the spaces around it."""

        prompt: Prompt
        text: str

        @property
        def control(self) -> Prompt:
            return self.prompt

    @dataclass
    class Cancelled(Message):
        """Escape was pressed."""

        prompt: Prompt

        @property
        def control(self) -> Prompt:
            return self.prompt

    def __init__(
        self,
        label: str,
        *,
        examples: str = "",
        value: str = "",
        anew: bool = False,
        keeps: bool = False,
        consequence: Callable[[str], str | Content] | None = None,
        id: str | None = None,
    ) -> None:
        """`anew`: what is typed takes the place of `value`, unless the cursor is moved first. `keeps`: what is typed
        holds already, so that leaving the prompt is as good as enter; else it is as good as escape."""
        super().__init__(id=id)
        self._label = label
        self._anew, self._keeps = anew, keeps
        self._examples = examples
        self._value = value
        self._consequence = consequence
        self._lines = 1
        self._submitted = False
        """Enter was pressed, and nobody has complained: whoever asked is about to close it."""

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(plain(self._label), classes="prompt--label")
            yield Input(clean(self._value), compact=True, select_on_focus=self._anew, restrict=TYPABLE)
            yield Examples(self._examples)
        yield Static(classes="prompt--consequence")

    @property
    def text(self) -> str:
        """What is typed, without the spaces around it."""
        return self.query_one(Input).value.strip()

    def complain(self, text: str) -> None:
        """Say underneath why the answer cannot be taken. It stays until the text changes."""
        self._submitted = False
        self._say(plain(text), complaint=True)

    def update_consequence(self) -> None:
        """Ask again what the text would do; for when the ground has moved (new offsets came in)."""
        if self._consequence is not None and self.is_attached:
            said = self._consequence(self.text)
            self._say(plain(said) if isinstance(said, str) else said, complaint=False)

    def _say(self, text: Content, *, complaint: bool) -> None:
        line = self.query_one(".prompt--consequence", Static)
        line.set_class(complaint, "-complaint")
        lines = max(1, min(_MOST_LINES, len(wrap(text.plain, line.size.width or _MOST_CELLS))))
        relaid = lines != self._lines
        if relaid:
            self._lines = lines
            line.styles.height = lines
        line.update(text, layout=relaid)  # laying the screen out costs more than all the rest of a key press

    def _on_mount(self, event: events.Mount) -> None:
        self.screen.set_focus(self.query_one(Input))  # at once: what was typed ahead is for it
        self.update_consequence()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if self._consequence is None:
            self._say(Content(), complaint=False)
        else:
            self.update_consequence()

    @on(Input.Submitted)
    def _enter(self, event: Input.Submitted) -> None:
        event.stop()
        self._submitted = True
        self.post_message(self.Submitted(self, self.text))

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled(self))

    async def close(self, back: Widget) -> None:
        """Take it away. The focus goes back to where it came from, unless it has gone elsewhere: then nothing else
        would say that keys which wait for the end of the prompt work again."""
        focused = self.has_focus_within
        await self.remove()
        if focused:
            back.focus()
        else:
            back.refresh_bindings()

    def on_descendant_blur(self) -> None:
        self.call_later(self._leave)  # when it is known who has the focus now

    def _leave(self) -> None:
        """Close when the focus is somewhere else on this screen: keys meant for the prompt would be commands there."""
        elsewhere = self.is_attached and self.screen.focused is not None and not self.has_focus_within
        if elsewhere and self.app.app_focus and not self._submitted:
            self.post_message(self.Submitted(self, self.text) if self._keeps else self.Cancelled(self))
