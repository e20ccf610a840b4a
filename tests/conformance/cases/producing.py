"""Producing: shapes, errors, and what is stored."""

from __future__ import annotations

from tests.conformance.cases.shared import NEW, THREE_PARTITIONS, b64, case, produce
from tests.conformance.probe import BINARY, JSON, Probe, embedded
from tests.conformance.suite import Json, Topic


@case(15, "produce json", NEW)
async def produce_json(p: Probe) -> None:
    await produce(p, {"key": "a", "value": {"x": 1}}, {"value": [1, "two", None]})
    await p.read_all(await p.reader(data_format="json"), 2)


@case(16, "produce binary round trip", NEW)
async def produce_binary_round_trip(p: Probe) -> None:
    await produce(p, {"key": b64(b"\xfe"), "value": b64(b"\x00\x01\xff")}, media=BINARY)
    await p.read_all(await p.reader(), 1)


@case(17, "produce with partition", Topic("t", 3))
async def produce_with_partition(p: Probe) -> None:
    await produce(p, {"value": "x", "partition": 2}, {"value": "x", "partition": 1})


@case(18, "produce to partition path", Topic("t", 3))
async def produce_to_partition_path(p: Probe) -> None:
    await produce(p, {"value": "x"}, path="/partitions/1")


@case(19, "path and record partition", Topic("t", 3))
async def path_and_record_partition(p: Probe) -> None:
    await produce(p, {"value": "x", "partition": 2}, path="/partitions/1")


@case(20, "produce bad base64", NEW)
async def produce_bad_base64(p: Probe) -> None:
    for bad in ("%%%", "YWJj%%", "YWJ", "-_-_", 1):
        await produce(p, {"value": bad}, media=BINARY)
    await p.read_all(await p.reader(), 5, seconds=2)


@case(21, "produce empty records", NEW)
async def produce_empty_records(p: Probe) -> None:
    await produce(p)
    bodies: tuple[Json, ...] = ({}, {"records": None}, {"records": {"value": 1}}, [])
    for body in bodies:
        await p.call("POST", f"/topics/{p.topic()}", body=body, content_type=JSON)


@case(22, "produce no body", NEW)
async def produce_no_body(p: Probe) -> None:
    await p.call("POST", f"/topics/{p.topic()}", content_type=JSON)
    await p.call("POST", f"/topics/{p.topic()}", content_type=JSON, body='{"records": [')


@case(23, "produce unknown topic")
async def produce_unknown_topic(p: Probe) -> None:
    await produce(p, {"value": "x"})


@case(
    24,
    "produce unknown partition",
    THREE_PARTITIONS,
    unstable={"K": {3: "-1 means any partition"}},
)
async def produce_unknown_partition(p: Probe) -> None:
    """The waits are for S, see case 144."""
    await p.wait(0.5)
    await produce(p, {"value": "x"}, path="/partitions/99")
    await p.wait(0.5)
    await produce(p, {"value": "x", "partition": 0}, {"value": "x", "partition": 99})
    await p.wait(0.5)
    await produce(p, {"value": "x", "partition": -1})


@case(25, "produce wrong type", NEW)
async def produce_wrong_type(p: Probe) -> None:
    for media in ("text/plain", None, "application/json", "application/vnd.kafka.v2+json", f"{JSON}; charset=utf-8"):
        await produce(p, {"value": b64("x")}, media=media)  # type: ignore[arg-type]
    await p.read_all(await p.reader(), 5, seconds=2)


@case(26, "produce null value", NEW)
async def produce_null_value(p: Probe) -> None:
    await produce(p, {"key": "a", "value": None})
    await produce(p, {"key": "b"})
    await produce(p, {"key": b64("c"), "value": None}, media=BINARY)
    await produce(p, {"key": b64("d"), "value": ""}, media=BINARY)
    await p.read_all(await p.reader(), 4, seconds=3)


@case(27, "produce null key", NEW)
async def produce_null_key(p: Probe) -> None:
    await produce(p, {"key": None, "value": "null key"})
    await produce(p, {"value": "no key"})
    await p.read_all(await p.reader(), 2, seconds=3)


@case(28, "produce falsy json", NEW)
async def produce_falsy_json(p: Probe) -> None:
    values: tuple[Json, ...] = (0, False, "", [], {})
    for value in values:
        await produce(p, {"value": value})
    await p.read_all(await p.reader(), 5, seconds=3)


@case(29, "produce unknown field", NEW)
async def produce_unknown_field(p: Probe) -> None:
    await produce(p, {"value": "x", "headers": [{"key": "h", "value": b64("v")}]})
    await produce(p, {"value": "x", "nope": 1})
    await p.call("POST", f"/topics/{p.topic()}", body={"records": [{"value": "x"}], "nope": 1}, content_type=JSON)
    await p.read_all(await p.reader(), 3, seconds=2)


