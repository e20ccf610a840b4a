"""The columns of the offsets pane: where partitions stand, and how one line of that is drawn in the room there is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.content import Content

from ktui.records.standings import Standing, Standings
from ktui.ui.text import plain
from ktui.ui.widgets.ruler import ruler

MANY = 1000
"""From here on behind and lag are drawn as trouble."""
RULER = range(12, 61)
"""Widths at which a ruler is worth drawing."""


class _Column(msgspec.Struct, frozen=True):
    title: str
    width: int


class Columns:
    """Widths for these rows in this room: BEGIN goes first where it is short, then END; a ruler takes what is left."""

    def __init__(self, rows: Sequence[Standing], width: int, *, group: bool) -> None:
        titles = ["BEGIN", "POSITION", "END", "BEHIND", *(["COMMITTED", "LAG"] if group else [])]
        longest = max((row.held.end for row in rows if row.held), default=0)
        room = max(len(f"{longest:,}"), 5)
        first = _Column("P", max((len(str(row.partition)) for row in rows), default=1) + 1)
        columns = [_Column(title, max(len(title), room)) for title in titles]
        for spare in ("BEGIN", "END"):
            if first.width + sum(column.width + 2 for column in columns) > width:
                columns = [column for column in columns if column.title != spare]
        self._columns = [first, *columns]
        left = width - first.width - sum(column.width + 2 for column in columns) - 3
        self._ruler = min(left, RULER[-1]) if left in range(RULER[0], 10_000) else 0

    @property
    def header(self) -> Content:
        first, *rest = self._columns
        titles = "".join(f"  {column.title:>{column.width}}" for column in rest)
        return Content.styled(f"{first.title:<{first.width}}{titles}", "$ktui-muted")

    def line(self, row: Standing) -> Content:
        """One partition, without the cursor's bar."""
        first, *rest = self._columns
        mark = Content.styled("✓" if row.marked else " ", "bold $accent")
        number = Content.styled(str(row.partition), "$foreground" if row.marked else "$ktui-muted")
        parts = [(number + mark).truncate(first.width, pad=True)]
        parts += [Content("  ") + self._cell(column, row) for column in rest]
        if self._ruler and row.held is not None:
            parts += [Content("  "), ruler(self._ruler, row.held, row.position, row.committed)]
        return Content("").join(parts)

    def _cell(self, column: _Column, row: Standing) -> Content:
        match column.title:
            case "BEGIN":
                value, style = row.held and row.held.beginning, "$foreground"
            case "END":
                value, style = row.held and row.held.end, "$foreground"
            case "POSITION":
                value, style = row.position, "$accent"
            case "COMMITTED":
                value, style = row.committed, "$secondary"
                if value is None and row.asked:
                    return Content.styled(f"{'never':>{column.width}}", "$ktui-muted")
            case _:
                value = row.behind if column.title == "BEHIND" else row.lag
                style = "$error" if (value or 0) >= MANY else "$ktui-muted"
        text = "-" if value is None else f"{value:,}"
        return Content.styled(f"{text:>{column.width}}", "$ktui-muted" if value is None else style)


def title(rows: Standings, group: str, *, of_several: bool) -> Content:
    """The pane's name, and how far behind the group is; no group, no word of it. The topic where it could be taken for
    another."""
    named = Content("3 Offsets") + (plain(f" of {rows.topic}") if of_several else Content())
    if group:
        named += Content(" · group ") + plain(group)
        if rows.lag is not None:
            named += Content.assemble(" lag ", (f"{rows.lag:,}", "$error"))
        elif any(row.asked for row in rows):
            named += Content(" never committed here")
    return named


def legend(*, group: bool) -> Content:
    """The signs on the ruler."""
    ours = Content.assemble("position ours ", ("◆", "$accent"))
    return ours + Content.assemble("   committed ", ("┃", "$secondary")) if group else ours
