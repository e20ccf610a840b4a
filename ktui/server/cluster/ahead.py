"""What a consumer took from librdkafka and has not handed out: messages become records, and come out in their order.

Every record of every read passes here, so it is done for many at once, in loops of C: 0.9 us a record instead of 3.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, compress, repeat
from operator import itemgetter
from typing import Any, NamedTuple, cast

from confluent_kafka import KafkaError as Code
from confluent_kafka import Message

from ktui.model import Header, Records, TopicPartition


class Reached(NamedTuple):
    """There is no record up to this offset, which is passed: the end is behind it, or a marker was."""

    topic: str
    partition: int
    offset: int

    @property
    def tp(self) -> TopicPartition:
        return TopicPartition(self.topic, self.partition)


_kind, _stamp = itemgetter(0), itemgetter(1)


class Ahead:
    """Records as columns, and beside them what was reached, in the order in which they came."""

    def __init__(self) -> None:
        self.only_topic: str | None = None
        """All that is taken is of this topic, if that is known: each message would make a text of its own."""
        self._records = _none()
        self._reached: list[tuple[int, Reached]] = []
        """Each with the number of records before it."""

    def __len__(self) -> int:
        return len(self._records)

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
                reached = Reached(message.topic() or "", message.partition() or 0, (message.offset() or 0) - 1)
                self._reached.append((len(self), reached))
            else:
                refused.append(message)
        self._extend(messages[begin:])
        return refused

    def _extend(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        records = self._records
        if self.only_topic is None:
            records.topics += _shared(list(map(Message.topic, messages)))
        else:
            records.topics += repeat(self.only_topic, len(messages))
        records.partitions += cast(Iterable[int], map(Message.partition, messages))
        records.offsets += cast(Iterable[int], map(Message.offset, messages))
        records.keys += map(Message.key, messages)
        records.values += map(Message.value, messages)
        records.timestamps += _times(list(map(Message.timestamp, messages)))
        records.headers += _headers(list(map(Message.headers, messages)))

    def hand_out(self, limit: int, max_bytes: int | None) -> tuple[Records, dict[TopicPartition, int]]:
        """At most so many records, with at most so many bytes but one at least; and the positions behind them."""
        found, rest = self._cut(limit)
        if max_bytes is not None and found and found.size > max_bytes:
            found, rest = self._cut(max(1, bisect_right(list(accumulate(found.sizes())), max_bytes)))
        self._records = rest
        return found, self._passed(found)

    def _cut(self, count: int) -> tuple[Records, Records]:
        """The first so many, and the others."""
        if count >= len(self):
            return self._records, _none()
        return self._records[:count], self._records[count:]

    def _passed(self, found: Records) -> dict[TopicPartition, int]:
        """The positions behind what is handed out, and behind what was reached before the next record."""
        count, passed, begin = len(found), dict[TopicPartition, int](), 0
        for place, reached in self._reached:
            if place > count:
                break
            passed.update(_behind(found[begin:place]))
            passed[reached.tp] = reached.offset + 1
            begin = place
        passed.update(_behind(found[begin:] if begin else found))
        self._reached = [(place - count, reached) for place, reached in self._reached if place > count]
        return passed

    def keep(self, wanted: Callable[[TopicPartition], bool]) -> None:
        """Leave only what is of some partitions."""
        runs = self._records.runs()
        kept = [it for tp, start, stop in runs for it in repeat(wanted(tp), stop - start)]
        before = [0, *accumulate(kept)]
        self._reached = [(before[place], reached) for place, reached in self._reached if wanted(reached.tp)]
        self._records = self._records.where(kept)

    def clear(self) -> None:
        """Forget all of it."""
        self._records, self._reached = _none(), []


def _none() -> Records:
    return Records([], [], [], [], [], [], [])


def _behind(records: Records) -> dict[TopicPartition, int]:
    """The positions behind them."""
    return {tp: records.offsets[stop - 1] + 1 for tp, _, stop in records.runs()}


def _shared(topics: list[Any]) -> Iterable[str]:
    """The same, with one text for all of a topic: each message comes with its own, which costs memory and hashing."""
    if topics.count(topics[0]) == len(topics):
        return repeat(topics[0], len(topics))
    return map(dict(zip(topics, topics, strict=True)).__getitem__, topics)


def _times(stamps: list[tuple[int, int]]) -> Iterable[int | None]:
    """Milliseconds; None where the record has no time, as before Kafka 0.10."""
    if all(map(_kind, stamps)):
        return map(_stamp, stamps)
    return [stamp if kind else None for kind, stamp in stamps]


def _headers(headers: list[Any]) -> Iterable[tuple[Header, ...]]:
    """Headers are pairs, whatever else a producer may be given."""
    if not any(headers):
        return repeat((), len(headers))
    return [tuple(Header(name, value) for name, value in each) if each else () for each in headers]
