"""What every test may ask for: time, a sandbox, a client of it, and the addresses of a real proxy or broker."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.kafka.broker import VARIABLE

if TYPE_CHECKING:
    from ktui.rest.client import ProxyClient


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proxy", metavar="URL", help="a real proxy for the tests marked live")
    parser.addoption("--topic", metavar="NAME", default="ktui-live", help="the topic that live tests write to")
    parser.addoption(
        "--kafka", metavar="HOST:PORT", default=os.environ.get(VARIABLE), help="a broker that tests may write to"
    )
    parser.addoption("--flavour", choices=["C", "K", "S"], default="C", help="what make of proxy --proxy is")


@pytest.fixture(scope="session", autouse=True)
def nobodys_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the app remembers is not put among what the person who runs the tests has."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """One at a time on a real proxy, whose topic they share, and for measuring; else two more than there are cores: a
    fourth of the suite's time is waiting, for processes and for a screen to come to rest. Three for each core would be
    quicker still, but what takes milliseconds is then interrupted more often than some tests bear."""
    alone = config.getoption("--proxy") or "bench" in config.getoption("markexpr")
    return 0 if alone else (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = {
        "live": None if config.getoption("--proxy") else "needs --proxy URL",
        "kafka": None if config.getoption("--kafka") else f"needs a broker: --kafka HOST:PORT, or {VARIABLE}",
    }
    for item in items:
        for marker, reason in missing.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    """As the app does once it has started (performance 3.3): what is loaded stays, and looking through it again and
    again took a sixth of the time of all tests that start an app."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.fixture
def proxy_url(request: pytest.FixtureRequest) -> str:
    """The address given by --proxy."""
    url = request.config.getoption("--proxy")
    assert isinstance(url, str)
    return url.rstrip("/")


@pytest.fixture
def bootstrap(request: pytest.FixtureRequest) -> str:
    """The address given by --kafka. Tests that ask for it are marked `kafka`."""
    address = request.config.getoption("--kafka")
    assert isinstance(address, str)
    return address


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
