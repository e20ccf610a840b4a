"""A sandbox on a loopback socket, served by a thread of the test process: the test asks the sandbox itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Thread

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from ktui.server.sandbox import Sandbox
from tests.exit.terminal import Terminal, until

TOPICS = 12


class Served:
    """The sandbox, its address, and what was asked of it."""

    def __init__(self) -> None:
        self.sandbox = Sandbox()
        self.requests: list[str] = []
        """As "METHOD /path", in the order in which they arrived."""
        for number in range(TOPICS):
            self.sandbox.topics.create(f"topic-{number:02}", 2)
            for record in range(20):
                self.sandbox.topics.append(f"topic-{number:02}", record % 2, b"key", b'{"n": %d}' % record)
        config = uvicorn.Config(self, port=0, log_level="error", lifespan="off", timeout_graceful_shutdown=2)
        self._server = uvicorn.Server(config)
        self._thread = Thread(target=self._serve)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the request, then hand it to the sandbox."""
        self.requests.append(f"{scope['method']} {scope['path']}")
        await self.sandbox.app(scope, receive, send)

    def _serve(self) -> None:
        asyncio.run(self._server.serve())

    def start(self) -> None:
        self._thread.start()
        until(lambda: self._server.started, "the sandbox listens")

    @property
    def url(self) -> str:
        host, port = self._server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def asked(self, beginning: str) -> bool:
        """Whether a request beginning like this has arrived."""
        return any(request.startswith(beginning) for request in self.requests)

    def creates(self) -> int:
        """How many instances were asked for."""
        return sum(request.startswith("POST /consumers/") and request.count("/") == 2 for request in self.requests)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture
def served() -> Iterator[Served]:
    served = Served()
    served.start()
    yield served
    served.stop()


@pytest.fixture
def app(served: Served) -> Iterator[Terminal]:
    """ktui on that sandbox, with its topics on the screen."""
    terminal = Terminal("-m", "ktui", served.url)
    try:
        terminal.wait_for("topic-00")
        yield terminal
    finally:
        terminal.close()
