"""A gateway in this process as a transport for httpx: no port is opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from ktui.server.gateway import Gateway
from ktui.server.transport import InProcess


class GatewayTransport(httpx.AsyncBaseTransport):
    """A gateway of its own in this process, made by the first request in whatever loop that runs."""

    def __init__(self, make: Callable[[], Gateway], closing_seconds: float = 5.0) -> None:
        self._make, self._closing_seconds = make, closing_seconds
        self._gateway: Gateway | None = None
        self._inner: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._gateway is None or self._inner is None:
            self._gateway = gateway = self._make()
            self._inner = InProcess(gateway.app, gateway.faults, asyncio.sleep, gateway.tasks, hands_records=True)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the gateway. What a cluster that is away keeps open is not waited for beyond some seconds."""
        gateway, self._gateway, self._inner = self._gateway, None, None
        if gateway is not None:
            closing = asyncio.ensure_future(gateway.aclose())
            await asyncio.wait([closing], timeout=self._closing_seconds)
