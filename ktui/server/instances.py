"""Consumer instances: who is there, and when an idle one is forgotten."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping

from ktui.model import Record
from ktui.server.errors import ApiError
from ktui.server.kafka import Consumer

LARGEST_READ = 64 * 1024 * 1024


class Instance:
    """One consumer instance."""

    def __init__(
        self,
        group: str,
        name: str,
        data_format: str,
        consumer: Consumer,
        *,
        request_timeout_ms: int,
        min_bytes: int | None = None,
    ) -> None:
        self.group, self.name, self.format, self.consumer = group, name, data_format, consumer
        self.request_timeout_ms = request_timeout_ms
        self.min_bytes = min_bytes
        """A read returns when it has that many bytes; None lets it run its full time."""
        self.queue: deque[Record] = deque()
        """Polled and not delivered yet. A seek does not clear it: C is like that."""
        self.lock = asyncio.Lock()
        """Held by the calls of flavours that let only one run at a time."""
        self.complained = False
        """Whether K has had its one chance to tell of unknown topics."""
        self.expires = math.inf
        self.closed = False
        self._waiting: set[asyncio.Event] = set()
        consumer.on_ready = self.wake

    def wake(self) -> None:
        """Let the reads that wait look again."""
        for event in self._waiting:
            event.set()

    def wait_on(self, event: asyncio.Event) -> None:
        """Set `event` whenever there may be more to read."""
        self._waiting.add(event)

    def forget(self, event: asyncio.Event) -> None:
        """The end of `wait_on`."""
        self._waiting.discard(event)


class Instances(Mapping[tuple[str, str], Instance]):
    """The live instances by group and name. Looking at them forgets those that idled too long."""

    def __init__(self, clock: Callable[[], float], timeout: float, most: int | None = None) -> None:
        self.timeout = timeout
        """Idle seconds until an instance is forgotten."""
        self.most = most
        """How many there may be at once."""
        self._clock = clock
        self._live: dict[tuple[str, str], Instance] = {}
        self._next = math.inf
        self._closing: set[asyncio.Task[None]] = set()

    def __getitem__(self, key: tuple[str, str]) -> Instance:
        self.sweep()
        return self._live[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        self.sweep()
        return iter(self._live)

    def __len__(self) -> int:
        self.sweep()
        return len(self._live)

    def find(self, group: str, name: str) -> Instance:
        """An instance that is called upon, which keeps it alive."""
        self.sweep()
        instance = self._live.get((group, name))
        if instance is None:
            raise ApiError("no_instance", (group, name))
        self.touch(instance)
        return instance

    def check_room(self) -> None:
        """Whether there may be one more. ApiError when not."""
        if self.most is not None and len(self) >= self.most:
            raise ApiError("too_many", self.most, headers={"retry-after": "5"})

    def add(self, instance: Instance) -> None:
        """Take in a new instance."""
        self._live[instance.group, instance.name] = instance
        self.touch(instance)

    def touch(self, instance: Instance) -> None:
        """Start its idle time anew."""
        instance.expires = self._clock() + self.timeout
        self._next = min(self._next, instance.expires)

    def hold(self, instance: Instance) -> None:
        """Stop its idle time until it is touched: a read is under way."""
        instance.expires = math.inf

    async def remove(self, instance: Instance) -> None:
        """Forget an instance and close its consumer; reads under way fail."""
        self._live.pop((instance.group, instance.name), None)
        instance.closed = True
        instance.wake()
        await instance.consumer.close()

    def sweep(self) -> None:
        """Forget what idled too long."""
        now = self._clock()
        if now < self._next:
            return
        for instance in [i for i in self._live.values() if i.expires <= now]:
            self._drop(instance)
        self._next = min((i.expires for i in self._live.values()), default=math.inf)

    def expire(self) -> None:
        """Forget all at once, as if they had idled."""
        for instance in tuple(self._live.values()):
            self._drop(instance)

    def _drop(self, instance: Instance) -> None:
        """Forget an instance now, and close its consumer in the background."""
        self._live.pop((instance.group, instance.name), None)
        instance.closed = True
        instance.wake()
        task = asyncio.ensure_future(instance.consumer.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def aclose(self) -> None:
        """Close every consumer."""
        self.expire()
        if self._closing:
            await asyncio.wait(self._closing)
