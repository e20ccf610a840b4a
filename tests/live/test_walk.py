"""The walk on the proxy of --proxy, on the sandbox over a socket in three sizes of terminal, and on `kafka://`."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from ktui.config import Config
from ktui.rest.client import ProxyClient
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve
from ktui.server.within import GatewayTransport
from ktui.ui.app import KtuiApp
from tests.live.on_kafka import OtherOnKafka
from tests.live.other import somebody_else
from tests.live.walk import Walk

SIZES = [(80, 24), (120, 36), (160, 44)]


async def walk(url: str, topic: str, size: tuple[int, int]) -> None:
    proxy = ProxyClient(url)
    async with somebody_else(url) as other:
        await other.ensure_topic(topic)
        await Walk(KtuiApp(proxy, config=Config(url=url)), proxy, other, topic).run(size)


@pytest.mark.live
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_walk_on_a_real_proxy(proxy_url: str, request: pytest.FixtureRequest, size: tuple[int, int]) -> None:
    await walk(proxy_url, request.config.getoption("--topic"), size)


@pytest.fixture
async def sandbox_url() -> AsyncIterator[str]:
    sandbox = Sandbox()
    sandbox.topics.create("ktui-walk", 2)
    sandbox.topics.create("other", 1)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(sandbox, port=0, say=address.set_result))
    yield await address
    assert not sandbox.instances
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_walk_on_the_sandbox(sandbox_url: str, size: tuple[int, int]) -> None:
    await walk(sandbox_url, "ktui-walk", size)


@pytest.mark.kafka
async def test_walk_on_a_cluster(bootstrap: str) -> None:
    made: list[Gateway] = []

    def make() -> Gateway:
        made.append(Gateway(ClusterKafka({"bootstrap.servers": bootstrap})))
        return made[-1]

    url, topic = f"kafka://{bootstrap}", f"walk-{secrets.token_hex(4)}"
    proxy = ProxyClient("http://127.0.0.1:8082", transport=GatewayTransport(make), stands_for=url)
    other = OtherOnKafka(bootstrap, made)
    await other.ensure_topic(topic)
    await Walk(KtuiApp(proxy, config=Config(url=url)), proxy, other, topic).run((120, 36))
    assert len(made) == 1
