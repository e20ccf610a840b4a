"""Keys that do nothing now: greyed in the key line, and when pressed they say why.

A pane answers `why_not(action)` with a sentence; its `check_action` greys what has one.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual.screen import Screen

from ktui.rest.client import ProxyClient
from ktui.ui.text import clean

NO_RECORD = "There is no record under the cursor."
NO_TOPIC = "No topic is open: 1 goes to the topics, enter opens one."


@runtime_checkable
class Explains(Protocol):
    """A node that can say why an action of its bindings cannot be done."""

    def why_not(self, action: str) -> str:
        """A sentence; empty when it can be done. `action` without its parameters."""


def reason(screen: Screen[None], key: str) -> str:
    """Why a key does nothing where the focus is; empty when it is not greyed."""
    active = screen.active_bindings.get(key)
    if active is None or active.enabled or not isinstance(active.node, Explains):
        return ""
    return active.node.why_not(active.binding.action.partition("(")[0])


def lacks(proxy: ProxyClient, id: str) -> str:
    """Why this proxy cannot do something, as a sentence; empty when it can."""
    why = clean(proxy.capabilities.why_not(id))
    return f"{why[0].upper()}{why[1:]}. C shows what it can do." if why else ""
