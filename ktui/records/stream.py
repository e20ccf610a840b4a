"""Stream: the records of some partitions from some positions on, each once and in order, for as long as one likes.

Positions are ours. Whatever happens to a consumer instance (it expires, the proxy restarts, a read is cut, Karapace
throws records away, another gear is needed) the answer is the same: open a new one at our positions.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing

from ktui.errors import Busy, Conflict, ConsumerGone, NotFound, ProxyError, Unacceptable, Unreachable
from ktui.model import OffsetRange, Positions, Record, TopicPartition
from ktui.records.ahead import Ask, ReadAhead
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch, Trouble
from ktui.records.bounds import Bounds
from ktui.records.edges import LOOK_SECONDS, Edges
from ktui.records.hollow import Hollow
from ktui.records.intake import Intake
from ktui.records.lanes import Disturbed, Lanes, Scale, share_out
from ktui.records.opening import open_at
from ktui.records.pace import Pace
from ktui.records.pattern import TopicPattern
from ktui.records.roster import LIST_SECONDS, Roster
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer, Read

__all__ = ["Batch", "Stream", "Trouble"]

HEARD_SECONDS = 1.0
"""How old what is known of the ends may be when an instance is opened after a fault: the topic may be another one."""
LOSSES = 3
"""Instances lost in a row, without a read between, that are taken as bad luck."""
PATIENCE = 3
"""Reads in a row without an answer that records without bytes are taken to be the reason of."""
LARGE = 16 * 1024
"""Bytes of an answer that take a while to be looked into."""
PIECE = 5000
"""Records handed out at a time: of Karapace's 46,000 in one answer the loop would hear nothing for a while."""
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
        self._format = format
        self._sleep = sleep
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._intake = Intake(self.positions, self._bounds)
        self._edges = Edges(client, self.positions, ranges or {}, whole, clock, self._bounds.until)
        self._roster: Roster | None = None
        if pattern is not None:
            self._roster = Roster(client, pattern, self._edges, joins=not self._bounds, sleep=sleep, clock=clock)
        self._most_lanes = client.dialect.lanes if lanes is None else lanes
        self._scale = scale or Scale()
        self._pace = Pace(client.dialect, steady=lanes == 0)
        self._back_off = BackOff(sleep)
        self._hollow = Hollow()
        self._going = asyncio.Event()
        self._going.set()
        self._look_due = False
        self._came = False
        """Records have come since the last time that something went wrong."""
        self._calm_from = 0.0
        """When lanes may be tried again."""
        self._losses = 0
        self._over = False
        self._dry = 0
        """Instances in a row to which nothing came although the end that was asked for was not reached."""

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
    def done(self) -> bool:
        """All that was asked for has come. Never, for a stream without an end."""
        return self._over or self._bounds.reached(self.positions)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """One batch per answer, until the end that was asked for, or forever. Raises ProxyError for what waiting will
        not heal."""
        age = HEARD_SECONDS
        while not self.done:
            await self._going.wait()
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
                if self._dry > 1:
                    self._over = not self._pace.steady
                    return
                age = 0.0 if several else LOOK_SECONDS  # nothing went wrong: the next instance is wanted at once
                continue
            except (ConsumerGone, Conflict, NotFound) as error:
                age = HEARD_SECONDS
                self._losses += 1
                if self._losses > LOSSES or (isinstance(error, NotFound) and not self._roster):
                    raise
                self.look_again()
                continue
            except (Unreachable, Busy) as error:
                age, trouble = HEARD_SECONDS, self._back_off.failed(error)
            self._came = False
            yield Batch(trouble=trouble)
            await self._back_off.wait(trouble.retry_in)

    @property
    def _far(self) -> bool:
        """Several instances would pay. Not before one of them brought something: that comes sooner from one alone."""
        return (
            self._most_lanes > 1
            and self._came
            and self._bounds.left is None
            and self.behind > self._scale.far
            and self._clock() >= self._calm_from
        )

    @property
    def _list_due(self) -> bool:
        return self._roster is not None and self._roster.overdue

    async def _look(self, age: float) -> list[Note]:
        """Which topics there are, when that is due, and where they end, unless it was asked within `age` seconds."""
        notes = await self._roster.look() if self._roster and self._roster.overdue else []
        return notes + await self._edges.look(age)

    async def _alone(self) -> AsyncGenerator[Batch, None]:
        """What one instance brings, until another one is wanted."""
        self._pace.choose(self.behind)
        async with self._client.consumer(gear=self._pace.gear, format=self._format) as consumer:
            await open_at(consumer, self._bounds.due(self.positions), self._sleep)
            self._intake.opened()
            self._hollow.opened()
            yield Batch()
            with ReadAhead(consumer, lambda: self._ask(consumer)) as reads:
                while not (self._intake.reopen or self.done or self._far):
                    if not reads.under_way:
                        await self._going.wait()
                    answer = await self._next(reads)
                    if isinstance(answer, Batch):
                        yield answer
                    else:
                        async for batch in self._taken(*answer):
                            yield batch
                    if self._look_due or self._list_due:
                        if notes := await self._look(0.0 if self._look_due else math.inf):
                            yield Batch(notes=notes)
                        self._intake.reopen |= self._pace.choose(self.behind) or bool(notes)

    async def _in_lanes(self) -> AsyncGenerator[Batch, None]:
        """What several instances bring, up to the ends as they are known now, or until something disturbs them."""
        ranges = {
            tp: OffsetRange(held.beginning, min(held.end, self._bounds.stop(tp))) for tp, held in self.ranges.items()
        }
        stretches, shared = share_out(self.positions, ranges, self._most_lanes, self._scale.stretch)

        def enough(running: int, begun: int) -> bool:
            return not shared and 2 * running < begun and self._far

        lanes = Lanes(stretches, self._most_lanes, self._lane, self._scale.waiting_bytes, enough)
        try:
            async with aclosing(lanes.batches()) as batches:
                async for batch, positions in batches:
                    self.positions.update(positions)
                    self._losses = 0
                    self._back_off.succeeded()
                    yield batch  # with no await since the positions advanced
                    if self.paused:
                        return
                    if (self._edges.overdue or self._list_due) and (notes := await self._look(LOOK_SECONDS)):
                        yield Batch(notes=notes)
                        return
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
            format=self._format,
            sleep=self._sleep,
            clock=self._clock,
        )

    def _ask(self, consumer: Consumer) -> Ask:
        """The next read, as things stand. Short ones only where something is known to be."""
        consumer.gear = gear = self._pace.gear
        return Ask(None if self.behind > 0 else gear.timeout_ms, self._pace.max_bytes)

    async def _next(self, reads: ReadAhead) -> Batch | tuple[Read, Sequence[Record]]:
        """One answer, or what to hand out instead. The read after it is sent before this one is looked into."""
        self._look_due = False
        try:
            read, seconds = await reads.take()
            self._pace.took(seconds, read.size, read.max_bytes)
            if not self.paused and not self._may_have_dropped(read):
                reads.begin()
                if read.size > LARGE:  # a small one is looked into sooner than the next is written
                    await reads.sent()
            received = read.records()
        except Busy as error:
            return self._without_bytes(error)
        except Unacceptable as error:
            return self._not_shown(error)
        self._losses = self._hollow.streak = 0
        self._back_off.succeeded()
        if received and self._hollow.passed_over:
            return self._go_back()
        return read, received

    async def _taken(self, read: Read, received: Sequence[Record]) -> AsyncGenerator[Batch, None]:
        """The records of an answer, some at a time, and then what they mean for the next reads. With no await between
        the positions, which advance in `accept`, and the handing out: cancelled there, records would be lost."""
        notes = []
        if needed := self._pace.grown(received):
            notes.append(Note(f"A record is larger than a read was to be: reads may have {needed:,} bytes now"))
        for start in range(0, len(received) or 1, PIECE):
            if start:
                await asyncio.sleep(0)
            piece = received[start : start + PIECE]
            batch = self._intake.accept(piece)
            if batch.records:
                self._hollow.cleared()
                self._came, self._dry = True, 0
            batch.size = read.size * len(piece) // (len(received) or 1)
            batch.notes, notes = notes, []
            yield batch
        self._consider(read, received)

    def _consider(self, read: Read, received: Sequence[Record]) -> None:
        """What an answer says about how to go on."""
        if self._intake.outdated:
            self._edges.doubt()
        # Where large records are held back, nothing at once says that one is: it is not the start of the instance.
        held_back = self._client.dialect.holds_back_large and self._pace.at_once
        starting = read.short and not received and not held_back
        worth = self._pace.after(received, self.behind) if not starting else False
        if self._beyond(read, received):
            self._intake.suspect(self._clock())
        if self.behind > 0:
            self._intake.doubt(received, self._clock())
        if self._pace.exhausted(read.max_bytes) and self._edges.settled:
            self._pace.anew()
            self._dry += 1
            self._intake.reopen = True
        self._look_due = worth or self._edges.overdue

    def _may_have_dropped(self, read: Read) -> bool:
        """Whether the next read is better left until this one was looked into."""
        return (
            self._client.dialect.drops_beyond_max_bytes
            and read.max_bytes is not None
            and 1 < read.max_bytes <= read.size
        )

    def _beyond(self, read: Read, received: Sequence[Record]) -> bool:
        """Whether this read may have cost others. Sizes of records that were decoded there say nothing."""
        if self._format == "binary":
            return self._pace.beyond(received, read.max_bytes)
        return bool(received) and self._client.dialect.drops_beyond_max_bytes

    def _go_back(self) -> Batch:
        """What came is left for a read from our positions, which brings what was passed over too."""
        self._hollow.went_back()
        self._pace.widen()
        self._intake.reopen = True
        return Batch()

    def _without_bytes(self, error: Busy) -> Batch:
        """A 500 that may be Karapace's way of having nothing but records without key and value."""
        if not self._client.dialect.fails_on_empty_records or error.status != 500:
            raise error
        if self._hollow.failed():
            self._pace.widen()
            self._edges.doubt()
            self._intake.reopen = True
            return Batch()
        if self.behind <= 0 or self._hollow.streak > PATIENCE + self.behind // 1000:
            raise error
        told = self._hollow.tell()
        return Batch(notes=[Note(told)] if told else [])

    def _not_shown(self, error: Unacceptable) -> Batch:
        """A read that the proxy could not put into its answer: it may be lost there, so another way is taken."""
        if self._format != "binary":
            words = f"A record is no {self._format}: all are read as bytes from here on"
            self._format = "binary"
        elif error.status == 422 and self._pace.lift():
            words = "The proxy refuses answers beyond max_bytes, and loses them: reads are not limited any more"
        else:
            raise error
        self._intake.reopen = True
        return Batch(notes=[Note(words)])
