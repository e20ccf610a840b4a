"""Copying text out of the terminal: natively where we sit at the machine, by OSC 52 where we do not."""

from __future__ import annotations

import os

from textual.app import App


def copy(app: App[object], text: str, what: str = "") -> str:
    """Put text on the clipboard. Returns what was copied, how much of it, and which way, for a toast.

    Over SSH the native clipboard is the wrong machine's. OSC 52 asks the terminal, which may refuse without a word, so
    the sentence says who decides.
    """
    size = len(text.encode("utf-8", "replace"))
    copied = f"Copied {what}{', ' if what else ''}{'1 byte' if size == 1 else f'{size:,} bytes'}"
    if not over_ssh() and _copy_natively(text):
        return f"{copied}, to the clipboard"
    app.copy_to_clipboard(text)
    return f"{copied}, by OSC 52 (the terminal decides whether it takes it)"


def over_ssh() -> bool:
    """Whether this terminal is at the other end of an SSH connection."""
    return "SSH_TTY" in os.environ or "SSH_CONNECTION" in os.environ


def _copy_natively(text: str) -> bool:
    import pyperclip  # type: ignore[import-untyped] # and ctypes with it: 3 ms that no start needs

    try:
        pyperclip.copy(text)
    except pyperclip.PyperclipException:
        return False
    return True
