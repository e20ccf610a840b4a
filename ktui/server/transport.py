"""An httpx transport that runs the application in this process.

Every request runs in a task of its own, so that a client that goes away does not stop its handling: an abandoned
create still creates, an abandoned read still eats its records, as on real servers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
from starlette.types import ASGIApp, Message, Scope

from ktui.server.faults import ConnectionCut, Faults
from ktui.server.resource import RECORDS

CHUNK = 64 * 1024


class Exchange:
    """One request under way: what the application sends, for whom may still listen."""

    def __init__(self, body: bytes) -> None:
        self.started: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.parts: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._body: bytes | None = body

    async def receive(self) -> Message:
        if self._body is None:
            await asyncio.Event().wait()  # the client stays connected for good
        body, self._body = self._body, None
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if not self.started.done():
                self.started.set_result(message)
        elif message["type"] == "http.response.body":
            body = memoryview(message.get("body", b""))
            for at in range(0, len(body), CHUNK):
                self.parts.put_nowait(bytes(body[at : at + CHUNK]))
            if not message.get("more_body", False):
                self.parts.put_nowait(None)

    def end(self, task: asyncio.Task[None]) -> None:
        """The handling is over, one way or the other."""
        error = None if task.cancelled() else task.exception()
        cut = task.cancelled() or isinstance(error, ConnectionCut)
        failure = httpx.RemoteProtocolError("the server ended the connection") if cut else error
        if failure is not None and not self.started.done():
            self.started.set_exception(failure)
            self.started.exception()  # nobody may be left to take it
        self.parts.put_nowait(failure if isinstance(failure, Exception) else None)


class Body(httpx.AsyncByteStream):
    """The body of a response as it comes."""

    def __init__(self, exchange: Exchange, within: Callable[[Awaitable[object]], Awaitable[object]]) -> None:
        self._exchange, self._within = exchange, within

    async def __aiter__(self) -> AsyncIterator[bytes]:
        parts = self._exchange.parts
        while True:
            part = parts.get_nowait() if not parts.empty() else await self._within(parts.get())
            if part is None:
                return
            if isinstance(part, Exception):
                raise part
            assert isinstance(part, bytes)
            yield part


class InProcess(httpx.AsyncBaseTransport):
    """The application as a transport. It enforces the read timeout itself: httpx leaves that to transports."""

    def __init__(
        self,
        app: ASGIApp,
        faults: Faults,
        sleep: Callable[[float], Awaitable[None]],
        tasks: set[asyncio.Task[None]],
        *,
        hands_records: bool = False,
    ) -> None:
        """`hands_records`: to requests with the extension `takes_records` the records of a read come as they are, in
        the extension `records` of a response without a body."""
        self._hands_records = hands_records
        self._app, self._faults, self._sleep, self._tasks = app, faults, sleep, tasks

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._faults.refuse:
            raise httpx.ConnectError("the connection was refused", request=request)
        exchange = Exchange(await request.aread())
        scope = _scope(request)
        if self._hands_records and "takes_records" in request.extensions:
            scope["extensions"] = {RECORDS: {}}
        task = asyncio.ensure_future(self._handle(scope, exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(exchange.end)
        limit = request.extensions.get("timeout", {}).get("read")

        async def within(answer: Awaitable[object]) -> object:
            return await self._timed(answer, limit, request)

        start = await within(exchange.started)
        assert isinstance(start, dict)
        body: httpx.AsyncByteStream = Body(exchange, within)
        if request.method == "HEAD":
            body = httpx.ByteStream(b"")
        extensions = {"records": start["records"]} if "records" in start else {}
        return httpx.Response(
            start["status"], headers=start["headers"], stream=body, request=request, extensions=extensions
        )

    async def _handle(self, scope: Scope, exchange: Exchange) -> None:
        await self._app(scope, exchange.receive, exchange.send)

    async def _timed(self, answer: Awaitable[object], limit: float | None, request: httpx.Request) -> object:
        if limit is None:
            return await answer
        wanted = asyncio.ensure_future(answer)
        timer = asyncio.ensure_future(self._sleep(limit))
        try:
            await asyncio.wait((wanted, timer), return_when=asyncio.FIRST_COMPLETED)
            if not wanted.done():
                raise httpx.ReadTimeout("no answer in time", request=request)
            return wanted.result()
        finally:
            timer.cancel()
            if not wanted.done():
                wanted.cancel()


def _scope(request: httpx.Request) -> Scope:
    url = request.url
    raw_path = url.raw_path.partition(b"?")[0]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": raw_path,
        "query_string": url.query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": (url.host, url.port or (443 if url.scheme == "https" else 80)),
        "client": ("127.0.0.1", 0),
    }
