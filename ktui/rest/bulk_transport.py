"""The way for large answers: aiohttp under httpx. A megabyte takes half the processor time that httpcore needs for it,
and a request a third.

Only for reads of records, and only after a large one has come (`carriers.py`): aiohttp takes 130 ms to import. Whatever
goes wrong is said in httpx's exceptions, as the rest of `rest/` knows them.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import partial
from http.cookiejar import CookieJar
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
from yarl import URL

from ktui.rest.carriers import KEPT_SECONDS
from ktui.rest.course import Sending

HEADER_BYTES = 64 * 1024
"""Longest line of an answer's head, as with httpcore; aiohttp's own limit is 8 KiB."""
BUFFER_BYTES = 4 * 1024 * 1024
"""What may have come before anybody takes it: as much as a read asks for, so that decoding does not stop a proxy."""


class BulkClient(httpx.AsyncClient):
    """httpx with nothing between a request and its transport that a read of records has no use for: redirects, hooks,
    an auth that asks back. Of its 85 us a request, 40 are left."""

    def __init__(self, transport: BulkTransport, cookies: CookieJar) -> None:
        super().__init__(transport=transport, trust_env=False)
        self.cookies.jar = cookies
        self._straight = transport

    async def send(self, request: httpx.Request, *, auth: Any = None, **_: object) -> httpx.Response:
        """`auth` seals the request, and asks nothing."""
        answer = await self._straight.handle_async_request(auth(request))
        if "set-cookie" in answer.headers:
            self.cookies.extract_cookies(answer)
        return answer


class BulkTransport(httpx.AsyncBaseTransport):
    """Sends a request once, when it is its turn (extension `sending`), and gives the answer as it comes, its
    compression untouched."""

    def __init__(self, context: ssl.SSLContext) -> None:
        sending = aiohttp.TraceConfig()
        sending.on_request_headers_sent.append(_sent)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, keepalive_timeout=KEPT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),  # httpx keeps them
            auto_decompress=False,
            read_bufsize=BUFFER_BYTES,
            max_line_size=HEADER_BYTES,
            max_field_size=HEADER_BYTES,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
            trace_configs=[sending],
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        seconds, sending = request.extensions["timeout"], request.extensions["sending"]
        try:
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("ascii"), value.decode("latin-1")) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=seconds["connect"], sock_read=seconds["read"]),
                trace_request_ctx=sending,
                middlewares=(partial(_once, sending),),
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _translated(error) from _origin(error)
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer), request=request)

    async def aclose(self) -> None:
        await self._session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _translated(error) from _origin(error)

    async def aclose(self) -> None:
        self._answer.close()  # of an answer that came whole the connection is back in the pool already


async def _sent(session: aiohttp.ClientSession, context: SimpleNamespace, sent: object) -> None:
    context.trace_request_ctx.sent()


async def _once(
    sending: Sending, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send it when it is its turn. To make it ready takes 400 us, of a proxy that has an answer every 3 ms; half of
    that is aiohttp's, so it waits in there.

    aiohttp sends a GET again when a connection that was idle breaks. A read of records must not be: what the proxy
    took for the first is gone with it. What is raised here it does not know, so it lets it through.
    """
    await sending.turn()
    try:
        answer = await send(request)
        if sending.answered(answer.status, answer.headers):
            await asyncio.sleep(0)
        return answer
    except (aiohttp.ClientError, OSError) as error:
        raise _translated(error) from _origin(error)


def _translated(error: Exception) -> httpx.RequestError:
    """What httpx would have raised."""
    words = str(error)
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout(words)
        case TimeoutError():
            return httpx.ReadTimeout(words)
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(words)
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("Server disconnected without sending a response.")
        case OSError():
            return httpx.ReadError(words)
    return httpx.RemoteProtocolError(words)


def _origin(error: Exception) -> Exception:
    """What aiohttp's exceptions for a connection stand for: some pretend to be it, but lack its attributes."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return error.certificate_error
        case aiohttp.ClientConnectorError():
            return error.os_error
    return error
