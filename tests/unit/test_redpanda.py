"""Reading, describing, producing and committing where there are no assignments, no positions and no offsets."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from ktui.errors import Busy, Conflict, NotFound, Unsupported
from ktui.model import Draft, OffsetRange, Produced, Record, TopicPartition
from ktui.records.stream import Stream
from ktui.rest import by_offset
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import REDPANDA
from tests.unit.redpanda import Log, Redpanda

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.fixture
def server() -> Redpanda:
    return Redpanda()


@pytest.fixture
async def client(server: Redpanda) -> AsyncIterator[ProxyClient]:
    client = ProxyClient("http://redpanda", transport=server)
    await client.probe()
    yield client
    await client.aclose()
    assert not server.instances


def fill(log: Log, count: int) -> None:
    log.records += [(b"k", str(len(log.records) + number).encode()) for number in range(count)]


async def test_it_is_recognised_by_what_it_lacks(server: Redpanda, client: ProxyClient) -> None:
    assert client.dialect is REDPANDA
    server.create("t")
    await client.probe()
    assert client.dialect is REDPANDA
    assert client.capabilities["topics.describe"].evidence.startswith("GET /topics/{topic}/partitions → 404")


@pytest.mark.parametrize("count", [1, 2, 8, 9, 20])
async def test_partitions_are_counted(server: Redpanda, client: ProxyClient, count: int) -> None:
    server.create("t", count)
    detail = await client.topic("t")
    assert [each.partition for each in detail.partitions] == list(range(count))
    assert client.failed_count == 0


async def test_an_unknown_topic_is_not_found(client: ProxyClient) -> None:
    with pytest.raises(NotFound):
        await client.topic("none")
    with pytest.raises(NotFound):
        await client.offsets(TopicPartition("none", 0))


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 1000, 4097])
async def test_the_end_is_found_by_reading(server: Redpanda, client: ProxyClient, count: int) -> None:
    fill(server.create("t")[0], count)
    assert await client.offsets(T0) == OffsetRange(0, count)
    fill(server.topics["t"][0], 3)
    before = len(server.asked)
    assert await client.offsets(T0) == OffsetRange(0, count + 3)
    assert len(server.asked) - before <= 6  # the second time it begins where it was


async def test_the_beginning_is_shown_by_the_first_record_of_a_group(server: Redpanda, client: ProxyClient) -> None:
    for log in server.create("t", 2):
        fill(log, 300)
        log.beginning = 123
    assert await client.ranges("t", (0, 1)) == {T0: OffsetRange(123, 300), T1: OffsetRange(123, 300)}
    assert sum("/subscription" in asked for asked in server.asked) == 1


async def test_what_lies_before_the_end_counts_though_nothing_is_there(server: Redpanda, client: ProxyClient) -> None:
    log = server.create("t")[0]
    fill(log, 100)
    log.records[40:97] = [None] * 57
    assert await client.offsets(T0) == OffsetRange(0, 100)


async def test_a_consumer_reads_from_where_it_was_sought(server: Redpanda, client: ProxyClient) -> None:
    fill(server.create("t")[0], 35)
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 27})
        got = await consumer.poll() + await consumer.poll()
        assert [record.offset for record in got] == list(range(27, 35))
        await consumer.seek({T0: 5})
        assert (await consumer.poll())[0].offset == 5
        with pytest.raises(Conflict):
            await consumer.seek({T1: 0})


async def test_groups_need_a_name(server: Redpanda, client: ProxyClient) -> None:
    async with client.consumer() as consumer:
        with pytest.raises(Unsupported, match="name one"):
            await consumer.commit({T0: 1})
    with pytest.raises(Unsupported, match="earliest only"):
        client.consumer(reset="latest")


async def test_a_stream_gets_every_record_once_in_order(server: Redpanda, client: ProxyClient) -> None:
    logs = server.create("t", 12)
    for log in logs:
        fill(log, 57)
    logs[3].records[18:31] = [None] * 13  # a whole batch of them and the ends of two
    tps = [TopicPartition("t", number) for number in range(12)]
    seen: dict[TopicPartition, list[int]] = {tp: [] for tp in tps}
    gaps = []
    stream = Stream(client, dict.fromkeys(tps, 0))
    async for batch in stream.batches():
        for record in batch.records:
            seen[record.tp].append(record.offset)
        gaps += batch.gaps
        if all(position == 57 for position in stream.positions.values()):
            break
    whole = list(range(57))
    for tp in tps:
        assert seen[tp] == ([*whole[:18], *whole[31:]] if tp.partition == 3 else whole)
    assert [(gap.partition, gap.first, gap.last) for gap in gaps] == [(3, 18, 30)]


async def test_what_arrives_later_is_read(server: Redpanda, client: ProxyClient) -> None:
    log = server.create("t")[0]
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 0})
        assert await consumer.poll(50) == []
        fill(log, 2)
        got: list[int] = []
        while len(got) < 2:
            got += [record.offset for record in await consumer.poll(50)]
        assert got == [0, 1]


async def test_a_broken_partition_does_not_hold_back_the_others(server: Redpanda, client: ProxyClient) -> None:
    for log in server.create("t", 2):
        fill(log, 3)
    server.broken["/topics/t/partitions/0/records"] = 503
    async with client.consumer() as consumer:
        await consumer.assign([T0, T1])
        await consumer.seek({T0: 0, T1: 0})
        got, errors = [], 0
        while not (errors and got):
            try:
                got += await consumer.poll(50)
            except Busy:
                errors += 1
        assert [(record.partition, record.offset) for record in got] == [(1, 0), (1, 1), (1, 2)]
        server.broken.clear()
        while len(got) < 6:
            got += await consumer.poll(50)
        assert [(record.partition, record.offset) for record in got[3:]] == [(0, 0), (0, 1), (0, 2)]


async def test_a_read_that_is_given_up_loses_nothing(server: Redpanda, client: ProxyClient) -> None:
    fill(server.create("t")[0], 25)
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 0})
        server.going.clear()
        reading = asyncio.ensure_future(consumer.poll(5000))
        await server.reading.wait()
        reading.cancel()
        await asyncio.wait([reading])
        server.going.set()
        got: list[int] = []
        while len(got) < 25:
            got += [record.offset for record in await consumer.poll()]
        assert got == list(range(25))


async def test_what_was_deleted_meanwhile_is_passed_over(server: Redpanda, client: ProxyClient) -> None:
    log = server.create("t")[0]
    fill(log, 40)
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 3})
        log.beginning = 20
        assert (await consumer.poll())[0].offset == 20


async def test_a_partition_whose_beginning_nothing_shows_is_empty_until_a_record_comes(
    server: Redpanda, client: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the others of its topic are read meanwhile."""
    lost, other = server.create("t", 2)
    fill(lost, 40)
    fill(other, 3)
    lost.beginning = 40
    monkeypatch.setattr(by_offset, "FIRST_SECONDS", 0.05)
    monkeypatch.setattr(by_offset, "BLANK_SECONDS", 0.1)
    assert await client.ranges("t", [0, 1]) == {T0: OffsetRange(0, 0), T1: OffsetRange(0, 3)}
    asked = len(server.asked)
    assert await client.offsets(T0) == OffsetRange(0, 0)
    assert len(server.asked) == asked + 1  # a group is not asked again each time
    async with client.consumer() as consumer:
        await consumer.assign([T0, T1])
        assert [record.partition for record in await consumer.poll()] == [1, 1, 1]
        fill(lost, 1)
        found: list[Record] = []
        while not found:
            found = await consumer.poll()
    assert [record.offset for record in found] == [40]
    assert await client.offsets(T0) == OffsetRange(40, 41)


