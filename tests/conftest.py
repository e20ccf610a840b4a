"""What every test may ask for: time, a sandbox, a client of it, and the address of a real proxy."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from ktui.server.sandbox import Sandbox
from tests.clock import Clock

if TYPE_CHECKING:
    from ktui.rest.client import ProxyClient


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proxy", metavar="URL", help="a real proxy for the tests marked live")
    parser.addoption("--topic", metavar="NAME", default="ktui-live", help="the topic that live tests write to")
    parser.addoption("--flavour", choices=["C", "K", "S"], default="C", help="what make of proxy --proxy is")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One at a time on a real proxy, whose topic they share, and for measuring; else one on each core."""
    return 0 if config.getoption("--proxy") or "bench" in config.getoption("markexpr") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--proxy"):
        return
    for item in items:
        if item.get_closest_marker("live"):
            item.add_marker(pytest.mark.skip(reason="needs --proxy URL"))


@pytest.fixture
def proxy_url(request: pytest.FixtureRequest) -> str:
    """The address given by --proxy."""
    url = request.config.getoption("--proxy")
    assert isinstance(url, str)
    return url.rstrip("/")


@pytest.fixture
def clock() -> Clock:
    """Time that runs by itself, fast; `clock.advance(300)` jumps."""
    return Clock()


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    """A proxy in memory with Confluent's behaviour and no topics."""
    sandbox = Sandbox(clock=clock, sleep=clock.sleep)
    yield sandbox
    await sandbox.aclose()


@pytest.fixture
async def proxy(sandbox: Sandbox) -> AsyncIterator[ProxyClient]:
    """Our client, talking to the sandbox."""
    from ktui.rest.client import ProxyClient

    client = ProxyClient("http://sandbox", transport=sandbox.transport())
    yield client
    await client.aclose()
