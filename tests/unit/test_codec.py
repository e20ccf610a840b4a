"""Wire JSON to model and back, exactly."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from datetime import datetime

import msgspec
import pytest

from ktui.errors import NotAProxy
from ktui.model import Draft, Exchange, Header, OffsetRange, Partition, Produced, Records, TopicPartition
from ktui.rest import bodies, codec
from ktui.rest.dialect import CONFLUENT, KARAPACE, REDPANDA, STRIMZI
from ktui.rest.wire import Answer

DEEP = "[" * 30_000 + "]" * 30_000
"""More than any Python follows: 3.11 gives up at 1000 levels, 3.13 at 10,000."""


def test_binary_records_are_decoded_with_null_and_empty_told_apart() -> None:
    body = b"""[{"topic":"t","partition":1,"offset":9007199254740993,"key":null,"value":""},
        {"topic":"t","partition":1,"offset":2,"key":"AAH/","value":"eA==","timestamp":1700000000000,
         "headers":[{"key":"h","value":"eA=="},{"key":"h","value":null}]}]"""
    first, second = codec.records(body)
    assert (first.offset, first.key, first.value, first.timestamp) == (9007199254740993, None, b"", None)
    assert (second.key, second.value, second.timestamp) == (b"\x00\x01\xff", b"x", 1700000000000)
    assert second.headers == (Header("h", b"x"), Header("h", None))


@pytest.mark.parametrize("format", ["binary", "json", "text"])
@pytest.mark.parametrize(
    "body",
    [
        b'[{"topic":"caf\xe9","partition":0,"offset":0}]',
        b'[{"topic":"t","partition":0,"offset":0,"headers":[{"key":"caf\xe9","value":null}]}]',
        b"[" * 100_000,
    ],
)
def test_what_no_kafka_has_is_no_answer_of_a_proxy(body: bytes, format: str) -> None:
    exchange = Exchange(1, datetime(2026, 11, 20), "GET", "/consumers/g/instances/i/records", "http://h/")
    with pytest.raises(NotAProxy, match="no Kafka REST proxy does that"):
        codec.read(Answer(200, {}, body, exchange), lambda body: codec.records(body, format))


@pytest.mark.parametrize(
    ("body", "decode"),
    [
        (f'[{{"topic":"t","partition":0,"offset":0,"x":{DEEP}}}]', codec.records),
        (f'{{"name":"t","partitions":[],"x":{DEEP}}}', codec.topic),
    ],
)
def test_what_is_nested_too_deep_is_no_answer_of_a_proxy(body: str, decode: Callable[[bytes], object]) -> None:
    exchange = Exchange(1, datetime(2026, 11, 20), "GET", "/topics/t", "http://h/")
    with pytest.raises(NotAProxy, match="no Kafka REST proxy does that"):
        codec.read(Answer(200, {}, body.encode(), exchange), decode)


def test_json_records_keep_their_exact_text() -> None:
    body = b'[{"topic":"t","partition":0,"offset":0,"key":1.10,"value":{"n": 123456789012345678901234, "m":1E2}}]'
    [record] = codec.records(body, "json")
    assert record.key == b"1.10"
    assert record.value == b'{"n": 123456789012345678901234, "m":1E2}'


def test_json_null_is_null() -> None:
    [record] = codec.records(b'[{"topic":"t","partition":0,"offset":0,"key":null,"value":null}]', "json")
    assert record.key is None
    assert record.value is None


def test_text_records_become_utf8() -> None:
    [record] = codec.records('[{"topic":"t","partition":0,"offset":0,"key":"k","value":"ü\\n"}]'.encode(), "text")
    assert record.value == "ü\n".encode()


@pytest.mark.parametrize("format", ["binary", "json"])
def test_no_record_keeps_the_body_alive(format: str) -> None:
    body = b'[{"topic":"t","partition":0,"offset":0,"key":"YWJj","value":"' + b"YWJj" * 1000 + b'"}]'
    before = sys.getrefcount(body)
    records = codec.records(body, format)
    gc.collect()
    assert records
    assert sys.getrefcount(body) == before


def test_a_topic_is_described_in_order_of_partitions() -> None:
    detail = codec.topic(
        b"""{"name":"t","configs":{"a":"1","secret":null},"partitions":[
        {"partition":1,"leader":-1,"replicas":[{"broker":2,"leader":true,"in_sync":false}]},
        {"partition":0,"leader":2,"replicas":[{"broker":2,"leader":true,"in_sync":true},
                                              {"broker":3,"leader":false,"in_sync":false}]}]}"""
    )
    assert detail.configs == {"a": "1", "secret": None}
    assert detail.partitions == (Partition(0, 2, (2, 3), (2,)), Partition(1, None, (2,), ()))


def test_offsets_are_exact() -> None:
    body = b'{"beginning_offset":9007199254740993,"end_offset":9223372036854775807}'
    assert codec.offsets(body) == OffsetRange(9007199254740993, 9223372036854775807)


@pytest.mark.parametrize(
    ("body", "produced"),
    [
        (b'{"partition":1,"offset":7,"error_code":null,"error":null}', Produced(1, 7)),
        (b'{"partition":null,"offset":null,"error_code":50003,"error":"no"}', Produced(error="no", error_code=50003)),
        (b'{"error_code":404,"message":"gone"}', Produced(error="gone", error_code=404)),
        (b'{"error":"bad","error_code":1}', Produced(error="bad", error_code=1)),
        (b'{"offset":-1,"partition":0}', Produced()),
        (b'{"error_code":3}', Produced(error="error 3", error_code=3)),
    ],
)
def test_reports_of_all_makes_are_understood(body: bytes, produced: Produced) -> None:
    assert codec.produced(b'{"offsets":[' + body + b'],"key_schema_id":null}') == [produced]


def test_partitions_without_a_commit_are_left_out() -> None:
    never, once = b'{"topic":"t","partition":0,"offset":-1001}', b'{"topic":"t","partition":1,"offset":5,"metadata":""}'
    body = b'{"offsets":[' + never + b"," + once + b"]}"
    assert codec.committed(body) == {TopicPartition("t", 1): 5}


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        (CONFLUENT, b'{"offsets":[{"topic":"t","partition":0,"offset":4},{"topic":"t","partition":1,"offset":-1}]}'),
        (KARAPACE, b'{"offsets":[{"topic":"t","partition":0,"offset":4},{"topic":"t","partition":1,"offset":-1}]}'),
        (STRIMZI, b'{"offsets":[{"topic":"t","partition":0,"offset":5},{"topic":"t","partition":1,"offset":0}]}'),
        (REDPANDA, b'{"partitions":[{"topic":"t","partition":0,"offset":5},{"topic":"t","partition":1,"offset":0}]}'),
    ],
)
def test_a_commit_is_where_the_group_resumes(dialect: codec.Dialect, body: bytes) -> None:
    assert bodies.commit({TopicPartition("t", 0): 5, TopicPartition("t", 1): 0}, dialect) == body


def produced_record(draft: Draft, format: str = "binary", dialect: codec.Dialect = CONFLUENT) -> object:
    return msgspec.json.decode(bodies.produce([draft], format, dialect))["records"][0]


def test_drafts_are_written_as_base64() -> None:
    assert produced_record(Draft("t", b"\xff", None, 3)) == {"key": "/w==", "value": None, "partition": 3}


def test_strimzi_wants_no_null_key_and_takes_headers_and_a_time() -> None:
    draft = Draft("t", None, b"", timestamp=5, headers=(Header("h", b"x"),))
    assert produced_record(draft, dialect=STRIMZI) == {
        "value": "",
        "timestamp": 5,
        "headers": [{"key": "h", "value": "eA=="}],
    }


def test_json_is_sent_as_it_was_typed() -> None:
    body = bodies.produce([Draft("t", b'"k"', b'{"n": 1.10}')], "json", CONFLUENT)
    assert body == b'{"records":[{"key":"k","value":{"n": 1.10}}]}'


@pytest.mark.parametrize(("value", "word"), [(b"{", "JSON"), (b'"\xff"', "UTF-8"), (DEEP.encode(), "deep")])
def test_what_is_not_json_is_refused_here(value: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        bodies.produce([Draft("t", None, value)], "json", CONFLUENT)


def answer(count: int, first: str, headers: bool) -> bytes:
    """Records whose text begins with this member, as many megabytes as there are hundreds."""
    each: dict[str, object] = {"topic": "t", "key": "aw==", "value": "A" * 10_000, "partition": 0}
    if headers:
        each["headers"] = [{"key": "a", "value": "Yg=="}, {"key": "topic", "value": "Yg=="}]
    order = sorted(each, key=lambda name: name != first)
    return msgspec.json.encode([{name: each[name] for name in order} | {"offset": n} for n in range(count)])


@pytest.mark.parametrize("first", ["topic", "key"])
def test_a_large_answer_is_the_same_in_parts(first: str) -> None:
    body = answer(900, first, headers=first == "topic")
    parts = list(codec.parts(body))
    assert [len(part) // codec.PART for part in parts] == [1, 1, 1, 1]
    joined = Records.joined([codec.records(part) for part in parts])
    assert joined == codec.records(body)
    assert len(joined.runs()) == 1


def test_what_is_not_cut() -> None:
    assert not list(codec.parts(answer(300, "topic", headers=False)))
    assert not list(codec.parts(answer(900, "topic", headers=False), "json"))
    with pytest.raises(msgspec.DecodeError):  # where headers look like records: decoded as a whole then
        list(map(codec.records, codec.parts(answer(900, "key", headers=True))))
