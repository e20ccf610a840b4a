"""The vocabulary of ktui: what records, positions and exchanges are. No I/O, no formatting, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec


class TopicPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}"


Positions = Mapping[TopicPartition, int]
"""Next offset to read, per partition."""


class Header(msgspec.Struct, frozen=True, gc=False):
    """One record header. Names repeat; a value may be null."""

    key: str
    value: bytes | None = None


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
