"""A small app around one pane, and waiting for what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.widget import Widget

from ktui.ui.theming import DEFAULT_THEME, default_roles, shipped

M = TypeVar("M", bound=Message)


class Host(App[None]):
    """Shows one pane and keeps the messages that reach it."""

    CSS = "Screen { background: $background; }"

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        for theme in shipped():
            self.register_theme(theme)
        self.theme = DEFAULT_THEME
        self.pane = pane
        self.heard: list[Message] = []
        self._seen: set[int] = set()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return default_roles(self.current_theme)

    def compose(self) -> ComposeResult:
        yield self.pane

    def hear(self, message: Message) -> None:
        """For `run_test(message_hook=...)`."""
        if id(message) not in self._seen:  # the hook is called for every widget that a message passes
            self._seen.add(id(message))
            self.heard.append(message)

    def of(self, kind: type[M]) -> list[M]:
        """The messages of one kind so far."""
        return [message for message in self.heard if isinstance(message, kind)]

    @property
    def toasts(self) -> list[str]:
        return [note.message for note in self._notifications]

    @property
    def text(self) -> str:
        """What is on the screen."""
        lines = self.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in line) for line in lines)


async def until(pilot: Pilot[None], condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for a state, handling messages meanwhile."""
    async with asyncio.timeout(seconds):
        while not condition():
            await pilot.pause()
