"""Search: the records of a log that have a text in key or value, those that are there and those that come.

Newest first and in slices: whoever owns the loop calls `work` as often as it has time to. What falls out of the log
falls out here.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ktui.model import Record
from ktui.records.log import RecordLog, Row
from ktui.records.needle import Needle
from ktui.records.segment import Segment

SLICE = 0.005
"""Seconds of work at a time: a key that is pressed meanwhile does not feel it."""
_SPENT = 1000
"""Runs that have left the log before the memory they took is given back."""


class Search:
    """Hits by their place. Places never change: hits found in what was there when the search began have negative
    ones, -1 for the newest; those that came later count from 0 on."""

    def __init__(self, log: RecordLog, text: str, among: Search | None = None) -> None:
        """`among` is the search before, for less of the text: segments without its hits have none of ours."""
        self.needle = Needle(text)
        self.looked_at = 0
        """Segments that have been searched."""
        self._log = log
        self._among = among if among is not None and among.needle.covers(self.needle) else None
        self._from = self._upto = log.end  # all rows in between have been searched
        self._old = _Runs()  # newest first
        self._new = _Runs()
        if among is not None:
            among._among = None

    @property
    def first(self) -> int:
        """Place of the oldest hit that is kept."""
        kept, old = self._log.first, self._old
        while old.runs and old.runs[-1][-1] < kept:
            old.pop()
        if old.runs:
            return bisect_left(old.runs[-1], kept) - old.count
        self._new.forget(kept)
        return self._new.index(kept)

    @property
    def end(self) -> int:
        """One past the place of the newest hit."""
        return self._new.count

    def __len__(self) -> int:
        return self.end - self.first

    def number(self, place: int) -> int:
        """Number in the log of the hit in this place."""
        if place >= 0:
            run, at = self._new.find(place)
            return run[at]
        run, at = self._old.find(-1 - place)
        return run[-1 - at]

    def place(self, number: int) -> int:
        """Place of the first hit that is this row or a later one; `end` when there is none."""
        old, first = self._old, self.first
        if later := bisect_right(old.runs, -number, key=lambda run: -run[-1]):
            return max(first, bisect_left(old.runs[later - 1], number) - old.ends[later - 1])
        return max(first, self._new.index(number))

    def beside(self, number: int, step: int) -> int | None:
        """Row of the next hit after this row (step 1) or before it (step -1), as far as is known yet."""
        if step > 0 and number + 1 < self._from and self._from > self._log.first:
            return None  # a nearer one may be found
        if step < 0 and number > self._upto:
            return None  # the same: of what came since, the oldest is searched first
        place = self.place(number + 1) if step > 0 else self.place(number) - 1
        return self.number(place) if self.first <= place < self.end else None

    @property
    def done(self) -> bool:
        """Everything that is there now has been searched."""
        return self._from <= self._log.first and self._upto >= self._log.end

    def work(self, seconds: float = SLICE) -> bool:
        """Search on for about so long, at least one segment: what has come, then what was there, newest first.
        True while there is more."""
        until = time.perf_counter() + seconds
        while not self.done:
            self._step()
            if time.perf_counter() >= until:
                break
        return not self.done

    def _step(self) -> None:
        """Search one segment, or the open end of the log."""
        log = self._log
        self._upto = max(self._upto, log.first)
        if self._upto < log.end:
            start, rows = log.stretch(self._upto)
            stop = start + _rows(rows)
            self._new.append(self._hits(start, rows, self._upto, stop))
            self._upto = stop
        elif self._from > log.first:
            start, rows = log.stretch(self._from - 1)
            self._old.append(self._hits(start, rows, start, self._from))
            self._from = start

    def _hits(self, start: int, rows: Segment | Sequence[Row], begin: int, stop: int) -> Sequence[int]:
        """Numbers from `begin` to `stop` that are hits; `rows` begins with number `start`."""
        if self._among is not None and not self._among.may_hit(begin, stop):
            return ()
        self.looked_at += 1
        if isinstance(rows, Segment):
            places = rows.matches(self.needle, begin - start)
            if isinstance(places, range):
                return range(start + places.start, min(stop, start + places.stop))
            return array("Q", [start + place for place in places if start + place < stop])
        within = self.needle.within
        return [
            start + place
            for place in range(begin - start, stop - start)
            if isinstance(row := rows[place], Record) and (within(row.key) or within(row.value))
        ]

    def may_hit(self, begin: int, stop: int) -> bool:
        """Whether there is a hit among these rows, or they have not been searched."""
        if begin < self._from or stop > self._upto:
            return True
        place = self.place(begin)
        return place < self.end and self.number(place) < stop


class _Runs:
    """Hits as they were found, segment by segment: where every record is one, a million cost nothing."""

    def __init__(self) -> None:
        self.runs: list[Sequence[int]] = []
        """Each in order, and none empty."""
        self.ends: list[int] = []
        """How many hits there are up to the end of each; those that were forgotten count too."""
        self.count = 0

    def append(self, run: Sequence[int]) -> None:
        if run:
            self.runs.append(run)
            self.count += len(run)
            self.ends.append(self.count)

    def pop(self) -> None:
        self.count -= len(self.runs.pop())
        self.ends.pop()

    def find(self, index: int) -> tuple[Sequence[int], int]:
        """The run that hit number `index` is in, and its index there."""
        which = bisect_right(self.ends, index)
        run = self.runs[which]
        return run, index - self.ends[which] + len(run)

    def index(self, number: int) -> int:
        """Index of the first hit from this row on, where runs come in order; `count` when there is none."""
        which = bisect_left(self.runs, number, key=lambda run: run[-1])
        if which == len(self.runs):
            return self.count
        run = self.runs[which]
        return self.ends[which] - len(run) + bisect_left(run, number)

    def forget(self, kept: int) -> None:
        """Give back the memory of many runs that are before row `kept`."""
        if len(self.runs) > _SPENT and self.runs[_SPENT][-1] < kept:
            del self.runs[:_SPENT], self.ends[:_SPENT]


def _rows(rows: Segment | Sequence[Row]) -> int:
    return rows.rows if isinstance(rows, Segment) else len(rows)
