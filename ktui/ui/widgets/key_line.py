"""The bottom line: the keys that matter now, the focused pane's first. What does not fit is behind `?`."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual import events
from textual.binding import ActiveBinding, Binding
from textual.content import Content
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

SHORT_NAMES = {"escape": "esc", "slash": "/", "plus": "+", "minus": "-", "at": "@", "underscore": "_"}
"""Names of Textual's own; for other characters it has those of Unicode: `left_square_bracket` is no key to a reader."""

WAYS = ("command_palette", "help")
"""Actions by which every other one can be found."""


@runtime_checkable
class Says(Protocol):
    """A node of which some keys do now this and now that."""

    def says(self, action: str) -> str:
        """What a key does now; empty where its binding says it."""


def _description(active: ActiveBinding) -> str:
    said = active.node.says(active.binding.action) if isinstance(active.node, Says) else ""
    return said or active.binding.description


def key_name(binding: Binding) -> str:
    """How the first key of a binding is written on screen."""
    if binding.key_display:
        return binding.key_display
    key = binding.key.split(",")[0]
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+")
    character = key_to_character(key)
    printable = character is not None and character.isprintable() and not character.isspace()
    return SHORT_NAMES.get(key) or (character if character and printable else key)


def _declared(active: ActiveBinding) -> int:
    """The place of a binding in its class: the screen's own order puts keys that a field has too in another place."""
    ids = [binding.id for binding in type(active.node).BINDINGS if isinstance(binding, Binding)]
    return ids.index(active.binding.id) if active.binding.id in ids else len(ids)


class KeyLine(Widget):
    """Drawn from the active bindings of the screen; a click on a key presses it."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    KeyLine { dock: bottom; height: 1; padding: 0 1; color: $ktui-muted; background: $background; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[int, str]] = []
        """Per key on the line: the cell after it, and the key."""

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._update)

    def _update(self, screen: Screen[object]) -> None:
        self.refresh()

    def _shown_bindings(self) -> list[ActiveBinding]:
        """Those to show: the focused widget's first, each in the order it is declared in; the ways to all the others
        come last, and always."""
        shown: dict[str, ActiveBinding] = {}
        for active in self.screen.active_bindings.values():
            if active.binding.show and active.binding.description:
                shown.setdefault(active.binding.action, active)
        ways = [shown.pop(action) for action in WAYS if action in shown]
        chain = list((self.screen.focused or self.screen).ancestors_with_self)
        ordered = sorted(shown.values(), key=lambda active: (chain.index(active.node), _declared(active)))
        return [*ordered, *ways]

    def render(self) -> Content:
        room = self.size.width
        parts: list[tuple[str, str, bool, str]] = []
        for active in self._shown_bindings():
            press = active.binding.key.split(",")[0]
            parts.append((key_name(active.binding), _description(active), active.enabled, press))
        while len(parts) > len(WAYS) and sum(len(key) + len(says) + 3 for key, says, _, _ in parts) - 2 > room:
            parts.pop(-1 - len(WAYS))
        line, end = Content(), 0
        self._ends = []
        for number, (key, says, enabled, press) in enumerate(parts):
            gap = "  " if number else ""
            style = "bold $secondary" if enabled else "$ktui-dim"
            line += Content.assemble(gap, (key, style), " ", (says, "" if enabled else "$ktui-dim"))
            end += len(gap) + len(key) + 1 + len(says)
            self._ends.append((end, press))
        return line

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for end, key in self._ends:
            if offset.x < end:
                self.app.simulate_key(key)
                return
