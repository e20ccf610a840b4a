"""The stream pane as far as it reads: from which place, which partitions, live, held, or waiting for the proxy."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from contextlib import suppress

from textual import events, work
from textual.message import Message

from ktui.errors import ProxyError
from ktui.model import Gap, Positions, TopicDetail, TopicPartition
from ktui.records.batch import Batch
from ktui.records.following import Following, Rest
from ktui.records.log import Note
from ktui.records.passage import Passage
from ktui.records.pattern import TopicPattern
from ktui.records.target import SeekTarget, TargetError
from ktui.ui.panes.stream_frame import StreamFrame, joined
from ktui.ui.report import report
from ktui.ui.text import clean
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.stream_words import chosen_words, jump_words

FIRST = 100
"""Records shown when a topic is opened, before it goes on live."""
READ_AHEAD = 50_000
"""Rows under the visible ones after which reading waits for the user: a look at an old offset is no download."""
LOOK_SECONDS = 2.0
"""Between two looks at where the partitions end while it is held; a tenth of a second more for each beyond twenty."""
RUNNING = (StreamState.OPENING, StreamState.LIVE, StreamState.AHEAD, StreamState.WAITING)
"""When there is something to hold."""
FAR_BEHIND = 10_000
"""Going to the end jumps there when more records than this are in between."""


class StreamReading(StreamFrame):
    """Follows topics. Owns, through its Stream, the positions. The stream pane adds keys and questions."""

    _most_ahead = READ_AHEAD
    """Rows under the visible ones after which it waits; more, where the user wanted more."""
    _heard = False
    """Something has come since it began, or it is known that nothing is there."""
    _looked_at = 0.0
    """When it was last asked where the partitions end."""

    class Answered(Message):
        """The proxy is there again, though nothing is read yet."""

    # What others ask and tell

    def open(
        self,
        topic: TopicDetail,
        target: SeekTarget | None = None,
        others: Sequence[TopicDetail] = (),
        pattern: TopicPattern | None = None,
    ) -> None:
        """Show a topic, with others beside it: the last 100 records and then what comes, or from `target` on. With a
        `pattern` topics that match it are read too when they are made."""
        self.topic, self._following, self._apart, self._pattern = topic, None, {}, pattern
        self._opened = {each.name: frozenset(p.partition for p in each.partitions) for each in (topic, *others)}
        self._topics = dict(self._opened)
        self.table.several = bool(others or pattern)
        self.table.forget()
        named = pattern.words if pattern else ",".join([topic.name, *sorted(each.name for each in others)])
        self.columns.open(named)  # neither a comma nor an asterisk is in the name of a topic
        self._begin(target or SeekTarget.last(FIRST))

    def seek(self, positions: Positions) -> None:
        """Go on from there; partitions not named stay where they are. One that was not read is read from now on."""
        if self.topic is not None:
            there = self.there
            self._topics = joined(self._topics, (tp for tp in positions if tp.topic in there))
            self._begin({**self.positions, **positions}, jump_words(positions), sought=positions.keys())

    def jump(self, passage: Passage) -> None:
        """Go to a place that was named, and perhaps to an end. The list starts over there, unless that is here."""
        chosen = passage.start.partition
        sought = [TopicPartition(topic, chosen) for topic in self._topics] if chosen is not None else ()
        on = passage.start.here
        note = f"on from {passage}" if on else f"jumped to {passage}"
        self._begin(passage if passage.ends else passage.start, note, clear=not on, sought=sought)

    def jump_to_end(self) -> None:
        """Follow the end; over a long way, jump there."""
        if self.topic is None or self._following is None:
            return
        far = self._following.behind > FAR_BEHIND and not self._following.ends
        if far and self.state is not StreamState.DONE:
            self._begin(SeekTarget.last(FIRST), f"jumped to the end over {self._following.behind:,} records")
            return
        self.go_on()
        self.table.follow()

    def read_only(self, partitions: Collection[int]) -> None:
        """Of each topic read the partitions with these numbers; the others keep their place."""
        there = self.there
        chosen = {topic: those for topic, numbers in there.items() if (those := numbers & frozenset(partitions))}
        if self._following is None or not chosen or chosen == self._topics:  # they may be of a topic before this
            return
        self._apart |= self.positions
        self._topics = chosen
        rest = self._following.rest_of(chosen, self._apart)
        self._begin(rest, chosen_words(partitions, there), clear=False)

    def hold(self) -> None:
        """Stop reading, keep the place; also before it is open: Confluent's proxy takes half a second for that."""
        if self._following is not None and self.state in RUNNING:
            self._following.pause()
            self._looked_at = time.monotonic()
            self._enter(StreamState.HELD)

    def read_on(self) -> None:
        """Read as much again as was read ahead, though nobody looks at it yet."""
        self._most_ahead = self.table.below + READ_AHEAD
        self.go_on()

    def go_on(self) -> None:
        """Read on from where it was held, or ended."""
        if self._following is not None and self.state is StreamState.DONE:
            self._begin(self._following.here, clear=False)
        elif self._following is not None and self.state in (StreamState.HELD, StreamState.AHEAD):
            self._following.resume()
            running = StreamState.LIVE if self._heard else StreamState.OPENING
            self._enter(StreamState.WAITING if self._trouble else running, self._trouble)

    def retry(self) -> None:
        """Try again now, if there is something to try."""
        if self._following is None:
            return
        if self.state is StreamState.WAITING:
            self._following.retry_now()
        elif self.state is StreamState.STOPPED:
            self._begin(self._following.rest, clear=False)

    def look_again(self) -> None:
        """There may be other topics than before."""
        if self._following is not None and self._pattern is not None:
            self._following.look_again()

    def reads(self, tp: TopicPartition) -> bool:
        """What is written there comes into the list."""
        return tp in self.positions or tp.partition in self._topics.get(tp.topic, ())

    def show_stored(self, tp: TopicPartition, offset: int) -> None:
        """Put the cursor on a record that is known to be there: now, or when it comes in, or by going to it."""
        if tp.topic not in self.there:
            return
        self.table.widen()
        number = self.table.view.find(tp, offset)
        if number is not None:
            self.table.leave_end()
            self.table.go_to(number)
            return
        position = self.positions.get(tp)
        if position is None or not position <= offset < position + FIRST:
            self.seek({tp: offset})
        elif self.state is StreamState.AHEAD:
            self.read_on()
        elif self.state is StreamState.STOPPED:
            self.retry()
        else:
            self.go_on()
        self.table.landing.on_record(tp, offset)

    def show(self, batch: Batch) -> None:
        """Take in what the stream handed out."""
        if batch.trouble is not None:
            self._wait(batch.trouble.error, batch.trouble.retry_in)
        else:
            self._trouble, self._heard = None, True
            if self.state in (StreamState.WAITING, StreamState.OPENING):
                self._enter(StreamState.LIVE)
        self.status.arrived(len(batch.records) - batch.old)
        left = len(batch.records) + (self._following.behind if self._following else 0)
        for row in batch.rows():
            if isinstance(row, Gap | Note):
                self.records.mark(row)
            else:
                left -= len(row)
                self.table.extend(row, left)
        if batch.notes and self._pattern is not None:  # topics may have come and gone
            self._take_added()
            self._say()
        if batch.records:
            self._advance()
        if self._following is not None and self.state is StreamState.LIVE and self._enough_ahead(self._most_ahead):
            self._following.pause()
            self._enter(StreamState.AHEAD)

    def _begin(
        self,
        start: Passage | SeekTarget | Positions | Rest,
        note: str = "",
        *,
        clear: bool = True,
        sought: Collection[TopicPartition] = (),
    ) -> None:
        """Read from there. What was read before goes: rows of two places in one list would look like one order. The
        cursor waits for the first record of the partitions that are sought."""
        assert self.topic is not None
        self._most_ahead, self._trouble, self._heard = READ_AHEAD, None, False
        from_end = isinstance(start, SeekTarget) and start.at_end
        if clear:
            self.table.clear()
            self.figures.begin()
            if not from_end:
                self.table.landing.on_first(sought)
        if note:
            self.records.mark(Note(note))
        self.status.start(from_end if clear else None)
        whole, before = self._take_added(), {**self._apart, **self.positions}
        self._following = Following(
            self.proxy, self._topics, start, before=before, whole=whole, pattern=self._pattern, lanes=self._lanes
        )
        self._enter(StreamState.OPENING)
        self.follow(self._following)

    def _take_added(self) -> bool:
        """Whether all of the topics is read; then partitions that were added meanwhile stay with it."""
        if self._pattern is not None:
            self._topics = self._following.topics if self._following else self._topics
            return True
        whole = all(self._topics.get(topic, frozenset()) >= numbers for topic, numbers in self._opened.items())
        if whole:
            self._topics = self.there
        return whole

    def _tick(self) -> None:
        """Twice a second: figures, the countdown, and whether enough lies ahead."""
        self._ticks += 1
        if self._ticks % 2:
            self.status.second()
        if self.state is StreamState.AHEAD and not self._enough_ahead(READ_AHEAD // 2):
            self.go_on()
        if self.state in (StreamState.HELD, StreamState.AHEAD):
            self._look_if_due()
        self.columns.tick()
        if complaint := self.columns.complaint():
            self.notify(clean(complaint), severity="warning", timeout=10, markup=False)
        if self._link.clear or not self._ticks % 2:  # on a slow link at least once a second
            self._say()

    def _enough_ahead(self, rows: int) -> bool:
        """So much is below the visible rows that more would only push them out of the log."""
        if self.table.following:
            return False
        asked_for_more = self._most_ahead > READ_AHEAD
        return self.table.below > rows or (not asked_for_more and self.records.soon_gone(self.table.read_at))

    def _on_mount(self, event: events.Mount) -> None:
        self._say()
        self.set_interval(0.5, self._tick)

    # Workers

    @work(exclusive=True, group="stream")
    async def follow(self, following: Following) -> None:
        """Show what comes until something else is asked for."""
        try:
            async for batch in following.batches():
                self.show(batch)
                del batch
            self._enter(StreamState.DONE)
        except TargetError as error:
            report(self, "go there", error)
            self._begin(following.positions or SeekTarget.end())
        except ProxyError as error:
            self._enter(StreamState.STOPPED, error)

    def _look_if_due(self) -> None:
        """One look at a time: of many partitions on a slow link one takes longer than the next is due."""
        looking = any(worker.group == "look" and worker.node is self for worker in self.workers)
        if not looking and time.monotonic() - self._looked_at >= max(LOOK_SECONDS, len(self.positions) / 10):
            self.look()

    @work(group="look")
    async def look(self) -> None:
        """Ask where the partitions end: while it is held, nobody else does."""
        if (following := self._following) is not None:
            with suppress(ProxyError):  # the stream says so when it goes on
                await following.look()
                if self._trouble is not None and following is self._following:
                    self._trouble = None
                    following.retry_now()
                    self.post_message(self.Answered())
        self._looked_at = time.monotonic()
