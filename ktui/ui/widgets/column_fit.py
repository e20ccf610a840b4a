"""Columns in the cells that there are: how wide each is, where it stands, and which give way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ktui.columns import Column

GAP = 2
"""Cells between columns."""
MARGIN = 1
"""Cells before the first: the cursor's bar."""
TIME_FROM = 80
"""Cells a table must have to give some to the time, unless somebody asks for it."""
_VALUE_NEEDS, _FIELDS_NEED = 20, 30
"""Cells below which what tells least about a record makes room."""
_GIVE_WAY = ("headers", "time", "partition")
TORN = 6
"""Cells of a field that are worth showing when there is no room for all of it."""
CAPS = {"partition": 24, "key": 32, "headers": 32}
_FIELD_CAP = 24
_LEAST = {"key": 8, "offset": 8, "time": 12}


class Slot(NamedTuple):
    """A column in its place."""

    column: Column
    start: int
    """Cells from the left edge of the table."""
    width: int

    @property
    def stop(self) -> int:
        return self.start + self.width


def natural(column: Column, need: int) -> int:
    """How wide a column would like to be for content of so many cells."""
    if column.width is not None:
        return column.width
    if column.field:
        return min(need, _FIELD_CAP)
    return max(min(need, CAPS.get(column.name, need)), _LEAST.get(column.name, 1))


def fit(columns: Sequence[Column], needs: Mapping[str, int], width: int, *, several: bool = False) -> list[Slot]:
    """Those of `columns` (shown ones, in order) that fit into `width` cells. `needs` are cells by column id; one of 0
    is left out. The value gets what is left; of the fields those at the right are cut. Of `several` topics an offset
    means nothing without its partition, which stays."""
    wanted = [c for c in columns if needs[c.id] or c.width or c.hidden is False]
    widths = {c.id: natural(c, needs[c.id]) for c in wanted}
    wanted = _make_room(wanted, widths, width, [name for name in _GIVE_WAY if name != "partition" or not several])
    return _placed(wanted, _shared_out(wanted, widths, needs, width), width)


def _elastic(column: Column) -> bool:
    """Takes what the others leave."""
    return column.field or column.name == "value"


def _taken(columns: Sequence[Column], widths: Mapping[str, int]) -> int:
    return MARGIN + sum(widths[c.id] + GAP for c in columns if not _elastic(c))


def _make_room(columns: list[Column], widths: Mapping[str, int], width: int, names: Sequence[str]) -> list[Column]:
    """Without those that give way."""
    least = 0
    if any(c.field for c in columns):
        least = min(_FIELDS_NEED, sum(widths[c.id] + GAP for c in columns if c.field) - GAP)
    elif any(c.name == "value" for c in columns):
        least = _VALUE_NEEDS
    for name in names:
        found = next((c for c in columns if c.name == name and not c.field and c.hidden is None), None)
        if found is None:
            continue
        too_small = name == "time" and width < TIME_FROM
        if too_small or _taken(columns, widths) + least > width:
            columns = [c for c in columns if c is not found]
    return columns


def _shared_out(
    columns: Sequence[Column], widths: dict[str, int], needs: Mapping[str, int], width: int
) -> dict[str, int]:
    """With the value as wide as there is room, and with fields that have more to say than they were given."""
    spare = width - _taken(columns, widths)
    elastic = [c for c in columns if _elastic(c)]
    if len(elastic) == 1 and not elastic[0].field and elastic[0].width is None:
        return widths | {"value": max(spare, TORN)}
    spare -= sum(widths[c.id] + GAP for c in elastic) - GAP
    for c in elastic:
        more = min(needs[c.id] - widths[c.id], spare) if c.width is None else 0
        if more > 0:
            widths[c.id] += more
            spare -= more
    return widths


def _placed(columns: Sequence[Column], widths: Mapping[str, int], width: int) -> list[Slot]:
    """In their places. Fields have what the others leave; whatever is at the right edge is cut there."""
    after = 0
    room: dict[int, int] = {}
    for at in range(len(columns) - 1, -1, -1):
        room[at] = after
        if not columns[at].field:
            after += widths[columns[at].id] + GAP
    slots: list[Slot] = []
    start, full = MARGIN, False
    for at, column in enumerate(columns):
        wide = widths[column.id]
        left = width - start - (room[at] if column.field else 0)
        if column.field and full:
            continue
        if wide > left:
            full = full or column.field
            if left < (TORN if column.field or slots else 1) or (column.right and column.field):
                continue
            wide = left
        slots.append(Slot(column, start, wide))
        start += wide + GAP
    return slots
