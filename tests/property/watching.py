"""Transports that hold the client to its promises: one read at a time per instance, and none after a broken one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping

import httpx

from ktui.rest.course import AT_ONCE, Sending

_MADE = re.compile(r".*/consumers/[^/]+")
_READ = re.compile(r"(/consumers/[^/]+/instances/[^/]+)/records")


class Watching:
    """Notes what goes over some transports and must not."""

    def __init__(self) -> None:
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

    def over(self, inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
        """The same transport, watched."""
        return _Watched(self, inner)

    async def pass_on(self, inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
        self.requests[request.method] += 1
        if request.method == "POST" and _MADE.fullmatch(request.url.path):
            self.made.append(f"{request.url.path}/instances/{json.loads(request.content)['name']}")
        found = _READ.search(request.url.path)
        if request.method != "GET" or found is None:
            return await inner.handle_async_request(request)
        if (sending := request.extensions.get("sending")) is not None:
            read = request.extensions["sending"] = _Read(self, found[1], sending)
        else:
            read = _Read(self, found[1], Sending(AT_ONCE, lambda: None))
            read.began()
        try:
            response = await inner.handle_async_request(request)
            read.ended(spent=False)
            return response
        finally:
            read.ended(spent=True)

    def began(self, path: str) -> None:
        """A read of an instance is sent."""
        if self._reading[path]:
            self.offences.append(f"two reads of {path} at once")
        if path in self._spent:
            self.offences.append(f"a read of {path} after one that was given up")
        self._reading[path] += 1
        self.at_once = max(self.at_once, sum(map(bool, self._reading.values())))

    def ended(self, path: str, spent: bool) -> None:
        """Its answer has begun; `spent`: it has none."""
        self._reading[path] -= 1
        if spent:
            self._spent.add(path)


class _Read:
    """One read. Where the transport awaits its turn, this stands between the two."""

    def __init__(self, watching: Watching, path: str, sending: Sending) -> None:
        self._sending = sending
        self._watching, self._path = watching, path
        self._under_way = False

    def began(self) -> None:
        self._under_way = True
        self._watching.began(self._path)

    def ended(self, spent: bool) -> None:
        if self._under_way:
            self._under_way = False
            self._watching.ended(self._path, spent)

    async def turn(self) -> None:
        await self._sending.turn()
        self.began()

    def sent(self) -> None:
        self._sending.sent()

    def answered(self, status: int, headers: Mapping[str, str]) -> bool:
        self.ended(spent=False)
        return self._sending.answered(status, headers)


class _Watched(httpx.AsyncBaseTransport):
    def __init__(self, watching: Watching, inner: httpx.AsyncBaseTransport) -> None:
        self._watching = watching
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._watching.pass_on(self._inner, request)

    async def aclose(self) -> None:
        await self._inner.aclose()
