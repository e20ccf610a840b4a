"""Reading records: formats, limits, waiting, requests given up."""

from __future__ import annotations

from tests.conformance.cases.shared import BAD, EMPTY, TEN, case, numbered, offsets, partitions, produce
from tests.conformance.probe import BINARY, JSON, Probe, embedded
from tests.conformance.suite import Json, Record, Topic


def first_and_count(records: Json) -> Json:
    """The first offset of a read and the number of records."""
    return {"first": records[0]["offset"], "count": len(records)} if records else []


@case(41, "records before subscribe")
async def records_before_subscribe(p: Probe) -> None:
    await p.read(await p.create(), "timeout=500")


@case(58, "format mismatch", TEN)
async def format_mismatch(p: Probe) -> None:
    instance = await p.reader(data_format="json")
    await p.read(instance, accept=BINARY)
    await p.read_all(instance, 10)


@case(59, "Accept wildcard on records", TEN)
async def accept_wildcard_on_records(p: Probe) -> None:
    for number, data_format in enumerate(("binary", "json")):
        instance = await p.reader(name=f"i{number}", data_format=data_format)
        for accept in ("*/*", None, "application/vnd.kafka.v2+json", f"{embedded(data_format)}, */*;q=0.5"):
            await p.read(instance, accept=accept)
            if data_format == "binary":
                await p.call("POST", f"{instance.path}/positions/beginning", body=partitions(p, 0))


@case(60, "poison record", BAD)
async def poison_record(p: Probe) -> None:
    await p.read_all(await p.reader(topic="bad", data_format="json"), 5, seconds=3)


@case(61, "after poison", BAD)
async def after_poison(p: Probe) -> None:
    instance = await p.reader(topic="bad", data_format="json")
    await p.read_all(instance, 5, seconds=3)
    await p.read_all(instance, 5, seconds=3)
    await p.seek(instance, 3, topic="bad")
    await p.read_all(instance, 2, seconds=3)


@case(62, "max_bytes small", TEN)
async def max_bytes_small(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance, "timeout=1000&max_bytes=1")
    await p.read(instance, "timeout=1000&max_bytes=1")
    await p.read_all(instance, 10, seconds=2)


@case(63, "max_bytes bounds", Topic("t", records=numbered(10, size=1024)))
async def max_bytes_bounds(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance, "timeout=1000&max_bytes=4096", keep=offsets)
    await p.read_all(instance, 10, seconds=3, keep=offsets)


@case(64, "timeout honoured", EMPTY)
async def timeout_honoured(p: Probe) -> None:
    instance = await p.reader(topic="empty")
    await p.read(instance, "timeout=500")
    await p.read(instance, "timeout=1500")


@case(73, "parallel reads", TEN)
async def parallel_reads(p: Probe) -> None:
    instance = await p.reader()
    request = {"query": "timeout=2000", "accept": BINARY}
    await p.together(*(p.later("GET", f"{instance.path}/records", **request) for _ in range(2)))


ODD_JSON = (
    b'{"b":1, "a":1.10, "b":2}',
    b"12345678901234567890123",
    b"0.1234567890123456789012",
    b'"\\u00e9 \\ud800"',
    b"1 2",
    b" [1]\n",
)


@case(85, "what a json read shows", Topic("t", records=tuple(Record(value) for value in ODD_JSON)))
async def what_a_json_read_shows(p: Probe) -> None:
    instance = await p.reader(data_format="json")
    for number in range(len(ODD_JSON)):
        await p.seek(instance, number)
        await p.read(instance, "timeout=1000&max_bytes=100000")


@case(86, "the text of numbers in a json read", Topic("t", records=tuple(Record(value) for value in ODD_JSON[:3])))
async def the_text_of_numbers_in_a_json_read(p: Probe) -> None:
    """Recorded as text, before a JSON parser changes it."""
    instance = await p.reader(data_format="json")
    await p.call("GET", f"{instance.path}/records", query="timeout=1000", accept=JSON, raw=True)


@case(
    87,
    "null, empty and not UTF-8",
    Topic("t", records=(Record(None, b"a"), Record(b"", b""), Record(b"\xff\xfe", b"c"))),
)
async def null_empty_and_not_utf_8(p: Probe) -> None:
    await p.read_all(await p.reader(), 3, seconds=3)
    instance = await p.reader(name="i2", data_format="json")
    for number in range(3):
        await p.seek(instance, number)
        await p.read(instance, "timeout=1000&max_bytes=1024")


HEADERS = (("h", b"v"), ("h", None), ("\u00e9", b"\xff"))


@case(88, "timestamp and headers in a read", Topic("t", records=(Record(b"1", b"2", headers=HEADERS), Record(b"3"))))
async def timestamp_and_headers_in_a_read(p: Probe) -> None:
    await p.read_all(await p.reader(), 2)


