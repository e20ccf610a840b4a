"""A text area that colours JSON line by line. No tree-sitter: with it, TextArea has crashed the interpreter."""

from __future__ import annotations

import re

from rich.style import Style
from rich.text import Text
from textual.widgets import TextArea

from ktui.ui.text import clean

_TOKENS = r'("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|([][{},:]+)'
_ROLES = {3: "number", 4: "literal", 5: "punctuation"}
LONGEST = 4000
"""Characters of a line that is still coloured; longer ones are drawn plain."""

WRAPPED = 10_000
"""Characters of a line up to which lines are wrapped."""
MATCHED = 50_000
"""Characters of a text in which brackets are matched."""


class JsonArea(TextArea):
    """Several lines of text; `coloured` when they are meant to be JSON. Control characters are drawn as pictures."""

    COMPONENT_CLASSES = {
        "json-area--name",
        "json-area--string",
        "json-area--number",
        "json-area--literal",
        "json-area--punctuation",
    }

    DEFAULT_CSS = """
    JsonArea {
        background: transparent;
        color: $foreground;
        scrollbar-size-vertical: 1;
        &.-textual-compact, &:focus { border: none; }
        & .text-area--gutter { color: $ktui-muted; background: transparent; }
        & .text-area--cursor-gutter { color: $foreground; background: transparent; }
        & .text-area--cursor { background: $accent; color: $background; text-style: none; }
        & > .json-area--name { color: $secondary; }
        & > .json-area--string { color: $success; }
        & > .json-area--number { color: $ktui-number; }
        & > .json-area--literal { color: $ktui-null; }
        & > .json-area--punctuation { color: $ktui-muted; }
    }
    """

    coloured = True

    def spare(self, text: str) -> None:
        """Leave out what a large text makes slow: wrapping a megabyte in one line takes seconds for every key."""
        self.soft_wrap = max(map(len, text.split("\n"))) <= WRAPPED
        self.match_cursor_bracket = len(text) <= MATCHED

    def find_matching_bracket(self, bracket: str, search_from: tuple[int, int]) -> tuple[int, int] | None:
        return super().find_matching_bracket(bracket, search_from) if self.match_cursor_bracket else None

    def get_line(self, line_index: int) -> Text:
        line = self.document.get_line(line_index)
        text = Text("\t".join(map(clean, line.split("\t"))), end="", no_wrap=True)
        if self.coloured and len(line) <= LONGEST:
            for token in re.finditer(_TOKENS, line):
                if token[1] is not None:
                    role = "name" if token[2] else "string"
                    text.stylize(self._role(role), *token.span(1))
                    if token[2]:
                        text.stylize(self._role("punctuation"), *token.span(2))
                else:
                    text.stylize(self._role(_ROLES[token.lastindex or 5]), *token.span())
        return text

    def _role(self, role: str) -> Style:
        return self.get_component_rich_style(f"json-area--{role}", partial=True)
