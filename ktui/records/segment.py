"""A sealed run of rows as columns: bytes joined, numbers in arrays. What a million records can be kept in.

359 B per record of 330 B against 546 as objects, and nothing for the garbage collector to walk (performance.md 7).
Whatever is done for every record is done by loops of C: comprehensions, `map`, `join`.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import accumulate, chain
from operator import sub
from typing import TypeVar, cast

import msgspec

from ktui.model import Gap, Record, Records, TopicPartition
from ktui.records.needle import Needle

T = TypeVar("T")

NO_TIME = -(2**63)


class Note(msgspec.Struct, frozen=True):
    """A line between records: "jumped to 181"."""

    text: str


Row = Record | Gap | Note


class Segment:
    """Rows that will not change, by their place in the segment."""

    __slots__ = (
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
        self.rows = len(rows)
        self._marks: dict[int, Gap | Note] = {}
        if not isinstance(rows, Records) and set(map(type, rows)) != {Record}:
            self._marks = {place: row for place, row in enumerate(rows) if not isinstance(row, Record)}
            rows = [row for row in rows if isinstance(row, Record)]
        records = Records.of(cast(Sequence[Record], rows))
        self.kept = len(records)
        """Records, without marks."""
        self._numbers = _numbers(self.rows, self._marks)
        self._columns(records)
        self.size_bytes = self._size()

    def _columns(self, records: Records) -> None:
        topics = records.topics
        self._topics = tuple(topics[:1])
        self._which_topic: array[int] | None = None
        if topics and topics.count(topics[0]) < len(topics):
            self._topics = tuple(dict.fromkeys(topics))
            index = {topic: which for which, topic in enumerate(self._topics)}
            self._which_topic = array("H", [index[topic] for topic in topics])
        self._partitions = _partitions(records.partitions)
        self._offsets = _offsets(records.offsets)
        self._timestamps = _times(records.timestamps)
        self._keys = _Column(records.keys)
        self._values = _Column(records.values)
        headers = records.headers
        self._headers = {place: some for place, some in enumerate(headers) if some} if any(headers) else {}

    def __getitem__(self, place: int) -> Row:
        if self._numbers is not None:
            mark = self._marks.get(place)
            if mark is not None:
                return mark
            place = self._numbers[place]
        timestamp = self._timestamps[place]
        return Record(
            self._topics[0 if self._which_topic is None else self._which_topic[place]],
            self._partitions[place],
            self._offsets[place],
            self._keys[place],
            self._values[place],
            None if timestamp == NO_TIME else timestamp,
            self._headers.get(place, ()) if self._headers else (),
        )

    def records_before(self, place: int) -> int:
        """How many records are before this place."""
        return place if self._numbers is None else self._numbers[place]

    def matches(self, needle: Needle, start: int = 0) -> Sequence[int]:
        """Places of the records that have it in key or value, from place `start` on, in order."""
        first = self.records_before(start)
        if first >= self.kept:
            return ()
        hits = self._values.parts(needle, first)
        if len(hits) < self.kept - first and (in_keys := self._keys.parts(needle, first)):
            hits = sorted({*hits, *in_keys})
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
        return self._keys.all()

    def value_sizes(self) -> list[int]:
        """Bytes of the values that are there, in order."""
        return self._values.sizes()

    def _size(self) -> int:
        """Bytes of memory, near enough: the columns, and what the objects themselves take."""
        columns = sum(
            len(column) * column.itemsize
            for column in (self._which_topic, self._partitions, self._offsets, self._timestamps)
            if isinstance(column, array)
        )
        columns += self._keys.size_bytes + self._values.size_bytes
        headers = sum(header.size for each in self._headers.values() for header in each)
        numbers = 4 * self.rows if self._numbers is not None else 0
        return 1000 + columns + headers + numbers + 200 * len(self._marks)


class _Column:
    """Byte strings joined with NUL, so that no search finds a match across two of them. Null is not empty."""

    __slots__ = ("_joined", "_nexts", "_nulls")

    def __init__(self, parts: list[bytes | None]) -> None:
        self._nulls: bytes | None = None
        try:
            self._joined = b"\0".join(cast(list[bytes], parts))
        except TypeError:  # there are nulls
            self._nulls = bytes([part is None for part in parts])
            parts = [part or b"" for part in parts]
            self._joined = b"\0".join(cast(list[bytes], parts))
        steps = [len(part) + 1 for part in cast(list[bytes], parts)]
        self._nexts = array("Q" if len(self._joined) >= 2**32 - 1 else "I", list(accumulate(steps)))

    def __getitem__(self, place: int) -> bytes | None:
        if self._nulls is not None and self._nulls[place]:
            return None
        return self._joined[self._nexts[place - 1] if place else 0 : self._nexts[place] - 1]

    def all(self) -> list[bytes]:
        """Those that are not null, in order."""
        places = range(len(self._nexts))
        parts = self._joined.split(b"\0") if places else []
        if len(parts) != len(places):  # there are NULs within
            parts = [self._joined[end - step : end - 1] for end, step in zip(self._nexts, self._steps(), strict=True)]
        return self._there(parts)

    def sizes(self) -> list[int]:
        """How long those are that are not null, in order."""
        return self._there([step - 1 for step in self._steps()])

    def _steps(self) -> Iterable[int]:
        return map(sub, self._nexts, chain((0,), self._nexts))

    def _there(self, each: list[T]) -> list[T]:
        return each if self._nulls is None else [one for one, null in zip(each, self._nulls, strict=True) if not null]

    def parts(self, needle: Needle, first: int) -> Sequence[int]:
        """Which strings have it, from string `first` on."""
        return needle.parts(self._joined, self._nexts, first)

    @property
    def size_bytes(self) -> int:
        return len(self._joined) + len(self._nexts) * self._nexts.itemsize + len(self._nulls or b"")


def _partitions(numbers: list[int]) -> array[int]:
    try:
        return array("B", bytes(numbers))  # in half the time of an array of the numbers
    except ValueError:  # there is one beyond 255
        return array("i", numbers)


def _offsets(numbers: list[int]) -> Sequence[int]:
    """As a range where they are one, which is what a read of one partition brings."""
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:
        run = range(numbers[0], numbers[-1] + 1)
        if numbers == list(run):
            return run
    return array("q", numbers)


def _times(timestamps: list[int | None]) -> array[int]:
    with suppress(TypeError, OverflowError):
        return array("q", cast(list[int], timestamps))
    with suppress(OverflowError):  # there are nulls: Confluent's proxy and Karapace send none
        return array("q", [NO_TIME if time is None else time for time in timestamps])
    # One that no clock has. Such an offset is beyond every end and such a partition none of ours: neither gets here.
    return array("q", [NO_TIME if time is None or abs(time) >= 2**63 else time for time in timestamps])


def _numbers(rows: int, marks: dict[int, Gap | Note]) -> array[int] | None:
    """For each row, which record it is; None when every row is one."""
    if not marks:
        return None
    numbers, record = array("I"), 0
    for place in range(rows):
        numbers.append(record)
        record += place not in marks
    return numbers
