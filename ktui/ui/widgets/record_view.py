"""Which rows of the log the table shows, by their place: all of them, or what a search has found.

In the whole log a place is the row's number. Places never change while the view does not; only `first` and `end` do.
"""

from __future__ import annotations

from ktui.model import Record, TopicPartition
from ktui.records.log import RecordLog, Row
from ktui.records.marked import MarkedRows
from ktui.records.search import Search

_LOOKED_THROUGH = 2000
"""Rows that are looked through for a record: one just produced is among the newest."""


class RecordView:
    """Rows by place."""

    def __init__(self, records: RecordLog) -> None:
        self.records = records
        self.search: Search | None = None
        """Only what it has found is shown."""
        self.marked: MarkedRows | None = None
        """Only these are shown, whatever is searched for."""

    @property
    def _some(self) -> Search | MarkedRows | None:
        """What is shown where it is not all."""
        return self.search if self.marked is None else self.marked

    @property
    def first(self) -> int:
        """Place of the oldest row."""
        some = self._some
        return self.records.first if some is None else some.first

    @property
    def end(self) -> int:
        """One past the place of the newest row."""
        some = self._some
        return self.records.end if some is None else some.end

    def __len__(self) -> int:
        return self.end - self.first

    def __getitem__(self, place: int) -> Row:
        return self.records[self.number(place)]

    def record(self, place: int) -> Record | None:
        """The record in this place; None for a mark, and for a place that is not there."""
        if not self.first <= place < self.end:
            return None
        row = self[place]
        return row if isinstance(row, Record) else None

    def number(self, place: int) -> int:
        """The row's number in the log."""
        some = self._some
        return place if some is None else some.number(place)

    def place(self, number: int) -> int:
        """Where this row is, or else the next one that is shown, or else the last."""
        return max(self.first, min(self.place_from(number), self.end - 1))

    def place_from(self, number: int) -> int:
        """Where the first row is that is this one or a later one; `end` when none is."""
        return number if self._some is None else self._some.place(number)

    def records_since(self, place: int) -> int:
        """How many records are shown in this place and after it."""
        return self.records.records_since(place) if self._some is None else max(0, self.end - place)

    def find(self, tp: TopicPartition, offset: int) -> int | None:
        """Number of the row of a record, shown or not, if it is among the newest ones of the log."""
        records = self.records
        for number in range(records.end - 1, max(records.first, records.end - _LOOKED_THROUGH) - 1, -1):
            record = records[number]
            if isinstance(record, Record) and record.offset == offset and record.tp == tp:
                return number
        return None