@case(30, "produce big int", NEW)
async def produce_big_int(p: Probe) -> None:
    await produce(p, {"value": {"n": 2**53 + 1}})
    await p.read_all(await p.reader(data_format="json"), 1)


@case(31, "produce unicode", NEW)
async def produce_unicode(p: Probe) -> None:
    await produce(p, {"key": "\U0001f600", "value": "emoji \U0001f600 rtl \u05e9\u05dc\u05d5\u05dd nul \u0000 e\u0301"})
    await p.read_all(await p.reader(data_format="json"), 1)


@case(32, "produce oversized", NEW)
async def produce_oversized(p: Probe) -> None:
    await produce(p, {"value": "x" * 1_500_000})
    await produce(p, {"value": "still alive"})


@case(80, "keys choose partitions", Topic("t", 3))
async def keys_choose_partitions(p: Probe) -> None:
    """The proxies do not partition alike: the same key may go to another partition."""
    for key in "abcdefgh":
        await produce(p, {"key": b64(key), "value": b64("v")}, media=BINARY)


@case(81, "timestamp and headers in produce", NEW)
async def timestamp_and_headers_in_produce(p: Probe) -> None:
    await produce(p, {"value": "t", "timestamp": 1_600_000_000_000})
    await produce(p, {"value": "t", "timestamp": "2024-01-01T00:00:00Z"})
    await produce(p, {"value": "h", "headers": [{"key": "a", "value": b64("1")}, {"key": "a", "value": b64("2")}]})
    await produce(p, {"value": "h", "headers": [{"key": "a", "value": None}]})
    await p.read_all(await p.reader(data_format="json"), 4, seconds=2)


@case(82, "what json produce stores", NEW)
async def what_json_produce_stores(p: Probe) -> None:
    """Numbers, duplicate keys, key order, spaces and escapes, byte for byte."""
    texts = (
        '{"price": 1.10, "rate": 1e2, "small": 1E-7, "whole": 10.0, "neg": -0.0}',
        '{"b": 1, "a": 2, "b": 3}',
        '{"n": 12345678901234567890123, "d": 0.1234567890123456789012, "max": 9223372036854775808}',
        '{"huge": 1e400}',
        '{"nan": NaN}',
        '"\\u00e9 \u00e9 \\/ \\ud83d\\ude00 <tag>"',
        '"\\ud800"',
        '{"b": [ 1 , 2 ], "a": {}}',
    )
    for text in texts:
        await p.call("POST", f"/topics/{p.topic()}", body=f'{{"records": [{{"value": {text}}}]}}', content_type=JSON)
    await p.read_all(await p.reader(), len(texts), seconds=3)


@case(83, "json keys of every type", NEW)
async def json_keys_of_every_type(p: Probe) -> None:
    for key in ({"id": 1}, ["a"], 1, 1.5, True, "s", ""):
        await produce(p, {"key": key, "value": "v"})
    await p.read_all(await p.reader(), 7, seconds=2)


@case(84, "text format", NEW)
async def text_format(p: Probe) -> None:
    await produce(p, {"key": "k", "value": "plain \u00e9"}, {"value": 5}, media=embedded("text"))
    await produce(p, {"key": "k", "value": "plain \u00e9"}, media=embedded("text"))
    await p.read_all(await p.reader(data_format="text"), 1, seconds=2)


@case(136, "produce without waiting (async)", NEW)
async def produce_without_waiting_async(p: Probe) -> None:
    await produce(p, {"value": "x"}, query="async=true")
    await p.read_all(await p.reader(), 1, seconds=3)


@case(137, "S creates topics", flavours="S", needs_kafka=True)
async def s_creates_topics(p: Probe) -> None:
    body = {"topic_name": p.topic("made"), "partitions_count": 2, "replication_factor": 1}
    await p.call("POST", "/admin/topics", body=body)
    await p.call("POST", "/admin/topics", body=body, content_type=JSON)
    await p.call("POST", "/admin/topics", body=body, content_type=JSON)
    await p.call("POST", "/admin/topics", body=body | {"topic_name": "not a name"}, content_type=JSON)
    await p.call("GET", f"/topics/{p.topic('made')}/partitions")
    await p.kafka("delete_topic", p.topic("made"))


LOST_REQUEST = "the producer of the connection is closed after an error; what meets it closing is never answered"


@case(
    144, "produce straight after a failed one, same connection", NEW, unstable={"S": {2: LOST_REQUEST, 5: LOST_REQUEST}}
)
async def produce_straight_after_a_failed_one_same_connect(p: Probe) -> None:
    await p.call("POST", f"/topics/{p.topic('nope')}", body={"records": [{"value": "x"}]}, content_type=JSON)
    await produce(p, {"value": "next"})
    await p.read_all(await p.reader(), 1, seconds=3)
