"""The stream pane: records of one topic from some place on, live, held, or waiting for the proxy to come back."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TypeAlias

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var

from ktui.errors import ProxyError
from ktui.model import Gap, Positions, Record, TopicDetail, TopicPartition
from ktui.records.batch import Batch
from ktui.records.following import Following
from ktui.records.log import Note, RecordLog
from ktui.records.target import Kind, SeekTarget, TargetError
from ktui.rest.client import ProxyClient
from ktui.ui.greyed import NO_TOPIC
from ktui.ui.panes.record import RecordPane
from ktui.ui.report import report
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.filter_prompt import FilterPrompt
from ktui.ui.widgets.filtered_table import FilteredTable
from ktui.ui.widgets.goto_prompt import GoToPrompt
from ktui.ui.widgets.partition_choice import PartitionsPrompt
from ktui.ui.widgets.question_line import QuestionLine
from ktui.ui.widgets.record_table import RecordTable
from ktui.ui.widgets.stream_status import StreamState, StreamStatus
from ktui.ui.widgets.stream_words import hint, jump_words, title

FIRST = 100
"""Records shown when a topic is opened, before it goes on live."""
READ_AHEAD = 50_000
"""Rows under the visible ones after which reading waits for the user: a look at an old offset is no download."""
FAR_BEHIND = 10_000
"""Going to the end jumps there when more records than this are in between."""


class StreamPane(Vertical):
    """Follows one topic. Owns the records that are kept and, through its Stream, the positions."""

    DEFAULT_CSS = """
    StreamPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-subtitle-color: $foreground;
        &:focus-within { border: round $primary; border-title-color: $primary; border-title-style: bold; }
    }
    """

    HELP = """\
# Stream

Records as they come. The view follows the end until you move up, scroll or open a record; `end` follows again.
`space` holds: nothing more is read, and the place is kept.

- `g` goes to `181`, `+10`, `-100`, `begin`, `end`, `last 50`, `14:00`, `2026-11-20 14:00`, `-2h`; `2:181` moves
  partition 2 alone. The list starts over there.
- `/` filters: only records with the text in key or value, in any case unless it has a capital letter; those that are
  kept and those that come. `enter` keeps the filter, `esc` takes it away, the cursor stays on its record. `n` and `N`
  go to the next match and the one before, also in the whole list. What is searched are the bytes as they came.
