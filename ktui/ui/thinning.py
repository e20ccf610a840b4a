"""Drawing with fewer bytes, for links on which every byte counts: only what is not on the screen already.

Textual draws whole regions, and tells every piece of text its whole style and takes it back after it. Here what was
drawn is remembered, cell by cell: what is there stays, and styles are told as the difference to the one before. What is
seen is the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

_TOKEN = r"\x1b\[(\d+);(\d+)H|\x1b\[([0-9;]*)m|(\x1b\[\?2026[hl])|([\r\n]+)|(\x1b)"
_SKIPPED = 4
"""Cells that are there already and are written again all the same: going past them costs as much."""
_FOREGROUNDS = frozenset(str(code) for code in (*range(30, 38), *range(90, 98)))
_BACKGROUNDS = frozenset(str(code) for code in (*range(40, 48), *range(100, 108)))


class Style(NamedTuple):
    """Codes, as the terminal was told."""

    foreground: str = ""
    background: str = ""
    rest: frozenset[str] = frozenset()
    """Bold, underlined and so on."""


PLAIN = Style()
Piece = tuple[str, Style]
"""What stands in a cell: a character, or the text that begins there or before and is not split, and its style."""


class Thinner:
    """Remembers a screen and what its terminal was told last."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, tuple[Piece, int]]] = {}  # piece, and how many of its cells are before
        self._forgotten = False
        self._parts: list[str] = []
        self._told = PLAIN
        self._wanted = PLAIN
        self._at: tuple[int, int] | None = None  # where text is to go
        self._cursor: tuple[int, int] | None = None  # where the terminal's cursor is

    def forget(self) -> None:
        """Something else has been drawn, or the screen has another size. Called from any thread."""
        self._forgotten = True

    def thin(self, data: str) -> str:
        """What of this changes the screen. Text that says not where it goes, and sequences that draw otherwise, come
        through as they are."""
        if self._forgotten:
            self._forgotten, self._cursor = False, None
            self._rows.clear()
        self._parts, self._told, self._wanted, self._at = [], PLAIN, PLAIN, None
        at = 0
        for match in re.finditer(_TOKEN, data):
            if match.start() > at and not self._text(data[at : match.start()]):
                break
            at = match.end()
            row, column, codes, mode, _, other = match.groups()
            if other:
                break
            if row:
                self._at = (int(row), int(column))
            elif codes is not None:
                self._wanted = _after(self._wanted, codes)
            elif mode:
                self._parts.append(mode)
            else:
                self._at = None
        else:
            if at == len(data) or self._text(data[at:]):
                self._tell(PLAIN)
                return "".join(self._parts)
        self.forget()
        return data

    def _text(self, text: str) -> bool:
        """Take text in the wanted style; False if nobody said where it goes."""
        if self._at is None:
            return False
        row, column = self._at
        cells = self._rows.setdefault(row, {})
        if text.isascii():
            style = self._wanted
            blank = style if style.rest else Style("", style.background)
            new = [((letter, blank if letter == " " else style), 0) for letter in text]
        else:
            new = [((text, self._wanted), place) for place in range(cell_len(text))]
        changed = [place for place, piece in enumerate(new, column) if cells.get(place) != piece]
        if changed and not text.isascii():
            self._write(row, column, text)
            self._cursor = None  # terminals disagree on widths
        else:
            for start, stop in _runs(changed):
                self._write(row, start, text[start - column : stop - column])
                self._cursor = (row, stop)
        cells.update(enumerate(new, column))
        self._at = (row, column + len(new))
        return True

    def _write(self, row: int, column: int, text: str) -> None:
        if self._cursor != (row, column):
            ahead = column - self._cursor[1] if self._cursor and self._cursor[0] == row else 0
            self._parts.append(f"\x1b[{ahead}C" if ahead > 0 else f"\x1b[{row};{column}H")
        wanted = self._wanted
        if text.isspace() and not wanted.rest and not self._told.rest:
            wanted = Style(self._told.foreground, wanted.background)  # what has no ink needs no colour
        self._tell(wanted)
        self._parts.append(text)

    def _tell(self, style: Style) -> None:
        if style != self._told:
            self._parts.append(_change(self._told, style))
            self._told = style


def _runs(places: list[int]) -> list[tuple[int, int]]:
    """Stretches that hold these places, few between them left out."""
    runs: list[tuple[int, int]] = []
    for place in places:
        if runs and place - runs[-1][1] <= _SKIPPED:
            runs[-1] = (runs[-1][0], place + 1)
        else:
            runs.append((place, place + 1))
    return runs


@lru_cache(1024)
def _after(style: Style, codes: str) -> Style:
    """The style after these codes."""
    numbers = codes.split(";")
    foreground, background, rest = style
    while numbers:
        code = numbers.pop(0)
        if code in ("", "0"):
            foreground, background, rest = PLAIN
        elif code in ("38", "48"):
            length = 4 if numbers[:1] == ["2"] else 2
            colour = ";".join([code, *numbers[:length]])
            del numbers[:length]
            foreground, background = (colour, background) if code == "38" else (foreground, colour)
        elif code in _FOREGROUNDS or code == "39":
            foreground = "" if code == "39" else code
        elif code in _BACKGROUNDS or code == "49":
            background = "" if code == "49" else code
        else:
            rest = rest | {code}
    return Style(foreground, background, rest)


@lru_cache(4096)
def _change(told: Style, wanted: Style) -> str:
    """The shortest that makes one of the other."""
    if wanted == PLAIN:
        return "\x1b[m"
    if not told.rest <= wanted.rest:
        return f"\x1b[{';'.join(['0', *filter(None, [*sorted(wanted.rest), *wanted[:2]])])}m"
    codes = sorted(wanted.rest - told.rest)
    if wanted.foreground != told.foreground:
        codes.append(wanted.foreground or "39")
    if wanted.background != told.background:
        codes.append(wanted.background or "49")
    return f"\x1b[{';'.join(codes)}m"
