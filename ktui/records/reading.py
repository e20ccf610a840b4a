"""What one consumer instance brings to a stream: reads, what their answers mean, and how to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from ktui.errors import Busy, Unacceptable, Unreachable
from ktui.model import Record, Records
from ktui.records.ahead import Ask, ReadAhead
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch
from ktui.records.bounds import Bounds
from ktui.records.edges import Edges
from ktui.records.hollow import Hollow
from ktui.records.intake import Intake
from ktui.records.log import pieces
from ktui.records.pace import Pace
from ktui.records.segment import Note
from ktui.rest.consumer import Consumer, Read
from ktui.rest.dialect import Dialect

PATIENCE = 3
"""Reads in a row without an answer that records without bytes are taken to be the reason of."""
DRY_SECONDS = 5.0
"""How long an instance brings nothing before what is missing up to an end that was asked for is taken to be no records:
a broker that is asked for the first time may let it wait."""
LATE_SECONDS = 1.0
"""Without an answer for so long a read broke because it asked for too much, perhaps, and not since nobody is there."""
LARGE = 16 * 1024
"""Bytes of an answer that take a while to be looked into."""
PIECE, COLUMNS, GAPPED = 5000, 10_000, 1000
"""Records handed out at a time, at most, and of those that come as columns: of Karapace's 46,000 in one answer the loop
would hear nothing for a while. What is handed out in one piece is still in the processor's cache. Where more offsets
than that are missing between them, as in a compacted topic: a gap costs as much as ten records."""


class Reading:
    """Reads of one instance after another, and what is learnt from them. The positions advance as batches are made."""

    def __init__(
        self,
        dialect: Dialect,
        edges: Edges,
        bounds: Bounds,
        back_off: BackOff,
        *,
        steady: bool,
        format: str,
        clock: Callable[[], float],
    ) -> None:
        """`steady`: in one gear for good."""
        self._dialect, self._edges, self._back_off, self._clock = dialect, edges, back_off, clock
        self.format = format
        self.pace = Pace(dialect, steady=steady)
        self._intake = Intake(edges.positions, bounds)
        self._hollow = Hollow()
        self.look_due = False
        """Where the partitions end is worth asking before the next read."""
        self.came = False
        """Records have come since the last time that something went wrong."""
        self.losses = 0
        """Instances lost in a row, without a read between."""
        self._opened_at = clock()
        self.dry = 0
        """Instances in a row to which nothing came although the end that was asked for was not reached."""

    def opened(self) -> None:
        """A new instance stands at the positions."""
        self._intake.opened()
        self._hollow.opened()
        self._opened_at = self._clock()

    @property
    def open_for(self) -> float:
        """Seconds since the last instance was opened."""
        return self._clock() - self._opened_at

    @property
    def over(self) -> bool:
        """Another instance is wanted."""
        return self._intake.reopen

    def turn(self, learnt: bool) -> None:
        """See whether the ends as they are now known want another instance: another gear does, and topics that came."""
        self._intake.reopen |= self.pace.choose(self._edges.behind) or learnt

    def ask(self, consumer: Consumer) -> Ask:
        """The next read, as things stand. Short ones only where something is known to be."""
        consumer.gear = gear = self.pace.gear
        return Ask(self.pace.timeout_ms if self._edges.behind > 0 else gear.timeout_ms, self.pace.max_bytes)

    def follows(self, ask: Ask, size: int) -> bool:
        """Whether the answer to a read, of so many bytes, is worth sending the next one before all of it is here."""
        return size > LARGE and not self._may_have_dropped(ask.max_bytes, size)

    async def next(self, reads: ReadAhead, going: asyncio.Event) -> Batch | tuple[Read, Sequence[Record]]:
        """One answer, or what to hand out instead. The read after it is sent before this one is looked into."""
        self.look_due = False
        began = self._clock()
        try:
            read, seconds = await reads.take()
            self.pace.took(seconds, read.size, read.max_bytes)
            if going.is_set() and not self._may_have_dropped(read.max_bytes, read.size):
                reads.begin()
                if read.size > LARGE:  # a small one is looked into sooner than the next is written
                    await reads.sent()
            received = await read.records()
        except Busy as error:
            return self._without_bytes(error)
        except Unacceptable as error:
            return self._not_shown(error)
        except Unreachable:
            if self._clock() - began > LATE_SECONDS:
                self.pace.broke()
            raise
        self.losses = self._hollow.streak = 0
        self._back_off.succeeded()
        if received and self._hollow.passed_over:
            return self._go_back()
        return read, received

    async def taken(self, read: Read, received: Sequence[Record]) -> AsyncGenerator[Batch, None]:
        """The records of an answer, some at a time, and then what they mean for the next reads. With no await between
        the positions, which advance in `accept`, and the handing out: cancelled there, records would be lost."""
        notes = []
        if needed := self.pace.grown(received):
            notes.append(Note(f"Reads may have {needed:,} bytes now: a record is that large"))
        most = PIECE
        if isinstance(received, Records):
            most = GAPPED if received.missing > GAPPED else COLUMNS
        for number, piece in enumerate(pieces(received, most)):
            if number:
                await asyncio.sleep(0)
            batch = self._intake.accept(piece)
            if batch.records:
                self._hollow.cleared()
                self.came, self.dry = True, 0
            batch.size = read.size * len(piece) // (len(received) or 1)
            batch.notes, notes = notes, []
            yield batch
            del batch, piece
            if self._intake.bounds.left == 0:  # what is left of the answer is not wanted
                return
        self._consider(read, received)

    def _consider(self, read: Read, received: Sequence[Record]) -> None:
        """What an answer says about how to go on."""
        if self._intake.outdated:
            self._edges.doubt(self._intake.outdated)
        # Where large records are held back, nothing at once says that one is: it is not the start of the instance.
        held_back = self._dialect.holds_back_large and self.pace.at_once
        starting = read.short and not received and not held_back
        worth = self.pace.after(received, self._edges.behind) if not starting else False
        if self._beyond(read, received):
            self._intake.suspect(self._clock())
        if self._edges.behind > 0:
            self._intake.doubt(received, self._clock())
        if self.pace.exhausted:
            if not self._edges.settled:
                self._edges.nothing_there()
                self.pace.anew()
            elif self.pace.steady or self.open_for > DRY_SECONDS:
                self.dry += 1
                self._intake.reopen = True
                self.pace.anew()
        self.look_due = worth or self._edges.overdue

    def _may_have_dropped(self, max_bytes: int | None, size: int) -> bool:
        """Whether the next read is better left until one was looked into that brought so many bytes of text."""
        if not self._dialect.drops_beyond_max_bytes or max_bytes is None or max_bytes == 1:
            return False
        return max_bytes <= (size * 3 // 4 if self.format == "binary" else size)  # base64 is a third longer

    def _beyond(self, read: Read, received: Sequence[Record]) -> bool:
        """Whether this read may have cost others. Sizes of records that were decoded there say nothing."""
        if self.format == "binary":
            return self.pace.beyond(received, read.max_bytes)
        return bool(received) and self._dialect.drops_beyond_max_bytes

    def _go_back(self) -> Batch:
        """What came is left for a read from our positions, which brings what was passed over too."""
        self._hollow.went_back()
        self.pace.widen()
        self._intake.reopen = True
        return Batch()

    def _without_bytes(self, error: Busy) -> Batch:
        """A 500 that may be Karapace's way of having nothing but records without key and value."""
        if not self._dialect.fails_on_empty_records or error.status != 500:
            raise error
        if self._hollow.failed():
            self.pace.widen()
            self._edges.doubt()
            self._intake.reopen = True
            return Batch()
        if self._edges.behind <= 0 or self._hollow.streak > PATIENCE + self._edges.behind // 1000:
            raise error
        told = self._hollow.tell()
        return Batch(notes=[Note(told)] if told else [])

    def _not_shown(self, error: Unacceptable) -> Batch:
        """A read that the proxy could not put into its answer: it may be lost there, so another way is taken."""
        if self.format != "binary":
            words = f"A record is no {self.format}: all are read as bytes from here on"
            self.format = "binary"
        elif error.status == 422 and self.pace.lift():
            words = "The proxy refuses answers beyond max_bytes, and loses them: reads are not limited any more"
        else:
            raise error
        self._intake.reopen = True
        return Batch(notes=[Note(words)])
