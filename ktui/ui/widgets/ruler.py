"""A partition as a line: where our position and a group's committed offset stand between beginning and end. Pure."""

from __future__ import annotations

from textual.content import Content

from ktui.model import OffsetRange


def ruler(width: int, held: OffsetRange, position: int | None, committed: int | None = None) -> Content:
    """`◆` our position, `┃` committed, heavy what was read. Two marks in one cell stand side by side, in order."""
    if width < 2 or held.end <= held.beginning:
        return Content.styled("─" * max(width, 0), "$ktui-dim")
    ours = None if position is None else _cell(width, held, position)
    theirs = None if committed is None else _cell(width, held, committed)
    if ours is not None and ours == theirs and position is not None and committed is not None:
        if committed == position:
            theirs = None
        elif committed < position:
            ours, theirs = (ours, ours - 1) if ours else (1, 0)
        else:
            ours, theirs = (ours, ours + 1) if ours < width - 1 else (ours - 1, ours)
    read = ours or 0
    line = Content.styled("━" * read, "$ktui-muted") + Content.styled("─" * (width - read), "$ktui-dim")
    if theirs is not None:
        line = line[:theirs] + Content.styled("┃", "$secondary") + line[theirs + 1 :]
    if ours is not None:
        line = line[:ours] + Content.styled("◆", "$accent") + line[ours + 1 :]
    return line


def _cell(width: int, held: OffsetRange, offset: int) -> int:
    return (held.clamp(offset) - held.beginning) * (width - 1) // (held.end - held.beginning)
