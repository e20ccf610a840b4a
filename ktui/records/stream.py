"""Stream: the records of some partitions from some positions on, each once and in order, for as long as one likes.

Positions are ours. Whatever happens to a consumer instance (it expires, the proxy restarts, a read is cut, Karapace
throws records away, another gear is needed) the answer is the same: open a new one at our positions.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

from ktui.errors import Busy, Conflict, ConsumerGone, Unacceptable, Unreachable
from ktui.model import Gap, OffsetRange, Positions, Record, TopicPartition
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch, Trouble
from ktui.records.edges import LOOK_SECONDS, Edges
from ktui.records.hollow import Hollow
from ktui.records.opening import open_at
from ktui.records.pace import Pace
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer

__all__ = ["Batch", "Stream", "Trouble"]

HEARD_SECONDS = 1.0
"""How old what is known of the ends may be when an instance is opened after a fault: the topic may be another one."""
LOSSES = 3
"""Instances lost in a row, without a read between, that are taken as bad luck."""
PATIENCE = 3
"""Reads in a row without an answer that records without bytes are taken to be the reason of."""
SUSPICION_SECONDS = 5.0
"""How long records that may have been thrown away are waited for while others come."""


class Stream:
    """Reads on by itself. One task iterates `batches`; the verbs may be called meanwhile."""

    def __init__(
        self,
        client: ProxyClient,
        positions: Positions,
        *,
        ranges: Mapping[TopicPartition, OffsetRange] | None = None,
        whole: bool | None = None,
        format: str = "binary",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`ranges` given save the first asking. `whole` says whether partitions that are added later are to be read
        too; None: when all that there are at the first asking are read."""
        self.positions: dict[TopicPartition, int] = dict(positions)
        """Next offset per partition; advances as batches are handed out."""
        self._client = client
        self._format = format
        self._sleep = sleep
        self._clock = clock
        self._edges = Edges(client, self.positions, ranges or {}, whole, clock)
        self._pace = Pace(client.dialect)
        self._back_off = BackOff(sleep)
        self._hollow = Hollow()
        self._going = asyncio.Event()
        self._going.set()
        self._reopen = False
        self._look_due = False
        self._suspect_since: float | None = None
        """Since when records may have been thrown away between reads of this instance."""
        self._losses = 0

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

    @property
    def behind(self) -> int:
        """Records between our positions and the ends last heard of; offsets that are no records count too."""
        return self._edges.behind

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """One batch per answer, forever. Raises ProxyError for what waiting will not heal."""
        age = HEARD_SECONDS
        while True:
            await self._going.wait()
            try:
                if notes := await self._edges.look(age):
                    yield Batch(notes=notes)
                self._pace.choose(self.behind)
                async with self._client.consumer(gear=self._pace.gear, format=self._format) as consumer:
                    await open_at(consumer, self.positions, self._sleep)
                    self._opened()
                    yield Batch()
                    while not self._reopen:
                        await self._going.wait()
                        yield await self._next(consumer)
                        if self._look_due:
                            if notes := await self._edges.look():
                                yield Batch(notes=notes)
                            self._reopen |= self._pace.choose(self.behind) or bool(notes)
                age = LOOK_SECONDS  # nothing went wrong: the next instance is wanted at once
                continue
            except (ConsumerGone, Conflict):
                age = HEARD_SECONDS
                self._losses += 1
                if self._losses > LOSSES:
                    raise
                continue
            except (Unreachable, Busy) as error:
                age, trouble = HEARD_SECONDS, self._back_off.failed(error)
            yield Batch(trouble=trouble)
            await self._back_off.wait(trouble.retry_in)

    def _opened(self) -> None:
        """A new instance stands at our positions: nothing is missing between them and what it will give."""
        self._reopen = False
        self._suspect_since = None
        self._hollow.opened()

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
            return self._without_bytes(error)
        except Unacceptable as error:
            return self._not_shown(error)
        self._losses = self._hollow.streak = 0
        self._back_off.succeeded()
        if received and self._hollow.passed_over:
            return self._go_back()
        beyond = self._beyond(received)
        batch = self._accept(received)
        if needed := self._pace.grown(received):
            batch.notes.append(Note(f"A record is larger than a read was to be: reads may have {needed:,} bytes now"))
        worth = self._pace.after(received, self.behind) if received or not starting else False
        if beyond and self._suspect_since is None:
            self._suspect_since = self._clock()
        self._doubt(received)
        self._look_due = worth or self._edges.overdue
        return batch  # with no await since the positions advanced: cancelled there, its records would be lost

    def _accept(self, received: Sequence[Record]) -> Batch:
        """What of a read is next for us: nothing twice, nothing missing unless it is really not there."""
        batch = Batch()
        positions, taken = self.positions, batch.records.append
        tp, position = None, None
        for record in received:
            if tp is None or record.partition != tp.partition or record.topic != tp.topic:
                tp = record.tp
                position = positions.get(tp)
            if position is None:
                continue
            if record.offset != position:
                if record.offset < position:  # the topic may be another one now
                    self._edges.doubt()
                    continue
                if self._suspect_since is not None:  # what is still missing from a new instance is really missing
                    self._reopen = True
                    continue
                batch.gaps.append(Gap(tp.topic, tp.partition, position, record.offset - 1))
            positions[tp] = position = record.offset + 1
            taken(record)
        if batch.records:
            self._hollow.cleared()
        return batch

    def _beyond(self, received: Sequence[Record]) -> bool:
        """Whether this read may have cost others. Sizes of records that were decoded there say nothing."""
        if self._format == "binary":
            return self._pace.beyond(received)
        return bool(received) and self._client.dialect.drops_beyond_max_bytes

    def _doubt(self, received: Sequence[Record]) -> None:
        """Go back when what may have been thrown away is not missed by a later record."""
        since = self._suspect_since
        if since is not None and self.behind > 0:
            self._reopen |= not received or self._clock() - since >= SUSPICION_SECONDS

    def _go_back(self) -> Batch:
        """What came is left for a read from our positions, which brings what was passed over too."""
        self._hollow.went_back()
        self._pace.widen()
        self._reopen = True
        return Batch()

    def _without_bytes(self, error: Busy) -> Batch:
        """A 500 that may be Karapace's way of having nothing but records without key and value."""
        if not self._client.dialect.fails_on_empty_records or error.status != 500:
            raise error
        if self._hollow.failed():
            self._pace.widen()
            self._edges.doubt()
            self._reopen = True
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
        self._reopen = True
        return Batch(notes=[Note(words)])
