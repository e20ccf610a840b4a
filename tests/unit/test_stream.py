"""Stream: every record once and in order, whatever happens to proxy and instance."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing

import httpx
import msgspec
import pytest

from ktui.errors import Busy, ConsumerGone, Forbidden, NotAProxy, NotFound, Unreachable
from ktui.model import Gap, Record, TopicPartition
from ktui.records.batch import Batch
from ktui.records.edges import LOOK_SECONDS
from ktui.records.reading import GAPPED
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import CONFLUENT
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.unit.waiting import until

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.fixture
def stream(sandbox: Sandbox, proxy: ProxyClient, clock: Clock) -> Stream:
    """Both partitions of an empty topic, from the beginning."""
    sandbox.topics.create("t", 2)
    return Stream(proxy, {T0: 0, T1: 0}, sleep=clock.sleep, clock=clock)


def fill(sandbox: Sandbox, count: int, size: int = 1) -> None:
    for n in range(count):
        sandbox.topics.append("t", n % 2, None, b"%d" % n + b"x" * size)


class Reader:
    """Iterates a stream in a task of its own and keeps all it hands out."""

    def __init__(self, stream: Stream) -> None:
        self.batches: list[Batch] = []
        self.records: list[Record] = []
        self.task = asyncio.create_task(self._read(stream))

    async def _read(self, stream: Stream) -> None:
        async with aclosing(stream.batches()) as batches:
            async for batch in batches:
                self.batches.append(batch)
                self.records += batch.records

    @property
    def troubles(self) -> list[str]:
        return [str(batch.trouble.error) for batch in self.batches if batch.trouble]

    @property
    def gaps(self) -> list[Gap]:
        return [gap for batch in self.batches for gap in batch.gaps]

    @property
    def notes(self) -> list[str]:
        return [note.text for batch in self.batches for note in batch.notes]

    async def until(self, reached: Callable[[], object]) -> None:
        await until(lambda: reached() or self.task.done())
        if self.task.done():
            await self.task

    async def come(self, records: int) -> None:
        """Wait for so many records in all."""
        await self.until(lambda: len(self.records) >= records)

    async def fail(self, troubles: int) -> None:
        """Wait for so many troubles in all."""
        await self.until(lambda: len(self.troubles) >= troubles)

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def in_order(records: list[Record]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for record in records:
        found.setdefault(record.partition, []).append(record.offset)
    return found


async def test_all_records_come_once_and_in_order(sandbox: Sandbox, stream: Stream) -> None:
    fill(sandbox, 5000)
    reader = Reader(stream)
    await reader.come(5000)
    assert in_order(reader.records) == {0: list(range(2500)), 1: list(range(2500))}
    assert stream.positions == {T0: 2500, T1: 2500}
    assert stream.behind == 0
    assert not reader.troubles
    await reader.stop()


async def test_a_record_nested_too_deep_for_json_is_read_as_bytes(
    sandbox: Sandbox, proxy: ProxyClient, clock: Clock
) -> None:
    sandbox.topics.create("t", 1)
    deep = "[" * 30_000 + "]" * 30_000
    sandbox.topics.append("t", 0, None, deep.encode())
    answer = f'[{{"topic":"t","partition":0,"offset":0,"key":null,"value":{deep}}}]'
    sandbox.faults.fail_next(200, path="/records", body=answer)
    reader = Reader(Stream(proxy, {T0: 0}, format="json", sleep=clock.sleep, clock=clock))
    await reader.come(1)
    await reader.stop()
    assert reader.records[0].value == deep.encode()
    assert reader.notes == ["A record is no json: all are read as bytes from here on"]


async def test_a_record_with_a_deep_field_that_no_proxy_has_is_not_of_a_proxy(sandbox: Sandbox, stream: Stream) -> None:
    sandbox.faults.fail_next(200, path="/records", body=f'[{{"topic":"t","partition":0,"offset":0,"x":{"[" * 30_000}')
    reader = Reader(stream)
    with pytest.raises(NotAProxy):
        await asyncio.wait_for(reader.task, 10)


async def test_it_starts_where_it_is_told(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 2)
    fill(sandbox, 100)
    reader = Reader(Stream(proxy, {T0: 45, T1: 50}))
    await reader.come(5)
    assert in_order(reader.records) == {0: [45, 46, 47, 48, 49]}
    await reader.stop()


async def test_a_backlog_is_read_in_the_fast_gear_and_the_end_in_the_other(sandbox: Sandbox, stream: Stream) -> None:
    fill(sandbox, 3000)
    reader = Reader(stream)
    await reader.come(3000)
    created = stream._client.exchanges
    await until(lambda: sum(b"fetch.min.bytes" in e.request_body for e in created) == 1)
    await reader.until(lambda: stream._reading.pace.gear is CONFLUENT.tail)
    fill(sandbox, 2)
    await reader.come(3002)
    bodies = [e.request_body for e in created if e.method == "POST" and e.path.count("/") == 2]
    assert [b"fetch.min.bytes" in body for body in bodies] == [False, True]
    await reader.stop()


async def test_a_tail_that_falls_behind_shifts_up(sandbox: Sandbox, stream: Stream) -> None:
    reader = Reader(stream)
    await reader.until(lambda: reader.batches)
    fill(sandbox, 8000)
    await reader.until(lambda: stream._reading.pace.gear is CONFLUENT.catch_up)
    await reader.come(8000)
    assert in_order(reader.records) == {0: list(range(4000)), 1: list(range(4000))}
    await reader.stop()


async def test_gaps_are_named(sandbox: Sandbox, stream: Stream) -> None:
    fill(sandbox, 20)
    sandbox.topics["t"].partitions[0].truncate(3)
    sandbox.topics["t"].partitions[1].compact([4, 5, 9])
    reader = Reader(stream)
    await reader.come(14)
    assert sorted(reader.gaps, key=lambda gap: (gap.partition, gap.first)) == [
        Gap("t", 0, 0, 2),
        Gap("t", 1, 4, 5),
    ]
    fill(sandbox, 2)
    await reader.until(lambda: len(reader.gaps) == 3)
    assert reader.gaps[-1] == Gap("t", 1, 9, 9)
    await reader.stop()


async def test_a_compacted_topic_comes_in_smaller_pieces(sandbox: Sandbox, stream: Stream) -> None:
    for n in range(10_000):
        sandbox.topics.append("t", 0, None, b"%d" % n)
    sandbox.topics["t"].partitions[0].compact(range(1, 10_000, 2))
    reader = Reader(stream)
    await reader.come(5000)
    assert max(len(batch.gaps) for batch in reader.batches) <= GAPPED
    assert max(len(batch.records) for batch in reader.batches) > GAPPED // 2
    await reader.stop()


def test_a_batch_in_rows_has_each_gap_before_its_record() -> None:
    records = [Record("t", 0, 3), Record("t", 1, 0), Record("t", 0, 7), Record("t", 1, 1)]
    gaps = [Gap("t", 0, 0, 2), Gap("t", 0, 4, 6)]
    assert list(Batch(records, gaps).rows()) == [gaps[0], records[:2], gaps[1], records[2:]]
    assert list(Batch(records).rows()) == [records]
    assert list(Batch().rows()) == []


async def test_an_expired_instance_is_replaced_at_our_positions(sandbox: Sandbox, stream: Stream) -> None:
    reader = Reader(stream)
    for round_number in range(5):
        fill(sandbox, 10)
        await reader.come(10 * (round_number + 1))
        sandbox.faults.expire()
    assert in_order(reader.records) == {0: list(range(25)), 1: list(range(25))}
    assert set(reader.troubles) <= {"Internal Server Error"}  # how Confluent ends a read of an instance that goes
    await reader.stop()


async def test_instances_that_vanish_at_once_end_it(sandbox: Sandbox, stream: Stream) -> None:
    sandbox.faults.fail_next(404, times=100, path="records", body='{"error_code":40403,"message":"gone"}')
    reader = Reader(stream)
    with pytest.raises(ConsumerGone):
        await reader.until(lambda: False)
    assert sum("records" in exchange.path for exchange in stream._client.exchanges) == 4


async def test_a_busy_proxy_is_waited_for_as_it_asks(sandbox: Sandbox, stream: Stream) -> None:
    fill(sandbox, 10)
    sandbox.faults.fail_next(503, times=1, path="records", headers={"Retry-After": "30"})
    reader = Reader(stream)
    await reader.come(10)
    [trouble] = [batch.trouble for batch in reader.batches if batch.trouble]
    assert isinstance(trouble.error, Busy)
    assert trouble.retry_in == 30.0
    await reader.stop()


async def test_an_absent_proxy_is_tried_ever_more_seldom_until_it_is_back(
    sandbox: Sandbox, stream: Stream, clock: Clock
) -> None:
    reader = Reader(stream)
    fill(sandbox, 10)
    await reader.come(10)
    sandbox.faults.expire()
    sandbox.faults.refuse = True
    await reader.fail(7)
    fill(sandbox, 10)
    sandbox.faults.refuse = False
    await reader.come(20)
    waits = [batch.trouble.retry_in for batch in reader.batches if batch.trouble]
    for wait, expected in zip(waits, (0.5, 1, 2, 4, 8, 8, 8), strict=False):
        assert 0.8 * expected <= wait <= 1.2 * expected
    assert in_order(reader.records) == {0: list(range(10)), 1: list(range(10))}
    assert all("refused" in trouble for trouble in reader.troubles[1:])  # the first ended the read under way
    assert reader.batches[-1].trouble is None
    await reader.stop()


async def test_the_wait_begins_small_again_after_a_success(sandbox: Sandbox, stream: Stream) -> None:
    reader = Reader(stream)
    for count in range(1, 4):
        sandbox.faults.fail_next(503, path="records")
        await reader.fail(count)
        fill(sandbox, 1)
        await reader.come(count)
    assert all(batch.trouble.retry_in <= 0.6 for batch in reader.batches if batch.trouble)
    await reader.stop()


async def test_retry_now_cuts_the_wait_short(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 1)
    asleep = asyncio.Event()

    async def forever(seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    sandbox.faults.refuse = True
    stream = Stream(proxy, {T0: 0}, sleep=forever)
    reader = Reader(stream)
    await asleep.wait()
    sandbox.faults.refuse = False
    stream.retry_now()
    await reader.until(lambda: reader.batches[-1].trouble is None)
    await reader.stop()


@pytest.mark.parametrize("fault", ["html", "cut", "half"])
async def test_a_broken_answer_loses_nothing(sandbox: Sandbox, stream: Stream, fault: str) -> None:
    fill(sandbox, 40)
    reader = Reader(stream)
    if fault == "html":
        sandbox.faults.fail_next(502, times=2, path="records", body="<html>Bad Gateway</html>")
    elif fault == "half":
        sandbox.faults.fail_next(200, times=2, path="records", body='[{"topic":"t","parti')
    else:
        await reader.until(lambda: reader.batches)
        sandbox.faults.cut_bodies(2)
    await reader.come(40)
    assert in_order(reader.records) == {0: list(range(20)), 1: list(range(20))}
    assert reader.troubles
    await reader.stop()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(403, None, Forbidden), (200, "<html>Sign in</html>", NotAProxy)],
)
async def test_what_waiting_will_not_heal_is_raised(
    sandbox: Sandbox, stream: Stream, status: int, body: str | None, error: type[Exception]
) -> None:
    sandbox.faults.fail_next(status, path="records", body=body)
    reader = Reader(stream)
    with pytest.raises(error):
        await reader.until(lambda: False)


async def test_a_topic_that_is_not_there_is_raised(sandbox: Sandbox, proxy: ProxyClient) -> None:
    with pytest.raises(NotFound):
        await anext(Stream(proxy, {T0: 0}).batches())


async def test_a_topic_that_goes_while_idle_is_raised(sandbox: Sandbox, stream: Stream) -> None:
    reader = Reader(stream)
    await reader.until(lambda: reader.batches)
    sandbox.topics.delete("t")
    with pytest.raises(NotFound):
        await reader.until(lambda: False)


async def test_a_topic_made_again_is_said_and_read_from_its_start(
    sandbox: Sandbox, stream: Stream, clock: Clock
) -> None:
    fill(sandbox, 20)
    reader = Reader(stream)
    await reader.come(20)
    sandbox.topics.delete("t")
    sandbox.topics.create("t", 2)
    fill(sandbox, 6)
    before = clock()
    await reader.come(26)
    assert in_order(reader.records[20:]) == {0: [0, 1, 2], 1: [0, 1, 2]}
    assert sorted(reader.notes) == [
        f"t/{n} ends at 3, before our 10: made again, so read from its start" for n in (0, 1)
    ]
    assert clock() - before < 5 * LOOK_SECONDS
    await reader.stop()


async def test_pausing_stops_asking_and_keeps_the_place(sandbox: Sandbox, stream: Stream) -> None:
    fill(sandbox, 10)
    reader = Reader(stream)
    await reader.come(10)
    stream.pause()
    assert stream.paused
    await until(lambda: all(exchange.ok is not None for exchange in stream._client.exchanges))
    for _ in range(10):
        await asyncio.sleep(0)
    asked = len(stream._client.exchanges)
    fill(sandbox, 10)
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(stream._client.exchanges) == asked
    assert len(reader.records) <= 20
    sandbox.faults.expire()  # a long pause outlives the instance
    stream.resume()
    await reader.come(20)
    assert in_order(reader.records) == {0: list(range(10)), 1: list(range(10))}
    await reader.stop()


async def test_a_record_larger_than_max_bytes_comes_through(sandbox: Sandbox, stream: Stream) -> None:
    sandbox.topics.append("t", 0, None, b"x" * 1_500_000)
    fill(sandbox, 10)
    reader = Reader(stream)
    await reader.come(11)
    assert in_order(reader.records) == {0: list(range(6)), 1: list(range(5))}
    await reader.stop()


async def test_a_large_record_that_is_due_first_is_not_asked_for_without_end(sandbox: Sandbox, stream: Stream) -> None:
    """Confluent answers at once, and with nothing, while more is not asked for: 555 reads were seen."""
    sandbox.topics.append("t", 0, None, b"x" * 300_000)
    reader = Reader(stream)
    await reader.come(1)
    assert sum("/records?" in exchange.path for exchange in stream._client.exchanges) < 12
    await reader.stop()


async def test_ranges_that_are_known_are_not_asked_again(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 2)
    fill(sandbox, 10)
    ranges = await proxy.ranges("t", [0, 1])
    reader = Reader(Stream(proxy, {T0: 0, T1: 0}, ranges=ranges))
    await reader.come(10)
    assert sum("offsets" in exchange.path for exchange in proxy.exchanges) == 2
    await reader.stop()


async def test_there_is_never_more_than_one_read_and_nothing_is_left(sandbox: Sandbox, stream: Stream) -> None:
    proxy = stream._client
    most = 0

    def count(_: object) -> None:
        nonlocal most
        reads: dict[str, int] = {}
        for exchange in proxy.exchanges:
            if "/records" in exchange.path and exchange.ok is None:
                path = exchange.path.partition("?")[0]
                reads[path] = reads.get(path, 0) + 1
        most = max(most, *reads.values(), 0)

    proxy.on_exchange = count
    reader = Reader(stream)
    fill(sandbox, 2000)
    await reader.come(2000)
    await reader.stop()
    await proxy.aclose()
    assert most <= 1
    assert not sandbox.instances


class Dropping(httpx.AsyncBaseTransport):
    """Loses records as Karapace does: after a read that reached max_bytes, what the next one would have brought."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = sandbox.transport()
        self.dropped = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        limit = int(request.url.params.get("max_bytes", 0))
        if limit:  # Karapace goes beyond it, Confluent stops before
            request.url = request.url.copy_set_param("max_bytes", limit + 500)
        response = await self._inner.handle_async_request(request)
        if not limit:
            return response
        body = await response.aread()
        size = sum(record.size for record in msgspec.json.decode(body, type=list[Record]))
        if size >= limit:
            lost = await self._inner.handle_async_request(request)
            self.dropped += len(msgspec.json.decode(await lost.aread(), type=list[Record]))
        return httpx.Response(response.status_code, headers=response.headers, content=body, request=request)


