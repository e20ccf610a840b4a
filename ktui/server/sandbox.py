"""The sandbox: a whole REST Proxy in memory, with its topics, its groups and its faults."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
from starlette.types import ASGIApp

from ktui.server.app import build
from ktui.server.faults import Faults, FaultyApp
from ktui.server.flavours import CONFLUENT, Flavour
from ktui.server.instances import Instances
from ktui.server.memory.cluster import MemoryKafka
from ktui.server.memory.groups import Groups
from ktui.server.memory.log import Topics
from ktui.server.proxy import Proxy
from ktui.server.transport import InProcess


class Sandbox:
    """A proxy in memory. `clock` and `sleep` are its only time."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        flavour: Flavour = CONFLUENT,
        auto_create: bool = False,
        instance_timeout: float = 300.0,
        metadata_wait: float = 3.0,
    ) -> None:
        self.topics = Topics(clock)
        self.groups = Groups()
        self.kafka = MemoryKafka(
            self.topics, self.groups, clock=clock, sleep=sleep, auto_create=auto_create, metadata_wait=metadata_wait
        )
        self.instances = Instances(clock, instance_timeout)
        """Live consumer instances by group and name; empty when nobody left one behind."""
        self.faults = Faults(self.instances)
        self.proxy = Proxy(self.kafka, flavour, self.instances, self.faults, clock, sleep)
        self.app: ASGIApp = FaultyApp(build(self.proxy), self.faults, sleep)
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()

    def transport(self) -> httpx.AsyncBaseTransport:
        """A transport for httpx that asks this sandbox, without a socket."""
        return InProcess(self.app, self.faults, self._sleep, self._tasks)

    def leave_off(self) -> None:
        """Nothing that waits here is worth an end of its own."""

    async def aclose(self) -> None:
        """End what is under way and close every consumer."""
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.instances.aclose()
