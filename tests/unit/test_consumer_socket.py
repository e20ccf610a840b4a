"""Leaving nothing behind over a real socket, where a cancelled request is a connection that closes."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import AsyncIterator

import pytest

from ktui.errors import KtuiError
from ktui.model import TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.server.serve import listen, make_server
from tests.unit.waiting import until

T0 = TopicPartition("t", 0)


@pytest.fixture
async def served() -> AsyncIterator[tuple[Sandbox, str]]:
    """A sandbox on a port of this machine, with a topic of 3000 records."""
    sandbox = Sandbox()
    sandbox.topics.create("t", 1)
    for n in range(3000):
        sandbox.topics.append("t", 0, None, b"%d" % n)
    listener = listen("127.0.0.1", 0)
    server = make_server(sandbox)
    serving = asyncio.create_task(server.serve([listener]))
    await server.opened.wait()
    yield sandbox, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
    await sandbox.aclose()


async def follow(client: ProxyClient) -> int:
    read = 0
    async for batch in Stream(client, {T0: 0}).batches():
        read += len(batch.records)
        if read >= 3000:
            break
    return read


async def test_fast_jumps_leave_nothing(served: tuple[Sandbox, str]) -> None:
    sandbox, url = served
    sandbox.faults.latency = 0.005
    client = ProxyClient(url)
    chance = random.Random(7)
    tasks = []
    for _ in range(25):
        task = asyncio.create_task(follow(client))
        await asyncio.sleep(chance.choice([0, 0.001, 0.004, 0.012, 0.03]))
        task.cancel()
        tasks.append(task)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert await follow(client) == 3000
    await client.aclose()
    assert not sandbox.instances


async def test_everything_cancelled_twice_leaves_nothing(served: tuple[Sandbox, str]) -> None:
    sandbox, url = served
    client = ProxyClient(url)
    tasks = [asyncio.create_task(follow(client)) for _ in range(5)]
    await until(lambda: len(sandbox.instances) == 5)
    for _ in range(2):
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)
    await client.aclose()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not sandbox.instances


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are of Python 3.12")
async def test_eager_tasks_make_no_difference(served: tuple[Sandbox, str]) -> None:
    sandbox, url = served
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]
    try:
        client = ProxyClient(url)
        tasks = [asyncio.create_task(follow(client)) for _ in range(10)]
        for task in tasks[1:]:
            task.cancel()
        assert await tasks[0] == 3000
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aclose()
        assert not sandbox.instances
    finally:
        loop.set_task_factory(None)


async def test_a_restarted_proxy_is_found_again(served: tuple[Sandbox, str]) -> None:
    sandbox, url = served
    client = ProxyClient(url)
    read, failed = 0, 0
    async for batch in Stream(client, {T0: 0}).batches():
        read += len(batch.records)
        failed += batch.trouble is not None
        if read == 3000:
            if len(sandbox.topics["t"].partitions[0].read(3000, 1)) == 0:
                sandbox.faults.restart()
                sandbox.faults.cut_bodies()
                sandbox.topics.append("t", 0, None, b"after")
        elif read > 3000:
            break
    assert read == 3001
    await client.aclose()
    assert not sandbox.instances
    with pytest.raises(KtuiError):
        await client.topics()