async def test_records_thrown_away_beyond_max_bytes_are_fetched_again(sandbox: Sandbox, clock: Clock) -> None:
    gear = msgspec.structs.replace(CONFLUENT.catch_up, max_bytes=10_000)
    transport = Dropping(sandbox)
    dialect = msgspec.structs.replace(CONFLUENT, catch_up=gear, drops_beyond_max_bytes=True)
    client = ProxyClient("http://sandbox", transport=transport, dialect=dialect)
    sandbox.topics.create("t", 2)
    fill(sandbox, 2000, size=100)
    sandbox.topics["t"].partitions[0].compact([400, 401])
    stream = Stream(client, {T0: 0, T1: 0}, sleep=clock.sleep, clock=clock)
    reader = Reader(stream)
    await reader.come(1998)
    assert in_order(reader.records) == {0: [n for n in range(1000) if n not in (400, 401)], 1: list(range(1000))}
    assert reader.gaps == [Gap("t", 0, 400, 401)]
    assert transport.dropped > 100
    await reader.stop()
    await client.aclose()


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 133, 172])
async def test_every_record_once_under_random_faults(sandbox: Sandbox, stream: Stream, clock: Clock, seed: int) -> None:
    chance = random.Random(seed)
    expected: dict[int, list[int]] = {0: [], 1: []}
    reader = Reader(stream)
    for _ in range(12):
        for _ in range(chance.randrange(200)):
            size = chance.choice([0, 1, 50, 50, 5000, 300_000 if chance.random() < 0.05 else 9])
            where = chance.randrange(2)
            stored = sandbox.topics.append("t", where, None, b"x" * size)
            expected[where].append(stored.offset)
        fault = chance.randrange(8)
        if fault == 0:
            sandbox.faults.restart()
        elif fault == 1:
            sandbox.faults.fail_next(503, times=chance.randrange(1, 4), path="consumers")
        elif fault == 2:
            sandbox.faults.cut_bodies(chance.randrange(1, 3))
        elif fault == 3:
            sandbox.faults.fail_next(502, path="", body="<html>Bad Gateway</html>")
        elif fault == 4:
            sandbox.faults.refuse = True
            await reader.fail(len(reader.troubles) + 1)
            sandbox.faults.refuse = False
        elif fault == 5:
            stream.pause()
            sandbox.faults.expire()
            stream.resume()
        elif fault == 6:  # somebody jumps: the read under way is given up, and begun again at our positions
            done = reader
            await done.stop()
            stream = Stream(stream._client, stream.positions, sleep=clock.sleep, clock=clock)
            reader = Reader(stream)
            reader.records = done.records
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)
    total = sum(len(offsets) for offsets in expected.values())
    await reader.come(total)
    assert in_order(reader.records) == {where: offsets for where, offsets in expected.items() if offsets}
    await reader.stop()
    await stream._client.aclose()
    assert not sandbox.instances


async def test_unreachable_at_the_start_is_a_trouble_too(sandbox: Sandbox, stream: Stream) -> None:
    sandbox.faults.refuse = True
    async with aclosing(stream.batches()) as batches:
        first = await anext(batches)
    assert first.trouble is not None
    assert isinstance(first.trouble.error, Unreachable)


async def test_a_topic_made_again_that_is_longer_than_the_old_one(
    sandbox: Sandbox, proxy: ProxyClient, stream: Stream
) -> None:
    fill(sandbox, 200)
    reader = Reader(stream)
    await reader.come(200)
    sandbox.topics.delete("t")
    sandbox.topics.create("t", 2)
    read = len(proxy.exchanges)
    await reader.until(lambda: len(proxy.exchanges) > read + 2)  # the instance finds itself past the end
    fill(sandbox, 300)
    await reader.come(500)
    assert in_order(reader.records[200:]) == {0: list(range(150)), 1: list(range(150))}
    assert sorted(note[:3] for note in reader.notes) == ["t/0", "t/1"]
    assert any("after 99: made again, so read from its start" in note for note in reader.notes)
    await reader.stop()
