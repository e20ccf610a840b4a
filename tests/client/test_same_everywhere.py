"""The same through `ktui.rest` on every flavour: seeks are exact, commits come back as typed, outcomes are told."""

from __future__ import annotations

import asyncio
import random

import httpx
import pytest

from ktui.errors import Busy, ProxyError, Unacceptable, Unreachable, Unsupported
from ktui.model import Draft, Produced
from ktui.records.opening import open_at
from tests.client.scene import T0, T1, Scene, scene
from tests.property.virtual import in_virtual_time

OFFSETS = [0, 1, 2, 17, 49, 50]


@in_virtual_time
async def test_seeks_are_exact(letter: str) -> None:
    """The first record is the one that was asked for, from any place, and 50 jumps leave no trace."""
    chance = random.Random(7)
    async with scene(letter) as at:
        at.fill(200)
        for _ in range(50):
            wanted = {T0: chance.randrange(100), T1: chance.randrange(100)}
            reading = at.read(wanted)
            await reading.until(lambda reading=reading: reading.offsets.keys() == {0, 1})
            assert {n: offsets[0] for n, offsets in reading.offsets.items()} == {
                tp.partition: offset for tp, offset in wanted.items()
            }
            await reading.stop()


@in_virtual_time
async def test_a_seek_that_is_refused_at_first_is_exact_too(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(100)
        for refusals in range(4):
            at.faults.refuse_seeks(refusals)
            async with at.client.consumer() as consumer:
                await open_at(consumer, {T0: 33})
                records = []
                while not records:
                    records = await consumer.poll()
                assert records[0].offset == 33
        assert not at.client.failed_count or letter != "K"  # there it is part of opening, and no failure


@in_virtual_time
async def test_a_seek_to_the_end_brings_what_comes_then(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(100)
        reading = at.read({T0: 50, T1: 50})
        await reading.until(lambda: reading.batches)
        await asyncio.sleep(3)
        assert reading.records == []
        at.fill(2)
        await reading.come(2)
        assert reading.offsets == {0: [50], 1: [50]}


@pytest.mark.parametrize("offset", OFFSETS)
@in_virtual_time
async def test_what_is_committed_is_what_was_typed(letter: str, offset: int) -> None:
    """Where the group resumes, seen by the server's own book, by us where it can be asked, and by a new member."""
    async with scene(letter) as at:
        at.fill(100)
        await at.client.commit("g", {T0: offset, T1: 50 - offset})
        assert at.sandbox.groups.committed["g"] == {T0: offset, T1: 50 - offset}
        if at.client.dialect.reads_committed:
            assert await at.client.committed("g", [T0, T1]) == {T0: offset, T1: 50 - offset}
        else:
            with pytest.raises(Unsupported):
                await at.client.committed("g", [T0, T1])


@in_virtual_time
async def test_a_member_resumes_where_it_was_told(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(100)
        await at.client.commit("g", {T0: 20, T1: 50})
        async with at.client.consumer(group="g") as consumer:
            await (consumer.assign([T0]) if at.client.dialect.assigns else consumer.subscribe(["t"]))
            records = []
            while not records:
                records = await consumer.poll()
        assert records[0].offset == 20


@in_virtual_time
async def test_looking_does_not_move_a_group(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(100)
        await at.client.commit("g", {T0: 7})
        reading = at.read()
        await reading.come(100)
        if at.client.dialect.reads_committed:
            await at.client.committed("g", [T0, T1])
        await at.client.ranges("t", [0, 1])
        await reading.stop()
        await at.client.aclose()
        assert at.sandbox.groups.committed == {"g": {T0: 7}}


@in_virtual_time
async def test_results_are_told_record_by_record(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(10)
        drafts = [Draft("t", b"k%d" % n, b"v%d" % n, partition=n % 2) for n in range(6)]
        assert await at.client.produce("t", drafts) == [Produced(n % 2, 5 + n // 2) for n in range(6)]
        for n, log in enumerate(at.topics["t"].partitions):
            assert [record.value for record in log.read(5, 9)] == [b"v%d" % each for each in range(n, 6, 2)]


@in_virtual_time
async def test_one_that_is_too_large_is_told_from_those_that_are_stored(letter: str) -> None:
    async with scene(letter) as at:
        drafts = [Draft("t", b"k", value, partition=0) for value in (b"small", b"x" * 1_100_000, b"small too")]
        try:
            told = await at.client.produce("t", drafts)
        except (Unacceptable, Busy) as error:  # one answer for all of them
            told = [Produced(error=error.message)] * 3
        stored = [record.value for record in at.topics["t"].partitions[0].read(0, 9)]
        assert len(told) == 3
        assert told[1].error is not None
        assert told[1].offset is None
        for draft, result in zip(drafts, told, strict=True):
            if result.error is None:
                assert draft.value in stored
                assert result.offset == stored.index(draft.value)


def _fails(error: httpx.RequestError, at: Scene) -> list[str]:
    """Let every produce end so; what was sent."""
    sent: list[str] = []

    def hook(request: httpx.Request) -> None:
        if request.method == "POST" and request.url.path.startswith("/topics"):
            sent.append(request.url.path)
            raise error

    at.way.hook = hook
    return sent


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("gone"), httpx.ConnectError("no")],
    ids=lambda error: type(error).__name__,
)
@in_virtual_time
async def test_an_unknown_outcome_is_said_and_not_tried_again(letter: str, error: httpx.RequestError) -> None:
    async with scene(letter) as at:
        sent = _fails(error, at)
        with pytest.raises(Unreachable):
            await at.client.produce("t", [Draft("t", b"k", b"v")])
        await asyncio.sleep(60)
        assert len(sent) == 1


@in_virtual_time
async def test_an_answer_that_is_cut_says_unknown_though_it_was_stored(letter: str) -> None:
    async with scene(letter) as at:
        at.faults.cut_bodies(1)
        with pytest.raises(Unreachable, match="middle of an answer"):
            await at.client.produce("t", [Draft("t", b"k", b"v", partition=1)])
        await asyncio.sleep(60)
        assert len(at.topics["t"].partitions[1]) == 1


@pytest.mark.parametrize("status", [429, 500, 503, 504])
@in_virtual_time
async def test_a_write_that_is_refused_is_not_tried_again(letter: str, status: int) -> None:
    async with scene(letter) as at:
        at.faults.fail_next(status, times=10, path="^POST /(topics|consumers/g/instances)")
        with pytest.raises(ProxyError):
            await at.client.produce("t", [Draft("t", b"k", b"v")])
        assert at.faults.failures[0].times == 9
        with pytest.raises(ProxyError):
            await at.client.commit("g", {T0: 1})
        assert at.faults.failures[0].times == 8
        await asyncio.sleep(60)
        assert at.faults.failures[0].times == 8
        at.faults.failures.clear()
        assert "g" not in at.sandbox.groups.committed
        assert not len(at.topics["t"].partitions[0])


@in_virtual_time
async def test_bytes_come_back_as_they_were_sent(letter: str) -> None:
    async with scene(letter) as at:
        contents = [b"\x00\xff\xfe", b"", bytes(range(256)), "ключ 🗝".encode(), b"{not json", b"null", b"x" * 70_000]
        for content in contents:
            await at.client.produce("t", [Draft("t", b"k", content, partition=0)])
        reading = at.read({T0: 0})
        await reading.come(len(contents))
        assert [record.value or b"" for record in reading.records] == contents
        assert {record.key for record in reading.records} == {b"k"}
