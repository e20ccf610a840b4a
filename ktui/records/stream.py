"""Stream: the records of some partitions from some positions on, each once and in order, for as long as one likes.

Positions are ours. Whatever happens to a consumer instance (it expires, the proxy restarts, a read is cut, Karapace
throws records away, another gear is needed) the answer is the same: open a new one at our positions.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing

from ktui.errors import Busy, Conflict, ConsumerGone, NotFound, ProxyError, Unreachable
from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.ahead import Ask, ReadAhead
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch, Trouble
from ktui.records.bounds import Bounds
from ktui.records.edges import LOOK_SECONDS, Edges
from ktui.records.lanes import Disturbed, Lanes, Scale, share_out
from ktui.records.opening import open_at
from ktui.records.pattern import TopicPattern
from ktui.records.reading import Reading
from ktui.records.roster import LIST_SECONDS, Roster
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient

__all__ = ["Batch", "Stream", "Trouble"]

HEARD_SECONDS = 1.0
"""How old what is known of the ends may be when an instance is opened after a fault: the topic may be another one."""
LOSSES = 3
"""Instances lost in a row, without a read between, that are taken as bad luck."""
CALM_SECONDS = 10.0
"""How long one instance reads alone after something disturbed several."""


class Stream:
    """Reads on by itself. One task iterates `batches`; the verbs may be called meanwhile."""

    def __init__(
        self,
        client: ProxyClient,
        positions: Positions,
        *,
        ranges: Mapping[TopicPartition, OffsetRange] | None = None,
        whole: bool | None = None,
        pattern: TopicPattern | None = None,
        bounds: Bounds | None = None,
        lanes: int | None = None,
        scale: Scale | None = None,
        format: str = "binary",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ranges` given save the first asking. `whole` says whether partitions that are added later are to be read
        too; None: when all that there are at the first asking are read. `pattern`: topics that match it join when
        they are made, and leave when they are deleted. `lanes`: instances at most at once, as many
        as the make of proxy takes unless said; 0 makes it one of several, which never changes its gear."""
        self.positions: dict[TopicPartition, int] = dict(positions)
        """Next offset per partition; advances as batches are handed out."""
        self._client = client
        self._sleep = sleep
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._edges = Edges(client, self.positions, ranges or {}, whole, clock, self._bounds.until)
        self._roster: Roster | None = None
        if pattern is not None:
            self._roster = Roster(client, pattern, self._edges, joins=not self._bounds, sleep=sleep, clock=clock)
        self._most_lanes = self._usual_lanes = client.dialect.lanes if lanes is None else lanes
        self._scale = scale or Scale()
        self._lanes_first = client.dialect.lanes_first
        """Several instances may be the first: not again, whatever came of it, nor after something went wrong."""
        self._back_off = BackOff(sleep)
        self._reading = Reading(
            client.dialect,
            self._edges,
            self._bounds,
            self._back_off,
            steady=lanes == 0,
            format=format,
            clock=clock,
        )
        self._going = asyncio.Event()
        self._going.set()
        self._calm_from = 0.0
        """When lanes may be tried again."""
        self._over = False
        self._failure: ProxyError | None = None
        self._notes: list[Note] = []
        """What was learnt and not handed out yet."""

    @property
    def ranges(self) -> dict[TopicPartition, OffsetRange]:
        """Where the partitions began and ended when last asked."""
        return self._edges.ranges

    @property
    def paused(self) -> bool:
        return not self._going.is_set()

    def pause(self) -> None:
        """Stop asking after the answer under way, whose records still come. The place is kept however long."""
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    def fail(self, error: ProxyError) -> None:
        """Raise this, which somebody met on behalf of it, after the answer under way."""
        self._failure = error
        self._reading.turn(learnt=True)

    def retry_now(self) -> None:
        """Cut the wait after a trouble short."""
        self._back_off.retry_now()

    def look_again(self) -> None:
        """There may be other topics than before: look before the next read."""
        if self._roster:
            self._roster.doubt()
            if not self.positions:
                self._back_off.retry_now()

    @property
    def behind(self) -> int:
        """Records between our positions and the ends last heard of; offsets that are no records count too."""
        return self._edges.behind

    @property
    def bounds(self) -> Bounds:
        """Where it ends. An end that is known `later` is set there."""
        return self._bounds

    @property
    def done(self) -> bool:
        """All that was asked for has come. Never, for a stream without an end."""
        return self._over or self._bounds.reached(self.positions)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """One batch per answer, until the end that was asked for, or forever. Raises ProxyError for what waiting will
        not heal."""
        age = HEARD_SECONDS
        while not self.done:
            await self._going.wait()
            if self._failure is not None:
                raise self._failure
            try:
                if notes := await self._look(age):
                    yield Batch(notes=notes)
                if self._roster and not self.positions:  # all its topics were deleted, and others may be made
                    yield Batch()
                    await self._back_off.wait(LIST_SECONDS)
                    continue
                several = self._far
                async with aclosing(self._in_lanes() if several else self._alone()) as batches:
                    async for batch in batches:
                        yield batch
                        del batch
                if self._reading.pace.steady and self._reading.dry:
                    return  # not done: who has several looks into it
                if self._reading.dry > 1:
                    notes = await self._look(0.0)  # also whether anybody answers: a broker that is away brings nothing
                    if not notes:
                        self._over = True
                        return
                    self._reading.dry = 0
                    yield Batch(notes=notes)
                age = 0.0 if several else LOOK_SECONDS  # nothing went wrong: the next instance is wanted at once
                continue
            except (ConsumerGone, Conflict, NotFound) as error:
                age = HEARD_SECONDS
                self._reading.losses += 1
                missing = isinstance(error, NotFound)
                if self._roster is None if missing else self._reading.losses > LOSSES:
                    raise
                if self._roster:
                    self._roster.doubt(missing=missing)
                if not missing or self._reading.losses == 1:
                    continue
                trouble = self._back_off.failed(error)  # Karapace lists a topic for 5 s that is not there any more
            except (Unreachable, Busy) as error:
                age, trouble = HEARD_SECONDS, self._back_off.failed(error)
            self._reading.came, self._reading.dry, self._lanes_first = False, 0, False
            yield Batch(trouble=trouble)
            await self._back_off.wait(trouble.retry_in)

    @property
    def _far(self) -> bool:
        """Several instances would pay. Of most makes not before one brought something: that comes sooner from it alone,
        and so does that of a single partition from any."""
        if self._most_lanes < 2 or self._bounds.left is not None or self._clock() < self._calm_from:
            return False
        if self._reading.came:
            return self.behind > self._scale.far
        if not self._lanes_first or len(self.positions) < 2 or not self.behind:
            return False
        slow = len(self.positions) > self._most_lanes and self._reading.open_for > self._scale.slow_seconds
        return slow or self._edges.ahead > self._scale.first_far

    @property
    def _list_due(self) -> bool:
        return self._roster is not None and self._roster.overdue

    async def _look(self, age: float) -> list[Note]:
        """Which topics there are, when that is due, and where they end, unless it was asked within `age` seconds."""
        if self._roster and self._roster.overdue:
            self._notes += await self._roster.look()
        self._notes += await self._edges.look(age)
        notes, self._notes = self._notes, []
        return notes

    async def _alone(self) -> AsyncGenerator[Batch, None]:
        """What one instance brings, until another one is wanted."""
        reading = self._reading
        reading.pace.choose(self.behind)
        async with self._client.consumer(gear=reading.pace.gear, format=reading.format) as consumer:
            await open_at(consumer, self._bounds.due(self.positions), self._sleep)
            reading.opened()
            yield Batch()
            with ReadAhead(consumer, lambda: reading.ask(consumer), self._follows) as reads:
                while not (reading.over or self.done or self._far):
                    if not reads.under_way:
                        await self._going.wait()
                    answer = await reading.next(reads, self._going)
                    if isinstance(answer, Batch):
                        yield answer
                    else:
                        async for batch in reading.taken(*answer):
                            yield batch
                            del batch
                    del answer
                    if reading.look_due or self._list_due:
                        if notes := await self._look(0.0 if reading.look_due else math.inf):
                            yield Batch(notes=notes)
                        reading.turn(learnt=bool(notes))

    def _follows(self, ask: Ask, size: int) -> bool:
        """Whether the next read may be sent while the answer to one is still coming."""
        return self._going.is_set() and self._reading.follows(ask, size)

    async def _in_lanes(self) -> AsyncGenerator[Batch, None]:
        """What several instances bring, up to the ends as they are known now, or until something disturbs them."""
        self._lanes_first, first = False, not self._reading.came
        ranges = {
            tp: OffsetRange(held.beginning, min(held.end, self._bounds.stop(tp))) for tp, held in self.ranges.items()
        }
        stretches, shared = share_out(self.positions, ranges, self._most_lanes, self._scale.stretch, quick=first)

        def enough(running: int, begun: int) -> bool:
            return not shared and 2 * running < begun and self._far

        lanes = Lanes(stretches, self._most_lanes, self._lane, self._scale.waiting_bytes, enough)
        try:
            async with aclosing(lanes.batches()) as batches:
                async for batch, positions in batches:
                    self.positions.update(positions)
                    self._reading.losses, self._reading.came = 0, True
                    self._back_off.succeeded()
                    yield batch  # with no await since the positions advanced
                    del batch
                    if self.paused:
                        return
                    if (self._edges.overdue or self._list_due) and (notes := await self._look(LOOK_SECONDS)):
                        yield Batch(notes=notes)
                        return
            self._most_lanes = self._usual_lanes
        except (Disturbed, ProxyError) as error:
            self._most_lanes = max(2, self._most_lanes // 2)
            self._calm_from = self._clock() + CALM_SECONDS
            if isinstance(error, Busy | Unreachable):
                raise

    def _lane(self, start: Positions, stop: Positions) -> Stream:
        """A reader of some of it."""
        return Stream(
            self._client,
            start,
            ranges={tp: self.ranges[tp] for tp in start},
            whole=False,
            bounds=Bounds(stop),
            lanes=0,
            format=self._reading.format,
            sleep=self._sleep,
            clock=self._clock,
        )
