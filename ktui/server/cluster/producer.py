"""Writing to a cluster: one idempotent producer, answered only when the broker has acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec
from confluent_kafka import KafkaError as Code
from confluent_kafka import KafkaException, Message, Producer

from ktui.model import Draft
from ktui.server.cluster.connection import Connection
from ktui.server.cluster.errors import Complaints, translated
from ktui.server.cluster.hand import Hand
from ktui.server.cluster.topics import Topics
from ktui.server.kafka import InvalidTopic, KafkaError, RetriableError, Stored, TooLarge, UnknownTopic

DEFAULTS: Mapping[str, Any] = {
    "enable.idempotence": True,
    "acks": "all",
    "partitioner": "murmur2_random",  # as Java clients choose
    "message.timeout.ms": 30_000,
    "message.max.bytes": 1_048_576,
    "queue.buffering.max.kbytes": 131_072,
}
LINGER = {"linger.ms", "queue.buffering.max.ms"}
"""One setting by its two names: whoever sets it wants records to wait for others."""
OVERHEAD = 88
"""What a Java client counts for a record beside its key and value when it checks the size."""
KNOWN_FOR = 60.0
"""Seconds for which a topic is believed to have the partitions that it had."""
Refusal = Callable[[Draft], KafkaError | None]
"""Tells what keeps a record from being written."""
ANY = -1
"""The partition of a record that may go to each."""
ROOM = 0.005
"""Seconds until a full queue is tried again."""


class Batch:
    """Records that are answered together."""

    def __init__(self, count: int, failure: Callable[[Code, Message], KafkaError]) -> None:
        self.results: list[Stored | KafkaError] = [KafkaError("never written")] * count
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.failure = failure
        """Tells what a bad report means."""
        self._loop = asyncio.get_running_loop()
        self._left = count

    def put(self, index: int, result: Stored | KafkaError) -> None:
        """Note what became of one, in the producer's thread."""
        self.results[index] = result
        self._left -= 1
        if not self._left:
            self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


class Waiting(msgspec.Struct, gc=False):
    """A record that is under way: librdkafka calls it with its report, in the producer's thread.

    There is one for each record. A `partial` would be known to the garbage collector, and be called through another
    function: 1000 records took a third longer.
    """

    batch: Batch
    index: int

    def __call__(self, error: Code | None, message: Message) -> None:
        if error is None:
            stored = Stored(message.partition() or 0, message.offset() or 0, message.timestamp()[1])
            self.batch.put(self.index, stored)
        else:
            self.batch.put(self.index, self.batch.failure(error, message))


