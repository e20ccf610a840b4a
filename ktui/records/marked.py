"""Records that the user marked, to come back to them or to copy them. No UI.

A marked record is kept here too: copying takes all of them, also those that have left the log. In the log they are
known by their numbers; one that comes again after a jump is found by what it is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Sequence

from ktui.model import Record, Records
from ktui.records.log import RecordLog

MOST = 10_000
MOST_BYTES = 32 << 20
"""Marked records are kept beside the log: with this much the user means something else."""


class TooMany(ValueError):
    """No more can be marked."""


class Marked:
    """Which records of a log are marked."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log
        self._numbers: dict[Record, int] = {}
        """Of all marked ones. Known by all that they are: of a topic that was made again others have their places."""
        self._rows: list[int] = []  # the same numbers, ascending
        self._offsets: Counter[int] = Counter()
        """How many of them have each offset, to tell by what comes whether one may be among it."""
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def __contains__(self, record: object) -> bool:
        return bool(self._numbers) and record in self._numbers

    @property
    def records(self) -> list[Record]:
        """All of them, in the order in which they are or were in the log."""
        return sorted(self._numbers, key=self._numbers.__getitem__)

    @property
    def rows(self) -> Sequence[int]:
        """Numbers of those that are in the log, ascending."""
        return self._rows[bisect_left(self._rows, self._log.first) :]

    def toggle(self, number: int) -> bool:
        """Mark the record of this row, or take its mark away; whether it is marked now. Raises TooMany."""
        record = self._log[number]
        assert isinstance(record, Record)
        size = record.size + record.header_size
        if record in self._numbers:
            self._forget_number(record)
            self._bytes -= size
            return False
        if len(self) >= MOST or self._bytes + size > MOST_BYTES:
            raise TooMany(f"{len(self):,} records are marked, with {self._bytes:,} bytes: no more can be kept")
        self._bytes += size
        self._set_number(record, number)
        return True

    def came(self, start: int, records: Sequence[Record]) -> None:
        """These have come into the log, the first as row `start`: marked ones may be among them, after a jump."""
        if not self._numbers or (len(self._rows) and self._rows[0] >= self._log.first):
            return
        offsets = records.offsets if isinstance(records, Records) else [record.offset for record in records]
        for place in [place for place, offset in enumerate(offsets) if offset in self._offsets]:
            if (record := records[place]) in self._numbers:
                self._forget_number(record)
                self._set_number(record, start + place)

    def beside(self, number: int, step: int) -> int | None:
        """Row of the next marked record after this row (step 1) or before it (step -1)."""
        rows = self.rows
        at = bisect_left(rows, number + 1) if step > 0 else bisect_left(rows, number) - 1
        return rows[at] if 0 <= at < len(rows) else None

    def clear(self) -> None:
        """Mark nothing."""
        self._numbers.clear()
        self._rows.clear()
        self._offsets.clear()
        self._bytes = 0

    def _set_number(self, record: Record, number: int) -> None:
        self._numbers[record] = number
        self._offsets[record.offset] += 1
        insort(self._rows, number)

    def _forget_number(self, record: Record) -> None:
        del self._rows[bisect_left(self._rows, self._numbers.pop(record))]
        self._offsets[record.offset] -= 1
        if not self._offsets[record.offset]:
            del self._offsets[record.offset]


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
