"""What a stream makes of reads that bring nothing, come late or are refused: nothing lost, nothing done too soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from ktui.errors import Busy, ConsumerGone, NotAProxy
from ktui.model import TopicPartition
from ktui.records.bounds import Bounds
from ktui.records.edges import Edges
from ktui.records.following import Following, Rest
from ktui.records.lanes import Scale
from ktui.records.moments import offsets_at
from ktui.records.passage import Passage
from ktui.records.reading import DRY_SECONDS
from ktui.records.stream import Stream
from ktui.records.target import Kind, SeekTarget
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS, MIB
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.property.watching import Watching
from tests.unit.test_following import read, standing, written
from tests.unit.test_passage import parse
from tests.unit.test_stream import Reader
from tests.unit.waiting import until

T0 = TopicPartition("t", 0)
TIMED_OUT = '{"error_code":50003,"message":"Timed out"}'


class Meddled(httpx.AsyncBaseTransport):
    """A transport in which reads may be answered otherwise."""

    def __init__(self, inner: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self._inner, self._clock = inner, clock
        self.empty: Callable[[int], bool] = lambda number: False
        """Which reads of an instance bring nothing."""
        self.late: Callable[[int], bool] = lambda max_bytes: False
        """Which ones have no answer in time."""
        self.asked: list[int] = []
        """max_bytes of the reads, as far as they were told."""
        self._reads: dict[str, int] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path, wants = request.url.path, request.url.params
        if request.method == "GET" and path.endswith("/records"):
            self.asked.append(max_bytes := int(wants.get("max_bytes", 0)))
            number = self._reads[path] = self._reads.get(path, 0) + 1
            if self.late(max_bytes):
                self._clock.advance(5.0)
                raise httpx.ReadTimeout("", request=request)
            if self.empty(number):
                await self._clock.sleep(int(wants["timeout"]) / 1000)
                return httpx.Response(200, content=b"[]", request=request)
        return await self._inner.handle_async_request(request)


def standing_meddled(letter: str, clock: Clock) -> tuple[Sandbox, Meddled]:
    """A make of proxy, and the way to it."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS[letter])
    return sandbox, Meddled(sandbox.transport(), clock)


async def test_a_time_after_which_there_is_no_record_but_a_marker_is_the_end(clock: Clock) -> None:
    sandbox, way = standing_meddled("C", clock)
    written(sandbox, "t", 1, 100)
    way.empty = lambda number: True
    client = ProxyClient("http://sandbox", transport=way, dialect=DIALECTS["C"])
    ranges = await client.ranges("t", [0])
    assert await offsets_at(client, 0, ranges) == {T0: 100}
    sandbox.faults.fail_next(500, path="/offsets", body=TIMED_OUT)
    with pytest.raises(Busy):  # a broker that is away gives no record either
        await offsets_at(client, 0, ranges)
    await client.aclose()
    assert not sandbox.instances


@pytest.mark.parametrize("before", [0, 100])
@pytest.mark.parametrize("size", [600_000, 3_000_000])
async def test_a_large_record_with_many_behind_it_is_waited_for_by_one_instance(
    sandbox: Sandbox, clock: Clock, before: int, size: int
) -> None:
    watching = Watching()
    proxy = ProxyClient("http://sandbox", transport=watching.over(sandbox.transport()))
    sandbox.topics.create("t", 1)
    for value in [b"small"] * before + [b"L" * size] + [b"small"] * 3000:
        sandbox.topics.append("t", 0, None, value)
    reader = Reader(Stream(proxy, {T0: 0}, sleep=clock.sleep, clock=clock))
    await reader.come(before + 3001)
    assert len(watching.made) <= 3
    await reader.stop()
    await proxy.aclose()


