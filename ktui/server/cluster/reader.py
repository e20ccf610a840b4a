"""One librdkafka consumer and the thread that waits for it.

librdkafka tells nobody that a record has come, except who waits in a call. So a job in a thread waits for one record,
wakes whoever reads, and what else is there is then taken without waiting. While a job is under way nothing else is
taken, so records keep their order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaException, Message

from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import translated
from ktui.server.kafka import KafkaError

DEFAULTS: Mapping[str, str | int] = {
    "enable.auto.commit": "false",  # commits are of what was handed out, which only we know
    "enable.partition.eof": "true",  # tells positions where no record does: at the end, behind markers
    "fetch.max.bytes": 1_048_576,
    "fetch.queue.backoff.ms": 10,  # of 1000: a full queue halts fetching for that long; 18k rec/s instead of 500k
}
AHEAD, LEAST, MOST = 64 << 20, 64 << 10, 1 << 20
"""Bytes that all readers together fetch ahead, and each of them. 4 MB read no faster."""
SLICE = 0.25
"""Seconds a job waits before it asks whether anybody still does."""


class Change(NamedTuple):
    """Something to be done to a consumer, and what was read before and is not to be handed out after it."""

    do: Callable[[Consumer], None]
    outdates: Callable[[Message], bool]


class Reader:
    """A consumer that is started once, read, and closed. Its methods are the loop's; `start` and jobs run in threads.

    `start` assigns or subscribes the new consumer. `on_ready` is called when `take` may have something, and now and
    then for nothing.
    """

    def __init__(
        self,
        connection: Connection,
        properties: Mapping[str, Any],
        start: Callable[[Consumer], None],
        on_ready: Callable[[], None],
    ) -> None:
        self._connection = connection
        connection.readers += 1
        ahead = min(MOST, max(LEAST, AHEAD // connection.readers))
        own = {**DEFAULTS, "queued.max.messages.kbytes": ahead >> 10, "max.partition.fetch.bytes": ahead}
        self._properties = {**own, **connection.properties, **properties, "error_cb": connection.complaints}
        self._start, self._on_ready = start, on_ready
        self._loop = asyncio.get_running_loop()
        self._consumer: Consumer | None = None
        self._held: list[Message] = []
        self._failure: KafkaError | None = None
        self._idle = asyncio.Event()
        """Set while no job is under way."""
        self._idle.set()
        self._closing: asyncio.Future[None] | None = None
        self._before: deque[Change] = deque()

    @property
    def started(self) -> Consumer | None:
        """The consumer, once it is there."""
        return self._consumer

    def take(self, limit: int) -> list[Message]:
        """What is there now, at most so many; when that is nothing, wait for it. KafkaError when it cannot start."""
        if not self._idle.is_set() or self._closing:
            return []
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        found, self._held = self._held, []
        if self._consumer is not None and not self._before and len(found) < limit:
            found += self._consumer.consume(limit - len(found), 0)
        if not found:
            self._idle.clear()
            self._connection.wait(self._wait)
        return found

    def change(self, do: Callable[[Consumer], None], outdates: Callable[[Message], bool]) -> None:
        """Change the consumer, in a thread, before anything else is taken from it."""
        self._before.append(Change(do, outdates))
        self._held = [message for message in self._held if not outdates(message)]

    def _wait(self) -> None:
        """The job: start if need be, carry out changes, wait for one record."""
        found: list[Message] = []
        failure: KafkaError | None = None
        try:
            if self._consumer is None:
                consumer = Consumer(self._properties)
                self._start(consumer)
                self._consumer = consumer
            for _ in range(len(self._before)):  # a change may ask to be made again, the next time
                self._before.popleft().do(self._consumer)
            if not self._closing:
                found = self._consumer.consume(1, SLICE)
        except KafkaException as error:
            failure = translated(error, self._connection.complaints)
        except RuntimeError as error:
            failure = KafkaError(str(error))
        self._loop.call_soon_threadsafe(self._woken, found, failure)

    def _woken(self, found: list[Message], failure: KafkaError | None) -> None:
        self._held = [message for message in found if not any(each.outdates(message) for each in self._before)]
        self._failure = failure
        self._idle.set()
        self._on_ready()

    def close(self) -> asyncio.Future[None]:
        """Close the consumer, in the background unless the future is awaited: it may take a moment."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        return self._closing

    async def _close(self) -> None:
        await self._idle.wait()
        self._connection.readers -= 1
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await self._connection.later(consumer.close)
