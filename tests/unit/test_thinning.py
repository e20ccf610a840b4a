"""Thinned output against the same as it was, in a terminal emulator: what is seen is the same."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktui.ui.thinning import Thinner

WIDTH, HEIGHT = 20, 4
COLOURS = ["", "31", "1;32;44", "38;2;1;2;3", "38;2;1;2;3;48;2;9;9;9", "48;5;7", "7;38;2;4;5;6", "95;107", "4"]
TEXTS = ["", " ", "      ", "abc", "a  b", "abcdefghij", "│", "日本", "né", "abc日", "▌x", "aaaa"]


class Screen:
    """A terminal."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(WIDTH, HEIGHT)
        self._stream = pyte.Stream(self._screen)

    def feed(self, data: str) -> None:
        self._stream.feed(data)

    @property
    def cells(self) -> list[list[object]]:
        """What is seen: of a blank not the colour of its letter."""
        return [
            [
                cell._replace(fg="") if cell.data == " " and not (cell.reverse or cell.underscore) else cell
                for cell in (self._screen.buffer[y][x] for x in range(WIDTH))
            ]
            for y in range(HEIGHT)
        ]


def at(row: int, column: int, *parts: tuple[str, str]) -> str:
    """Text as Textual draws it: where it goes, then pieces with their styles."""
    return f"\x1b[{row};{column}H" + "".join(f"\x1b[{c}m{text}\x1b[0m" if c else text for c, text in parts if text)


PART = st.tuples(st.sampled_from(COLOURS), st.sampled_from(TEXTS))
LINE = st.tuples(st.integers(1, HEIGHT), st.integers(1, WIDTH - 8), st.lists(PART, min_size=1, max_size=3))


def drawn(row: int, column: int, parts: list[tuple[str, str]]) -> str:
    """Cut at the right edge: Textual draws nothing beyond."""
    taken, room = [], WIDTH - column - 1
    for codes, text in parts:
        width = sum(2 if letter in "日本" else 1 for letter in text)
        if width <= room:
            taken.append((codes, text))
            room -= width
    return at(row, column, *taken)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(LINE, min_size=1, max_size=5), min_size=1, max_size=6))
def test_is_seen_the_same(screens: list[list[tuple[int, int, list[tuple[str, str]]]]]) -> None:
    raw, thin, thinner = Screen(), Screen(), Thinner()
    for lines in screens:
        data = "".join(drawn(*line) + "\n" * (line[0] < HEIGHT) for line in lines) + "\x1b[1;1H"
        less = thinner.thin(data)
        raw.feed(data)
        thin.feed(less)
        assert thin.cells == raw.cells


def test_nothing_is_drawn_twice() -> None:
    thinner = Thinner()
    line = at(3, 2, ("38;2;1;2;3;48;2;9;9;9", "key"), ("38;2;5;5;5;48;2;9;9;9", ": "), ("31;48;2;9;9;9", "value"))
    first = thinner.thin(line)
    assert first == ("\x1b[3;2H\x1b[38;2;1;2;3;48;2;9;9;9mkey\x1b[38;2;5;5;5m: \x1b[31mvalue\x1b[m")
    assert thinner.thin(line) == ""
    assert thinner.thin(line.replace("value", "valve")) == "\x1b[1D\x1b[31;48;2;9;9;9mv\x1b[m".replace(
        "\x1b[1D", "\x1b[3;10H"
    )
    thinner.forget()
    assert thinner.thin(line) == first


@pytest.mark.parametrize("other", ["\x1b[2J", "\x1b]52;c;eA==\x07", "text that says not where", "\x1b[?1049h"])
def test_what_is_no_screen_of_text_comes_through(other: str) -> None:
    thinner = Thinner()
    line = at(1, 1, ("31", "abc"))
    first = thinner.thin(line)
    assert thinner.thin(other) == other
    assert thinner.thin(line) == first


def test_marks_of_one_update_are_kept() -> None:
    thinner = Thinner()
    assert thinner.thin("\x1b[?2026h") == "\x1b[?2026h"
    assert thinner.thin(at(1, 1, ("", "a"))) == "\x1b[1;1Ha"
    assert thinner.thin("\x1b[?2026l") == "\x1b[?2026l"
    assert thinner.thin(at(1, 1, ("", "a"))) == ""
