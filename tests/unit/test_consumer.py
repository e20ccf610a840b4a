"""A consumer instance: its calls, and that it is gone afterwards, however its block was left."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from ktui.errors import Busy, Conflict, ConsumerGone, NotAProxy, ProxyError, Unreachable, Unsupported
from ktui.model import TopicPartition
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer
from ktui.rest.dialect import CONFLUENT, KARAPACE, STRIMZI
from ktui.rest.instances import MOST_DOUBTED
from ktui.server.sandbox import Sandbox
from tests.unit.waiting import until

T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.fixture
def filled(sandbox: Sandbox) -> Sandbox:
    sandbox.topics.create("t", 2)
    for n in range(10):
        sandbox.topics.append("t", n % 2, None, b"%d" % n, timestamp=1_700_000_000_000 + n * 1000)
    return sandbox


async def everything(consumer: Consumer, count: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while len(found) < count:
        found += [(record.partition, record.offset) for record in await consumer.poll()]
    return sorted(found)


async def opened(client: ProxyClient, started: asyncio.Event | None = None) -> None:
    """Use a consumer until cancelled."""
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 0})
        if started is not None:
            started.set()
        while True:
            await consumer.poll()


async def test_assign_seek_and_read(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        assert consumer.group.startswith("ktui-")
        assert len(consumer.group) == len("ktui-") + 8
        await consumer.assign([T0, T1])
        assert await consumer.assignments() == [T0, T1]
        await consumer.seek({T0: 3, T1: 5})
        assert await everything(consumer, 2) == [(0, 3), (0, 4)]
    await proxy.aclose()
    assert not filled.instances


async def test_beginning_end_and_time(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        await consumer.assign([T0, T1])
        await consumer.seek_beginning([T0])
        await consumer.seek_end([T1])
        assert await everything(consumer, 5) == [(0, n) for n in range(5)]
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek_time([T0], 1_700_000_000_000 + 4001)
        assert await everything(consumer, 2) == [(0, 3), (0, 4)]
        with pytest.raises(Busy):
            await consumer.seek_time([T0], 1_800_000_000_000)


async def test_subscriptions(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer(group="g") as consumer:
        await consumer.subscribe(["t"])
        assert await consumer.subscription() == ["t"]
        await consumer.unsubscribe()
        assert await consumer.subscription() == []


async def test_commit_all_and_committed(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer(group="g") as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 0})
        await everything(consumer, 5)
        await consumer.commit()
        assert await consumer.committed([T0, T1]) == {T0: 5}


async def test_formats(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer(format="json") as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 4})
        [record] = await consumer.poll()
        assert record.value == b"8"
    with pytest.raises(Unsupported, match="text"):
        proxy.consumer(format="text")


async def test_what_a_make_does_not_offer_is_said_before_asking(filled: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=filled.transport())
    async with client.consumer() as consumer:
        consumer._dialect = STRIMZI
        asked = len(client.exchanges)
        with pytest.raises(Unsupported):
            await consumer.assignments()
        with pytest.raises(Unsupported):
            await consumer.seek_time([T0], 0)
        with pytest.raises(Unsupported):
            await consumer.committed([T0])
        assert len(client.exchanges) == asked
    await client.aclose()


async def test_reads_are_short_until_the_first_record(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
        await consumer.seek({T0: 5})
        await consumer.poll()
        filled.topics.append("t", 0, None, b"x")
        await consumer.poll()
        await consumer.poll()
    waits = [e.path.partition("timeout=")[2].partition("&")[0] for e in proxy.exchanges if "timeout=" in e.path]
    assert waits == ["50", "50", str(CONFLUENT.tail.timeout_ms)]


async def test_the_more_partitions_the_longer_reads_are_short(
    filled: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.rest.consumer.FIRST_SECONDS", 0.0)
    monkeypatch.setattr("ktui.rest.consumer.PARTITION_SECONDS", 1000.0)
    async with proxy.consumer() as consumer:
        assert not consumer.starting
        await consumer.assign([T0])
        assert consumer.starting


@pytest.mark.parametrize(("dialect", "query"), [(STRIMZI, "timeout=500"), (KARAPACE, "timeout=500&max_bytes=1")])
async def test_a_read_asks_for_what_the_gear_says(filled: Sandbox, dialect: object, query: str) -> None:
    client = ProxyClient("http://sandbox", transport=filled.transport(), dialect=dialect)  # type: ignore[arg-type]
    filled.faults.fail_next(200, path="POST /consumers/[^/]*$", body="{}")
    filled.faults.fail_next(200, path="records", body="[]")
    async with client.consumer() as consumer:
        assert await consumer.poll() == []
        assert client.exchanges[-1].path.partition("?")[2] == query
    await client.aclose()


async def test_two_reads_at_once_are_a_mistake(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
        reading = asyncio.create_task(consumer.poll())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one read at a time"):
            await consumer.poll()
        await reading


async def test_a_read_given_up_spends_the_instance(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
        reading = asyncio.create_task(consumer.poll())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        with pytest.raises(Conflict, match="given up"):
            await consumer.poll()


async def test_an_expired_instance_is_gone(filled: Sandbox, proxy: ProxyClient) -> None:
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
        filled.faults.expire()
        with pytest.raises(ConsumerGone):
            await consumer.poll()


async def test_base_uri_is_never_believed(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.faults.base_uri = "http://unreachable:8082"
    async with proxy.consumer() as consumer:
        await consumer.assign([T0])
    assert {exchange.url.partition("/consumers")[0] for exchange in proxy.exchanges} == {"http://sandbox"}


async def test_an_error_inside_the_block_deletes(filled: Sandbox, proxy: ProxyClient) -> None:
    with pytest.raises(ZeroDivisionError):
        async with proxy.consumer():
            raise ZeroDivisionError
    await proxy.aclose()
    assert not filled.instances
    assert not proxy._open


async def test_a_hundred_opens_and_cancels_leave_nothing(filled: Sandbox, proxy: ProxyClient) -> None:
    tasks = []
    for n in range(100):
        task = asyncio.create_task(opened(proxy))
        for _ in range(n % 25):
            await asyncio.sleep(0)
        task.cancel()
        tasks.append(task)
    await asyncio.gather(*tasks, return_exceptions=True)
    await proxy.aclose()
    assert not filled.instances
    assert not proxy._open
    assert any(exchange.method == "DELETE" for exchange in proxy.exchanges)


async def test_cancelled_twice_it_is_deleted_still(filled: Sandbox, proxy: ProxyClient) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(opened(proxy, started))
    await started.wait()
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await proxy.aclose()
    assert not filled.instances


async def test_a_cancelled_create_is_finished_and_then_deleted(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.faults.stall = True
    task = asyncio.create_task(opened(proxy))
    await until(lambda: proxy.exchanges)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(proxy._open) == 1
    filled.faults.stall = False
    await until(lambda: not proxy._open)
    assert [(e.method, e.status) for e in proxy.exchanges] == [("POST", 200), ("DELETE", 204)]
    assert not filled.instances


async def test_closing_waits_for_a_slow_create(filled: Sandbox) -> None:
    filled.faults.stall = True
    client = ProxyClient("http://sandbox", transport=filled.transport())
    task = asyncio.create_task(opened(client))
    await until(lambda: client.exchanges)
    task.cancel()
    closing = asyncio.create_task(client.aclose())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not closing.done()
    filled.faults.stall = False
    await closing
    assert not filled.instances
    assert not client._open


async def test_closing_goes_on_when_it_is_cancelled(filled: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=filled.transport())
    started = asyncio.Event()
    task = asyncio.create_task(opened(client, started))
    await started.wait()
    task.cancel()
    closing = asyncio.create_task(client.aclose())
    for _ in range(2):
        await asyncio.sleep(0)
        closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert not filled.instances


async def test_closing_starts_again_what_the_loop_cancelled(filled: Sandbox) -> None:
    """As asyncio.run does at its end: every task is cancelled, the deletes among them."""
    client = ProxyClient("http://sandbox", transport=filled.transport())
    started = asyncio.Event()
    task = asyncio.create_task(opened(client, started))
    await started.wait()
    for _ in range(2):
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            if each is task or "Instances" in repr(each.get_coro()):
                each.cancel()
        await asyncio.sleep(0)
    await asyncio.gather(task, return_exceptions=True)
    await client.aclose()
    assert not filled.instances


async def test_closing_takes_three_seconds_at_most(filled: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.rest.instances.CLOSING_SECONDS", 0.1)
    client = ProxyClient("http://sandbox", transport=filled.transport())
    started = asyncio.Event()
    task = asyncio.create_task(opened(client, started))
    await started.wait()
    filled.faults.stall = True
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    before = time.monotonic()
    await client.aclose()
    assert time.monotonic() - before < 1.0
    filled.faults.stall = False


async def test_a_delete_that_overtakes_its_create_is_repeated(filled: Sandbox) -> None:
    """The create is cut on its way back: nobody knows whether, or when, it is carried out."""
    client = ProxyClient("http://sandbox", transport=filled.transport())
    filled.faults.cut_bodies()
    filled.faults.fail_next(404, path="DELETE", body='{"error_code":40403,"message":"Consumer instance not found."}')
    with pytest.raises(Unreachable):
        async with client.consumer():
            pass
    await client.aclose()
    assert not filled.instances
    assert [e.status for e in client.exchanges if e.method == "DELETE"] == [404, 204]


async def test_a_delete_that_fails_is_tried_again(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.faults.fail_next(503, times=2, path="DELETE")
    async with proxy.consumer():
        pass
    await proxy.aclose()
    assert not filled.instances


async def test_what_could_not_be_deleted_is_deleted_when_the_proxy_answers_again(
    filled: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.rest.instances._PAUSES", (0.0, 0.01))
    for outage in range(3):
        async with proxy.consumer():
            filled.faults.refuse = True
        assert await proxy.settle() == 1, outage
        filled.faults.refuse = False
        assert len(filled.instances) == 1
        async with proxy.consumer():
            assert await proxy.settle() == 0
            assert len(filled.instances) == 1  # the one in use
        assert await proxy.settle() == 0


async def test_a_long_outage_leaves_no_more_to_be_deleted_than_can_be(
    filled: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.rest.instances._PAUSES", (0.0,))
    filled.faults.fail_next(503, times=1000, path="consumers")
    for _ in range(MOST_DOUBTED + 50):
        with pytest.raises(Busy):
            async with proxy.consumer():
                pass
        await proxy.settle()
    asked = len(proxy.exchanges)
    filled.faults.failures.clear()
    async with proxy.consumer():
        assert await proxy.settle() == 0
    await proxy.aclose()
    assert not filled.instances
    assert len(proxy.exchanges) - asked <= MOST_DOUBTED + 3


async def test_one_that_nobody_may_delete_is_left_alone_after_a_while(
    filled: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.rest.instances._PAUSES", (0.0,))
    filled.faults.fail_next(403, times=1000, path="DELETE")
    for _ in range(20):
        async with proxy.consumer():
            pass
        await proxy.settle()
    assert sum(each.method == "DELETE" for each in proxy.exchanges) == 20 * 5 - (1 + 2 + 3 + 4)
    filled.faults.failures.clear()
    await proxy.aclose()
    assert not filled.instances
    await proxy.aclose()  # a second time there is nothing to do


async def test_a_create_that_was_refused_is_not_deleted(filled: Sandbox, proxy: ProxyClient) -> None:
    filled.faults.fail_next(422, path="POST")
    with pytest.raises(ProxyError):
        async with proxy.consumer():
            pass
    filled.faults.refuse = True
    with pytest.raises(Unreachable):
        async with proxy.consumer():
            pass
    await proxy.aclose()
    assert [exchange.method for exchange in proxy.exchanges] == ["POST", "POST"]


class Answering(httpx.AsyncBaseTransport):
    """Answers reads with a body of its own."""

    def __init__(self, inner: httpx.AsyncBaseTransport, body: bytes) -> None:
        self._inner, self._body = inner, body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/records"):
            return httpx.Response(200, content=self._body, request=request)
        return await self._inner.handle_async_request(request)


async def test_a_large_answer_that_is_not_utf8_is_not_of_a_proxy(filled: Sandbox) -> None:
    record = b'{"topic":"t","partition":0,"offset":0,"value":"' + b"A" * 10_000 + b'","headers":[{"key":"\xe9"}]}'
    client = ProxyClient(
        "http://sandbox", transport=Answering(filled.transport(), b"[" + b",".join([record] * 600) + b"]")
    )
    async with client.consumer() as consumer:
        await consumer.assign([T0])
        with pytest.raises(NotAProxy):
            await consumer.poll()
    await client.aclose()
    assert not filled.instances


class Repeating(httpx.AsyncBaseTransport):
    """Sends a create twice, as a balancer does to which the first answer does not come."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.count("/") == 2:
            await (await self._inner.handle_async_request(request)).aread()
        return await self._inner.handle_async_request(request)


async def test_a_name_that_is_taken_is_ours(filled: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=Repeating(filled.transport()))
    with pytest.raises(Conflict):
        async with client.consumer():
            pass
    await client.aclose()
    assert not filled.instances
