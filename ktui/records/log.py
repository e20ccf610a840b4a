"""RecordLog: the records that were read, in order of arrival, in a ring bounded by bytes and by count.

Rows are numbered from the first that ever came and keep their number; what falls out at the old end is gone by whole
segments. Records are kept as columns, never as what they arrived in, so no answer of the proxy stays alive.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import ceil
from typing import TypeVar

from ktui.model import Gap, Record, Records
from ktui.records.segment import Note, Row, Segment

__all__ = ["Note", "RecordLog", "Row", "pieces"]

T = TypeVar("T")

SEALED_ROWS = 200
"""When the open end becomes a segment: smaller ones cost more per record."""
SEALED_BYTES = 256 * 1024
LARGEST_ROWS, LARGEST_BYTES = 2000, 1 << 20
"""What a segment holds at most: larger ones leave in bigger steps, and are searched in longer ones."""
STEPS = 16
"""Segments that a full ring has at least."""
_RECORD = 250
"""What a record in the open end takes beside its key and value, near enough."""


class RecordLog:
    """Rows by absolute number: records, and marks between them."""

    def __init__(self, max_bytes: int = 256 * 1024 * 1024, max_rows: int = 1_000_000) -> None:
        self.max_bytes = max_bytes
        self.max_rows = max_rows
        self._largest_bytes = min(LARGEST_BYTES, max(1, max_bytes // STEPS))
        self._largest_rows = min(LARGEST_ROWS, max(1, max_rows // STEPS))
        self.first = 0
        """Number of the oldest row that is kept."""
        self.end = 0
        """One past the newest row."""
        self._segments: list[Segment] = []
        self._starts: list[int] = []
        self._before: list[int] = []
        """Records that came before each segment, since the log began."""
        self._next_start = 0
        self._came = self._sealed = 0
        """Records that ever came, and those of them that were sealed."""
        self._sealed_bytes = 0
        self._tail: list[Row] = []
        self._tail_bytes = 0

    def __len__(self) -> int:
        return self.end - self.first

    @property
    def kept(self) -> int:
        """Records that are kept, without marks."""
        return self._came - (self._before[0] if self._before else self._sealed)

    @property
    def size_bytes(self) -> int:
        return self._sealed_bytes + self._tail_bytes

    def soon_gone(self, number: int) -> bool:
        """The log is nearly full, and this row among the first to leave."""
        full = self.size_bytes > 0.9 * self.max_bytes or len(self) > 0.9 * self.max_rows
        return full and number - self.first < len(self) // 10

    def extend(self, records: Sequence[Record]) -> None:
        """Append records. A large batch becomes segments as a whole; nothing of it is touched record by record."""
        self.end += len(records)
        self._came += len(records)
        if isinstance(records, Records) and len(records) >= SEALED_ROWS:
            self._seal()
            self._add_all(records)
            self._settle()
            return
        self._tail.extend(records)
        if len(self._tail) < SEALED_ROWS:
            self._tail_bytes += sum([_RECORD + len(each.key or b"") + len(each.value or b"") for each in records])
            self._tail_bytes += sum([each.header_size for each in records if each.headers])
        self._settle()

    def mark(self, mark: Gap | Note) -> None:
        """Append a mark; it takes a row of its own."""
        self._tail.append(mark)
        self._tail_bytes += _RECORD
        self.end += 1
        self._settle()

    def __getitem__(self, number: int) -> Row:
        """The row of this absolute number. IndexError for one that is not (or no longer) there."""
        tail_at = self._next_start
        if number >= tail_at:
            if number < self.end:
                return self._tail[number - tail_at]
        elif number >= self.first:
            which = bisect_right(self._starts, number) - 1
            return self._segments[which][number - self._starts[which]]
        raise IndexError(f"row {number} of {self.first} to {self.end}")

    def stretch(self, number: int) -> tuple[int, Segment | Sequence[Row]]:
        """The rows that are stored together with this one, and the number of the first of them."""
        if not self.first <= number < self.end:
            raise IndexError(f"row {number} of {self.first} to {self.end}")
        if number >= self._next_start:
            return self._next_start, self._tail
        which = bisect_right(self._starts, number) - 1
        return self._starts[which], self._segments[which]

    def records_since(self, number: int) -> int:
        """How many records are in this row and those after it; marks are none."""
        number = max(number, self.first)
        if number >= self._next_start:
            return sum([isinstance(row, Record) for row in self._tail[number - self._next_start :]])
        which = bisect_right(self._starts, number) - 1
        before = self._segments[which].records_before(number - self._starts[which])
        return self._came - self._before[which] - before

    def __iter__(self) -> Iterator[Row]:
        """All rows, oldest first, as of now."""
        for number in range(self.first, self.end):
            if number >= self.first:  # some may have left meanwhile
                yield self[number]

    def clear(self) -> None:
        """Forget all rows. Numbers go on."""
        self._segments, self._starts, self._before, self._tail = [], [], [], []
        self._sealed_bytes = self._tail_bytes = 0
        self._sealed = self._came
        self.first = self._next_start = self.end

    def _settle(self) -> None:
        """Seal an open end that is long enough, and drop whole segments at the old end until both bounds hold."""
        if len(self._tail) >= SEALED_ROWS or self._tail_bytes >= min(SEALED_BYTES, self._largest_bytes):
            self._seal()
        gone = 0
        while gone < len(self._segments) and (self.size_bytes > self.max_bytes or len(self) > self.max_rows):
            oldest = self._segments[gone]
            self.first += oldest.rows
            self._sealed_bytes -= oldest.size_bytes
            gone += 1
        if gone:
            del self._segments[:gone], self._starts[:gone], self._before[:gone]

    def _seal(self) -> None:
        if self._tail:
            self._add_all(self._tail)
        self._tail, self._tail_bytes = [], 0

    def _add_all(self, some: Sequence[Row]) -> None:
        for rows in pieces(some, self._largest_rows):
            segment = Segment(rows)
            if segment.size_bytes <= self._largest_bytes or len(rows) == 1:
                self._add(segment)
                continue
            for part in pieces(rows, len(rows) * self._largest_bytes // segment.size_bytes or 1):
                self._add(Segment(part))

    def _add(self, segment: Segment) -> None:
        self._starts.append(self._next_start)
        self._before.append(self._sealed)
        self._segments.append(segment)
        self._next_start += segment.rows
        self._sealed += segment.kept
        self._sealed_bytes += segment.size_bytes


def pieces(rows: Sequence[T], largest: int) -> Iterator[Sequence[T]]:
    """The rows in as few pieces of about the same length as are not longer than `largest`. Of none, one without any."""
    if len(rows) <= largest:
        yield rows
        return
    length = ceil(len(rows) / ceil(len(rows) / largest))
    for start in range(0, len(rows), length):
        yield rows[start : start + length]
