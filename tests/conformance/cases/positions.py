"""Seeking."""

from __future__ import annotations

from tests.conformance.cases.shared import TEN, THREE_PARTITIONS, case, numbered, offsets, partitions, produce
from tests.conformance.probe import Probe
from tests.conformance.suite import Topic


@case(52, "seek offset", TEN)
async def seek_offset(p: Probe) -> None:
    instance = await p.reader()
    await p.seek(instance, 5)
    await p.read_all(instance, 5)
    await p.seek(instance, 2)
    await p.read_all(instance, 8)


@case(53, "seek begin / end", TEN)
async def seek_begin_end(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10)
    await p.call("POST", f"{instance.path}/positions/beginning", body=partitions(p, 0))
    await p.read_all(instance, 10)
    await p.call("POST", f"{instance.path}/positions/beginning", body=partitions(p, 0))
    await p.call("POST", f"{instance.path}/positions/end", body=partitions(p, 0))
    await p.read(instance)


@case(54, "seek unassigned", TEN)
async def seek_unassigned(p: Probe) -> None:
    instance = await p.create()
    entry = {"topic": p.topic(), "partition": 0, "offset": 1}
    await p.call("POST", f"{instance.path}/positions", body={"offsets": [entry]})
    await p.call("POST", f"{instance.path}/positions/beginning", body=partitions(p, 0))
    await p.call("POST", f"{instance.path}/positions/end", body=partitions(p, 0))
    await p.attach(instance, 0)
    await p.call("POST", f"{instance.path}/positions", body={"offsets": [entry | {"partition": 7}]})
    await p.call("POST", f"{instance.path}/positions/end", body=partitions(p, 7))


@case(55, "seek negative", TEN)
async def seek_negative(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10)
    await p.seek(instance, -1)
    await p.call("POST", f"{instance.path}/positions", body={"offsets": [{"topic": p.topic(), "partition": 0}]})


@case(56, "seek beyond end, earliest", TEN)
async def seek_beyond_end_earliest(p: Probe) -> None:
    instance = await p.reader()
    await p.seek(instance, 1_000_000)
    await p.read_all(instance, 10, seconds=6)


@case(57, "seek beyond end, latest", TEN)
async def seek_beyond_end_latest(p: Probe) -> None:
    instance = await p.reader(**{"auto.offset.reset": "latest"})
    await p.seek(instance, 1_000_000)
    await p.read(instance)
    await produce(p, {"value": "new"})
    await p.read_all(instance, 1, seconds=6)


SEEK_RACE = "the first seek after an assignment is refused at times; the read then starts at 0"


@case(96, "seek straight after assign, once", TEN, unstable={"K": {3: SEEK_RACE, 4: SEEK_RACE}})
async def seek_straight_after_assign_once(p: Probe) -> None:
    instance = await p.reader()
    await p.seek(instance, 5, tries=1)
    await p.read_all(instance, 1, seconds=3, keep=offsets)


@case(99, "end, then a new record", TEN)
async def end_then_a_new_record(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.call("POST", f"{instance.path}/positions/end", body=partitions(p, 0))
    await produce(p, {"value": "new"})
    await p.read_all(instance, 1, seconds=3)


@case(100, "several partitions in one seek", THREE_PARTITIONS)
async def several_partitions_in_one_seek(p: Probe) -> None:
    instance = await p.reader(0, 1, 2)
    await p.read_all(instance, 12, keep=len)
    entries = [{"topic": p.topic(), "partition": n, "offset": n + 1} for n in range(3)]
    await p.call("POST", f"{instance.path}/positions", body={"offsets": entries})
    await p.read_all(instance, 6, seconds=3)


@case(125, "max_bytes, then a seek: stale records?", Topic("t", records=numbered(10, size=1024)))
async def max_bytes_then_a_seek_stale_records(p: Probe) -> None:
    instance = await p.reader()
    await p.read(instance, "timeout=1000&max_bytes=4096", keep=offsets)
    await p.seek(instance, 9)
    await p.read_all(instance, 1, seconds=3, keep=offsets)
    await p.read_all(instance, 1, seconds=2, keep=offsets)


@case(127, "auto.offset.reset none", TEN)
async def auto_offset_reset_none(p: Probe) -> None:
    instance = await p.reader(**{"auto.offset.reset": "none"})
    await p.read(instance)
    await p.seek(instance, 3)
    await p.read(instance, keep=offsets)


@case(131, "seek to the end offset, then a new record", TEN)
async def seek_to_the_end_offset_then_a_new_record(p: Probe) -> None:
    """Unlike 99: the offset is named, so nothing is skipped."""
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.seek(instance, 10)
    await produce(p, {"value": "new"})
    await p.read_all(instance, 1, seconds=3, keep=offsets)


@case(134, "seek back after reaching the end, then on", TEN)
async def seek_back_after_reaching_the_end_then_on(p: Probe) -> None:
    """For the time it takes: the wait for new records at the end must be over first."""
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    for offset in (0, 7, 3):
        await p.seek(instance, offset)
        await p.read_all(instance, 10 - offset, seconds=3, keep=offsets)
    await p.delete(instance)
