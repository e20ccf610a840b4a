"""Stream: the records of some partitions from some positions on, each once and in order, for as long as one likes.

Positions are ours. Whatever happens to a consumer instance (it expires, the proxy restarts, a read is cut, Karapace
throws records away, another gear is needed) the answer is the same: open a new one at our positions.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping

from ktui.errors import Busy, Conflict, ConsumerGone, ProxyError, Unreachable
from ktui.model import Gap, OffsetRange, Positions, Record, TopicPartition
from ktui.records.batch import Batch, Trouble
from ktui.records.opening import open_at
from ktui.records.pace import Pace
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer

__all__ = ["Batch", "Stream", "Trouble"]

BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries while the proxy is away, give or take a fifth."""
LONGEST_RETRY_AFTER = 300.0
LOSSES = 3
"""Instances lost in a row, without a read between, that are taken as bad luck."""
LOOK_SECONDS = 10.0
"""How often an idle stream asks where its partitions end: a topic made again is never reported (reference 2.13)."""


class Stream:
    """Reads on by itself. One task iterates `batches`; the verbs may be called meanwhile."""

    def __init__(
        self,
        client: ProxyClient,
        positions: Positions,
        *,
        ranges: Mapping[TopicPartition, OffsetRange] | None = None,
        format: str = "binary",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.positions: dict[TopicPartition, int] = dict(positions)
        """Next offset per partition; advances as batches are handed out."""
        self.ranges: dict[TopicPartition, OffsetRange] = dict(ranges or {})
        """Where the partitions began and ended when last asked. `ranges` given at the start save the first asking."""
        self._client = client
        self._format = format
        self._sleep = sleep
        self._clock = clock
        self._pace = Pace(client.dialect)
        self._going = asyncio.Event()
        self._going.set()
        self._again = asyncio.Event()
        self._looked = clock() if ranges and ranges.keys() >= self.positions.keys() else float("-inf")
        self._reopen = False
        self._look_due = False
        self._suspect = False
        """Records may have been thrown away between reads of this instance."""
        self._failures = 0
        self._losses = 0
        self._failed_at: dict[TopicPartition, int] | None = None
        self._told = False

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    def pause(self) -> None:
        """Stop asking after the answer under way, whose records still come. The place is kept however long."""
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def retry_now(self) -> None:
        """Cut the wait after a trouble short."""
        self._again.set()

    @property
    def behind(self) -> int:
        """Records between our positions and the ends last heard of; offsets that are no records count too."""
        return sum(
            max(0, bounds.end - max(bounds.beginning, self.positions[tp]))
            for tp, bounds in self.ranges.items()
            if tp in self.positions
        )

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """One batch per answer, forever. Raises ProxyError for what waiting will not heal."""
        while True:
            await self._going.wait()
            try:
                if notes := await self._look(1.0):
                    yield Batch(notes=notes)
                self._pace.choose(self.behind)
                async with self._client.consumer(gear=self._pace.gear, format=self._format) as consumer:
                    await open_at(consumer, self.positions, self._sleep)
                    self._reopen = self._suspect = False
                    yield Batch()
                    while not self._reopen:
                        await self._going.wait()
                        yield await self._next(consumer)
                        if self._look_due:
                            if notes := await self._look(0.0):
                                yield Batch(notes=notes)
                            self._reopen |= self._pace.choose(self.behind) or bool(notes)
                continue
            except (ConsumerGone, Conflict):
                self._losses += 1
                if self._losses > LOSSES:
                    raise
                continue
            except (Unreachable, Busy) as error:
                trouble = self._trouble(error)
            yield Batch(trouble=trouble)
            await self._wait(trouble.retry_in)

    async def _next(self, consumer: Consumer) -> Batch:
        """One read, and what it means for the next one."""
        consumer.gear = self._pace.gear
        self._look_due = False
        behind = self.behind
        starting = consumer.starting and behind > 0
        timeout_ms = None if starting else self._pace.gear.timeout_ms
        try:
            received = await consumer.poll(timeout_ms, self._pace.max_bytes)
        except Busy as error:
            return self._passed_over(error)
        self._failures = self._losses = 0
        batch = self._accept(received)
        if self._pace.beyond(received):
            self._suspect = True
        elif self._suspect and not received and behind > 0:  # all that was left has been thrown away
            self._reopen = True
        worth = self._pace.after(received, self.behind) if received or not starting else False
        patience = max(LOOK_SECONDS, len(self.positions) / 2)
        self._look_due = worth or (not batch.records and self._clock() - self._looked >= patience)
        return batch  # with no await since the positions advanced: cancelled there, its records would be lost

    def _accept(self, received: Iterable[Record]) -> Batch:
        """What of a read is next for us: nothing twice, nothing missing unless it is really not there."""
        batch = Batch()
        positions = self.positions
        for record in received:
            tp = record.tp
            position = positions.get(tp)
            if position is None:
                continue
            if record.offset != position:
                if record.offset < position:  # the topic may be another one now
                    self._looked = float("-inf")
                    continue
                if self._suspect:  # go back; what is still missing from a new instance is really missing
                    self._reopen = True
                    continue
                batch.gaps.append(Gap(tp.topic, tp.partition, position, record.offset - 1))
            positions[tp] = record.offset + 1
            batch.records.append(record)
        return batch

    async def _look(self, age: float) -> list[Note]:
        """Ask where the partitions end, unless that was heard within `age` seconds. NotFound when a topic is gone."""
        if self._clock() - self._looked < age:
            return []
        by_topic: dict[str, list[int]] = {}
        for topic, partition in self.positions:
            by_topic.setdefault(topic, []).append(partition)
        for topic, partitions in by_topic.items():
            self.ranges.update(await self._client.ranges(topic, partitions))
        self._looked = self._clock()
        notes = []
        for tp, position in self.positions.items():
            bounds = self.ranges[tp]
            if bounds.end < position:
                notes.append(
                    Note(f"{tp} ends at {bounds.end}, before our {position}: made again, so read from its start")
                )
                self.positions[tp] = bounds.beginning
        return notes

    def _passed_over(self, error: Busy) -> Batch:
        """Karapace answers 500 when it has nothing but records without key and value, every time one reads there.
        The second time at the same place they are left behind, and later seen as a gap."""
        if not self._client.dialect.fails_on_empty_records or error.status != 500:
            raise error
        if self._failed_at != self.positions:
            self._failed_at, self._told = dict(self.positions), False
            raise error
        notes = [] if self._told else [Note("The proxy answers 500 for records without key and value: passed over")]
        self._told = True
        return Batch(notes=notes)

    def _trouble(self, error: ProxyError) -> Trouble:
        seconds = BACK_OFF[min(self._failures, len(BACK_OFF) - 1)] * random.uniform(0.8, 1.2)
        self._failures += 1
        if isinstance(error, Busy) and error.retry_after is not None:
            seconds = max(seconds, min(error.retry_after, LONGEST_RETRY_AFTER))
        return Trouble(error, seconds)

    async def _wait(self, seconds: float) -> None:
        """Sleep, or less when told to try now."""
        self._again.clear()
        waiting = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._again.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
