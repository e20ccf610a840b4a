"""Hostile records in a real terminal: the bytes that come out of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ktui.model import Header
from tests.exit.conftest import Served
from tests.exit.terminal import Terminal, until
from tests.ui.evil import MARKER, TEXTS, VALUES

POINTER = re.compile(rb"\x1b\]22;[a-z-]+\x07")
"""By which Textual chooses the mouse pointer."""
HOSTILE = (
    b"\x1b]52",
    b"\x1b]8;",
    b"\x1b]0;title",
    b"\x1bP1$r",
    b"\x1bc",
    b"\x07",
    b"\0",
    *(chr(code).encode() for code in range(0x80, 0xA0)),
    *(chr(code).encode() for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)),
)


@pytest.fixture
def evil() -> Iterator[Served]:
    served = Served()
    topics = served.sandbox.topics
    topics.create("a-topic", 1)
    headers = tuple(Header(text, text.encode()) for text in TEXTS)
    for number, value in enumerate(VALUES):
        topics.append("a-topic", 0, VALUES[number * 7 % len(VALUES)], value, headers=headers)
    served.start()
    yield served
    served.stop()


def draws(terminal: Terminal, keys: str) -> None:
    """Type, and wait until something is drawn."""
    seen = len(terminal.output)
    terminal.press(keys)
    until(lambda: len(terminal.output) > seen, f"something is drawn after {keys!r}")


@pytest.mark.parametrize("size", [(160, 60), (80, 24)])
def test_nothing_of_a_record_is_obeyed(evil: Served, size: tuple[int, int]) -> None:
    terminal = Terminal("-m", "ktui", evil.url, size=size)
    try:
        terminal.wait_for("a-topic")
        terminal.press("\r")
        terminal.wait_for("kept ")
        until(lambda: "␛]52;c;" + MARKER in terminal.text, "the values are drawn")
        terminal.press("\x1b[H" + "\x1b[6~" * 4 + "\x1b[H\r")  # home, pages down, home, enter
        for _ in range(12):
            draws(terminal, "\x1b[B" * 4 + "d")
        draws(terminal, "w")
        terminal.wait_for("newest first")
        for _ in range(6):
            draws(terminal, "\x1b[B")
        terminal.wait_for("HTTP/1.1")
        terminal.press("wr")
        terminal.wait_for("Compose → a-topic")
        terminal.press("\x11")
        assert terminal.wait() == 0
    finally:
        terminal.close()
    written = POINTER.sub(b"", bytes(terminal.output))
    found = [each for each in HOSTILE if each in written]
    assert not found
