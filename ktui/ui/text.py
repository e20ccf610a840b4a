"""The one gate between outside text and the terminal.

Textual strips five control codes; ESC and C1 pass, and a plain `str` is parsed as markup. Everything that came from a
record, a server, a file or a URL goes through `plain` (for widgets) or `clean` (for segments we style ourselves).
"""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size
from textual.content import Content

_REPLACED = (
    {code: 0x2400 + code for code in range(0x20)}  # C0 as its picture: ␛ says more than a box
    | {0x7F: 0x2421}
    | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)  # C1: a terminal may take 0x9B for ESC [
    | dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)  # they would reverse what follows
    | dict.fromkeys((0x2028, 0x2029), 0xFFFD)  # line ends to some
    | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)  # lone surrogates: JSON can carry them, UTF-8 cannot
)

_UNEVEN = (
    dict.fromkeys((0x200C, 0x200D), None)  # joiners: a family is one picture here and three there
    | dict.fromkeys(range(0xFE00, 0xFE10), None)  # variation selectors: ❤ is one cell wide here and two there
    | dict.fromkeys(range(0x1F3FB, 0x1F400), None)  # skin tones: a colour here and a square of their own there
)
"""What terminals do not agree on how wide it makes the text: where lines stand in columns, one cell shifts a row."""
_DRAWN = _REPLACED | _UNEVEN

TYPABLE = f"[^{re.escape(''.join(map(chr, _REPLACED)))}]*"
"""What a field of one line takes: a paste may hold anything, and fields draw what they hold."""


def clean(text: str) -> str:
    """The text with nothing in it that a terminal would obey, one character for one."""
    return text if text.isascii() and text.isprintable() else text.translate(_REPLACED)


def even(text: str) -> str:
    """Clean text that is as wide on every terminal: for lines that have something to the right of it."""
    return text if text.isascii() and text.isprintable() else text.translate(_DRAWN)


def plain(text: str) -> Content:
    """Outside text as content: cleaned, and never parsed as markup."""
    return Content(clean(text))


def cell_cut(text: str, width: int) -> str:
    """The text in at most `width` cells, its end replaced by … where it does not fit. Wide characters stay whole."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    return set_cell_size(text, width - 1).rstrip() + "…"
