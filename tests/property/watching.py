"""A transport that holds the client to its promises: one read at a time per instance, and none after a broken one."""

from __future__ import annotations

import json
import re
from collections import Counter

import httpx

_MADE = re.compile(r".*/consumers/[^/]+")
_READ = re.compile(r"(/consumers/[^/]+/instances/[^/]+)/records")


class Watching(httpx.AsyncBaseTransport):
    """Passes everything on and notes what must not be."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._reading: Counter[str] = Counter()
        self._spent: set[str] = set()
        self.requests: Counter[str] = Counter()
        """By method."""
        self.offences: list[str] = []
        self.made: list[str] = []
        """Paths of the instances that were asked for, whether or not they came to be."""
        self.at_once = 0
        """Most instances that were read at the same time."""

    @property
    def under_way(self) -> list[str]:
        """Paths of the instances that are being read."""
        return [path for path, reads in self._reading.items() if reads]

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests[request.method] += 1
        if request.method == "POST" and _MADE.fullmatch(request.url.path):
            self.made.append(f"{request.url.path}/instances/{json.loads(request.content)['name']}")
        found = _READ.search(request.url.path)
        if request.method != "GET" or found is None:
            return await self._inner.handle_async_request(request)
        path = found[1]
        if self._reading[path]:
            self.offences.append(f"two reads of {path} at once")
        if path in self._spent:
            self.offences.append(f"a read of {path} after one that was given up")
        self._reading[path] += 1
        self.at_once = max(self.at_once, sum(map(bool, self._reading.values())))
        answered = False
        try:
            response = await self._inner.handle_async_request(request)
            answered = True
            return response
        finally:
            self._reading[path] -= 1
            if not answered:
                self._spent.add(path)
