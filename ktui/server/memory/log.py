"""Topics and their partitions, in memory: append, read, find by time, compaction and truncation.

Pure: no I/O, no waiting, no HTTP. Who waits for records registers a callback in `Topic.watchers`.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter

from ktui.model import Header, OffsetRange, Record
from ktui.server.kafka import NAME

_OFFSET, _TIMESTAMP = attrgetter("offset"), attrgetter("timestamp")


class PartitionLog:
    """The records of one partition, in the order of their offsets, which may have gaps."""

    def __init__(self, topic: str, partition: int, keep: int | None = None) -> None:
        self.topic, self.partition = topic, partition
        self.beginning = 0
        self.end = 0
        """One past the last offset given out."""
        self.keep = keep
        """About how many records stay: the oldest go first. None keeps all."""
        self.aborted: set[int] = set()
        """Offsets written by transactions that were given up."""
        self._records: list[Record] = []
        self._in_time_order = True

    def __len__(self) -> int:
        return len(self._records)

    @property
    def range(self) -> OffsetRange:
        return OffsetRange(self.beginning, self.end)

    def append(
        self, key: bytes | None, value: bytes | None, timestamp: int, headers: tuple[Header, ...] = ()
    ) -> Record:
        """Write one record at the end."""
        record = Record(self.topic, self.partition, self.end, key, value, timestamp, headers)
        self.extend((record,))
        return record

    def extend(self, records: Sequence[Record]) -> None:
        """Write records that carry their offsets, ascending and not below the end."""
        for record in records:
            if record.offset < self.end:
                raise ValueError(f"offset {record.offset} is below the end, {self.end}")
            last = self._records[-1].timestamp if self._records else None
            if last is not None and (record.timestamp or 0) < last:
                self._in_time_order = False
            self._records.append(record)
            self.end = record.offset + 1
        if self.keep is not None and len(self._records) > self.keep + self.keep // 4:
            self.truncate(self._records[-self.keep].offset)

    def skip(self, count: int = 1) -> None:
        """Leave a gap at the end, as the marker of a transaction does."""
        self.end += count

    def read(self, offset: int, max_records: int) -> list[Record]:
        """Up to `max_records` records from `offset` on, gaps passed over."""
        start = self._index(offset)
        return self._records[start : start + max_records]

    def find_time(self, timestamp: int) -> int | None:
        """Offset of the first record that is not older than `timestamp` (ms); None when all are."""
        if self._in_time_order:
            found = bisect_left(self._records, timestamp, key=_TIMESTAMP)
            return self._records[found].offset if found < len(self._records) else None
        return next((r.offset for r in self._records if (r.timestamp or 0) >= timestamp), None)

    def compact(self, drop: Iterable[int] | None = None) -> None:
        """Take out the given offsets; without them, every record that a later one with its key replaces."""
        gone = self._replaced() if drop is None else set(drop)
        self._records = [r for r in self._records if r.offset not in gone]

    def _replaced(self) -> set[int]:
        latest: dict[bytes | None, int] = {r.key: r.offset for r in self._records}
        return {r.offset for r in self._records if latest[r.key] != r.offset}

    def truncate(self, beginning: int) -> None:
        """Delete everything below `beginning`."""
        self.beginning = max(self.beginning, min(beginning, self.end))
        del self._records[: self._index(self.beginning)]

    def _index(self, offset: int) -> int:
        """Where in the list the first record at or after `offset` is."""
        records = self._records
        if not records:
            return 0
        first = records[0].offset
        if offset <= first:
            return 0
        if records[-1].offset - first + 1 == len(records):  # no gaps: the common case needs no search
            return min(offset - first, len(records))
        return bisect_left(records, offset, key=_OFFSET)


class Topic:
    """A topic: its partitions, its settings, and who wants to hear of new records."""

    def __init__(
        self, name: str, partitions: int, config: Mapping[str, str], internal: bool, keep: int | None = None
    ) -> None:
        self.name, self.internal = name, internal
        self.config = dict(config)
        self.partitions = [PartitionLog(name, number, keep) for number in range(partitions)]
        self.watchers: set[Callable[[], None]] = set()
        """Called after every append."""
        self._keep, self._next = keep, 0

    def grow(self, total: int) -> None:
        """Add partitions until there are `total`."""
        for number in range(len(self.partitions), total):
            self.partitions.append(PartitionLog(self.name, number, self._keep))

    def choose(self, key: bytes | None) -> int:
        """The partition of a key as Java clients choose it; without a key each in turn."""
        if key is None:
            self._next += 1
            return (self._next - 1) % len(self.partitions)
        return (murmur2(key) & 0x7FFFFFFF) % len(self.partitions)

    def notify(self) -> None:
        """Tell the watchers that something was written."""
        for watcher in tuple(self.watchers):
            watcher()


class Topics(Mapping[str, Topic]):
    """All topics by name."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._topics: dict[str, Topic] = {}
        self._names: list[str] | None = None
        self.revision = 0
        """Counts topics made, deleted and grown: subscriptions look at it."""

    def __getitem__(self, name: str) -> Topic:
        return self._topics[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)

    def names(self) -> list[str]:
        """Names in order, without internal topics."""
        if self._names is None:
            self._names = sorted(name for name, topic in self._topics.items() if not topic.internal)
        return self._names

    def create(
        self,
        name: str,
        partitions: int = 1,
        *,
        config: Mapping[str, str] | None = None,
        internal: bool = False,
        keep: int | None = None,
    ) -> Topic:
        """Make a topic; `keep` bounds the records of each partition. A name that is taken or invalid: ValueError."""
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a topic name: 1 to 249 letters, digits, dots, underscores, hyphens")
        if name in self._topics:
            raise ValueError(f"topic {name} exists already")
        if partitions < 1:
            raise ValueError(f"topic {name} needs at least one partition, not {partitions}")
        topic = self._topics[name] = Topic(name, partitions, config or {}, internal, keep)
        self._changed()
        return topic

    def delete(self, name: str) -> None:
        """Delete a topic with its records."""
        del self._topics[name]
        self._changed()

    def grow(self, name: str, total: int) -> None:
        """Add partitions to a topic."""
        self._topics[name].grow(total)
        self._changed()

    def _changed(self) -> None:
        self.revision += 1
        self._names = None

    def append(
        self,
        topic: str,
        partition: int | None,
        key: bytes | None,
        value: bytes | None,
        *,
        timestamp: int | None = None,
        headers: Iterable[Header] = (),
    ) -> Record:
        """Write one record; without a partition its key chooses. The clock stamps it unless told otherwise."""
        found = self._topics[topic]
        chosen = found.choose(key) if partition is None else partition
        stamp = int(self._clock() * 1000) if timestamp is None else timestamp
        record = found.partitions[chosen].append(key, value, stamp, tuple(headers))
        found.notify()
        return record


def murmur2(data: bytes) -> int:
    """The hash by which Java clients choose a partition, as an unsigned 32-bit number."""
    mask, mixer = 0xFFFFFFFF, 0x5BD1E995
    length = len(data)
    h = (0x9747B28C ^ length) & mask
    whole = length - length % 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * mixer & mask
        k = (k ^ (k >> 24)) * mixer & mask
        h = (h * mixer & mask) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * mixer & mask
    h = (h ^ (h >> 13)) * mixer & mask
    return h ^ (h >> 15)
