"""A sealed run of rows as columns: bytes joined, numbers in arrays. What a million records can be kept in.

359 B per record of 330 B against 546 as objects, and nothing for the garbage collector to walk (performance.md 7).
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from typing import TypeVar

import msgspec

from ktui.model import Gap, Header, Record, TopicPartition
from ktui.records.needle import Needle

T = TypeVar("T")

NO_TIME = -(2**63)
_KEY, _VALUE = 1, 2
"""Flags: the field is there, so an empty one is not null."""


class Note(msgspec.Struct, frozen=True):
    """A line between records: "jumped to 181"."""

    text: str


Row = Record | Gap | Note


class Segment:
    """Rows that will not change, by their place in the segment."""

    __slots__ = (
        "_flags",
        "_headers",
        "_keys",
        "_marks",
        "_numbers",
        "_offsets",
        "_partitions",
        "_timestamps",
        "_topics",
        "_values",
        "_which_topic",
        "kept",
        "rows",
        "size_bytes",
    )

    def __init__(self, rows: Sequence[Row]) -> None:
        marks: dict[int, Gap | Note] = {}
        records: list[Record] = []
        for place, row in enumerate(rows):
            if isinstance(row, Record):
                records.append(row)
            else:
                marks[place] = row
        self.rows = len(rows)
        self.kept = len(records)
        """Records, without marks."""
        self._marks = marks
        self._numbers = _numbers(len(rows), marks)
        self._topics = tuple(dict.fromkeys(record.topic for record in records))
        index = {topic: which for which, topic in enumerate(self._topics)}
        self._which_topic = array("H", [index[r.topic] for r in records]) if len(self._topics) > 1 else None
        self._partitions = array("i", [record.partition for record in records])
        self._offsets = array("q", [record.offset for record in records])
        self._timestamps = array("q", [NO_TIME if r.timestamp is None else r.timestamp for r in records])
        self._flags = bytes((0 if r.key is None else _KEY) | (0 if r.value is None else _VALUE) for r in records)
        self._keys = _Column([record.key or b"" for record in records])
        self._values = _Column([record.value or b"" for record in records])
        self._headers: dict[int, tuple[Header, ...]] = {
            place: record.headers for place, record in enumerate(records) if record.headers
        }
        self.size_bytes = self._size(len(rows))

    def __getitem__(self, place: int) -> Row:
        if self._numbers is not None:
            mark = self._marks.get(place)
            if mark is not None:
                return mark
            place = self._numbers[place]
        flags = self._flags[place]
        timestamp = self._timestamps[place]
        return Record(
            self._topics[0 if self._which_topic is None else self._which_topic[place]],
            self._partitions[place],
            self._offsets[place],
            self._keys[place] if flags & _KEY else None,
            self._values[place] if flags & _VALUE else None,
            None if timestamp == NO_TIME else timestamp,
            self._headers.get(place, ()) if self._headers else (),
        )

    def matches(self, needle: Needle, start: int = 0) -> list[int]:
        """Places of the records that have it in key or value, from place `start` on, in order."""
        first = start if self._numbers is None else self._numbers[start]
        if first >= self.kept:
            return []
        hits = list(self._values.parts(needle, first))
        if in_keys := set(self._keys.parts(needle, first)):
            hits = sorted(in_keys.union(hits))
        if self._numbers is not None and hits:
            places = [place for place in range(self.rows) if place not in self._marks]
            hits = [places[record] for record in hits]
        return hits

    def partitions(self) -> Counter[TopicPartition]:
        """Records per partition."""
        topics, which = self._topics, self._which_topic
        if which is None:
            return Counter({TopicPartition(topics[0], p): count for p, count in Counter(self._partitions).items()})
        places = Counter(zip(which, self._partitions, strict=True))
        return Counter({TopicPartition(topics[topic], p): count for (topic, p), count in places.items()})

    def keys(self) -> list[bytes]:
        """Keys of the records that have one, in order."""
        return list(self._there(self._keys.all(), _KEY))

    def value_sizes(self) -> list[int]:
        """Bytes of the values that are there, in order."""
        return list(self._there(self._values.sizes(), _VALUE))

    def _there(self, each: list[T], flag: int) -> Iterable[T]:
        """Without those of records where the field is null."""
        every = _KEY | _VALUE
        if self._flags.count(every) == self.kept:
            return each
        return compress(each, [flags & flag for flags in self._flags])

    def _size(self, rows: int) -> int:
        """Bytes of memory, near enough: 29 per record beside the text, and what the objects themselves take."""
        arrays = 29 * self.kept + self._keys.size_bytes + self._values.size_bytes
        headers = sum(len(h.key) + len(h.value or b"") + 150 for each in self._headers.values() for h in each)
        numbers = 4 * rows if self._numbers is not None else 0
        return 1000 + arrays + headers + numbers + 200 * len(self._marks)


class _Column:
    """Byte strings joined with NUL, so that no search finds a match across two of them."""

    __slots__ = ("_ends", "_joined")

    def __init__(self, parts: list[bytes]) -> None:
        self._joined = b"\0".join(parts)
        ends = array("Q" if len(self._joined) >= 2**32 else "I")
        at = -1
        for part in parts:
            at += 1 + len(part)
            ends.append(at)
        self._ends = ends

    def __getitem__(self, place: int) -> bytes:
        return self._joined[self._ends[place - 1] + 1 if place else 0 : self._ends[place]]

    def all(self) -> list[bytes]:
        parts = self._joined.split(b"\0") if self._ends else []
        return parts if len(parts) == len(self._ends) else [self[place] for place in range(len(self._ends))]

    def sizes(self) -> list[int]:
        ends = self._ends
        return [end - before - 1 for before, end in zip(chain((-1,), ends), ends, strict=False)]

    def parts(self, needle: Needle, first: int) -> Iterator[int]:
        """Which strings have it, from string `first` on."""
        return needle.parts(self._joined, self._ends, first)

    @property
    def size_bytes(self) -> int:
        return len(self._joined)


def _numbers(rows: int, marks: dict[int, Gap | Note]) -> array[int] | None:
    """For each row, which record it is; None when every row is one."""
    if not marks:
        return None
    numbers, record = array("I"), 0
    for place in range(rows):
        numbers.append(record)
        record += place not in marks
    return numbers
