"""ProxyClient: each endpoint, typed in and out."""

from __future__ import annotations

from typing import Any

import pytest

from ktui.errors import Conflict, NotFound, Unacceptable, Unsupported
from ktui.model import Draft, Header, OffsetRange, Partition, Produced, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import KARAPACE, REDPANDA, STRIMZI, Dialect
from ktui.server.sandbox import Sandbox

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.fixture
def filled(sandbox: Sandbox) -> Sandbox:
    sandbox.topics.create("t", 2)
    for n in range(10):
        sandbox.topics.append("t", n % 2, b"k%d" % n, b"v%d" % n)
    return sandbox


async def test_metadata(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.topics.create("a")
    assert await proxy.topics() == ["a", "t"]
    detail = await proxy.topic("t")
    assert (detail.name, [each.partition for each in detail.partitions]) == ("t", [0, 1])
    assert detail.configs["cleanup.policy"] == "delete"
    assert await proxy.partitions("t") == detail.partitions
    assert await proxy.partition(T1) == detail.partitions[1] == Partition(1, 1, (1,), (1,))
    assert await proxy.brokers() == [1]


async def test_offsets_and_ranges(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.topics["t"].partitions[0].truncate(2)
    assert await proxy.offsets(T0) == OffsetRange(2, 5)
    assert await proxy.ranges("t", [0, 1]) == {T0: OffsetRange(2, 5), T1: OffsetRange(0, 5)}
    assert await proxy.ranges("t", []) == {}


async def test_ranges_of_many_partitions_are_asked_eight_at_once(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("wide", 100)
    most = 0

    def count(_: object) -> None:
        nonlocal most
        most = max(most, sum(exchange.ok is None for exchange in proxy.exchanges) + 1)

    proxy.on_exchange = count
    assert list(await proxy.ranges("wide", range(100))) == [TopicPartition("wide", n) for n in range(100)]
    assert 2 <= most <= 9


async def test_what_is_not_there_is_not_found(filled: Sandbox, proxy: ProxyClient) -> None:
    with pytest.raises(NotFound):
        await proxy.topic("nothing")
    with pytest.raises(NotFound):
        await proxy.ranges("t", [0, 1, 2])
    with pytest.raises(Unacceptable):
        await proxy.offsets(TopicPartition("t", -1))


@pytest.mark.parametrize("name", ["a/b", "50% off", "über", "a b?c#d", "..", "a%2Fb"])
async def test_odd_names_reach_the_server_whole(filled: Sandbox, proxy: ProxyClient, name: str) -> None:
    with pytest.raises(Unacceptable, match="invalid topic"):
        await proxy.topic(name)
    async with proxy.consumer(group=name) as consumer:
        assert (name, consumer.name) in filled.instances
        await consumer.assign([T0])
    await proxy.commit(name, {T0: 3})
    assert filled.groups.committed[name] == {T0: 3}


async def test_produced_records_are_stored_exactly(filled: Sandbox, proxy: ProxyClient) -> None:
    drafts = [Draft("t", b"\xff\x00", b"", 0), Draft("t", None, None, 1)]
    assert await proxy.produce("t", drafts) == [Produced(0, 5), Produced(1, 5)]
    stored = [filled.topics["t"].partitions[n].read(5, 1)[0] for n in (0, 1)]
    assert [(each.key, each.value) for each in stored] == [(b"\xff\x00", b""), (None, None)]


async def test_a_partition_can_be_in_the_path(filled: Sandbox, proxy: ProxyClient) -> None:
    assert await proxy.produce("t", [Draft("t", b"k", b"v")], partition=1) == [Produced(1, 5)]
    assert proxy.exchanges[-1].path == "/topics/t/partitions/1"


async def test_json_goes_out_as_json(filled: Sandbox, proxy: ProxyClient) -> None:
    await proxy.produce("t", [Draft("t", b'"k"', b'{"a":1}', 0)], format="json")
    assert filled.topics["t"].partitions[0].read(5, 1)[0].value == b'{"a":1}'
    with pytest.raises(Unacceptable, match="not JSON"):
        await proxy.produce("t", [Draft("t", None, b"{")], format="json")


async def test_what_became_of_each_record_is_told_whatever_the_status(filled: Sandbox, proxy: ProxyClient) -> None:
    mixed = '{"offsets":[{"offset":7,"partition":0},{"error":"no","error_code":1}]}'
    filled.faults.fail_next(422, body=mixed)
    assert await proxy.produce("t", [Draft("t", b"a", b"b")] * 2) == [
        Produced(0, 7),
        Produced(error="no", error_code=1),
    ]
    filled.faults.fail_next(422, body='{"error_code":422,"message":"records must not be empty"}')
    with pytest.raises(Unacceptable, match="must not be empty"):
        await proxy.produce("t", [])


@pytest.mark.parametrize(
    ("dialect", "draft", "word"),
    [
        (None, Draft("t", b"k", b"v", headers=(Header("h", b"x"),)), "headers"),
        (None, Draft("t", b"k", b"v", timestamp=5), "timestamp"),
        (KARAPACE, Draft("t", b"k", None), "tombstone"),
        (STRIMZI, Draft("t", b"k", None), "tombstone"),
        (STRIMZI, Draft("t", b"k", b"v", headers=(Header("h"),)), "header without a value"),
        (REDPANDA, Draft("t", None, b"v"), "null key"),
    ],
)
async def test_what_cannot_be_written_is_said_before_anything_is_sent(
    sandbox: Sandbox, dialect: Dialect | None, draft: Draft, word: str
) -> None:
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=dialect)
    with pytest.raises(Unsupported, match=word):
        await client.produce("t", [Draft("t", b"k", b"v"), draft])
    assert not client.exchanges
    await client.aclose()


async def test_a_commit_is_where_the_group_resumes(filled: Sandbox, proxy: ProxyClient) -> None:
    await proxy.commit("g", {T0: 3, T1: 0})
    assert filled.groups.committed["g"] == {T0: 3, T1: 0}
    assert await proxy.committed("g", [T0, T1]) == {T0: 3, T1: 0}
    assert await proxy.committed("other", [T0, T1]) == {}
    await proxy.aclose()
    assert not filled.instances


async def test_reading_commits_moves_nothing(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.groups.commit("g", {T0: 4})
    await proxy.committed("g", [T0, T1])
    async with proxy.consumer(group="g") as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 0})
        assert len(await consumer.poll()) == 5
    await proxy.aclose()
    assert filled.groups.committed["g"] == {T0: 4}


@pytest.mark.parametrize(
    "words",
    [
        "Commit cannot be completed since the group has already rebalanced",
        "error sending commit request: [Error 25] UnknownMemberIdError",
        "org.apache.kafka.clients.consumer.CommitFailedException: no",
    ],
)
async def test_a_group_at_work_is_a_conflict(filled: Sandbox, proxy: ProxyClient, words: str) -> None:
    filled.faults.fail_next(500, path="POST .*/offsets", body=f'{{"error_code":50002,"message":"{words}"}}')
    with pytest.raises(Conflict, match="active members"):
        await proxy.commit("g", {T0: 3})


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        (STRIMZI, lambda client: client.committed("g", [T0])),
        (STRIMZI, lambda client: client.brokers()),
    ],
)
async def test_what_a_make_does_not_offer_is_said(sandbox: Sandbox, dialect: Dialect, call: Any) -> None:
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=dialect)
    with pytest.raises(Unsupported, match="Strimzi"):
        await call(client)
    assert not client.exchanges
    await client.aclose()