async def test_a_long_tail_of_markers_is_nothing_to_be_behind_of(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 20)
    sandbox.topics["t"].partitions[0].skip(1500)
    stream = Stream(proxy, {T0: 0}, sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(20)
    await until(lambda: stream.behind == 0)
    await reader.stop()


@pytest.mark.parametrize("letter", sorted(FLAVOURS))
@pytest.mark.parametrize("gaps", [False, True])
async def test_of_a_large_answer_no_more_is_taken_than_was_wanted(letter: str, gaps: bool, clock: Clock) -> None:
    async with standing(letter, clock) as (sandbox, client):
        written(sandbox, "t", 1, 20_000)
        if gaps:
            sandbox.topics["t"].partitions[0].compact(range(1, 20_000, 2))
        following = Following(client, {"t": [0]}, parse("begin take 500"), sleep=clock.sleep, clock=clock)
        reader = Reader(following)
        await until(reader.task.done)
        assert len(reader.records) == 500
        assert following.positions[T0] in ((999, 1000) if gaps else (500,))
        assert gaps or not reader.gaps


@pytest.mark.parametrize("letter", "CKS")
async def test_an_end_is_not_reached_while_the_broker_is_away(letter: str, clock: Clock) -> None:
    sandbox, meddled = standing_meddled(letter, clock)
    client = ProxyClient("http://sandbox", transport=meddled, dialect=DIALECTS[letter])
    sandbox.topics.create("t", 1)
    for _ in range(5000):
        sandbox.topics.append("t", 0, None, b"x" * 300)
    following = Following(client, {"t": [0]}, parse("begin until end"), sleep=clock.sleep, clock=clock)
    reader = Reader(following)
    await reader.come(1)
    meddled.empty = lambda number: True
    sandbox.faults.fail_next(500, times=10**6, path="/offsets", body=TIMED_OUT)
    await reader.fail(2)
    assert not following.done
    meddled.empty = lambda number: False
    sandbox.faults.failures.clear()
    await until(reader.task.done)
    assert [record.offset for record in reader.records] == list(range(5000))
    await client.aclose()


@pytest.mark.parametrize("letter", "KS")
async def test_an_end_is_not_reached_by_instances_that_take_their_time(letter: str, clock: Clock) -> None:
    sandbox, meddled = standing_meddled(letter, clock)
    meddled.empty = lambda number: number <= 8
    client = ProxyClient("http://sandbox", transport=meddled, dialect=DIALECTS[letter])
    written(sandbox, "t", 1, 100)
    following = Following(client, {"t": [0]}, parse("begin until end"), sleep=clock.sleep, clock=clock)
    reader = Reader(following)
    await until(reader.task.done)
    assert len(reader.records) == 100
    await client.aclose()


async def test_reads_that_have_no_answer_in_time_become_smaller(sandbox: Sandbox, clock: Clock) -> None:
    meddled = Meddled(sandbox.transport(), clock)
    client = ProxyClient("http://sandbox", transport=meddled)
    sandbox.topics.create("t", 1)
    for _ in range(12_000):
        sandbox.topics.append("t", 0, None, b"x" * 2000)
    reader = Reader(Stream(client, {T0: 0}, lanes=1, sleep=clock.sleep, clock=clock))
    await reader.until(lambda: meddled.asked[-1:] == [4 * MIB])
    meddled.late = lambda max_bytes: max_bytes > MIB
    await reader.come(12_000)
    assert 1 <= len(reader.troubles) <= 3
    await reader.stop()
    await client.aclose()


@pytest.mark.parametrize("status", [404, 409])
async def test_an_end_in_time_outlives_an_instance(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock, status: int
) -> None:
    written(sandbox, "t", 1, 10)
    moment = datetime.fromtimestamp(clock() + 5, UTC)
    passage = Passage(SeekTarget.beginning(), SeekTarget(Kind.TIME, moment=moment))
    following = Following(proxy, {"t": [0]}, passage, sleep=clock.sleep, clock=clock, now=clock)
    reader = Reader(following)
    await reader.come(10)
    following.pause()
    for n in range(40):
        sandbox.topics.append("t", 0, None, b"%d" % n)
    sandbox.faults.fail_next(status, path="POST .*positions", body='{"error_code":40403,"message":"gone"}')
    clock.advance(6)
    await until(lambda: not sandbox.faults.failures)
    following.resume()
    await until(reader.task.done)
    assert len(reader.records) == 50


async def test_a_topic_made_again_is_noticed_before_an_end_that_was_there(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 5000)
    stream = Stream(proxy, {T0: 4000}, bounds=Bounds({T0: 5000}), sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(1)
    stream.pause()
    await clock.sleep(3)
    sandbox.topics.delete("t")
    written(sandbox, "t", 1, 5)
    stream.resume()
    for _ in range(20):  # records that go on coming: no read of the old place is empty
        sandbox.topics.append("t", 0, None, b"new")
        await clock.sleep(0.5)
    assert [note[:12] for note in reader.notes] == ["t/0 ends at "]
    assert stream.positions[T0] < 100
    await reader.stop()


async def test_an_end_before_which_all_was_deleted_is_reached(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 2, 200)
    sandbox.topics["t"].partitions[0].truncate(100)
    ends = Bounds({T0: 100, TopicPartition("t", 1): 100})
    rest = Rest({T0: 40, TopicPartition("t", 1): 40}, parse("begin until 100"), ends)
    reader = Reader(Following(proxy, {"t": [0, 1]}, rest, sleep=clock.sleep, clock=clock, now=clock))
    await until(reader.task.done)
    assert reader.notes == ["t/0 begins at 100 now: 40 to 99 are gone"]
    assert len(reader.records) == 60


@pytest.mark.parametrize("status", [404, 500])
async def test_a_new_partition_that_not_everybody_knows_yet_is_read_a_little_later(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock, status: int
) -> None:
    written(sandbox, "t", 1, 10)
    reader = Reader(Stream(proxy, {T0: 0}, sleep=clock.sleep, clock=clock))
    await reader.come(10)
    sandbox.topics.grow("t", 2)
    sandbox.topics.append("t", 1, None, b"late")
    sandbox.faults.fail_next(status, path="partitions/1/offsets")
    await reader.come(11)
    assert not reader.troubles
    await reader.stop()


@pytest.mark.parametrize("times", [1, 100])
async def test_a_place_in_time_outlives_an_instance(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock, times: int
) -> None:
    written(sandbox, "t", 1, 10)
    gone = '{"error_code":40403,"message":"gone"}'
    sandbox.faults.fail_next(404, times=times, path="POST .*positions", body=gone)
    place = SeekTarget(Kind.TIME, moment=datetime.fromtimestamp(clock() - 5, UTC))
    reader = Reader(Following(proxy, {"t": [0]}, place, sleep=clock.sleep, clock=clock, now=clock))
    if times == 1:
        await reader.come(10)
    else:  # several proxies behind one address
        with pytest.raises(ConsumerGone):
            await reader.task
    await reader.stop()


async def test_an_end_in_time_that_cannot_be_found_is_no_end(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 1, 10)
    moment = datetime.fromtimestamp(clock() + 5, UTC)
    passage = Passage(SeekTarget.beginning(), SeekTarget(Kind.TIME, moment=moment))
    following = Following(proxy, {"t": [0]}, passage, sleep=clock.sleep, clock=clock, now=clock)
    reader = Reader(following)
    await reader.come(10)
    following.pause()
    for n in range(40):
        sandbox.topics.append("t", 0, None, b"%d" % n)
    sandbox.faults.fail_next(404, path="/offsets", body="<html>No such site</html>")
    clock.advance(6)
    await until(lambda: not sandbox.faults.failures)
    following.resume()
    with pytest.raises(NotAProxy):
        await reader.task
    again = Following(proxy, {"t": [0]}, following.rest, sleep=clock.sleep, clock=clock, now=clock)
    reader.records += (await read(again))[0]
    assert [record.offset for record in reader.records] == list(range(50))


async def test_no_question_outlives_a_look_that_failed(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> None:
    for topic in "ab":
        written(sandbox, topic, 20, 20)
    sandbox.faults.fail_next(503, times=100, path="GET /topics/a/partitions/0/offsets")
    positions = {TopicPartition(topic, number): 0 for topic in "ab" for number in range(20)}
    edges = Edges(proxy, positions, {}, False, clock)
    with pytest.raises(Busy):
        await edges.look()
    asking = [task for task in asyncio.all_tasks() if Edges._ask.__qualname__ in repr(task.get_coro())]
    assert all(task.cancelling() for task in asking)


async def test_where_one_instance_is_slow_with_many_partitions_several_are_opened(clock: Clock) -> None:
    (sandbox, meddled), watching = standing_meddled("C", clock), Watching()
    meddled.empty = lambda number: number <= 8
    client = ProxyClient("http://sandbox", transport=watching.over(meddled))
    written(sandbox, "t", 12, 24)
    positions = {TopicPartition("t", number): 0 for number in range(12)}
    stream = Stream(client, positions, lanes=4, sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(24)
    assert watching.at_once == 4
    assert len(watching.made) in (5, 6)  # one before them, and perhaps the one after them already
    assert stream.behind == 0
    await reader.stop()
    await client.aclose()


async def test_markers_at_the_ends_do_not_keep_several_instances_for_long(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    written(sandbox, "t", 6, 600)
    for partition in sandbox.topics["t"].partitions:
        partition.skip(1)
    positions = {TopicPartition("t", number): 0 for number in range(6)}
    scale = Scale(far=10_000, first_far=100)
    reader = Reader(Stream(proxy, positions, scale=scale, sleep=clock.sleep, clock=clock))
    await reader.come(600)
    began = clock()
    sandbox.topics.append("t", 0, None, b"live")
    await reader.come(601)
    assert clock() - began < DRY_SECONDS
    await reader.stop()
