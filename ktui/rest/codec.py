"""Wire JSON to model, by msgspec; the other way is in `bodies.py`. No network, no judgement: what does not fit raises
one of UNREADABLE, which `read` turns into the exception with the exchange that proves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec

from ktui.errors import NotAProxy, Unacceptable, Unreachable
from ktui.model import (
    Header,
    OffsetRange,
    Partition,
    Produced,
    Record,
    Records,
    TopicDetail,
    TopicPartition,
)
from ktui.rest import refusals
from ktui.rest.wire import Answer

T = TypeVar("T")

PART = 2 << 20
"""Bytes of an answer that are decoded in one go, about: 6 ms."""


class _Replica(msgspec.Struct):
    broker: int
    in_sync: bool = False


class _Partition(msgspec.Struct):
    partition: int
    leader: int | None = None
    replicas: list[_Replica] = []


class _Topic(msgspec.Struct):
    name: str
    partitions: list[_Partition]
    configs: dict[str, str | None] = {}


class _Offsets(msgspec.Struct):
    beginning_offset: int
    end_offset: int


class _Brokers(msgspec.Struct):
    brokers: list[int]


class _RawRecord(msgspec.Struct, gc=False):
    """A record of a format whose key and value are JSON themselves: their text stays exactly as it came."""

    topic: str
    partition: int
    offset: int
    key: msgspec.Raw = msgspec.Raw(b"null")
    value: msgspec.Raw = msgspec.Raw(b"null")
    timestamp: int | None = None
    headers: tuple[Header, ...] = ()
    error: str | None = None
    """Why it is not shown: our gateway says it in the place of a record that is not of the format."""


class _TextRecord(msgspec.Struct, gc=False):
    topic: str
    partition: int
    offset: int
    key: str | None = None
    value: str | None = None
    timestamp: int | None = None
    headers: tuple[Header, ...] = ()


class _Report(msgspec.Struct):
    partition: int | None = None
    offset: int | None = None
    error_code: int | None = None
    error: str | None = None
    message: str | None = None
    """How Strimzi calls `error`."""


class _Reports(msgspec.Struct):
    offsets: list[_Report]


class _Placed(msgspec.Struct):
    topic: str
    partition: int
    offset: int = -1


class _Placements(msgspec.Struct):
    offsets: list[_Placed]


class _Assigned(msgspec.Struct):
    partitions: list[_Placed]


class _Subscribed(msgspec.Struct):
    topics: list[str] = []


_NAMES = msgspec.json.Decoder(list[str])
_TOPIC = msgspec.json.Decoder(_Topic)
_PARTITIONS = msgspec.json.Decoder(list[_Partition])
_PARTITION = msgspec.json.Decoder(_Partition)
_OFFSETS = msgspec.json.Decoder(_Offsets)
_BROKERS = msgspec.json.Decoder(_Brokers)
_RECORDS = msgspec.json.Decoder(list[Record])
_RAW_RECORDS = msgspec.json.Decoder(list[_RawRecord])
_TEXT_RECORDS = msgspec.json.Decoder(list[_TextRecord])
_REPORTS = msgspec.json.Decoder(_Reports)
_PLACEMENTS = msgspec.json.Decoder(_Placements)
_ASSIGNED = msgspec.json.Decoder(_Assigned)
_SUBSCRIBED = msgspec.json.Decoder(_Subscribed)


def read(answer: Answer, decode: Callable[[bytes], T]) -> T:
    """Decode a successful answer. NotAProxy when it is something else, Unreachable when its end is missing."""
    try:
        return decode(answer.body)
    except refusals.UNREADABLE as error:
        exchange = answer.exchange
        if answer.body[:1] in (b"[", b"{") and "truncated" in str(error):
            exchange.failure = "The answer ends in the middle"
            raise Unreachable(exchange.failure, exchange) from error
        words = refusals.said(exchange.response_body) or "nothing"
        message = f"{exchange.method} {exchange.path} was answered with “{words}”: no Kafka REST proxy does that"
        raise NotAProxy(message, exchange) from error


def names(body: bytes) -> list[str]:
    return _NAMES.decode(body)


def topic(body: bytes) -> TopicDetail:
    found = _TOPIC.decode(body)
    return TopicDetail(found.name, _in_order(found.partitions), found.configs)


def partitions(body: bytes) -> tuple[Partition, ...]:
    return _in_order(_PARTITIONS.decode(body))


def partition(body: bytes) -> Partition:
    return _in_order([_PARTITION.decode(body)])[0]


def offsets(body: bytes) -> OffsetRange:
    found = _OFFSETS.decode(body)
    return OffsetRange(found.beginning_offset, found.end_offset)


def brokers(body: bytes) -> list[int]:
    return _BROKERS.decode(body).brokers


def records(body: bytes, format: str = "binary") -> Records:
    """Records as a read gives them. No record keeps the body alive. Unacceptable when one says that it is not of the
    format, or is nested deeper than JSON is read here: as bytes it can be shown."""
    if format == "binary":
        return Records.of(_RECORDS.decode(body))
    if format == "text":
        texts = _TEXT_RECORDS.decode(body)
        return _with(texts, [_utf8(each.key) for each in texts], [_utf8(each.value) for each in texts])
    try:
        raws = _RAW_RECORDS.decode(body)
    except RecursionError:
        raise Unacceptable(422, 422, f"A record is nested too deep to be read as {format}") from None
    if poison := next((r for r in raws if r.error is not None), None):
        raise Unacceptable(422, 422, f"Record {poison.offset} of {poison.topic}/{poison.partition}: {poison.error}")
    return _with(raws, _exact([each.key for each in raws]), _exact([each.value for each in raws]))


def parts(body: bytes, format: str = "binary") -> Iterator[bytes]:
    """A large answer as several, of a few milliseconds each to be decoded: Karapace's 15 MB take 40, in which no key is
    heard. None of a small one, or where values are JSON, in which anything may look like the next record. Headers may,
    where "key" is what a record begins with: then a part is no JSON."""
    if format != "binary" or len(body) <= 2 * PART:
        return
    between = b"}," + body[1 : body.find(b":") + 1]
    start = 1
    while len(body) - start > 2 * PART and (end := body.find(between, start + PART)) > 0:
        yield b"[%b}]" % body[start:end]
        start = end + 2
    yield b"[" + body[start:]


def produced(body: bytes) -> list[Produced]:
    """What became of each record. A negative offset without an error means: stored, place unknown (Karapace)."""
    return [_produced(report) for report in _REPORTS.decode(body).offsets]


def committed(body: bytes) -> dict[TopicPartition, int]:
    """Resume offsets; partitions without one (absent, or negative) are left out."""
    return {TopicPartition(p.topic, p.partition): p.offset for p in _PLACEMENTS.decode(body).offsets if p.offset >= 0}


def assigned(body: bytes) -> list[TopicPartition]:
    return [TopicPartition(p.topic, p.partition) for p in _ASSIGNED.decode(body).partitions]


def subscribed(body: bytes) -> list[str]:
    return _SUBSCRIBED.decode(body).topics


def _produced(report: _Report) -> Produced:
    if report.error_code is not None or report.error is not None:
        text = report.error or report.message or f"error {report.error_code}"
        return Produced(report.partition, error=text, error_code=report.error_code)
    if report.offset is not None and report.offset < 0:
        return Produced()
    return Produced(report.partition, report.offset)


def _in_order(found: list[_Partition]) -> tuple[Partition, ...]:
    return tuple(
        Partition(
            partition=each.partition,
            leader=None if each.leader is None or each.leader < 0 else each.leader,
            replicas=tuple(replica.broker for replica in each.replicas),
            in_sync=tuple(replica.broker for replica in each.replicas if replica.in_sync),
        )
        for each in sorted(found, key=lambda each: each.partition)
    )


def _with(
    found: Sequence[_RawRecord] | Sequence[_TextRecord], keys: list[bytes | None], values: list[bytes | None]
) -> Records:
    """Records of what was found."""
    topics, partitions = [each.topic for each in found], [each.partition for each in found]
    offsets, timestamps = [each.offset for each in found], [each.timestamp for each in found]
    return Records(topics, partitions, offsets, keys, values, timestamps, [each.headers for each in found])


def _exact(raws: Sequence[msgspec.Raw]) -> list[bytes | None]:
    """The texts of JSON values as bytes of their own; JSON null is None."""
    return [None if text == b"null" else text for text in map(bytes, raws)]


def _utf8(text: str | None) -> bytes | None:
    return None if text is None else text.encode("utf-8", "surrogatepass")
