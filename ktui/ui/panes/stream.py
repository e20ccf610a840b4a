"""The stream pane: records of one topic from some place on. Its keys and what they ask; the reading is beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeAlias

from textual import events, on
from textual.app import ComposeResult
from textual.message import Message

from ktui.model import Record, TopicDetail
from ktui.records.pattern import TopicPattern
from ktui.records.target import SeekTarget
from ktui.rest.client import ProxyClient
from ktui.state import State
from ktui.ui.greyed import NO_RECORD, NO_TOPIC
from ktui.ui.link import TerminalLink
from ktui.ui.panes import stream_keys
from ktui.ui.panes.record import RecordPane
from ktui.ui.panes.stream_reading import StreamReading
from ktui.ui.widgets.columns_menu import ColumnsMenu
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.filter_prompt import FilterPrompt
from ktui.ui.widgets.goto_prompt import GoToPrompt
from ktui.ui.widgets.partition_choice import PartitionsPrompt
from ktui.ui.widgets.path_prompt import PathPrompt
from ktui.ui.widgets.question_line import QuestionLine
from ktui.ui.widgets.record_table import RecordTable
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.stream_table import StreamTable

QUESTIONS = ("filter", "go_to", "copy", "partitions", "columns")
"""Actions that ask: one at a time."""
SPACE = {StreamState.HELD: "go on", StreamState.DONE: "go on", StreamState.AHEAD: "read on"}
"""What space does in some states; in the others it holds."""


class StreamPane(StreamReading):
    """Shows the stream of a topic and takes the user's word on it."""

    DEFAULT_CSS = """
    StreamPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-subtitle-color: $foreground;
        &:focus-within { border: round $primary; border-title-color: $primary; border-title-style: bold; }
    }
    """

    HELP = stream_keys.HELP
    BINDINGS = stream_keys.BINDINGS

    RecordChosen: TypeAlias = RecordTable.Chosen
    RecordHighlighted: TypeAlias = RecordTable.Highlighted

    @dataclass
    class ComposeRequested(Message):
        """The user wants to write a record to this topic: that of the record under the cursor."""

        topic: str

    def __init__(
        self,
        proxy: ProxyClient,
        *,
        link: TerminalLink | None = None,
        keep_bytes: int = 256 << 20,
        lanes: int | None = None,
        state: State | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(proxy, link=link or TerminalLink(), keep_bytes=keep_bytes, lanes=lanes, state=state, id=id)
        self.questions = QuestionLine(self.table)

    def compose(self) -> ComposeResult:
        yield self.table
        yield self.figures
        yield self.questions

    def focus(self, scroll_visible: bool = True, from_app_focus: bool = False) -> Self:
        """The table takes the focus for the pane."""
        self.screen.set_focus(self.table, scroll_visible)
        return self

    def open(
        self,
        topic: TopicDetail,
        target: SeekTarget | None = None,
        others: Sequence[TopicDetail] = (),
        pattern: TopicPattern | None = None,
    ) -> None:
        super().open(topic, target, others, pattern)
        for prompt in self.questions.query(FilterPrompt):  # what stands in it holds, and may be typed on
            if prompt.is_mounted:  # else it does the same when it is
                prompt.update_consequence()

    def move(self, rows: int) -> None:
        """Move the cursor by rows, for a pane that shows the record."""
        self.table.action_move(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if self.questions.has_focus_within and action in QUESTIONS:
            return False
        return None if self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "partitions" and self._pattern is not None:
            return "Topics that match a pattern are read with all their partitions."
        if action == "hold" and self.state is StreamState.STOPPED:
            return "The stream has stopped; R tries again."
        return NO_TOPIC if self.topic is None and action != "compose" else ""

    def says(self, action: str) -> str:
        """What a key does now, where that is not always the same."""
        return SPACE.get(self.state, "") if action == "hold" else ""

    # Keys

    def action_hold(self) -> None:
        if self.state is StreamState.AHEAD:
            self.read_on()
        elif self.state in (StreamState.HELD, StreamState.DONE):
            self.go_on()
        else:
            self.hold()

    def action_choose(self) -> None:
        self.table.choose()

    def action_live(self) -> None:
        self.jump_to_end()

    def action_compose(self) -> None:
        here = self.table.record
        self.post_message(self.ComposeRequested(here.topic if here else self.topic.name if self.topic else ""))

    def action_resend(self) -> None:
        if (record := self._record()) is not None:
            self.post_message(RecordPane.Reuse(record))

    def _record(self) -> Record | None:
        record = self.table.record
        if record is None:
            self.notify(NO_RECORD, severity="warning", markup=False)
        return record

    def action_fields(self) -> None:
        self.columns.turn()
        self._show_in_menu()
        self._say()

    def action_mark(self) -> None:
        self.table.mark()

    def action_figures(self) -> None:
        self.figures.turn()

    def on_click(self, event: events.Click) -> None:
        if event.y == self.outer_size.height - 1 and self.status.below:  # the line that says how many are below
            self.jump_to_end()

    # Questions

    async def action_copy(self) -> None:
        self.table.look()  # what has just come and was not drawn yet is there
        marked = self.table.marked.records
        record = self.table.record if marked else self._record()
        if record is not None or marked:
            self.table.leave_end()
            await self.questions.ask(CopyMenu(record, marked))

    async def action_filter(self) -> None:
        if self.table.marked_only:  # what it changes is the filter from before
            self.table.action_widen()
        await self.questions.ask(FilterPrompt(self.table))

    async def action_go_to(self) -> None:
        if self._following is not None:
            await self.questions.ask(GoToPrompt(self._following))

    async def action_partitions(self) -> None:
        if self.topic is not None:
            there, chosen = (frozenset().union(*each.values()) for each in (self.there, self._topics))
            await self.questions.ask(PartitionsPrompt(there, chosen, len(self._opened)))

    async def action_columns(self) -> None:
        await self.questions.ask(ColumnsMenu(self.table))

    @on(GoToPrompt.Chosen)
    async def _go_to(self, event: GoToPrompt.Chosen) -> None:
        event.stop()
        await self.questions.close()
        self.jump(event.passage)

    @on(PartitionsPrompt.Chosen)
    async def _choose_partitions(self, event: PartitionsPrompt.Chosen) -> None:
        event.stop()
        await self.questions.close()
        self.read_only(event.partitions)

    # Columns

    @on(StreamTable.ColumnsChanged)
    def _columns_changed(self, event: StreamTable.ColumnsChanged) -> None:
        event.stop()
        self.columns.changed()
        self._show_in_menu()
        self.call_after_refresh(self._say)

    @on(StreamTable.HeadClicked)
    async def _head_clicked(self, event: StreamTable.HeadClicked) -> None:
        event.stop()
        await self.questions.ask(ColumnsMenu(self.table, event.column.id))

    @on(ColumnsMenu.PathWanted)
    async def _path_wanted(self, event: ColumnsMenu.PathWanted) -> None:
        event.stop()
        await self.questions.close()
        await self.questions.ask(PathPrompt(self.table.record))

    @on(PathPrompt.Chosen)
    async def _add_path(self, event: PathPrompt.Chosen) -> None:
        event.stop()
        await self.questions.close()
        self.columns.add(event.path)
        self._say()

    def _show_in_menu(self) -> None:
        """The menu of columns, if it is open, names those that there are now."""
        for menu in self.questions.query(ColumnsMenu):
            menu.call_after_refresh(menu.show)

    def _on_unmount(self) -> None:
        self.columns.save()
