"""Several instances at once over a long way, each with partitions of its own, or with stretches of the same one.

Measured on real servers: eight read Confluent's proxy four times as fast as one, two read Karapace and Strimzi 1.3
times as fast, and more of them slower. Order within a partition is kept here: a stretch is handed out when all before
it has been. Whatever goes wrong ends all of them, and who asked goes on alone from its own positions.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Protocol

import msgspec

from ktui.errors import KtuiError
from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.batch import Batch

MIB = 1024 * 1024
MOST_STRETCHES = 1000
"""Of one run; what lies beyond is for the next one. Of a partition with a billion records all of them would be 100,000:
130 MB, and 0.2 s in which no key is heard, whenever reading goes on."""


class Scale(msgspec.Struct, frozen=True):
    """From where on lanes pay, and what they may hold."""

    far: int = 30_000
    """Records behind from which several instances pay for being opened."""
    first_far: int = 5000
    """The same where they bring the first record sooner, whether all of that is wanted or not. Of six partitions with
    180 B each, Confluent's proxy: one instance 0.17 s with 600 records to the ends, 0.5 s with 12,000, 1.16 s with
    36,000; six of them 0.2 to 0.36 s."""
    slow_seconds: float = 0.5
    """How long one alone may bring nothing there, of more partitions than there may be instances. A broker sends whole
    batches: where those are large, the last records of 48 partitions took one instance 4.6 s, however few they were."""
    stretch: int = 10_000
    """Offsets that one of them reads of a partition that several share."""
    waiting_bytes: int = 48 * MIB
    """Answers that may wait for those before them."""


class Disturbed(KtuiError):
    """Something happened that one reader alone must look into."""


class Reader(Protocol):
    """What reads one lane: a Stream with an end."""

    positions: dict[TopicPartition, int]

    @property
    def done(self) -> bool: ...

    def batches(self) -> AsyncGenerator[Batch, None]: ...


class Stretch(msgspec.Struct, eq=False):
    """Some partitions, each from an offset up to another, read by one instance."""

    start: dict[TopicPartition, int]
    stop: dict[TopicPartition, int]
    waiting: deque[tuple[Batch, dict[TopicPartition, int]]] = msgspec.field(default_factory=deque)
    """Batches with the positions after them."""
    bytes: int = 0
    """Of the answers that wait."""
    ended: bool = False

    @property
    def offsets(self) -> int:
        return sum(self.stop[tp] - at for tp, at in self.start.items())


def share_out(
    positions: Positions, ranges: Mapping[TopicPartition, OffsetRange], lanes: int, stretch: int, *, quick: bool = False
) -> tuple[list[Stretch], bool]:
    """What to read up to the ends of `ranges`, or a good part of it, in the order in which it is to be begun, and
    whether partitions are shared.

    Partitions stay whole when there are enough of them for half of the lanes: an instance per stretch costs its
    opening. `quick`: one of them is read by itself at first, since of one the first record comes sooner than of many.
    """
    stops = {tp: bounds.end for tp, bounds in ranges.items() if bounds.end > positions.get(tp, bounds.end)}
    left = {tp: ranges[tp].end - max(ranges[tp].beginning, positions[tp]) for tp in stops}
    if len(left) >= max(2, lanes // 2):
        shares = [Stretch({}, {}) for _ in range(min(lanes, len(left)))]
        for tp in sorted(left, key=lambda tp: -left[tp]):
            least = min(shares, key=lambda share: share.offsets)
            least.start[tp], least.stop[tp] = positions[tp], stops[tp]
        if quick and len(shares[0].start) > 1:
            (tp, at), *rest = shares[0].start.items()
            shares[0] = Stretch({tp: at}, {tp: stops[tp]})
            shares.append(Stretch(dict(rest), {tp: stops[tp] for tp, _ in rest}))
        return shares, False
    cuts = [_cut(tp, positions[tp], ranges[tp], stretch) for tp in left]
    found: list[Stretch] = []
    while cuts and len(found) < MOST_STRETCHES:
        for each in list(cuts):
            if (piece := next(each, None)) is None:
                cuts.remove(each)
            else:
                found.append(piece)
    return found, True


def _cut(tp: TopicPartition, position: int, bounds: OffsetRange, stretch: int) -> Iterator[Stretch]:
    """The first one also has what is gone before the beginning, so that it is missed."""
    while position < bounds.end:
        stop = min(max(position, bounds.beginning) + stretch, bounds.end)
        yield Stretch({tp: position}, {tp: stop})
        position = stop


class Lanes:
    """One run over what `stretches` say, by `count` instances at once."""

    def __init__(
        self,
        stretches: list[Stretch],
        count: int,
        open: Callable[[Positions, Positions], Reader],
        waiting_bytes: int,
        enough: Callable[[int, int], bool],
    ) -> None:
        """`enough(still reading, begun with)` says whether to stop early, when a lane ends before the others."""
        self._due = deque(stretches)
        self._count = min(count, len(stretches))
        self._open = open
        self._waiting_bytes = waiting_bytes
        self._enough = enough
        self._fronts: dict[TopicPartition, deque[Stretch]] = {}
        """The stretches under way of each partition, in order: the first one is handed out."""
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()
        self._failure: BaseException | None = None

    async def batches(self) -> AsyncGenerator[tuple[Batch, dict[TopicPartition, int]], None]:
        """Batches, each with the positions after it. Raises Disturbed or ProxyError after all that could be handed
        out."""
        tasks = [asyncio.ensure_future(self._lane()) for _ in range(self._count)]
        for task in tasks:
            task.add_done_callback(self._ended)
        try:
            while True:
                if (found := self._next()) is not None:
                    self._room.set()
                    yield found
                    del found
                    continue
                running = sum(not task.done() for task in tasks)
                if self._failure is not None:
                    raise self._failure
                if not running or (running < self._count and self._enough(running, self._count)):
                    return
                self._arrived.clear()
                await self._arrived.wait()
        finally:
            for task in tasks:
                task.cancel()

    def _next(self) -> tuple[Batch, dict[TopicPartition, int]] | None:
        """What can be handed out now."""
        for tp, fronts in self._fronts.items():
            while fronts:
                front = fronts[0]
                if front.waiting:
                    batch, positions = front.waiting.popleft()
                    front.bytes -= batch.size
                    self._fronts[tp] = self._fronts.pop(tp)  # the others' turn
                    return batch, positions
                if not front.ended:
                    break
                fronts.popleft()
                self._room.set()
        return None

    async def _lane(self) -> None:
        """Read one stretch after the other."""
        while self._due:
            stretch = self._due.popleft()
            for tp in stretch.start:
                self._fronts.setdefault(tp, deque()).append(stretch)
            reader = self._open(stretch.start, stretch.stop)
            async with aclosing(reader.batches()) as batches:
                async for batch in batches:
                    if batch.trouble is not None:
                        raise batch.trouble.error
                    if batch.notes and not batch.records:
                        raise Disturbed(batch.notes[0].text)
                    if not (batch.records or batch.gaps):
                        continue
                    stretch.waiting.append((batch, dict(reader.positions)))
                    stretch.bytes += batch.size
                    del batch
                    self._arrived.set()
                    while not self._may_go_on(stretch):
                        self._room.clear()
                        await self._room.wait()
            if not reader.done:
                raise Disturbed("there is less than was said")
            stretch.ended = True
            self._arrived.set()

    def _may_go_on(self, stretch: Stretch) -> bool:
        """Who is handed out keeps at most one batch waiting; those behind share what may wait in all."""
        if all(self._fronts[tp][0] is stretch for tp in stretch.start):
            return not stretch.waiting
        return sum(each.bytes for fronts in self._fronts.values() for each in fronts) < self._waiting_bytes

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (failure := task.exception()) is not None and self._failure is None:
            self._failure = failure
        self._arrived.set()