class Writer:
    """The producer of this process.

    librdkafka takes half a second to a second to become idempotent, so `warm` has it begin before there is anything
    to write. What it then complains of is of no interest to those who only read.
    """

    def __init__(self, connection: Connection, topics: Topics, metadata_wait: float = 3.0) -> None:
        self._connection, self._topics = connection, topics
        self._complaints = Complaints()
        self._metadata_wait = metadata_wait
        """Seconds an unknown topic or partition is waited for (max.block.ms)."""
        self._properties = {**DEFAULTS, **connection.properties}
        self._largest = int(self._properties["message.max.bytes"])
        self._properties["message.max.bytes"] = self._largest + OVERHEAD
        self._hand: Hand | None = None
        self._making = asyncio.Lock()
        self._known: dict[str, tuple[int, float]] = {}
        self._hands: list[Hand] = []
        self._running: set[asyncio.Task[Any]] = set()

    async def write(self, drafts: Sequence[Draft]) -> Sequence[Stored | KafkaError]:
        """Write records in order; what became of each. Goes on when it is cancelled."""
        task = asyncio.ensure_future(self._write(drafts))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _write(self, drafts: Sequence[Draft]) -> Sequence[Stored | KafkaError]:
        if not drafts:
            return []
        batch = Batch(len(drafts), self._failure)
        refusals = {}
        for topic in {draft.topic for draft in drafts}:
            if (refusal := await self._refusal(topic, drafts)) is not None:
                refusals[topic] = refusal
        hand = await self._made()
        hand.do(partial(self._hand_over_all, drafts, refusals, batch))
        await batch.ended
        return batch.results

    def _hand_over_all(
        self, drafts: Sequence[Draft], refusals: Mapping[str, Refusal], batch: Batch, producer: Producer
    ) -> None:
        """Give records to librdkafka, in the producer's thread."""
        small = self._largest - OVERHEAD
        for index, draft in enumerate(drafts):
            refusal = refusals[draft.topic](draft) if draft.topic in refusals else None
            if refusal is None and (draft.headers or len(draft.value or b"") + len(draft.key or b"") > small):
                refusal = self._oversized(draft)
            if refusal is not None:
                batch.put(index, refusal)
                continue
            while not self._hand_over(producer, draft, Waiting(batch, index)):
                producer.poll(ROOM)

    def _hand_over(self, producer: Producer, draft: Draft, waiting: Waiting) -> bool:
        """Give a record to librdkafka; False when it has no room now."""
        place = ANY if draft.partition is None else draft.partition
        try:
            if draft.timestamp is None and not draft.headers:  # by position: names cost a quarter of the call
                producer.produce(draft.topic, draft.value, draft.key, place, waiting)
            else:
                more: dict[str, Any] = {} if draft.timestamp is None else {"timestamp": draft.timestamp}
                if draft.headers:
                    more["headers"] = [(header.key, header.value) for header in draft.headers]
                producer.produce(draft.topic, draft.value, draft.key, place, waiting, **more)
        except BufferError:
            return False
        except KafkaException as error:
            waiting.batch.put(waiting.index, translated(error, self._complaints))
        except (TypeError, ValueError) as error:
            waiting.batch.put(waiting.index, KafkaError(str(error)))
        return True

    def _failure(self, error: Code, message: Message) -> KafkaError:
        """What librdkafka's report of a record means that was not written, in the producer's thread."""
        found = translated(error, self._complaints)
        if error.fatal() and self._hand is not None:  # the next record gets another producer
            self._hand.stop()
            self._hand = None
        if isinstance(found, UnknownTopic):
            self._known.pop(message.topic() or "", None)
            return RetriableError(str(found))
        return found

    def _oversized(self, draft: Draft) -> TooLarge | None:
        size = len(draft.key or b"") + len(draft.value or b"") + OVERHEAD
        if draft.headers:
            size += sum(len(header.key.encode()) + len(header.value or b"") + 10 for header in draft.headers)
        if size <= self._largest:
            return None
        return TooLarge(
            f"The message is {size} bytes when serialized which is larger than {self._largest}, "
            "which is the value of the max.request.size configuration."
        )

    # what there is to write to

    async def _refusal(self, topic: str, drafts: Sequence[Draft]) -> Refusal | None:
        """Tells whether a record for this topic has nowhere to go; None when all have."""
        highest = max((draft.partition or 0 for draft in drafts if draft.topic == topic), default=0)
        try:
            count = await self._count(topic, highest)
        except KafkaError as error:
            found = error
            return lambda draft: found
        if count > highest:
            return None
        waited = round(self._metadata_wait * 1000)

        def refused(draft: Draft) -> KafkaError | None:
            if count and (draft.partition or 0) < count:
                return None
            if not count:
                return RetriableError(f"Topic {topic} not present in metadata after {waited} ms.")
            return RetriableError(
                f"Partition {draft.partition} of topic {topic} with partition count {count} "
                f"is not present in metadata after {waited} ms."
            )

        return refused

    async def _count(self, topic: str, highest: int) -> int:
        """How many partitions a topic has, 0 when there is none of that name; waits for what is not there yet."""
        known = self._known.get(topic)
        if known and highest < known[0] and time.monotonic() < known[1]:
            return known[0]
        until = time.monotonic() + self._metadata_wait
        asked = False
        while True:
            try:
                count = len(await self._topics.partitions(topic))
            except UnknownTopic:
                count = 0
            if count:
                if known and count > known[0]:
                    await self._ask(topic)  # else librdkafka believes for minutes in what it has seen
                self._known[topic] = count, time.monotonic() + KNOWN_FOR
            if count > highest or time.monotonic() >= until:
                return count
            if not count and not asked:  # brokers that make topics by themselves do so when a producer asks
                asked = True
                await self._ask(topic)
            await asyncio.sleep(min(0.1, self._metadata_wait))

    async def _ask(self, topic: str) -> None:
        hand = await self._made()
        found = await self._connection.blocking(hand.producer.list_topics, topic, timeout=self._connection.answer)
        error = found.topics[topic].error if topic in found.topics else None
        if error is not None and isinstance(refused := translated(error), InvalidTopic):
            raise refused

    # the producer

    def warm(self) -> None:
        """Make the producer in the background."""
        task = asyncio.ensure_future(self._begin())
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _begin(self) -> None:
        with suppress(KafkaError):  # the first record will tell
            await self._made()

    async def _made(self) -> Hand:
        async with self._making:
            if self._hand is None:
                properties = {**self._properties, "error_cb": self._complaints}
                producer = await self._connection.blocking(Producer, properties)
                self._hand = Hand(producer, lingers=not LINGER.isdisjoint(properties))
                self._hands.append(self._hand)
            return self._hand

    async def aclose(self) -> None:
        """Wait until everything that was taken is written or given up."""
        while self._running:
            await asyncio.wait(tuple(self._running))
        for hand in self._hands:
            hand.stop()
            await asyncio.to_thread(hand.join)
        self._hand = None