async def test_a_topic_made_again_is_read_from_its_start(server: Redpanda, client: ProxyClient) -> None:
    fill(server.create("t")[0], 40)
    stream = Stream(client, {T0: 40}, clock=itertools.count(0, 100).__next__)  # each look is long ago
    notes: list[str] = []
    got: list[int] = []
    async for batch in stream.batches():
        notes += [note.text for note in batch.notes]
        got += [record.offset for record in batch.records]
        if not notes:
            fill(server.create("t")[0], 2)
        if len(got) == 2:
            break
    assert got == [0, 1]
    assert len(notes) == 1


async def test_a_commit_is_read_back_as_it_was_asked_for(server: Redpanda, client: ProxyClient) -> None:
    server.create("t", 2)
    await client.commit("g", {T0: 7})
    assert server.committed == {("g", "t", 0): 7}
    assert await client.committed("g", [T0, T1]) == {T0: 7}
    async with client.consumer(group="g") as consumer:
        await consumer.commit()  # all that was read: an empty body, with its type
    with pytest.raises(Unsupported, match="2,147,483,647"):
        await client.commit("g", {T0: 2**31})


def draft(value: bytes | None, partition: int | None = None, key: bytes = b"") -> Draft:
    return Draft("t", key, value, partition)


async def test_one_offset_per_partition_is_counted_on(server: Redpanda, client: ProxyClient) -> None:
    fill(server.create("t", 2)[1], 5)
    got = await client.produce("t", [draft(b"a", 1), draft(b"b", 0), draft(b"c", 1)])
    assert got == [Produced(1, 5), Produced(0, 0), Produced(1, 6)]
    assert await client.produce("t", [draft(b"d")], partition=1) == [Produced(1, 7)]
    assert server.topics["t"][1].records[-1] == (b"", b"d")


async def test_what_cannot_be_counted_is_not_told(server: Redpanda, client: ProxyClient) -> None:
    server.create("t", 2)
    one = await client.produce("t", [draft(b"a", key=b"\x01"), draft(b"b", key=b"\x03")])
    assert one == [Produced(1, 0), Produced(1, 1)]  # all went to the only partition that is spoken of
    two = await client.produce("t", [draft(b"a", key=b"\x01"), draft(b"b", key=b"\x02"), draft(b"c", 0)])
    assert two == [Produced(), Produced(), Produced(0)]


async def test_failures_are_told_record_by_record(server: Redpanda, client: ProxyClient) -> None:
    server.create("t", 2)
    got = await client.produce("t", [draft(b"a", 9), draft(b"b", 0)])
    assert got == [Produced(9, None, "unknown topic or partition", 3), Produced(0, 0)]
    unsure = await client.produce("t", [draft(b"a", 9), draft(b"b")])
    assert unsure[1].error == "perhaps not stored: unknown topic or partition"


async def test_a_tombstone_is_a_value_left_out(server: Redpanda, client: ProxyClient) -> None:
    server.create("t")
    assert await client.produce("t", [draft(None, 0, b"k")]) == [Produced(0, 0)]
    with pytest.raises(Unsupported, match="null key"):
        await client.produce("t", [Draft("t", None, b"v")])
