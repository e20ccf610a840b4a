"""JSON as text: its tokens as they were written, and its lines as a person wants them. Pure.

Tokens are cut from the text and checked against the grammar, never converted: 1.10 stays 1.10, and an integer of
thirty digits keeps them all.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec


class Role(enum.StrEnum):
    """What a piece of text is; the screen gives it a colour."""

    NAME = "name"
    STRING = "string"
    NUMBER = "number"
    LITERAL = "literal"
    PUNCTUATION = "punctuation"
    TEXT = "text"
    WORD = "word"
    """A word of ours: null, empty, tombstone."""
    MUTED = "muted"
    MATCH = "match"
    """What was looked for."""


class Span(NamedTuple):
    """Text in one role."""

    text: str
    role: Role


class Line(msgspec.Struct):
    """One line of a value laid out. For JSON it knows its place in the tree."""

    spans: list[Span]
    depth: int = 0
    parent: int = -1
    """Number of the line that opens the container this line is in; -1 at the root."""
    step: str | int | None = None
    """Name (as written, without quotes) or index in the parent; None for a closing line and for the root."""
    opens: bool = False
    close: int = -1
    """For an opening line: the number of its closing line, once that has been laid out."""
    size: int = 0
    """For an opening line: how many values are directly inside, so far."""


class NotJson(ValueError):
    """The text breaks the grammar."""


_TOKEN = (
    r"[ \t\n\r]*(?:"
    r"([{}\[\]:,])"
    r'|("[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*")'
    r"|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(true|false|null)"
    r")"
)
_ROLES = (Role.TEXT, Role.PUNCTUATION, Role.STRING, Role.NUMBER, Role.LITERAL)
_VALID = (
    r"([{}\[\]:,])"
    r'|("[^"\\]*(?:\\.[^"\\]*)*")(?:(?=[ \t\n\r]*(:))|)'
    r"|(-?[0-9][^ \t\n\r,\]}]*)"
    r"|(true|false|null)"
    r'|(")'
)
SPACED = {":": ": ", ",": ", "}
"""Signs as a line shows them."""
_VALID_ROLES = (Role.TEXT, Role.PUNCTUATION, Role.STRING, Role.NAME, Role.NUMBER, Role.LITERAL)
_NAMED, _TORN = 3, 6
_SPACE = " \t\n\r"

_VALUE, _VALUE_OR_END, _NAME, _NAME_OR_END, _COLON, _COMMA, _DONE = range(7)


def tokens(text: str, *, partial: bool = False) -> Iterator[tuple[Role, str]]:
    """The tokens of one JSON value. Raises NotJson where the grammar is broken.

    With `partial` the text may stop anywhere; what is left of a token is given as that token.
    """
    stack: list[str] = []
    expected = _VALUE
    position = 0
    match = re.compile(_TOKEN).match
    while True:
        found = match(text, position)
        if found is None:
            rest = text[position:].strip(_SPACE)
            if rest and not partial:
                raise NotJson(rest[:20])
            if rest:
                yield _torn(rest, expected)
            elif not partial and expected != _DONE:
                raise NotJson("it ends too early")
            return
        position = found.end()
        group = found.lastindex or 0
        token = found[group]
        role = _ROLES[group]
        if role is Role.PUNCTUATION:
            expected = _punctuated(token, expected, stack)
        elif expected in (_NAME, _NAME_OR_END) and role is Role.STRING:
            role, expected = Role.NAME, _COLON
        elif expected in (_VALUE, _VALUE_OR_END):
            expected = _COMMA if stack else _DONE
        else:
            raise NotJson(token[:20])
        yield role, token


def first_spans(text: str, length: int, *, partial: bool = False) -> list[Span] | None:
    """The beginning of a text that is known to be JSON: somewhat more than `length` characters of it, with a space
    behind `:` and `,`. With `partial` it may stop anywhere; then None where that can be seen in what was asked for.

    Nothing is checked, so it takes half of the time of `tokens`: every row of a stream passes here.
    """
    spans: list[Span] = []
    used = 0
    for found in re.finditer(_VALID, text):
        kind = found.lastindex or 0
        if kind == _TORN:
            return None
        token = found[2 if kind == _NAMED else kind]
        token = SPACED.get(token, token)
        spans.append(Span(token, _VALID_ROLES[kind]))
        used += len(token)
        if used > length:
            return spans if not partial or text[found.end() :].strip(_SPACE) else None
    return None if partial else spans


def _punctuated(token: str, expected: int, stack: list[str]) -> int:
    """What may follow this sign. Raises NotJson where it must not stand."""
    if token in "{[":
        if expected in (_VALUE, _VALUE_OR_END):
            stack.append(token)
            return _NAME_OR_END if token == "{" else _VALUE_OR_END
    elif token == ":":
        if expected == _COLON:
            return _VALUE
    elif token == ",":
        if expected == _COMMA:
            return _NAME if stack[-1] == "{" else _VALUE
    elif stack:
        opening, early = ("{", _NAME_OR_END) if token == "}" else ("[", _VALUE_OR_END)
        if stack[-1] == opening and expected in (_COMMA, early):
            stack.pop()
            return _COMMA if stack else _DONE
    raise NotJson(token)


def _torn(rest: str, expected: int) -> tuple[Role, str]:
    """The last token of a text that was cut."""
    if rest[0] == '"' and "\n" not in rest:
        if expected in (_NAME, _NAME_OR_END):
            return Role.NAME, rest
        if expected in (_VALUE, _VALUE_OR_END):
            return Role.STRING, rest
    if expected in (_VALUE, _VALUE_OR_END):
        if rest == "-":
            return Role.NUMBER, rest
        if any(word.startswith(rest) for word in ("true", "false", "null")):
            return Role.LITERAL, rest
    if expected in (_COMMA, _DONE) and rest.lower() in (".", "e", "e+", "e-"):
        return Role.NUMBER, rest
    raise NotJson(rest[:20])


def json_lines(text: str) -> Iterator[Line]:
    """The value laid out, one name or element a line, lazily. The text must be JSON."""
    opened: list[tuple[int, Line]] = []
    line = Line([])
    number = 0
    valued = False  # a colon was the last token: the value goes on the line of its name
    fresh = False  # a bracket was just opened: its closing one, if next, goes on the same line
    for role, token in tokens(text):
        sign = token if role is Role.PUNCTUATION else ""
        closes = sign in ("}", "]")
        if sign in (",", ":") or (closes and fresh):
            line.spans.append(Span(": " if sign == ":" else token, role))
            valued = sign == ":"
            if closes:
                opened.pop()
                line.opens = fresh = False
            continue
        if not valued:
            if line.spans:
                yield line
                number += 1
            line = Line([])
            if closes:
                opener = opened.pop()[1]
                opener.close = number
                line.depth, line.parent, line.step = opener.depth, opener.parent, opener.step
            elif opened:
                line.depth, (line.parent, opener) = len(opened), opened[-1]
                line.step = token[1:-1] if role is Role.NAME else opener.size
                opener.size += 1
        line.spans.append(Span(token, role))
        valued = False
        if fresh := sign in ("{", "["):
            opened.append((number, line))
            line.opens = True
    yield line
