"""What was said over a wire, as far as it is kept: exchanges in order, bodies within bounds, secrets hidden."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from ktui.model import Exchange
from ktui.rest.address import Address, scrub
from ktui.rest.auth import HIDDEN, Credentials, is_secret

KEPT = 64 * 1024
"""Bytes of a body that an exchange keeps."""
KEPT_IN_ALL = 16 * 1024 * 1024
"""Bytes of answers that all exchanges keep together; older ones lose theirs first."""
KEPT_EXCHANGES = 1000
LOOKED_AT = KEPT + 4 * 1024
"""Bytes of a body that are looked through, so that a secret is found which the cut goes through."""


class Transcript:
    """The last exchanges with one proxy."""

    def __init__(self, address: Address, credentials: Credentials) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=KEPT_EXCHANGES)
        self.on_exchange: Callable[[Exchange], None] | None = None
        """Told of each that has ended."""
        self._address = address
        self._credentials = credentials
        self._number = 0
        self._bodies: deque[Exchange] = deque()
        self._bodies_size = 0

    def prepared(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Exchange:
        """A request that may be sent. It is in the transcript from `begin` on, not before."""
        return Exchange(
            number=0,
            started=datetime.now(UTC),
            method=method,
            path=self._address.prefix + path,
            url=self._address.url + path,
            request_headers=(*headers.items(), *self._credentials.shown),
            request_body=self._kept(body or b""),
            request_size=len(body or b""),
        )

    def begin(self, exchange: Exchange) -> None:
        """It is about to be sent."""
        self._number += 1
        exchange.number, exchange.started = self._number, datetime.now(UTC)
        self.exchanges.append(exchange)

    def head(self, exchange: Exchange, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """The answer has begun."""
        exchange.status = status
        exchange.response_headers = tuple((name, self._shown(name, value)) for name, value in headers)

    def end(self, exchange: Exchange, started: float, chunks: Sequence[bytes], unsent: int) -> None:
        """It is over, well or not: what came, and how many bytes more there would have been on a wire. `started` is of
        `perf_counter`. Nothing, if it never began."""
        if not exchange.number:
            return
        exchange.milliseconds = (time.perf_counter() - started) * 1000
        exchange.response_size = sum(map(len, chunks)) + unsent
        exchange.response_body = self._kept(_beginning(chunks, LOOKED_AT))
        self._bodies.append(exchange)
        self._bodies_size += len(exchange.response_body)
        while self._bodies_size > KEPT_IN_ALL or len(self._bodies) > KEPT_EXCHANGES:
            oldest = self._bodies.popleft()
            self._bodies_size -= len(oldest.response_body)
            oldest.response_body = b""
        if self.on_exchange is not None:
            self.on_exchange(exchange)

    def _kept(self, body: bytes) -> bytes:
        return self._credentials.hide(body[:LOOKED_AT])[:KEPT]

    def _shown(self, name: str, value: str) -> str:
        return HIDDEN if is_secret(name) else self._credentials.hide_text(scrub(value))


def _beginning(chunks: Sequence[bytes], size: int) -> bytes:
    """At least so many bytes of the chunks, if there are as many."""
    count = held = 0
    while held < size and count < len(chunks):
        held += len(chunks[count])
        count += 1
    return b"".join(chunks[:count])
