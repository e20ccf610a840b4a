"""Records that the user marked, to come back to them or to copy them. No UI.

A marked record is kept here too: copying takes all of them, also those that have left the log. In the log they are
known by their numbers; one that comes again after a jump is found by its place.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from ktui.model import Record
from ktui.records.log import RecordLog

MOST = 10_000
MOST_BYTES = 32 << 20
"""Marked records are kept beside the log: with this much the user means something else."""

Place = tuple[str, int, int]
"""Topic, partition and offset."""


class TooMany(ValueError):
    """No more can be marked."""


class Marked:
    """Which records of a log are marked."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._records: dict[Place, Record] = {}
        self._numbers: dict[Place, int] = {}
        self._rows: list[int] = []  # the same numbers, ascending
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._records)

    def __bool__(self) -> bool:
        return bool(self._records)

    def __contains__(self, record: object) -> bool:
        return bool(self._records) and isinstance(record, Record) and _place(record) in self._records

    @property
    def records(self) -> list[Record]:
        """All of them, in the order in which they are or were in the log."""
        return [self._records[place] for place in sorted(self._records, key=lambda place: self._numbers[place])]

    @property
    def rows(self) -> Sequence[int]:
        """Numbers of those that are in the log, ascending."""
        return self._rows[bisect_left(self._rows, self._log.first) :]

    def toggle(self, number: int) -> bool:
        """Mark the record of this row, or take its mark away; whether it is marked now. Raises TooMany."""
        record = self._log[number]
        assert isinstance(record, Record)
        place = _place(record)
        if place in self._records:
            self._forget_number(place)
            self._bytes -= self._records.pop(place).size
            return False
        if len(self) >= MOST or self._bytes + record.size > MOST_BYTES:
            raise TooMany(f"{len(self):,} records are marked, with {self._bytes:,} bytes: no more can be kept")
        self._records[place] = record
        self._bytes += record.size
        self._set_number(place, number)
        return True

    def came(self, start: int, records: Sequence[Record]) -> None:
        """These have come into the log, the first as row `start`: marked ones may be among them, after a jump."""
        if not self._records or (len(self._rows) and self._rows[0] >= self._log.first):
            return
        offsets = {place[2] for place in self._records}
        for number, record in enumerate(records, start):
            if record.offset in offsets and (place := _place(record)) in self._records:
                self._forget_number(place)
                self._set_number(place, number)

    def beside(self, number: int, step: int) -> int | None:
        """Row of the next marked record after this row (step 1) or before it (step -1)."""
        rows = self.rows
        at = bisect_left(rows, number + 1) if step > 0 else bisect_left(rows, number) - 1
        return rows[at] if 0 <= at < len(rows) else None

    def clear(self) -> None:
        """Mark nothing."""
        self._records.clear()
        self._numbers.clear()
        self._rows.clear()
        self._bytes = 0

    def _set_number(self, place: Place, number: int) -> None:
        self._numbers[place] = number
        insort(self._rows, number)

    def _forget_number(self, place: Place) -> None:
        del self._rows[bisect_left(self._rows, self._numbers.pop(place))]


class MarkedRows:
    """The marked rows of a log as they were at one moment, by place: 0 is the oldest of them. Those that leave the log
    leave here too."""

    def __init__(self, log: RecordLog, rows: Sequence[int]) -> None:
        self._log = log
        self._rows = tuple(rows)

    @property
    def first(self) -> int:
        """Place of the oldest that is kept."""
        return bisect_left(self._rows, self._log.first)

    @property
    def end(self) -> int:
        """One past the place of the newest."""
        return len(self._rows)

    def number(self, place: int) -> int:
        """Number in the log of the row in this place."""
        return self._rows[place]

    def place(self, number: int) -> int:
        """Place of the first that is this row or a later one; `end` when there is none."""
        return bisect_left(self._rows, number)


def _place(record: Record) -> Place:
    return record.topic, record.partition, record.offset
