"""What the records of a log look like: how many per partition, how large, under which keys. No UI.

Whoever owns the loop calls `work` now and then; nothing is done when records arrive. Segments are counted as columns,
about 1 us a record. Where more comes than there is time for, keys and sizes of some segments are left out; records of
each partition are always counted.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import log2

from ktui.model import Record, TopicPartition
from ktui.records.log import RecordLog, Row
from ktui.records.segment import Segment

SLICE = 0.003
"""Seconds of work at a time: a key that is pressed meanwhile does not feel it."""
SAMPLE = 100_000
"""Rows of a full log that are looked at first: a tenth of a second of work."""
LEAST_SHARE = 1 / 64
CAPACITY = 1000
"""Keys, and sizes, that are told apart at least; thinning out at eight times as many costs 0.2 us a record."""
_CROWD = 8
KEY_BYTES = 128
"""Of a longer key this much is looked at."""


class Figures:
    """Counts over a log, from what it holds now on. Records that leave the log stay counted."""

    def __init__(self, log: RecordLog, dice: random.Random | None = None) -> None:
        self.partitions: Counter[TopicPartition] = Counter()
        self.keys = TopKeys()
        self.sizes = Sizes()
        """Of values that are there."""
        self.counted = 0
        """Records whose key and value were looked at."""
        self.left_out = 0
        """Records that there was no time for."""
        self.without_key = 0
        self.without_value = 0
        self._log = log
        self._dice = dice or random.Random(7)
        self._upto = log.first
        self._live_from = log.end
        self._share = min(1.0, SAMPLE / max(1, len(log)))

    @property
    def catching_up(self) -> bool:
        """What the log held at the beginning is not through yet."""
        return self._upto < self._live_from

    def work(self, seconds: float = SLICE) -> bool:
        """Count on for about so long. True while there is more."""
        until = time.perf_counter() + seconds
        log, began_live = self._log, not self.catching_up
        self._upto = max(self._upto, log.first)
        while self._upto < log.end:
            start, rows = log.stretch(self._upto)
            self._take(start, rows, leave_out=self._dice.random() >= self._share)
            if time.perf_counter() >= until:
                break
        more = self._upto < log.end
        if began_live:
            self._share = max(LEAST_SHARE, self._share / 2) if more else min(1.0, self._share * 2)
        elif not self.catching_up:
            self._share = 1.0
        return more

    def _take(self, start: int, rows: Segment | Sequence[Row], *, leave_out: bool) -> None:
        """Count the rows that are stored together, beginning with number `start`, as far as they are new."""
        begin = self._upto - start
        if not isinstance(rows, Segment):
            self._upto = start + len(rows)
            self._count_records([row for row in rows[begin:] if isinstance(row, Record)])
            return
        self._upto = start + rows.rows
        if leave_out and not begin:
            self.left_out += rows.kept
            self.partitions.update(rows.partitions())
        elif begin:
            self._count_records([row for at in range(begin, rows.rows) if isinstance(row := rows[at], Record)])
        else:
            self._count_segment(rows)

    def _count_segment(self, segment: Segment) -> None:
        self.counted += segment.kept
        self.partitions.update(segment.partitions())
        keys, sizes = segment.keys(), segment.value_sizes()
        self._add(segment.kept, keys, sizes)

    def _count_records(self, records: list[Record]) -> None:
        self.counted += len(records)
        self.partitions.update(record.tp for record in records)
        keys = [record.key for record in records if record.key is not None]
        self._add(len(records), keys, [len(record.value) for record in records if record.value is not None])

    def _add(self, records: int, keys: list[bytes], sizes: list[int]) -> None:
        self.without_key += records - len(keys)
        self.without_value += records - len(sizes)
        self.keys.add(keys)
        self.sizes.add(sizes)


class TopKeys:
    """The most frequent keys in bounded memory: a Misra-Gries summary, thinned out now and then."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.missed = 0
        """By how much a count may be too low."""
        self._capacity = capacity
        self._counts: Counter[bytes] = Counter()

    def add(self, keys: list[bytes]) -> None:
        if keys and max(map(len, keys)) > KEY_BYTES:
            keys = [key[:KEY_BYTES] for key in keys]
        self._counts.update(keys)
        if len(self._counts) > _CROWD * self._capacity:
            least = sorted(self._counts.values(), reverse=True)[self._capacity]
            self._counts = Counter({key: count - least for key, count in self._counts.items() if count > least})
            self.missed += least

    def most(self, count: int) -> list[tuple[bytes, int]]:
        """The most frequent ones that are known to have come more than once, and how often at least."""
        return [(key, number) for key, number in self._counts.most_common(count) if number > 1]


class Sizes:
    """How many values have which size, exact at first and to 1 % when there are many different ones."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._counts: Counter[int] = Counter()

    def add(self, sizes: Iterable[int]) -> None:
        self._counts.update(sizes)
        if len(self._counts) > _CROWD * self._capacity:
            coarse: Counter[int] = Counter()
            for size, count in self._counts.items():
                coarse[_rounded(size)] += count
            self._counts = coarse

    def __len__(self) -> int:
        return self._counts.total()

    def quantiles(self, *parts: float) -> list[int]:
        """The sizes that these parts of all values, ascending, do not exceed. Needs at least one value."""
        ordered = sorted(self._counts.items())
        total, seen, at, found = len(self), 0, 0, []
        for part in parts:
            while seen + ordered[at][1] < part * total:
                seen += ordered[at][1]
                at += 1
            found.append(ordered[at][0])
        return found

    def spread(self, width: int) -> list[int]:
        """The values in at most so many classes, smallest to largest, each as many times as large as the one before;
        even steps where the largest is less than twice the smallest."""
        if not self._counts:
            return []
        low, high = min(self._counts), max(self._counts)
        if low == high:
            return [len(self)]
        classes = [0] * min(width, high - low + 1)
        place = _places(low, high, len(classes))
        for size, count in self._counts.items():
            classes[place(size)] += count
        return classes


def _places(low: int, high: int, classes: int) -> Callable[[int], int]:
    """Which class a size from `low` to `high` is in."""
    if high < 2 * low:
        return lambda size: (size - low) * classes // (high - low + 1)
    base, whole = log2(low + 1), log2(high + 1) - log2(low + 1)
    return lambda size: min(classes - 1, int((log2(size + 1) - base) * classes / whole))


def _rounded(size: int) -> int:
    """To its seven highest bits."""
    lost = max(0, size.bit_length() - 7)
    return size >> lost << lost
