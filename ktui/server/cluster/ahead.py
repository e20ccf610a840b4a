"""What a consumer took from librdkafka and has not handed out: messages become records, and come out in their order.

Every record of every read passes here, so it is done for many at once, in loops of C: 0.9 us a record instead of 3.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, compress, repeat
from operator import add, attrgetter, itemgetter
from typing import Any, NamedTuple, cast

from confluent_kafka import KafkaError as Code
from confluent_kafka import Message

from ktui.model import Header, Record, TopicPartition


class Reached(NamedTuple):
    """There is no record up to this offset, which is passed: the end is behind it, or a marker was."""

    topic: str
    partition: int
    offset: int

    @property
    def tp(self) -> TopicPartition:
        return TopicPartition(self.topic, self.partition)


_topic, _partition, _offset = attrgetter("topic"), attrgetter("partition"), attrgetter("offset")
_kind, _stamp = itemgetter(0), itemgetter(1)


class Ahead:
    """Records and what was reached, in the order in which they came, with their sizes beside them."""

    def __init__(self) -> None:
        self._items: list[Record | Reached] = []
        self._sizes: list[int] = []
        self._marked = False
        """Whether there is something among the items that is no record."""

    def __len__(self) -> int:
        return len(self._items)

    def take(self, messages: Sequence[Message]) -> list[Message]:
        """Take messages in; those that tell of an error come back."""
        errors = list(map(Message.error, messages))
        if not any(errors):  # all but the last few reads of a backlog
            self._extend(messages)
            return []
        refused, begin = [], 0
        for at in compress(range(len(messages)), errors):
            self._extend(messages[begin:at])
            begin, message, error = at + 1, messages[at], errors[at]
            if error is not None and error.code() == Code._PARTITION_EOF:
                self._items.append(
                    Reached(message.topic() or "", message.partition() or 0, (message.offset() or 0) - 1)
                )
                self._sizes.append(0)
                self._marked = True
            else:
                refused.append(message)
        self._extend(messages[begin:])
        return refused

    def _extend(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        keys, values = list(map(Message.key, messages)), list(map(Message.value, messages))
        stamps, headers = list(map(Message.timestamp, messages)), list(map(Message.headers, messages))
        topics = _shared(list(map(Message.topic, messages)))
        partitions, offsets = map(Message.partition, messages), map(Message.offset, messages)
        make: Callable[..., Record] = Record
        fields = (topics, partitions, offsets, keys, values, _times(stamps), _headers(headers))
        self._items += map(make, *fields)
        self._sizes += map(add, _lengths(keys), _lengths(values))

    def hand_out(self, limit: int, max_bytes: int | None) -> tuple[list[Record], dict[tuple[str, int], int]]:
        """At most so many records, with at most so many bytes but one at least; and the positions behind them."""
        items, count = self._items, min(limit, len(self._items))
        sizes = self._sizes[:count]
        if max_bytes is not None and sum(sizes) > max_bytes:
            count = bisect_right(list(accumulate(sizes)), max_bytes)
        count = max(count, self._first)
        found = items[:count]
        del items[:count], self._sizes[:count]
        passed = _passed(found)
        if not self._marked:
            return cast(list[Record], found), passed
        self._marked = bool(items)
        return [each for each in found if isinstance(each, Record)], passed

    @property
    def _first(self) -> int:
        """Items up to the first record."""
        if not self._marked:
            return min(1, len(self._items))
        return next((n for n, each in enumerate(self._items, 1) if isinstance(each, Record)), len(self._items))

    def keep(self, wanted: Callable[[TopicPartition], bool]) -> None:
        """Leave only what is of some partitions."""
        kept = [wanted(each.tp) for each in self._items]
        self._items = list(compress(self._items, kept))
        self._sizes = list(compress(self._sizes, kept))

    def clear(self) -> None:
        """Forget all of it."""
        self._items, self._sizes, self._marked = [], [], False


def _passed(items: Sequence[Record | Reached]) -> dict[tuple[str, int], int]:
    """The positions behind them."""
    topics, passed = set(map(_topic, items)), {}
    for topic in topics:
        of_it = items if len(topics) == 1 else [each for each in items if each.topic == topic]
        last = dict(zip(map(_partition, of_it), map(_offset, of_it), strict=True))
        passed.update({(topic, partition): offset + 1 for partition, offset in last.items()})
    return passed


def _shared(topics: list[str | None]) -> Iterable[str | None]:
    """The same, with one text for all of a topic: each message comes with its own, which costs memory and hashing."""
    if topics.count(topics[0]) == len(topics):
        return repeat(topics[0])
    return map(dict(zip(topics, topics, strict=True)).get, topics)


def _lengths(parts: list[Any]) -> Iterable[int]:
    return map(len, parts) if None not in parts else [len(part) if part else 0 for part in parts]


def _times(stamps: list[tuple[int, int]]) -> Iterable[int | None]:
    """Milliseconds; None where the record has no time, as before Kafka 0.10."""
    if all(map(_kind, stamps)):
        return map(_stamp, stamps)
    return [stamp if kind else None for kind, stamp in stamps]


def _headers(headers: list[Any]) -> Iterable[tuple[Header, ...]]:
    """Headers are pairs, whatever else a producer may be given."""
    if not any(headers):
        return repeat(())
    return [tuple(Header(name, value) for name, value in each) if each else () for each in headers]
