"""One example as it is lived through: a sandbox, a stream that reads it, what happens to both, and the reckoning."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing

from ktui.errors import Conflict, ConsumerGone
from ktui.model import Gap, Record, TopicPartition
from ktui.records.batch import Batch
from ktui.records.bounds import Bounds
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.server.flavours import FLAVOURS
from ktui.server.memory.log import PartitionLog
from ktui.server.sandbox import Sandbox
from tests.property.plans import SCALE, Plan, Step, dialect
from tests.property.watching import Watching

LATENCY = 0.004
LONGEST = 3600.0
"""Seconds, of virtual time, after which what has not come will not come."""


class World:
    """A topic `t` on one flavour."""

    def __init__(self, letter: str, plan: Plan) -> None:
        loop = asyncio.get_running_loop()
        self.plan = plan
        self.sandbox = Sandbox(clock=loop.time, sleep=asyncio.sleep, flavour=FLAVOURS[letter])
        self.sandbox.faults.latency = LATENCY
        self.topic = self.sandbox.topics.create("t", plan.partitions)
        self.watching = Watching()
        transport = self.watching.over(self.sandbox.transport())
        self.client = ProxyClient("http://sandbox", transport=transport, dialect=dialect(letter, plan))
        self.written: dict[int, dict[int, Record]] = {n: {} for n in range(plan.partitions)}
        self.shown: dict[int, list[Record]] = {n: [] for n in range(plan.partitions)}
        self.gaps: list[Gap] = []
        self.batches: Counter[str] = Counter()
        self.stops = 0
        """Times the stream ended with a sentence and was begun again."""
        self._fill()
        self.start = {self._tp(n): self._place(log) for n, log in enumerate(self.topic.partitions)}
        self.until = None if plan.end is None else {self._tp(n): self._last(n, plan.end) for n in self.written}
        self._begin(self.start)

    @staticmethod
    def _tp(number: int) -> TopicPartition:
        return TopicPartition("t", number)

    def _place(self, log: PartitionLog) -> int:
        return log.beginning + (log.end - log.beginning) * self.plan.start // 1000

    def _last(self, number: int, end: int) -> int:
        start = self.start[self._tp(number)]
        return start + (self.topic.partitions[number].end - start) * end // 1000

    # the topic

    def _fill(self) -> None:
        plan = self.plan
        for n in range(plan.bulk):
            self.append(n, 8)
        for n, size in enumerate(plan.sizes):
            self.append(n, size)
        for log in self.topic.partitions:
            log.compact({log.end - 1 - each for each in plan.dropped})
            log.truncate(min(plan.truncated, log.end))

    def append(self, where: int, size: int, value: bytes | None = None) -> None:
        number = where % self.plan.partitions
        if value is None:
            value = b'"' + b"x" * (size - 2) + b'"' if size > 2 else b"7" * size if size else None
        record = self.sandbox.topics.append("t", number, None, value)
        self.written[number][record.offset] = record

    # the reader

    def _begin(self, positions: dict[TopicPartition, int]) -> None:
        loop = asyncio.get_running_loop()
        format = "json" if self.plan.json else "binary"
        self.stream = Stream(
            self.client,
            positions,
            bounds=Bounds(self.until),
            format=format,
            lanes=self.plan.lanes,
            scale=SCALE,
            clock=loop.time,
        )
        self.task = asyncio.create_task(self._read(self.stream))

    async def _read(self, stream: Stream) -> None:
        while not stream.done:
            try:
                async with aclosing(stream.batches()) as batches:
                    async for batch in batches:
                        self._take(batch)
            except (ConsumerGone, Conflict):  # one fault after the other: a person presses "again"
                self.stops += 1

    def _take(self, batch: Batch) -> None:
        self.batches["read"] += 1
        self.batches["trouble"] += batch.trouble is not None
        self.batches["note"] += len(batch.notes)
        self.gaps += batch.gaps
        for record in batch.records:
            self.shown[record.partition].append(record)

    async def _stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    # what happens

    async def live(self, step: Step) -> None:
        faults, amount, where = self.sandbox.faults, step.amount, step.where % self.plan.partitions
        log = self.topic.partitions[where]
        match step.kind:
            case "append":
                for n in range(amount):
                    self.append(where + n % 2, (n * 97 + amount * 31) % 2500)
            case "hollow":
                for _ in range(1 + amount % 4):
                    self.append(where, 0)
            case "poison":
                self.append(where, 0, b"{not json" + b"!" * amount)
            case "compact":
                log.compact({log.end - 1 - each for each in range(0, amount, 3)})
            case "truncate":
                log.truncate(log.end - amount)
            case "skip":
                log.skip(1 + amount % 3)
            case "expire" | "restart":
                getattr(faults, step.kind)()
            case "busy":
                faults.fail_next(503, times=1 + amount % 3)
            case "asked to wait":
                faults.fail_next(429, path="consumers", headers={"Retry-After": str(amount)})
            case "gateway":
                faults.fail_next(502, times=1 + amount % 2, body="<html>Bad Gateway</html>")
            case "gone":
                faults.fail_next(
                    404, path="^[GP].*/instances", body='{"error_code":40403,"message":"no such instance"}'
                )
            case "cut":
                faults.cut_bodies(1 + amount % 3)
            case "away":
                faults.refuse = True
                await asyncio.sleep(amount * 2)
                faults.refuse = False
            case "refused seeks":
                faults.refuse_seeks(1 + amount % 4)
            case "cancelled":
                await self._stop()
                self._begin(dict(self.stream.positions))
            case "paused":
                self.stream.pause()
                await asyncio.sleep(amount * 40)  # beyond the life of an instance
                self.stream.resume()

    # the reckoning

    async def finish(self) -> None:
        """The faults end; a last record with bytes in every partition ends the example."""
        faults = self.sandbox.faults
        faults.failures.clear()
        faults.cuts = faults.refused_seeks = 0
        for number in self.written:
            self.append(number, 5)
        deadline = asyncio.get_running_loop().time() + LONGEST
        while not self._complete():
            assert asyncio.get_running_loop().time() < deadline, f"{self.stream.positions} and no further"
            await asyncio.sleep(0.25)
        await self._stop()
        await self.client.aclose()

    def _complete(self) -> bool:
        """The stream ended, as it was to, or is at the end of every partition."""
        if self.task.done():
            self.task.result()
            return self.until is not None
        return all(self.stream.positions[self._tp(n)] == log.end for n, log in enumerate(self.topic.partitions))

    def reckon(self) -> None:
        """Every record that is there was shown once and in order; gaps are real; nothing is left behind."""
        assert not self.watching.offences
        assert not self.sandbox.instances, "instances are left"
        for number, log in enumerate(self.topic.partitions):
            start = self.start[self._tp(number)]
            end = log.end if self.until is None else self.until[self._tp(number)]
            shown = [record.offset for record in self.shown[number]]
            assert shown == sorted(set(shown)), f"partition {number}: twice, or out of order: {shown}"
            held = {record.offset for record in log.read(start, log.end) if record.offset < end}
            assert held <= set(shown), f"partition {number}: lost {sorted(held - set(shown))}"
            written = {offset: record for offset, record in self.written[number].items() if start <= offset < end}
            assert set(shown) <= written.keys(), f"partition {number}: never written"
            if not self.plan.json:
                for record in self.shown[number]:
                    assert (record.value or None) == (written[record.offset].value or None)
            missing = {n for gap in self.gaps if gap.partition == number for n in range(gap.first, gap.last + 1)}
            assert not missing & held, f"partition {number}: a gap where records are: {sorted(missing & held)}"

    @property
    def records(self) -> int:
        return sum(map(len, self.shown.values()))


async def lived(letter: str, plan: Plan) -> World:
    """One example from beginning to end."""
    world = World(letter, plan)
    try:
        for step in plan.steps:
            await world.live(step)
            await asyncio.sleep(step.seconds)
        await world.finish()
        world.reckon()
    finally:
        await world._stop()
        await world.sandbox.aclose()
    return world
