"""Reading records by their offset, without an instance: the calls of Redpanda, and what follows from them alone.

It describes no topics and tells no offsets, so partitions are found by trying their numbers, and the end of one by
trying offsets: those up to the end are answered, those beyond are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from ktui.errors import NotFound
from ktui.model import OffsetRange, Partition, Record, TopicPartition
from ktui.rest import codec, refusals
from ktui.rest.address import segment
from ktui.rest.consumer import SLACK_SECONDS, Consumer
from ktui.rest.wire import SUCCESS, Answer, Wire, refuse

PARALLEL = 8
OUT_OF_RANGE = 40002
NO_PARTITION = 40402
FIRST_SECONDS = 15.0
"""How long the first record of a partition may take to come through a group."""
QUIET_SECONDS = 3.0
"""How long after other partitions of the topic, which are dealt out together."""
BLANK_SECONDS = 30.0
"""How often a group is asked again about a partition that had no record to show."""
_HIGHEST = 2**63 - 1


class ByOffset:
    """The stateless calls of one proxy, and the edges of partitions as found so far."""

    def __init__(self, wire: Wire, instance: Callable[[], AbstractAsyncContextManager[Consumer]]) -> None:
        self._wire = wire
        self._instance = instance
        """A consumer in a group of its own: how the beginning is found when it is not 0."""
        self._edges: dict[TopicPartition, OffsetRange] = {}
        self._answered: dict[TopicPartition, int] = {}
        """The offset that a partition was last read at: one between its edges."""
        self._blank: dict[TopicPartition, float] = {}
        """Partitions that begin somewhere and hold nothing that would show where; when that was found."""
        self._searching: dict[str, asyncio.Lock] = {}

    async def read(
        self, tp: TopicPartition, offset: int, timeout_ms: int, max_bytes: int, format: str = "binary"
    ) -> Sequence[Record] | None:
        """Records from an offset on, empty at the end. None: the partition does not reach from before to there."""
        answer = await self._ask(tp, offset, timeout_ms, max_bytes, format)
        if answer.status in SUCCESS:
            self._answered[tp] = offset
            return codec.read(answer, lambda body: codec.records(body, format))
        self._insist(tp, answer)
        return None

    async def partitions(self, topic: str) -> tuple[Partition, ...]:
        """All of a topic; who leads them is not known. NotFound when there is not even the first."""
        found: list[Partition] = []
        while True:
            numbers = range(len(found), len(found) + (PARALLEL if found else 1))
            there = await asyncio.gather(*(self._exists(TopicPartition(topic, number)) for number in numbers))
            count = there.index(False) if False in there else len(there)
            found += [Partition(number) for number in numbers[:count]]
            if count < len(there):
                break
        if not found:
            await self.read(TopicPartition(topic, 0), 0, 0, 1)
        return tuple(found)

    async def edges(self, tp: TopicPartition, search: bool = False) -> OffsetRange:
        """Where a partition begins and ends, at about 2 log2 calls per record written since it was last asked.

        One that lost all its records is told as empty where it was last seen: no call would find it. With `search` it
        is looked for again, now and then."""
        known = self._edges.get(tp, OffsetRange(0, 0))
        beginning = await self._beginning(tp, known.beginning, search)
        end = known.end if beginning is None else await self._end(tp, beginning, known.end)
        self._edges[tp] = OffsetRange(end if beginning is None else beginning, end)
        return self._edges[tp]

    async def _beginning(self, tp: TopicPartition, known: int, search: bool) -> int | None:
        """None: it is nowhere to be found."""
        if await self._reach(tp, known) is not None:
            return known
        async with self._searching.setdefault(tp.topic, asyncio.Lock()):
            newer = self._edges.get(tp, OffsetRange(known, known)).beginning
            if newer != known and await self._reach(tp, newer) is not None:
                return newer
            answered = self._answered.get(tp)
            since = asyncio.get_running_loop().time() - self._blank.get(tp, -BLANK_SECONDS)
            if (tp not in self._blank or (search and since >= BLANK_SECONDS)) and await self._first_of_all(tp):
                return self._edges[tp].beginning
        if answered is not None and await self._reach(tp, answered) is not None:
            return answered  # and nothing before it
        return None

    async def _first_of_all(self, wanted: TopicPartition) -> bool:
        """A group that has never committed starts where partitions begin; its first records tell where that is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FIRST_SECONDS
        seen: dict[TopicPartition, int] = {}
        before = -1
        async with self._instance() as consumer:
            await consumer.subscribe([wanted.topic])
            while wanted not in seen or len(seen) > before:  # the others will be asked for next
                if loop.time() > deadline:
                    break
                before = len(seen)
                for record in await consumer.poll():
                    seen.setdefault(record.tp, record.offset)
                if len(seen) > before:
                    deadline = min(deadline, loop.time() + QUIET_SECONDS)
        for tp, offset in seen.items():
            self._edges[tp] = OffsetRange(offset, offset)
            self._blank.pop(tp, None)
        if wanted not in seen:
            self._blank[wanted] = loop.time()
        return wanted in seen

    async def _end(self, tp: TopicPartition, beginning: int, known: int) -> int:
        """The highest offset that is answered."""
        low = beginning
        if known > beginning and (reached := await self._reach(tp, known)) is not None:
            low = reached
        step, high = 1, _HIGHEST
        while high - low > 1:
            middle = low + step if high == _HIGHEST else (low + high) // 2
            reached = await self._reach(tp, middle)
            if reached is None:
                high = middle
            else:
                low = max(low, reached)
                step *= 2
        return low

    async def _reach(self, tp: TopicPartition, offset: int) -> int | None:
        """The offset after what is read there; None when it is out of range."""
        records = await self.read(tp, offset, 0, 1)
        if records is None:
            return None
        return max([offset, *(record.offset + 1 for record in records)])

    async def _exists(self, tp: TopicPartition) -> bool:
        answer = await self._ask(tp, 0, 0, 1, "binary")
        if answer.status == 404 and refusals.error_body(404, answer.body)[0] == NO_PARTITION:
            return False
        if answer.status not in SUCCESS:
            self._insist(tp, answer)
        return True

    async def _ask(self, tp: TopicPartition, offset: int, timeout_ms: int, max_bytes: int, format: str) -> Answer:
        if tp.partition < 0:
            raise NotFound(0, 0, f"There is no partition {tp.partition}")
        return await self._wire.request(
            "GET",
            f"{self._path(tp)}?offset={offset}&timeout={timeout_ms}&max_bytes={max_bytes}",
            accept=f"application/vnd.kafka.{format}.v2+json",
            seconds=timeout_ms / 1000 + SLACK_SECONDS,
            expect=(*SUCCESS, 400, 404),
            bulk=True,
        )

    def _insist(self, tp: TopicPartition, answer: Answer) -> None:
        """Raise for every refusal but that the offset is out of range."""
        if answer.status != 400 or refusals.error_body(400, answer.body)[0] != OUT_OF_RANGE:
            raise refuse("GET", self._path(tp), answer)

    def _path(self, tp: TopicPartition) -> str:
        return f"/topics/{segment(tp.topic)}/partitions/{tp.partition}/records"
