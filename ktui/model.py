"""The vocabulary of ktui: what records, positions and exchanges are. No I/O, no formatting, no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, compress, islice
from operator import add, ne
from typing import Any, NamedTuple, overload

import msgspec


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


def by_topic(tps: Iterable[TopicPartition]) -> dict[str, list[int]]:
    """The partitions of each topic, in their order."""
    found: dict[str, list[int]] = {}
    for topic, partition in tps:
        found.setdefault(topic, []).append(partition)
    return found


Positions = Mapping[TopicPartition, int]
"""Next offset to read, per partition."""


HEADER_BYTES = 150
"""Of memory that a header takes besides its key and value."""


class Header(msgspec.Struct, frozen=True, gc=False):
    """One record header. Names repeat; a value may be null."""

    key: str
    value: bytes | None = None

    @property
    def size(self) -> int:
        """Bytes of memory that it takes, about."""
        return HEADER_BYTES + len(self.key) + len(self.value or b"")


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as it is kept. In a binary read this is also the wire shape: base64 is decoded by msgspec."""

    topic: str
    partition: int
    offset: int
    key: bytes | None = None
    value: bytes | None = None
    timestamp: int | None = None
    """Milliseconds since the epoch; None when the proxy sends none."""
    headers: tuple[Header, ...] = ()

    @property
    def tp(self) -> TopicPartition:
        return TopicPartition(self.topic, self.partition)

    @property
    def size(self) -> int:
        """Bytes of key and value."""
        return len(self.key or b"") + len(self.value or b"")

    @property
    def header_size(self) -> int:
        """Bytes of memory that the headers take, about."""
        return sum(each.size for each in self.headers)


