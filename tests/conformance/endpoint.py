"""The server that is asked, and the time it lives in: the sandbox in this process, on a socket, or a real proxy."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import httpx

from ktui.model import Header, TopicPartition
from ktui.server.memory.load import LoadedRecord, LoadedTopic, add_topic
from ktui.server.sandbox import Sandbox
from tests.clock import Clock
from tests.conformance.suite import FIRST_TIMESTAMP, Json, Topic


class Endpoint:
    """A server at an address, in real time. Without a broker of its own, Kafka's own steps are left out."""

    def __init__(self, base: str, client: httpx.AsyncClient) -> None:
        self.base, self.client = base, client

    def now(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let the server go on by itself."""
        await asyncio.sleep(seconds)

    async def kafka(self, what: str, *arguments: Json) -> Json:
        """A step of an independent Kafka client, or NotImplemented."""
        return NotImplemented


class InProcess(Endpoint):
    """The sandbox in this process, in a time of its own, with the topics of a case."""

    def __init__(self, sandbox: Sandbox, clock: Clock, client: httpx.AsyncClient) -> None:
        super().__init__("http://sandbox", client)
        self._sandbox, self._clock = sandbox, clock
        self._member: str | None = None

    def now(self) -> float:
        return self._clock()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    async def kafka(self, what: str, *arguments: Json) -> Json:
        return getattr(self, f"_{what}")(*arguments)

    def _committed(self, group: str, topic: str) -> Json:
        found = self._sandbox.groups.committed.get(group, {})
        return {str(tp.partition): offset for tp, offset in sorted(found.items()) if tp.topic == topic} or None

    def _delete_topic(self, topic: str) -> Json:
        self._sandbox.topics.delete(topic)
        return "deleted"

    def _create_topic(self, topic: str, records: int) -> Json:
        self._sandbox.topics.delete(topic)
        self._sandbox.topics.create(topic)
        for n in range(records):
            self._sandbox.topics.append(topic, 0, None, b'{"again":%d}' % n, timestamp=FIRST_TIMESTAMP + 1000 * n)
        return "created"

    def _add_partition(self, topic: str, total: int) -> Json:
        self._sandbox.topics.grow(topic, total)
        self._sandbox.topics.append(topic, total - 1, None, b'{"new":true}')
        return total

    def _join(self, group: str, topic: str) -> Json:
        self._member = group
        counts = {topic: len(self._sandbox.topics[topic].partitions)}
        self._sandbox.groups.join(group, "other", frozenset([topic]), counts)
        given: Iterable[TopicPartition] = self._sandbox.groups.given(group, "other")
        return [tp.partition for tp in given]

    def _leave(self) -> Json:
        if self._member is not None:
            self._sandbox.groups.leave(self._member, "other", {})
        return "left"


def load(sandbox: Sandbox, name: str, topic: Topic) -> None:
    """Make a topic of a case with its records."""
    records = [
        LoadedRecord(
            r.partition,
            r.key,
            r.value,
            FIRST_TIMESTAMP + 1000 * place,
            tuple(Header(key, value) for key, value in r.headers),
            r.transaction,
        )
        for place, r in enumerate(topic.records)
    ]
    add_topic(sandbox.topics, LoadedTopic(name, topic.partitions, {"retention.ms": "-1", **topic.config}, records))
