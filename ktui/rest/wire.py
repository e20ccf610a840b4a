"""One request and its answer: exact headers, timeouts, secrets masked, and the Exchange that every call leaves behind.

The only user of httpx. Never retries. What an answer means is judged in `refusals.py`.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from ktui import __version__
from ktui.errors import NotAProxy, ProxyError, Unreachable
from ktui.model import Exchange
from ktui.rest import refusals
from ktui.rest.address import Address, scrub

CONTROL = "application/vnd.kafka.v2+json"
"""Accept and Content-Type of everything but records: the one value that all makes of proxy take (reference 1.2)."""

SUCCESS = range(200, 300)
ANY = range(100, 600)
KEPT = 64 * 1024
"""Bytes of a body that an exchange keeps."""
KEPT_IN_ALL = 16 * 1024 * 1024
"""Bytes of answers that all exchanges keep together; older ones lose theirs first."""
KEPT_EXCHANGES = 1000

_SECRET_NAME = re.compile(r"auth|cookie|token|secret|key|password|credential|session|signature", re.IGNORECASE)
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    exchange: Exchange


def refuse(method: str, path: str, answer: Answer) -> ProxyError:
    """The exception for an answer, made from its body as it is kept: without our secrets."""
    exchange = answer.exchange
    return refusals.refusal(method, path, answer.status, answer.headers, exchange.response_body, exchange)


class Wire:
    """The connection to one proxy and the record of everything said over it."""

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str] = {},
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.address = address
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self.ok_count = 0
        self.failed_count = 0
        self.on_exchange: Callable[[Exchange], None] | None = None
        self.closed = False
        self._number = 0
        self._bodies: deque[Exchange] = deque()
        self._bodies_size = 0
        self._headers = {"User-Agent": f"ktui/{__version__}", **headers}
        if address.authorization and "authorization" not in {name.lower() for name in headers}:
            self._headers["Authorization"] = address.authorization
        self._http = httpx.AsyncClient(
            transport=transport,
            # A context costs 16 to 44 ms and http:// needs none: an empty one trusts nobody, should TLS come up.
            verify=True if address.scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=not address.loopback,  # nobody's HTTP_PROXY leads to the proxy on this machine
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=15.0),  # Jetty hangs up after 30 s
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        accept: str = CONTROL,
        content_type: str = CONTROL,
        seconds: float = 10.0,
        expect: Container[int] = SUCCESS,
    ) -> Answer:
        """Send `path` (percent-encoded, after the prefix), give the answer whose status is in `expect`.

        Anything else raises the exception of `errors.py` that says what to do. A GET follows a redirect within the
        same scheme, host and port; credentials go nowhere else.
        """
        headers = {**self._headers, "Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            there = path
            for _ in range(4):
                answer = await self._send(method, there, headers, body, seconds)
                if answer.status not in _REDIRECTS or answer.status in expect:
                    break
                there = self._redirected(method, answer)
            else:
                raise NotAProxy(f"{self.address.where} redirects in circles", answer.exchange)
            if answer.status not in expect:
                raise refuse(method, path, answer)
        except asyncio.CancelledError:
            raise
        except BaseException:
            self.failed_count += 1
            raise
        self.ok_count += 1
        return answer

    async def aclose(self) -> None:
        """Close all connections. Requests from now on are Unreachable."""
        self.closed = True
        await self._http.aclose()

    async def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, seconds: float
    ) -> Answer:
        exchange = self._note(method, path, headers, body)
        if self.closed:
            exchange.failure, exchange.milliseconds = "The connection was closed before", 0.0
            raise Unreachable(exchange.failure, exchange)
        timeout = httpx.Timeout(seconds, connect=min(seconds, refusals.CONNECT_SECONDS))
        started = time.perf_counter()
        chunks: list[bytes] = []
        try:
            # stream(), never get(): that keeps the whole body in a reference cycle (performance.md 2).
            async with self._http.stream(
                method, self.address.url + path, content=body, headers=headers, timeout=timeout
            ) as response:
                exchange.status = response.status_code
                exchange.response_headers = tuple(self._masked(response.headers.multi_items()))
                async for chunk in response.aiter_bytes():
                    chunks.append(chunk)
            whole = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            return Answer(response.status_code, response.headers, whole, exchange)
        except httpx.RequestError as error:
            begun = exchange.status is not None
            exchange.failure = scrub(refusals.unreachable(error, self.address.where, seconds, begun))
            raise Unreachable(exchange.failure, exchange) from error
        except asyncio.CancelledError:
            exchange.failure = "given up before the answer was complete"
            raise
        finally:
            self._ended(exchange, started, chunks)

    def _redirected(self, method: str, answer: Answer) -> str:
        """Where to look instead, when that is the same place."""
        location = answer.headers.get("location", "")
        target = httpx.URL(answer.exchange.url).join(location)
        here = httpx.URL(self.address.url)
        if method == "GET" and (target.scheme, target.host, target.port) == (here.scheme, here.host, here.port):
            path = target.raw_path.decode("ascii")
            if path.startswith(self.address.prefix):
                return path[len(self.address.prefix) :]
        shown = scrub(str(target.copy_with(userinfo=b"")))
        raise NotAProxy(f"{self.address.where} redirects to {shown}: use that address, if it is yours", answer.exchange)

    def _note(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Exchange:
        self._number += 1
        exchange = Exchange(
            number=self._number,
            started=datetime.now(UTC),
            method=method,
            path=self.address.prefix + path,
            url=self.address.url + path,
            request_headers=tuple(self._masked(headers.items())),
            request_body=self.address.hide((body or b"")[:KEPT]),
            request_size=len(body or b""),
        )
        self.exchanges.append(exchange)
        return exchange

    def _ended(self, exchange: Exchange, started: float, chunks: list[bytes]) -> None:
        exchange.milliseconds = (time.perf_counter() - started) * 1000
        exchange.response_size = sum(map(len, chunks))
        kept = chunks[0][:KEPT] if chunks and len(chunks[0]) >= KEPT else b"".join(chunks)[:KEPT]
        exchange.response_body = self.address.hide(kept)
        self._bodies.append(exchange)
        self._bodies_size += len(exchange.response_body)
        while self._bodies_size > KEPT_IN_ALL or len(self._bodies) > KEPT_EXCHANGES:
            oldest = self._bodies.popleft()
            self._bodies_size -= len(oldest.response_body)
            oldest.response_body = b""
        if self.on_exchange is not None:
            self.on_exchange(exchange)

    def _masked(self, headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
        for name, value in headers:
            yield name, "hidden" if _SECRET_NAME.search(name) else scrub(value)