@case(89, "records per read", Topic("t", records=numbered(1200)))
async def records_per_read(p: Probe) -> None:
    instance = await p.reader()
    for _ in range(4):
        await p.read(instance, keep=first_and_count)


LARGE = Topic("t", records=tuple(Record(b"x" * 4096) for n in range(40)))


@case(90, "max_bytes and records over 1 KiB: does the next read go on where the last one stopped?", LARGE)
async def max_bytes_and_records_over_1_kib_does_the_next_r(p: Probe) -> None:
    instance = await p.reader()
    for _ in range(4):
        await p.read(instance, "timeout=1000&max_bytes=16384", keep=offsets)


@case(91, "max_bytes, going to last offset + 1 after each read", LARGE)
async def max_bytes_going_to_last_offset_1_after_each_read(p: Probe) -> None:
    instance = await p.reader()
    for _ in range(4):
        records = await p.read(instance, "timeout=1000&max_bytes=16384", keep=offsets)
        if not records:
            break
        await p.seek(instance, records[-1]["offset"] + 1)


MANY = Topic("t", records=tuple(Record(b"x" * (100 + n * 37 % 900)) for n in range(300)))


def missing_of_300(records: Json) -> Json:
    """How many came, and which did not."""
    return {"count": len(records), "missing": sorted(set(range(300)) - {r["offset"] for r in records})}


@case(92, "no max_bytes: nothing lost", MANY)
async def no_max_bytes_nothing_lost(p: Probe) -> None:
    await p.read_all(await p.reader(), 300, "timeout=200", seconds=6, keep=missing_of_300)


@case(93, "max_bytes below one poll", Topic("t", records=numbered(20, size=1024)))
async def max_bytes_below_one_poll(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance, "timeout=1000&max_bytes=2000", keep=offsets)
    await p.read_all(instance, 20, seconds=2, keep=offsets)


@case(94, "timeout parameter", TEN)
async def timeout_parameter(p: Probe) -> None:
    instance = await p.reader()
    for query in ("timeout=abc", "timeout=-1", "timeout=0", "max_bytes=abc", "max_bytes=-1", "timeout=500&nope=1"):
        await p.read(instance, query, keep=lambda records: "records" if records else [])


TRANSACTIONS = (
    *(Record(b"%d" % n, transaction="committed") for n in range(2)),
    *(Record(b"%d" % n, transaction="aborted") for n in range(2, 4)),
    Record(b"4"),
)


@case(95, "transactions: markers, aborted records", Topic("t", records=TRANSACTIONS))
async def transactions_markers_aborted_records(p: Probe) -> None:
    """Offsets 0 1 committed, 2 marker, 3 4 aborted, 5 marker, 6 plain."""
    await p.call("GET", f"/topics/{p.topic()}/partitions/0/offsets")
    await p.read_all(await p.reader(), 5, seconds=2)


@case(101, "instances of two groups on one partition", TEN)
async def instances_of_two_groups_on_one_partition(p: Probe) -> None:
    first, second = await p.reader(), await p.reader(group=p.group("-b"))
    await p.read_all(first, 10, keep=offsets)
    await p.read_all(second, 10, keep=offsets)


@case(102, "two instances of one group on one partition", TEN)
async def two_instances_of_one_group_on_one_partition(p: Probe) -> None:
    first, second = await p.reader(), await p.reader(name="i2")
    await p.read_all(first, 10, keep=offsets)
    await p.read_all(second, 10, keep=offsets)


@case(113, "read abandoned while records are there", Topic("t", records=numbered(1200)))
async def read_abandoned_while_records_are_there(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance, keep=first_and_count)
    await p.abandon("GET", f"{instance.path}/records", query="timeout=1000", accept=BINARY, ms=50)
    await p.wait(2)
    await p.read(instance, keep=first_and_count)


@case(114, "read abandoned while it waits", TEN)
async def read_abandoned_while_it_waits(p: Probe) -> None:
    """The records come after the client has gone and before the read's timeout is over."""
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.abandon("GET", f"{instance.path}/records", query="timeout=3000", accept=BINARY, ms=50)
    await p.wait(0.3)
    await produce(p, {"value": "while it waits"})
    await p.wait(4)
    await p.read(instance, keep=offsets)


@case(124, "records without any bytes", Topic("t", records=(Record(None), Record(b""))))
async def records_without_any_bytes(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance)
    await p.read(instance)


@case(133, "a record arrives while a read waits", TEN)
async def a_record_arrives_while_a_read_waits(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    pending = p.later("GET", f"{instance.path}/records", query="timeout=3000", accept=BINARY)
    await p.wait(0.5)
    await produce(p, {"value": "new"})
    await p.together(pending)


@case(139, "an empty value and an empty key in a json read", Topic("t", records=(Record(b"", b""), Record(b"1"))))
async def an_empty_value_and_an_empty_key_in_a_json_read(p: Probe) -> None:
    await p.read(await p.reader(data_format="json"))