class Records(Sequence[Record]):
    """Many records as columns, each as long as the others. A record of them is made when it is asked for: where it is
    not, taking in a thousand costs a third."""

    __slots__ = ("_runs", "headers", "keys", "offsets", "partitions", "timestamps", "topics", "values")

    def __init__(
        self,
        topics: list[str],
        partitions: list[int],
        offsets: list[int],
        keys: list[bytes | None],
        values: list[bytes | None],
        timestamps: list[int | None],
        headers: list[tuple[Header, ...]],
    ) -> None:
        self.topics, self.partitions, self.offsets = topics, partitions, offsets
        self.keys, self.values = keys, values
        self.timestamps, self.headers = timestamps, headers
        self._runs: tuple[int, list[tuple[TopicPartition, int, int]]] | None = None
        """Those that were found, with the number of records there were."""

    @classmethod
    def of(cls, records: Sequence[Record]) -> Records:
        """The same as columns."""
        if isinstance(records, Records):
            return records
        return cls(
            [record.topic for record in records],
            [record.partition for record in records],
            [record.offset for record in records],
            [record.key for record in records],
            [record.value for record in records],
            [record.timestamp for record in records],
            [record.headers for record in records],
        )

    @classmethod
    def joined(cls, some: Sequence[Records]) -> Records:
        """All of them, one after the other."""
        columns: Iterable[tuple[list[Any], ...]] = zip(*(one._columns for one in some), strict=True)
        return cls(*[list(chain.from_iterable(each)) for each in columns])

    def __len__(self) -> int:
        return len(self.offsets)

    @overload
    def __getitem__(self, place: int) -> Record: ...
    @overload
    def __getitem__(self, place: slice) -> Records: ...
    def __getitem__(self, place: int | slice) -> Record | Records:
        make: Callable[..., Record | Records] = Record if isinstance(place, int) else Records
        return make(*[column[place] for column in self._columns])

    def __iter__(self) -> Iterator[Record]:
        return map(Record, *self._columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def runs(self) -> list[tuple[TopicPartition, int, int]]:
        """The stretches that are of one partition: which it is, and its first place and the one behind its last."""
        if self._runs is None or self._runs[0] != len(self):
            self._runs = len(self), self._find_runs()
        return self._runs[1]

    def _find_runs(self) -> list[tuple[TopicPartition, int, int]]:
        count, cuts = len(self), set[int]()
        columns: tuple[list[Any], ...] = (self.topics, self.partitions)
        for column in columns:
            if count and column.count(column[0]) < count:
                cuts.update(compress(range(1, count), map(ne, column, islice(column, 1, None))))
        starts = [0, *sorted(cuts)] if count else []
        stops = [*starts[1:], count]
        return [
            (TopicPartition(self.topics[start], self.partitions[start]), start, stop)
            for start, stop in zip(starts, stops, strict=False)
        ]

    @property
    def missing(self) -> int:
        """Offsets that are not there within the runs."""
        return sum(self.offsets[stop - 1] - self.offsets[start] + 1 + start - stop for _, start, stop in self.runs())

    def sizes(self) -> Iterable[int]:
        """Bytes of key and value of each."""
        return map(add, _lengths(self.keys), _lengths(self.values))

    @property
    def size(self) -> int:
        """Bytes of all keys and values."""
        return sum(_lengths(self.keys)) + sum(_lengths(self.values))

    def where(self, wanted: Sequence[object]) -> Records:
        """Those whose place has something true."""
        return Records(*[list(compress(column, wanted)) for column in self._columns])

    @property
    def _columns(self) -> tuple[list[Any], ...]:
        return self.topics, self.partitions, self.offsets, self.keys, self.values, self.timestamps, self.headers


def total_size(records: Sequence[Record]) -> int:
    """Bytes of all keys and values, of columns without making records of them."""
    return records.size if isinstance(records, Records) else sum(record.size for record in records)


def _lengths(parts: list[bytes | None]) -> list[int]:
    try:
        return list(map(len, parts))  # type: ignore[arg-type]
    except TypeError:  # there are nulls; looking for them before would take longer than this does
        return [len(part or b"") for part in parts]


class Gap(msgspec.Struct, frozen=True):
    """Offsets that were asked for and are not there: compacted away, aborted, or deleted."""

    topic: str
    partition: int
    first: int
    last: int
    """Inclusive."""


class OffsetRange(NamedTuple):
    """What a partition holds: from `beginning` up to, not including, `end`."""

    beginning: int
    end: int

    def clamp(self, offset: int) -> int:
        """The nearest offset that can be sought to; `end` itself is one."""
        return max(self.beginning, min(offset, self.end))


class Partition(msgspec.Struct, frozen=True):
    """A partition as metadata describes it."""

    partition: int
    leader: int | None = None
    replicas: tuple[int, ...] = ()
    in_sync: tuple[int, ...] = ()


class TopicDetail(msgspec.Struct, frozen=True):
    """A topic as `GET /topics/{topic}` describes it."""

    name: str
    partitions: tuple[Partition, ...]
    configs: Mapping[str, str | None] = {}
    """Values are text; None for those the server keeps secret."""


class Draft(msgspec.Struct, frozen=True):
    """A record to be produced. Key and value are the exact bytes; None is null (a tombstone, for the value)."""

    topic: str
    key: bytes | None = None
    value: bytes | None = None
    partition: int | None = None
    """None lets the proxy choose by the key."""
    timestamp: int | None = None
    headers: tuple[Header, ...] = ()


class Produced(msgspec.Struct, frozen=True):
    """What became of one produced record: `error` is None exactly when it was stored."""

    partition: int | None = None
    offset: int | None = None
    """None although stored: Karapace does not know the offset of empty values."""
    error: str | None = None
    error_code: int | None = None


class Exchange(msgspec.Struct):
    """One request and its answer, as the wire screen shows it. Secrets are masked before it is made."""

    number: int
    started: datetime
    method: str
    path: str
    """Path and query as sent, without scheme, host or credentials."""
    url: str
    """The whole address without credentials: for curl."""
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: bytes = b""
    """At most 64 KiB are kept, here and in `response_body`."""
    request_size: int = 0
    status: int | None = None
    """None: no answer (yet, or ever: see `failure`)."""
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: bytes = b""
    response_size: int = 0
    milliseconds: float | None = None
    """None while the answer is awaited."""
    failure: str | None = None
    """Why there was no answer."""
    expected: bool = False
    """No success, but what was asked for: a probe, or an instance that is gone as it should be."""

    @property
    def ok(self) -> bool | None:
        """None while under way."""
        if self.milliseconds is None:
            return None
        return self.failure is None and self.status is not None and self.status < 400