- `p` chooses the partitions that are read; the others keep their place.
- Words in *italics* are ours: *tombstone* and *null* have no value, *empty* has no bytes.
- A dashed line names offsets that are not there: compacted away, or of a transaction.
"""

    BINDINGS = [
        Binding("space", "hold", "hold", id="stream.pause", tooltip="Stop reading, keep the place; again: go on"),
        Binding("enter", "choose", "record", id="stream.record", tooltip="All of the record under the cursor"),
        Binding("slash", "filter", "filter", id="stream.filter", tooltip="Only records that contain what is typed"),
        Binding("g", "go_to", "go to", id="stream.goto", tooltip="Go to an offset, a time, the beginning, the end"),
        Binding("end", "live", "live", id="stream.live", tooltip="Follow the newest records"),
        Binding("c", "compose", "compose", id="stream.compose", tooltip="Write a record to this topic"),
        Binding("r", "resend", "resend", id="stream.resend", tooltip="Put this record into the composer"),
        Binding("y", "copy", "copy…", id="stream.copy", tooltip="Copy the value, the key, all of it, or its place"),
        Binding("p", "partitions", "partitions", id="stream.partitions", tooltip="Choose which partitions are read"),
    ]

    topic: var[TopicDetail | None] = var(None, bindings=True)
    """The open topic."""
    state: var[StreamState] = var(StreamState.IDLE)

    @dataclass
    class Advanced(Message):
        """More has been read."""

        positions: dict[TopicPartition, int]

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, StreamPane.Advanced)

    @dataclass
    class StateChanged(Message):
        """The stream does something else now; `error` says why, when it waits or has stopped."""

        state: StreamState
        error: ProxyError | None

    RecordChosen: TypeAlias = RecordTable.Chosen
    RecordHighlighted: TypeAlias = RecordTable.Highlighted

    @dataclass
    class ComposeRequested(Message):
        """The user wants to write a record."""

    def __init__(self, proxy: ProxyClient, *, keep_bytes: int = 256 << 20, id: str | None = None) -> None:
        super().__init__(id=id)
        self.proxy = proxy
        self.records = RecordLog(max_bytes=keep_bytes)
        self.status = StreamStatus()
        self.table = FilteredTable(self.records)
        self.questions = QuestionLine(self.table)
        self._following: Following | None = None
        self._partitions: frozenset[int] = frozenset()
        self._apart: dict[TopicPartition, int] = {}
        self._error: ProxyError | None = None
        self._retry_at = 0.0
        self._ticks = 0
        self._said: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.questions

    # What others ask and tell

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read, per partition that is read."""
        return self._following.positions if self._following else {}

    def focus(self, scroll_visible: bool = True, from_app_focus: bool = False) -> Self:
        """The table takes the focus for the pane."""
        self.screen.set_focus(self.table, scroll_visible)
        return self

    def open(self, topic: TopicDetail, target: SeekTarget | None = None) -> None:
        """Show a topic: its last 100 records and then what comes, or from `target` on."""
        self.topic, self._following, self._apart = topic, None, {}
        self._partitions = frozenset(each.partition for each in topic.partitions)
        self.table.forget()
        self._begin(target or SeekTarget.last(FIRST))

    def seek(self, positions: Positions) -> None:
        """Go on from there; partitions not named stay where they are."""
        if self.topic is not None:
            self._begin({**self.positions, **positions}, jump_words(positions))

    def hold(self) -> None:
        """Stop reading, keep the place."""
        if self._following is not None and self.state in (StreamState.LIVE, StreamState.AHEAD, StreamState.WAITING):
            self._following.pause()
            self._enter(StreamState.HELD)

    def go_on(self) -> None:
        """Read on from where it was held."""
        if self._following is not None and self.state in (StreamState.HELD, StreamState.AHEAD):
            self._following.resume()
            self._enter(StreamState.LIVE)

    def retry(self) -> None:
        """Try again now, if there is something to try."""
        if self._following is None:
            return
        if self.state is StreamState.WAITING:
            self._following.retry_now()
        elif self.state is StreamState.STOPPED:
            self._begin(self._following.here, clear=False)

    def move(self, rows: int) -> None:
        """Move the cursor by rows, for a pane that shows the record."""
        self.table.action_move(rows)

    def show_stored(self, tp: TopicPartition, offset: int) -> None:
        """Put the cursor on a record that is known to be there: now, or when it comes in, or by going to it."""
        if self.topic is None or tp.topic != self.topic.name:
            return
        self.table.widen()
        number = self.table.find(tp, offset)
        if number is not None:
            self.table.leave_end()
            self.table.go_to(number)
            return
        position = self.positions.get(tp)
        if position is None or not position <= offset < position + FIRST:
            self.seek({tp: offset})
        elif self.state is StreamState.HELD:
            self.go_on()
        self.table.await_record(tp, offset)

    def show(self, batch: Batch) -> None:
        """Take in what the stream handed out."""
        if batch.trouble is not None:
            self._wait(batch.trouble.error, batch.trouble.retry_in)
        elif self.state in (StreamState.WAITING, StreamState.OPENING):
            self._enter(StreamState.LIVE)
        for row in batch.rows():
            if isinstance(row, Gap | Note):
                self.records.mark(row)
            else:
                self.table.extend(row, self._following.behind if self._following else 0)
                self.status.arrived(len(row))
        if batch.records:
            self.post_message(self.Advanced(self.positions))
        if self._following is not None and self.state is StreamState.LIVE and self._enough_ahead(READ_AHEAD):
            self._following.pause()
            self._enter(StreamState.AHEAD)

    def _begin(self, start: SeekTarget | Positions, note: str = "", *, clear: bool = True) -> None:
        """Read from there. What was read before goes: rows of two places in one list would look like one order."""
        assert self.topic is not None
        if clear:
            self.table.clear()
            if not isinstance(start, SeekTarget) or start.kind not in (Kind.LAST, Kind.END):
                self.table.land()
        if note:
            self.records.mark(Note(note))
        self.status.start(old=start.number if isinstance(start, SeekTarget) and start.kind is Kind.LAST else 0)
        before = {**self._apart, **self.positions}
        self._following = Following(self.proxy, self.topic.name, self._partitions, start, before=before)
        self._enter(StreamState.OPENING)
        self.follow(self._following)

    # State in words

    def _enter(self, state: StreamState, error: ProxyError | None = None) -> None:
        changed = state is not self.state or error is not self._error
        self.state, self._error = state, error
        if changed:
            self.post_message(self.StateChanged(state, error))
        self._say()

    def _wait(self, error: ProxyError, seconds: float) -> None:
        self._retry_at = time.monotonic() + seconds
        if self.state is not StreamState.HELD:
            self._enter(StreamState.WAITING, error)

    def _say(self) -> None:
        """Bring title, status and hint up to date."""
        if not self.is_mounted:
            return
        following = self._following
        self.status.look(self.state, self._error, self._retry_at, self.table, following.behind if following else 0)
        name = title(self.topic, self._partitions, self.table.filter, numbered=not self.screen.has_class("-narrow"))
        line = self.status.line(self.size.width - 4)
        if (name, line) != self._said:  # saying it again would repaint the whole pane
            self._said = (name, line)
            self.border_title, self.border_subtitle = name, line
        self.table.say(hint(self.state, self._error, following.ranges if following else {}, self.table.filter))

    def _tick(self) -> None:
        """Twice a second: figures, the countdown, and whether enough lies ahead."""
        self._ticks += 1
        if self._ticks % 2:
            self.status.second()
        if self.state is StreamState.AHEAD and not self._enough_ahead(READ_AHEAD // 2):
            self.go_on()
        if self.state in (StreamState.HELD, StreamState.AHEAD) and not self._ticks % 4:
            self.look()
        self._say()

    def _enough_ahead(self, rows: int) -> bool:
        """So much is below the visible rows that more would only push them out of the log."""
        if self.table.following:
            return False
        nearly_full = self.records.size_bytes > 0.9 * self.records.max_bytes
        return self.table.below > rows or (nearly_full and self.table.above < len(self.records) // 10)

    def _on_mount(self, event: events.Mount) -> None:
        self._say()
        self.set_interval(0.5, self._tick)

    def _on_resize(self, event: events.Resize) -> None:
        self._say()

    @on(RecordTable.FollowingChanged)
    @on(FilteredTable.Filtered)
    def _shown_otherwise(self, event: Message) -> None:
        event.stop()
        self._say()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "filter" and self.questions.children:
            return False
        return None if self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        return NO_TOPIC if self.topic is None and action != "compose" else ""

    def action_hold(self) -> None:
        if self.state is StreamState.STOPPED:
            self.notify("The stream has stopped; R tries again.", severity="warning", markup=False)
        elif self.state in (StreamState.HELD, StreamState.AHEAD):
            self.go_on()
        else:
            self.hold()

    def action_choose(self) -> None:
        self.table.choose()

    def action_live(self) -> None:
        """Follow the end; over a long way, jump there."""
        if self.topic is None or self._following is None:
            return
        if self._following.behind > FAR_BEHIND:
            self._begin(SeekTarget.last(FIRST), f"jumped to the end over {self._following.behind:,} records")
            return
        self.go_on()
        self.table.follow()

    def action_compose(self) -> None:
        self.post_message(self.ComposeRequested())

    def action_resend(self) -> None:
        if (record := self._record()) is not None:
            self.post_message(RecordPane.Reuse(record))

    async def action_copy(self) -> None:
        if (record := self._record()) is not None:
            self.table.leave_end()
            await self.questions.ask(CopyMenu(record))

    def _record(self) -> Record | None:
        record = self.table.record
        if record is None:
            self.notify("There is no record under the cursor.", severity="warning", markup=False)
        return record

    async def action_filter(self) -> None:
        await self.questions.ask(FilterPrompt(self.table))

    async def action_go_to(self) -> None:
        if self._following is not None:
            await self.questions.ask(GoToPrompt(self._following))

    async def action_partitions(self) -> None:
        if self.topic is not None:
            await self.questions.ask(
                PartitionsPrompt({each.partition for each in self.topic.partitions}, self._partitions)
            )

    @on(GoToPrompt.Chosen)
    async def _go_to(self, event: GoToPrompt.Chosen) -> None:
        event.stop()
        await self.questions.close()
        self._begin(event.target, f"jumped to {event.target}")

    @on(PartitionsPrompt.Chosen)
    async def _choose_partitions(self, event: PartitionsPrompt.Chosen) -> None:
        event.stop()
        assert self.topic is not None
        await self.questions.close()
        self._apart |= self.positions
        self._partitions = event.partitions
        places = {TopicPartition(self.topic.name, each) for each in event.partitions}
        self._begin({tp: self._apart.get(tp, 0) for tp in places}, clear=False)

    # Workers

    @work(exclusive=True, group="stream")
    async def follow(self, following: Following) -> None:
        """Show what comes until something else is asked for."""
        try:
            async for batch in following.batches():
                self.show(batch)
        except TargetError as error:
            report(self, "go there", error)
            self._begin(following.positions or SeekTarget.end())
        except ProxyError as error:
            self._enter(StreamState.STOPPED, error)

    @work(exclusive=True, group="look")
    async def look(self) -> None:
        """Ask where the partitions end: while it is held, nobody else does."""
        if self._following is not None:
            with suppress(ProxyError):  # the stream says so when it goes on
                await self._following.look()
