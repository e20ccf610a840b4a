"""The HTTP clients to one proxy: httpx as it is, and for large answers httpx over aiohttp.

Both are made when they are first of use. httpx takes 40 to 90 ms to import, and the screen is drawn before.
"""

from __future__ import annotations

import asyncio
import importlib
import ssl
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from ktui.rest.address import Address

if TYPE_CHECKING:
    import httpx

# Where click is there, as it is with uvicorn, httpx brings its own command line along, and click, rich and pygments for
# that: 33 of the 145 ms that the first request takes. Told that there is none, it does without.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

LARGE = 128 * 1024
"""Bytes of an answer after which the next ones come the other way: smaller ones gain nothing that anybody notices."""
KEPT_SECONDS = 15.0
"""How long an idle connection is kept: Jetty hangs up after 30 s."""


class Carriers:
    """Cookies are the same on both ways, connections are not."""

    def __init__(
        self,
        address: Address,
        context: ssl.SSLContext,
        transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        """`transport` is the only way when there is one."""
        self._context = context
        self._transport = transport
        self._trusts_environment = not address.loopback  # nobody's HTTP_PROXY leads to the proxy on this machine
        self._usual: httpx.AsyncClient | None = None
        self._bulk: httpx.AsyncClient | None = None
        self._loading: asyncio.Task[None] | None = None
        self._decided = transport is not None
        """Whether there is to be another way, or not."""

    def usual(self) -> httpx.AsyncClient:
        """For everything."""
        if self._usual is None:
            import httpcore

            # As much as asyncio reads at once: cut into the 64 KiB of httpcore it takes half as long again.
            httpcore.AsyncHTTP11Connection.READ_NUM_BYTES = 256 * 1024
            self._usual = self._client(self._transport() if callable(self._transport) else self._transport)
        return self._usual

    def bulk(self) -> httpx.AsyncClient:
        """For reads of records."""
        return self._bulk or self.usual()

    def waits(self, client: httpx.AsyncClient) -> bool:
        """Whether it awaits the turn of a request itself, with all made ready."""
        return client is self._bulk

    def heed(self, size: int) -> None:
        """An answer to a read had so many bytes."""
        if size < LARGE or self._decided:
            return
        self._decided = True
        from urllib.request import getproxies  # 10 ms with what it needs, while the screen is not drawn yet

        if not (self._trusts_environment and getproxies()):  # httpx knows which of these is for what
            self._loading = asyncio.create_task(self._load())

    async def _load(self) -> None:
        module = await asyncio.to_thread(importlib.import_module, "ktui.rest.bulk_transport")
        self._bulk = module.BulkClient(module.BulkTransport(self._context), self.usual().cookies.jar)

    def _client(self, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
        import httpx

        return httpx.AsyncClient(
            transport=transport,
            verify=self._context,
            trust_env=self._trusts_environment,
            follow_redirects=False,
            limits=httpx.Limits(keepalive_expiry=KEPT_SECONDS),
        )

    async def aclose(self) -> None:
        if self._loading is not None:
            self._loading.cancel()
        for client in (self._usual, self._bulk):
            if client is not None:
                await client.aclose()
