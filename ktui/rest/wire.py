"""One request and its answer: exact headers, timeouts, secrets hidden, and the Exchange that every call leaves behind.

The only one that sends. Never retries, but for a 401 when a command gives other credentials. What an answer means is
judged in `refusals.py`, how it is carried in `carriers.py`, what is kept of it in `transcript.py`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Container, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ktui import __version__
from ktui.errors import NotAProxy, ProxyError, Unreachable
from ktui.model import Exchange, Record
from ktui.rest import handed, refusals, tls
from ktui.rest.address import Address, scrub
from ktui.rest.auth import Credentials, Seal
from ktui.rest.carriers import Carriers
from ktui.rest.course import AT_ONCE, Course, Sending
from ktui.rest.tls import Tls
from ktui.rest.transcript import LOOKED_AT, Transcript

if TYPE_CHECKING:
    import httpx

CONTROL = "application/vnd.kafka.v2+json"
"""Accept and Content-Type of everything but records: the one value that all makes of proxy take (reference 1.2)."""

SUCCESS = range(200, 300)
ANY = range(100, 600)

_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. Its repr holds nothing that may be a secret."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    exchange: Exchange
    records: Sequence[Record] | None = field(default=None, repr=False)
    """From a proxy in this process, as they are; the body is then only how their text begins."""


@lru_cache(64)
def _parsed(url: str) -> httpx.URL:
    """Half of what it takes to make a request is to take its address apart: 50 us, and an instance has one for all its
    reads."""
    import httpx

    return httpx.URL(url)


def refuse(method: str, path: str, answer: Answer) -> ProxyError:
    """The exception for an answer, made from its body as it is kept: without our secrets."""
    exchange = answer.exchange
    exchange.expected = False
    return refusals.refusal(method, path, answer.status, answer.headers, exchange.response_body, exchange)


class Wire:
    """The connection to one proxy and the record of everything said over it."""

    def __init__(
        self,
        address: Address,
        credentials: Credentials | None = None,
        tls: Tls | None = None,
        transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        """ConfigError when a file of `tls` cannot be used. For http:// none of them is looked at."""
        self.address = address
        self.credentials = credentials or Credentials(user=address.user, password=address.password)
        self.transcript = Transcript(address, self.credentials)
        self.ok_count = 0
        self.failed_count = 0
        self.closed = False
        self._answered = False
        """Something has answered here before, so that the connection as such works."""
        tls = tls or Tls()
        self._speaks_tls = address.scheme == "https"
        self._shows_certificate = tls.cert_file is not None
        self.unverified = self._speaks_tls and tls.insecure
        """Whoever answers there is believed."""
        self.curl_options = tls.curl if self._speaks_tls else ()
        """How curl would trust the proxy and show who we are."""
        self._tells_nothing = transport is not None
        # A context costs 16 to 44 ms and http:// needs none: an empty one trusts nobody, should TLS come up.
        context = tls.context() if self._speaks_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.carriers = Carriers(address, context, transport)

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
        course: Course = AT_ONCE,
        bulk: bool = False,
    ) -> Answer:
        """Send `path` (percent-encoded, after the prefix), give the answer whose status is in `expect`.

        `bulk`: much may come, as of a read of records. `course` says when it may be sent, and is told how it goes.

        Anything else raises the exception of `errors.py` that says what to do. A GET follows a redirect within the
        same scheme, host and port; credentials go nowhere else.
        """
        headers = {"User-Agent": f"ktui/{__version__}", "Accept": accept}
        if body is not None:
            headers["Content-Type"] = content_type
        try:
            there = path
            for _ in range(4):
                answer = await self._admitted(method, there, headers, body, seconds, course, bulk)
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
        answer.exchange.expected = answer.status not in SUCCESS and method != "POST"
        self.ok_count += 1
        return answer

    async def aclose(self) -> None:
        """Close all connections. Requests from now on are Unreachable."""
        self.closed = True
        await self.credentials.aclose()
        await self.carriers.aclose()

    async def _admitted(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        course: Course,
        bulk: bool,
    ) -> Answer:
        """Send it, once more after a 401 if there are new credentials. A write too: a 401 was not carried out, unless
        it reports on single records."""
        seal = await self.credentials.seal()
        answer = await self._send(method, path, headers, body, seconds, seal, course, bulk)
        if answer.status != 401:
            self.credentials.granted()
        elif b'"offsets"' not in answer.body and await self.credentials.renew(seal):
            seal = await self.credentials.seal()
            answer = await self._send(method, path, headers, body, seconds, seal, course, bulk)
            if answer.status != 401:
                self.credentials.granted()
        return answer

    async def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        seal: Seal,
        course: Course,
        bulk: bool,
    ) -> Answer:
        import httpx

        exchange = self.transcript.prepared(method, path, headers, body)
        sending = Sending(course, lambda: self._begin(exchange))
        timeout = httpx.Timeout(seconds, connect=min(seconds, refusals.CONNECT_SECONDS))
        chunks: list[bytes] = []
        unsent = 0
        try:
            if self.closed:
                self._begin(exchange)  # which says so
            client = self.carriers.bulk() if bulk else self.carriers.usual()
            if not (waits := self.carriers.waits(client)):
                await sending.turn()
            # stream(), never get(): that keeps the whole body in a reference cycle (performance.md 2).
            async with client.stream(
                method,
                _parsed(self.address.url + path),
                content=body,
                headers=headers,
                timeout=timeout,
                auth=seal,
                extensions=handed.TAKES | ({"sending": sending} if waits else self._heeding(course)),
            ) as response:
                self.transcript.head(exchange, response.status_code, response.headers.multi_items())
                if sending.answered(response.status_code, response.headers):
                    await asyncio.sleep(0)
                async for chunk in response.aiter_bytes():
                    chunks.append(chunk)
            del response.stream  # the two hold each other: 40 objects a request that wait for the garbage collector
            if (records := response.extensions.get("records")) is not None:
                text, size = handed.shown(records, LOOKED_AT)
                chunks, unsent = [text], size - len(text)
            whole = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._answered = True
            if bulk:
                self.carriers.heed(len(whole))
            if response.status_code not in SUCCESS:  # goes into messages
                whole = self.credentials.hide(whole)
            return Answer(response.status_code, response.headers, whole, exchange, records)
        except (httpx.RequestError, httpx.InvalidURL, ssl.SSLError) as error:
            # the second comes of some redirects, though told not to follow any, the third of alerts after the handshake
            exchange.failure = self.credentials.hide_text(scrub(self._unreachable(error, seconds, exchange)))
            for cause in refusals.causes(error):
                cause.__traceback__ = None  # its frames hold the headers as they were sent
            raise Unreachable(exchange.failure, exchange) from error
        except asyncio.CancelledError:
            exchange.failure = "given up before the answer was complete"
            raise
        finally:
            self.transcript.end(exchange, sending.started, chunks, unsent)

    def _begin(self, exchange: Exchange) -> None:
        """It is sent now."""
        self.transcript.begin(exchange)
        if self.closed:
            exchange.failure = "The connection was closed before"
            raise Unreachable(exchange.failure, exchange)

    def _heeding(self, course: Course) -> dict[str, Callable[[str, object], Coroutine[None, None, None]]]:
        """What httpcore tells of its steps; another transport tells nothing, so it counts as sent at once."""
        if course is AT_ONCE:
            return {}
        if self._tells_nothing:
            course.sent()

        async def trace(event: str, _: object) -> None:
            if event.endswith("receive_response_headers.started"):
                course.sent()

        return {"trace": trace}

    def _unreachable(self, error: Exception, seconds: float, exchange: Exchange) -> str:
        """Why there is no answer, in a sentence."""
        import httpx

        where, begun = self.address.where, exchange.status is not None
        if isinstance(error, httpx.InvalidURL) or "location header" in str(error):
            return f"{where} redirects to what is no address"
        if self._speaks_tls:
            failed = tls.trouble(refusals.causes(error), where, shown=self._shows_certificate)
            if failed is not None:
                return failed
        if not (begun or self._answered) and refusals.went_silent(error):
            connecting = refusals.never_sent(error)
            return tls.silence(where, tls=self._speaks_tls, connecting=connecting, shown=self._shows_certificate)
        return refusals.unreachable(error, where, seconds, begun)

    def _redirected(self, method: str, answer: Answer) -> str:
        """Where to look instead, when that is the same place. Nothing of ours is sent anywhere else."""
        import httpx

        here = httpx.URL(self.address.url)
        try:
            target = httpx.URL(answer.exchange.url).join(answer.headers.get("location", ""))
            target = target.copy_with(userinfo=b"", fragment=None)
        except httpx.InvalidURL:
            raise NotAProxy(f"{self.address.where} redirects to what is no address", answer.exchange) from None
        if method == "GET" and (target.scheme, target.host, target.port) == (here.scheme, here.host, here.port):
            path = target.raw_path.decode("ascii")
            if path.startswith(self.address.prefix):
                return path[len(self.address.prefix) :]
        target = target.copy_with(query=None)  # which often holds tokens
        shown = self.credentials.hide_text(str(target))
        if (here.scheme, target.scheme, target.host) == ("http", "https", here.host):
            asked = answer.exchange.path.partition("?")[0].removeprefix(self.address.prefix)
            base = shown.removesuffix("/").removesuffix(asked.rstrip("/"))
            raise NotAProxy(f"{self.address.where} wants TLS: the address is {base}", answer.exchange)
        raise NotAProxy(f"{self.address.where} redirects to {shown}: use that address, if it is yours", answer.exchange)
