"""A consumer that is no instance: it keeps positions itself and reads every partition by its offset.

It stands where an instance would, so that nobody above notices. Nothing is lost with a read that is given up: the
proxy holds no state, and what was on its way is handed out by the next one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from types import TracebackType

from ktui.errors import Conflict, ProxyError, Unsupported
from ktui.model import Positions, Record, TopicPartition, total_size
from ktui.rest.by_offset import PARALLEL, ByOffset
from ktui.rest.consumer import Consumer, Read
from ktui.rest.course import AT_ONCE, Course
from ktui.rest.dialect import MIB, Dialect, Gear
from ktui.rest.instances import Instance
from ktui.rest.wire import Wire

AGAIN_SECONDS = 0.1
"""Between two looks at a partition that had nothing: the proxy may answer at once, whatever `timeout` says."""


class DirectConsumer(Consumer):
    """Assign, seek and poll over single reads. Groups and subscriptions need an instance."""

    def __init__(self, wire: Wire, calls: ByOffset, dialect: Dialect, gear: Gear, format: str) -> None:
        super().__init__(wire, Instance("", "", b""), dialect, gear, format)
        self._calls = calls
        self._positions: dict[TopicPartition, int | None] = {}
        """None: from the beginning, wherever that is."""
        self._turns: deque[TopicPartition] = deque()
        """Assigned partitions; the one that waited longest is first."""
        self._asked: dict[TopicPartition, asyncio.Task[list[Record]]] = {}

    async def assign(self, tps: Iterable[TopicPartition]) -> None:
        """Read exactly these. Those that stay keep their positions."""
        self.forget()
        self._positions = {tp: self._positions.get(tp) for tp in tps}
        self._turns = deque(self._positions)

    async def assignments(self) -> list[TopicPartition]:
        return list(self._positions)

    async def seek(self, positions: Positions, *, settling: bool = False) -> None:
        if unknown := [tp for tp in positions if tp not in self._positions]:
            raise Conflict(409, 40903, f"{unknown[0]} is not assigned")
        for tp in positions:
            self._forget(tp)
        self._positions.update(positions)

    async def seek_beginning(self, tps: Iterable[TopicPartition]) -> None:
        await self.seek({tp: (await self._calls.edges(tp)).beginning for tp in tps})

    async def seek_end(self, tps: Iterable[TopicPartition]) -> None:
        """Takes effect at once."""
        await self.seek({tp: (await self._calls.edges(tp)).end for tp in tps})

    async def read(
        self,
        timeout_ms: int | None = None,
        max_bytes: int | None = None,
        course: Course = AT_ONCE,
    ) -> Read:
        """What the first partitions to answer have. `max_bytes` is for each of them. They are asked together as it is:
        `course` is not told when an answer begins."""
        await course.turn()
        self._check()
        timeout_ms = self.gear.timeout_ms if timeout_ms is None else timeout_ms
        max_bytes = self.gear.max_bytes if max_bytes is None else max_bytes
        self._reading = True
        try:
            self._ask_all(timeout_ms, max_bytes or MIB)
            course.sent()
            if not self._asked:
                await asyncio.sleep(timeout_ms / 1000)
            else:
                await asyncio.wait(self._asked.values(), timeout=timeout_ms / 1000, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._reading = False
        records = self._harvest()

        async def found() -> list[Record]:
            return records

        return Read(found, total_size(records), max_bytes)

    async def subscribe(self, topics: Iterable[str] = (), *, pattern: str | None = None) -> None:
        raise self._no_group("subscribe")

    async def committed(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        raise self._no_group("tell committed offsets")

    async def commit(self, positions: Positions | None = None) -> None:
        raise self._no_group("commit")

    def forget(self) -> None:
        """Give up what is under way."""
        for tp in list(self._asked):
            self._forget(tp)

    def _ask_all(self, timeout_ms: int, max_bytes: int) -> None:
        """Ask partitions in turn, a few at once; the more there are, the shorter each is waited for."""
        wait_ms = timeout_ms * PARALLEL // max(len(self._turns), PARALLEL)
        for tp in list(self._turns):
            if len(self._asked) >= PARALLEL:
                break
            if tp not in self._asked:
                task = asyncio.ensure_future(self._read(tp, wait_ms, max_bytes))
                task.add_done_callback(_seen)
                self._asked[tp] = task
                self._turns.remove(tp)
                self._turns.append(tp)

    async def _read(self, tp: TopicPartition, timeout_ms: int, max_bytes: int) -> list[Record]:
        """Records of one partition, or none after the wait."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_ms / 1000
        while True:
            position = self._positions[tp]
            if position is None:
                position = self._positions[tp] = (await self._calls.edges(tp)).beginning
            left_ms = max(0, round((deadline - loop.time()) * 1000))
            found = await self._calls.read(tp, position, left_ms, max_bytes, self._format)
            if found is None:  # as the reset policy of an instance does, which is always earliest here
                self._positions[tp] = (await self._calls.edges(tp, search=True)).beginning
            elif found:
                records = [record for record in found if record.offset >= position]
                # A batch may begin before the offset that was asked for; without any from there on, its record is gone.
                self._positions[tp] = records[-1].offset + 1 if records else position + 1
                if records:
                    return records
            if loop.time() + AGAIN_SECONDS > deadline:
                return []
            if not found:
                await asyncio.sleep(AGAIN_SECONDS)

    def _harvest(self) -> list[Record]:
        """The records that have come. A failure waits until there are none to hand out before it."""
        records: list[Record] = []
        failed: list[TopicPartition] = []
        for tp, task in list(self._asked.items()):
            if task.done():
                if isinstance(task.exception(), ProxyError):
                    failed.append(tp)
                else:
                    records += self._asked.pop(tp).result()
        if failed and not records:
            self._asked.pop(failed[0]).result()
        return records

    def _forget(self, tp: TopicPartition) -> None:
        if task := self._asked.pop(tp, None):
            if task.done() and not task.cancelled() and task.exception() is None and task.result():
                self._positions[tp] = task.result()[0].offset
            task.cancel()

    def _no_group(self, verb: str) -> Unsupported:
        return Unsupported(f"{self._dialect.name} can only {verb} for a group: name one when opening the consumer")


class OpenDirect:
    """The `async with` around one. Leaving it awaits nothing and leaves nothing on the proxy."""

    def __init__(self, consumer: DirectConsumer) -> None:
        self._consumer = consumer

    async def __aenter__(self) -> Consumer:
        return self._consumer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._consumer.forget()


def _seen(task: asyncio.Task[list[Record]]) -> None:
    if not task.cancelled():
        task.exception()  # seen: who leaves does not ask for it
