"""The columns of the topic that is open: looked for in its records, remembered from run to run."""

from __future__ import annotations

import time

import msgspec

from ktui.columns import MOST, Columns
from ktui.fields import Path
from ktui.state import State
from ktui.ui.widgets.stream_table import StreamTable

AGAIN = 5.0
"""Seconds after which records are looked at again for fields that are new, while such come."""


class StreamColumns:
    """What the stream pane does about columns."""

    def __init__(self, table: StreamTable, proxy: str, state: State) -> None:
        self._table, self._proxy, self._state = table, proxy, state
        self._topic = ""
        self._unsaved = False
        self._surveyed = (0, 0.0)
        """End of the rows that were looked at, and when."""

    def open(self, topic: str) -> None:
        """Another topic: its columns as they were left."""
        self.save()
        self._topic, self._surveyed = topic, (0, 0.0)
        if self._table.is_mounted:
            self._table.workers.cancel_group(self._table, "survey")  # it looks at records of the topic before
        self._table.columns = self._state.columns(self._proxy, topic) or Columns()
        self._table.action_shift(-MOST)

    def turn(self) -> None:
        """Fields as columns, or values on one line again."""
        columns = self._table.columns
        self._table.columns = msgspec.structs.replace(columns, as_fields=not columns.as_fields)
        self._unsaved = True
        if not columns.as_fields:
            self._survey(asked=True)

    def add(self, path: Path) -> None:
        """Show a field that was named by hand."""
        columns = self._table.columns.added(path)
        self._table.columns = msgspec.structs.replace(columns, as_fields=True)
        self._table.action_shift(-MOST)  # it is the first
        self._unsaved = True
        self._survey()

    def changed(self) -> None:
        """The table's columns are others now."""
        self._unsaved = True

    def tick(self) -> None:
        """Twice a second: save what has changed, and look again where it is due."""
        self.save()
        columns = self._table.columns
        end, then = self._surveyed
        if not columns.as_fields or self._table.view.end == end:
            return
        if not columns.fields or time.monotonic() > then + AGAIN:
            self._survey()

    def save(self) -> None:
        """Remember the columns, if they are others."""
        if self._unsaved:
            self._unsaved = False
            self._state.keep(self._proxy, self._topic, self._table.columns)

    @property
    def words(self) -> str:
        """For the title: whether fields are shown, and how many of them."""
        columns = self._table.columns
        if not columns.as_fields:
            return ""
        wanted = sum(column.shown for column in columns.fields)
        seen = sum(slot.column.field for slot in self._table.slots)
        if not columns.fields:
            return "no JSON to take fields from" if self._table.view.end == self._surveyed[0] else "fields"
        return "fields" if seen >= wanted else f"{seen} of {wanted} fields"

    def complaint(self) -> str:
        """What is wrong with the file of what is remembered; told once."""
        said, self._state.complaint = self._state.complaint, ""
        return said

    def _survey(self, *, asked: bool = False) -> None:
        self._surveyed = (self._table.view.end, time.monotonic())
        self._table.survey(asked)
