"""The columns of the offsets pane: where partitions stand, and how one line of that is drawn in the room there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content

from ktui.model import OffsetRange
from ktui.ui.widgets.ruler import ruler

MANY = 1000
"""From here on behind and lag are drawn as trouble."""
RULER = range(12, 61)
"""Widths at which a ruler is worth drawing."""


@dataclass
class Standing:
    """One partition: what it holds, where we read, where the group resumes. None is not known, or not there."""

    partition: int
    held: OffsetRange | None = None
    position: int | None = None
    committed: int | None = None
    asked: bool = False
    """Whether the group's offset is known: then no `committed` means that it never committed here."""
    marked: bool = False

    @property
    def behind(self) -> int | None:
        """Offsets from our position to the end."""
        return None if self.held is None or self.position is None else max(0, self.held.end - self.position)

    @property
    def lag(self) -> int | None:
        """Offsets from the committed one to the end."""
        return None if self.held is None or self.committed is None else max(0, self.held.end - self.committed)


@dataclass(frozen=True)
class _Column:
    title: str
    width: int


class Columns:
    """Widths for these rows in this room: BEGIN goes first where it is short, then END; a ruler takes what is left."""

    def __init__(self, rows: Sequence[Standing], width: int, *, group: bool) -> None:
        numbers = [("BEGIN", "held"), ("POSITION", "position"), ("END", "held"), ("BEHIND", "behind")]
        numbers += [("COMMITTED", "committed"), ("LAG", "lag")] if group else []
        longest = max((row.held.end for row in rows if row.held), default=0)
        room = max(len(f"{longest:,}"), 5)
        first = _Column("P", max((len(str(row.partition)) for row in rows), default=1) + 1)
        columns = [_Column(title, max(len(title), room)) for title, _ in numbers]
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
        return Content.styled(f"  {first.title:<{first.width - 1}}{titles}", "$ktui-muted")

    def line(self, row: Standing) -> Content:
        """One partition, without the cursor's bar."""
        first, *rest = self._columns
        mark = Content.styled("✓", "bold $accent") if row.marked else Content(" ")
        parts = [
            mark,
            Content.styled(f"{row.partition:<{first.width - 1}}", "$foreground" if row.marked else "$ktui-muted"),
        ]
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
