"""The stream's table with columns that a person can change: in number, order and width, and by fields of the values."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass

from textual import events, work
from textual.binding import Binding
from textual.message import Message

from ktui.columns import Column, Columns
from ktui.fields import Survey
from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.column_fit import GAP, Slot
from ktui.ui.widgets.marked_table import MarkedTable

SAMPLE = 300
"""Records that are looked at for fields: the newest of those that are shown."""
SAMPLE_BYTES = 8 << 20
SLICE = 0.004
"""Seconds of looking at a time."""


class StreamTable(MarkedTable):
    """Shows a log in the columns it is told."""

    BINDINGS = [
        Binding("left", "shift(-1)", "fields back", id="stream.fields-left", tooltip="The fields before", show=False),
        Binding("right", "shift(1)", "more fields", id="stream.fields-right", tooltip="The fields after", show=False),
    ]

    class ColumnsChanged(Message):
        """They are others now, by the mouse or because records have fields that were not known."""

    @dataclass
    class HeadClicked(Message):
        """The name of a column was clicked."""

        column: Column

    def __init__(self, records: RecordLog, link: TerminalLink | None = None, *, id: str | None = None) -> None:
        super().__init__(records, link, id=id)
        self._grip: tuple[int, Slot, bool] | None = None
        """Where the mouse went down on the head, on which column, and whether on its border."""
        self._dragged = False
        self._asked = False
        """Somebody waits to hear whether there are fields."""

    @property
    def columns(self) -> Columns:
        return self._painter.columns

    @columns.setter
    def columns(self, columns: Columns) -> None:
        if columns != self._painter.columns:
            self._painter.show(columns)
            self._fit()
            self.refresh()

    @property
    def several(self) -> bool:
        """Whether rows say which topic they are of."""
        return self._painter.several

    @several.setter
    def several(self, several: bool) -> None:
        self._painter.several = several

    @property
    def slots(self) -> list[Slot]:
        """The columns that there is room for, where they stand."""
        return self._painter.slots

    @property
    def chosen(self) -> str:
        """Id of the column whose name is lit; empty for none."""
        return self._painter.chosen

    @chosen.setter
    def chosen(self, id: str) -> None:
        self._painter.chosen = id
        self.refresh()

    def lacks(self, column: Column) -> bool:
        """No record that was seen has anything to show in it."""
        return self._painter.lacks(column)

    # Fields

    def bring(self, field: Column) -> None:
        """Let the fields begin with this one, if it is shown."""
        self._painter.bring(field)
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if self.why_not(action) else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        shifts = action == "shift" and not self.columns.as_fields
        return "Values are on one line: t shows the fields of JSON as columns." if shifts else ""

    def action_shift(self, fields: int) -> None:
        """Let the fields begin further right, while there are some that had no room; or further left."""
        self._painter.shift(fields)
        self._fit()
        self.refresh()

    def survey(self, asked: bool = False) -> None:
        """Look at the newest records for fields that they share. Who `asked` for it is told when there are none."""
        self._asked |= asked
        self._survey()

    @work(exclusive=True, group="survey")
    async def _survey(self) -> None:
        """A slice at a time."""
        survey = Survey(column.path for column in self.columns.fields)
        until = time.perf_counter() + SLICE
        for record in self._sample():
            survey.look(record.value)
            if time.perf_counter() > until:
                await asyncio.sleep(0)
                until = time.perf_counter() + SLICE
        columns = self.columns.joined(survey.found())
        if columns != self.columns:
            self.columns = columns
            self.post_message(self.ColumnsChanged())
        if self._asked and not columns.fields and len(self.view):
            what = "None of the newest records " + ("has any field" if survey.objects else "is a JSON object")
            if survey.too_large:
                what += " and is small enough for columns"
            self.notify(f"{what}: values stay on one line.", severity="warning", markup=False)
        self._asked = False

    def _sample(self) -> Iterator[Record]:
        size = 0
        for place in range(self.view.end - 1, self.view.end - SAMPLE - 1, -1):
            record = self.view.record(place)  # None for marks, and for what has left meanwhile
            if record is not None:
                size += record.size
                yield record
            if size > SAMPLE_BYTES:
                return

    # The mouse on the head: a border is dragged to make a column wider, a name to move it

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.y != 0 or event.button != 1:
            return
        for slot in self.slots:
            if slot.start <= event.x < slot.stop + GAP:
                self._grip, self._dragged = (event.x, slot, event.x >= slot.stop), False
                self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._grip is None:
            return
        at, slot, border = self._grip
        self._dragged = self._dragged or event.x != at
        if border and self._dragged:
            self._resize(slot.column, slot.width + event.x - at)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._grip is None:
            return
        (_, slot, border), self._grip = self._grip, None
        self.release_mouse()
        if border and self._dragged:
            self.post_message(self.ColumnsChanged())
        elif not border:
            self._drop(slot.column, event.x)

    async def _on_click(self, event: events.Click) -> None:
        if event.y == 0 and event.chain == 2:
            for slot in self.slots:
                if slot.stop <= event.x < slot.stop + GAP:
                    self._resize(slot.column, None)
                    self.post_message(self.ColumnsChanged())
            return
        await super()._on_click(event)

    def _resize(self, column: Column, width: int | None) -> None:
        for each in self.columns.columns:
            if each.id == column.id:
                self.columns = self.columns.sized(each, width)

    def _drop(self, column: Column, x: int) -> None:
        """Put a column where the mouse let go of its name."""
        playing = {each.id: at for at, each in enumerate(self.columns.in_play)}
        target = next((slot.column.id for slot in self.slots if x < slot.stop + GAP), [*playing][-1])
        if target == column.id:
            self.post_message(self.HeadClicked(column))
        elif target in playing and column.id in playing:  # a survey may have changed them meanwhile
            now = self.columns.in_play[playing[column.id]]
            self.columns = self.columns.moved(now, playing[target] - playing[column.id])
            self.post_message(self.ColumnsChanged())
