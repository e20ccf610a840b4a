"""Faults a server can be told to have, so that a client can be tried on them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ktui.server.instances import Instances


@dataclass
class Failure:
    """Answers that are given instead of the right ones."""

    status: int
    times: int
    path: re.Pattern[str]
    body: str | None
    headers: dict[str, str]


class ConnectionCut(Exception):
    """Ends a connection in the middle of an answer."""


@dataclass
class Faults:
    """The switches, all off."""

    instances: Instances
    latency: float = 0.0
    """Seconds before every answer."""
    base_uri: str | None = None
    """Named to new instances instead of the address that was asked."""
    refuse: bool = False
    """No connection is taken (in process only)."""
    failures: list[Failure] = field(default_factory=list)
    refused_seeks: int = 0
    """Seeks that are still refused with 409, as K does now and then right after an assignment."""
    cuts: int = 0
    """Answers that still end in mid-body."""
    _going: asyncio.Event | None = None

    def fail_next(
        self,
        status: int,
        times: int = 1,
        path: str = "",
        body: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Answer the next requests whose "METHOD /path?query" matches with a status; `body` is sent as HTML."""
        self.failures.append(Failure(status, times, re.compile(path), body, headers or {}))

    def cut_bodies(self, times: int = 1) -> None:
        """End the connection in the middle of the next answers that have a body."""
        self.cuts += times

    def refuse_seeks(self, times: int = 1) -> None:
        """Refuse the next calls to the positions endpoint as if the partition were not assigned."""
        self.refused_seeks += times

    def restart(self) -> None:
        """As after a restart: no instance is known."""
        self.instances.expire()

    def expire(self) -> None:
        """As after a long idle time: every instance is forgotten."""
        self.instances.expire()

    @property
    def stall(self) -> bool:
        """Whether answers are held back until this is switched off."""
        return self._going is not None

    @stall.setter
    def stall(self, value: bool) -> None:
        if value:
            self._going = self._going or asyncio.Event()
        elif self._going is not None:
            self._going.set()
            self._going = None

    async def pause(self) -> None:
        """Wait while stalled."""
        while self._going is not None:
            await self._going.wait()

    def failure(self, what: str) -> Failure | None:
        """The failure that is due for a request, counted down."""
        for failure in self.failures:
            if failure.path.search(what):
                failure.times -= 1
                if failure.times <= 0:
                    self.failures.remove(failure)
                return failure
        return None


class FaultyApp:
    """The application behind its faults."""

    def __init__(self, app: ASGIApp, faults: Faults, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._app, self._faults, self._sleep = app, faults, sleep

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = await _whole(receive)
        if request is None:
            return
        faults = self._faults
        if faults.latency:
            await self._sleep(faults.latency)
        await faults.pause()
        query = scope["query_string"].decode()
        what = f"{scope['method']} {scope['raw_path'].decode()}" + (f"?{query}" if query else "")
        if failure := faults.failure(what):
            await _answer(failure, send)
            return
        await self._app(scope, _given(request), self._cutting(send) if faults.cuts else send)

    def _cutting(self, send: Send) -> Send:
        async def cut(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] == "http.response.body" and body and self._faults.cuts:
                self._faults.cuts -= 1
                await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
                raise ConnectionCut
            await send(message)

        return cut


async def _whole(receive: Receive) -> Message | None:
    """The request with its body, read before anything else: a client that has gone takes it back otherwise."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return {"type": "http.request", "body": body, "more_body": False}


def _given(request: Message) -> Receive:
    async def receive() -> Message:
        return request

    return receive


async def _answer(failure: Failure, send: Send) -> None:
    if failure.body is None:
        media = "application/json"
        text = json.dumps({"error_code": failure.status, "message": f"HTTP {failure.status} as told"})
    else:
        media, text = "text/html", failure.body
    body = text.encode()
    headers = {"content-type": media, "content-length": str(len(body)), **failure.headers}
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": failure.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
