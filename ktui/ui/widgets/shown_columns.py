"""Which columns of the stream's table there is room for, and where they stand: by what the rows on screen need."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from ktui.columns import Column, Columns
from ktui.ui.text import even
from ktui.ui.widgets.column_fit import Slot, fit, natural
from ktui.ui.widgets.record_row import Row, time_cells

TITLES = {"partition": "P"}
_TITLE_CELLS = 20
"""Of a path that a column makes room for."""
_PATIENCE = 40
"""Windows for which a column stays wider than needed, so that what is right of it does not jitter."""
_SLACK = 4
"""Cells that a field may have too many."""


class ShownColumns:
    """Owns the columns, in the order and the widths a person gave them, and the places they have now."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.slots: list[Slot] = []
        """Where the columns stand that there is room for."""
        self.several = False
        """Records of several topics come: their names stand before the partition."""
        self.skipped = 0
        """Fields that are left out at the left: one has gone to those further right."""
        self._shown: tuple[Column, ...] = self._wanted(self.columns)
        self._needs: dict[str, int] = {}
        self._roomy: dict[str, int] = {}
        """For how many windows a column has been too wide."""
        self._width = 0

    def show(self, columns: Columns) -> None:
        """Other columns, or the same with other widths."""
        self.columns, self._shown = columns, self._wanted(columns)
        self._needs, self._width, self._roomy = {}, 0, {}

    def _wanted(self, columns: Columns) -> tuple[Column, ...]:
        """Those to show, without the fields that are left out at the left; one is not."""
        shown = [column for column in columns.in_play if column.shown]
        fields = [column for column in shown if column.field]
        self.skipped = max(0, min(self.skipped, len(fields) - 1))
        return tuple(column for column in shown if column not in fields[: self.skipped])

    def shift(self, fields: int) -> None:
        """Leave out so many more of the fields at the left, as long as some at the right have no room."""
        if fields < 0 or self.cut:
            self.skipped += fields
            self.show(self.columns)

    @property
    def cut(self) -> bool:
        """Of the fields at the right some have no room."""
        last = next((column for column in reversed(self._shown) if column.field), None)
        seen = next((slot.width for slot in self.slots if slot.column is last), 0)
        return last is not None and seen < natural(last, self._needs.get(last.id, 0))

    def bring(self, field: Column) -> None:
        """Let the fields begin there."""
        fields = [column for column in self.columns.in_play if column.shown and column.field]
        if field in fields:
            self.skipped = fields.index(field)
            self.show(self.columns)

    def lacks(self, column: Column) -> bool:
        """No record that was seen has anything to show in it."""
        return not self._needs.get(column.id)

    def fit_to(self, rows: Sequence[Row], width: int, *, flying: bool) -> bool:
        """Let them fit these rows and so many cells. True when they stand otherwise now."""
        needs = self._needed(rows, flying=flying)
        if needs == self._needs and width == self._width:
            return False
        wider, self._needs, self._width = width > self._width, needs, width
        self.slots = fit(self._shown, needs, width, several=self.several)
        if wider and self.skipped and not self.cut:
            self._bring_back(rows)
        return True

    def _bring_back(self, rows: Sequence[Row]) -> None:
        """Show fields again that were left out at the left, as many as there is room for now."""
        while self.skipped:
            before = self.slots, self._shown, self._needs
            self.skipped -= 1
            self._shown = self._wanted(self.columns)
            self._needs = self._needed(rows, flying=False)
            self.slots = fit(self._shown, self._needs, self._width, several=self.several)
            if self.cut:
                self.skipped += 1
                self.slots, self._shown, self._needs = before
                return

    def _needed(self, rows: Sequence[Row], *, flying: bool) -> dict[str, int]:
        """What the columns need. Most never need less while the same records come. The key does, late while rows fly
        by, and so do fields: one number of twenty digits is no reason to hide two others for good."""
        needs = {column.id: self._needs.get(column.id, _least(column)) for column in self._shown}
        fresh = [row for row in rows if row.measured is not self._shown]
        for row in fresh:
            row.measured = self._shown
        for column in self._shown:
            if column.field or column.id == "key":
                now = max(0 if column.id == "key" else _least(column), *(row.need(column) for row in rows), 0)
                needs[column.id] = self._narrowed(column, needs[column.id], now, flying=flying)
            elif fresh and column.name != "value":
                needs[column.id] = max(needs[column.id], *(row.need(column) for row in fresh))
        if "time" in needs:
            needs["time"] = time_cells(needs["time"])
        return needs

    def _narrowed(self, column: Column, before: int, now: int, *, flying: bool) -> int:
        """What a column is given that needs something else now."""
        if now >= before - (_SLACK if column.field else 0):
            self._roomy[column.id] = 0
            return max(before, now)
        patient = self._roomy.get(column.id, 0) + 1
        self._roomy[column.id] = patient
        return now if patient >= _PATIENCE or not (flying or column.field) else before


def _least(column: Column) -> int:
    """Cells that the name takes; none for the time, which some proxies do not send."""
    if column.field:
        return min(cell_len(even(column.name)), _TITLE_CELLS)
    return 0 if column.name == "time" else len(TITLES.get(column.name, column.name))
