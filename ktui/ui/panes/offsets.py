"""The offsets pane: where every partition begins and ends, where we read, where a group resumes; and seeking."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from ktui.errors import ProxyError
from ktui.model import Positions, TopicDetail, TopicPartition
from ktui.records.standings import Group, Standing, Standings, known
from ktui.records.target import SeekTarget, TargetError, resolve
from ktui.rest.client import ProxyClient
from ktui.ui.greyed import NO_TOPIC, lacks
from ktui.ui.panes import offsets_keys
from ktui.ui.report import report, sentence, within
from ktui.ui.text import plain
from ktui.ui.widgets.line_table import LineTable
from ktui.ui.widgets.offset_columns import Columns, legend, title
from ktui.ui.widgets.offset_prompts import group_prompt, seek_prompt
from ktui.ui.widgets.prompt import Prompt

EVERY = 5.0
"""Seconds between two looks at the offsets."""
DRAWN_EVERY = 0.2
"""Seconds in which positions are drawn once at most: moving with every read they would be read no better."""
AT_ONCE = 64
"""Partitions that are asked for by themselves; each costs one request. Of larger topics those in sight are."""


class OffsetsPane(Widget):
    """A row per partition. It reads offsets and asks others to seek; the positions themselves are the stream's."""

    DEFAULT_CSS = """
    OffsetsPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-title-style: bold;
        border-subtitle-color: $ktui-muted;
        &:focus-within { border: round $primary; border-title-color: $primary; }
        & #offsets-header { height: 1; padding-left: 1; }
        & #offsets-says { height: auto; padding: 0 1; color: $ktui-muted; }
    }
    """

    HELP = offsets_keys.HELP
    BINDINGS = offsets_keys.BINDINGS

    topic: var[TopicDetail | None] = var(None, bindings=True)
    """The open topic."""
    several: var[bool] = var(False)
    """The stream reads others too: this is the first of them."""

    @dataclass
    class SeekRequested(Message):
        """The stream shall read on from there; partitions not named stay where they are."""

        positions: dict[TopicPartition, int]

    @dataclass
    class LookRequested(Message):
        """The record at this offset shall be shown."""

        tp: TopicPartition
        offset: int

    def __init__(self, proxy: ProxyClient, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.proxy = proxy
        self.rows = Standings()
        """One per partition, in order."""
        self.group = Group()
        """What is compared with."""
        self.trouble: ProxyError | None = None
        """Why the offsets are old."""
        self.table = LineTable(self._line)
        self._columns = Columns([], 80, group=False)
        self._loading: Worker[None] | None = None
        self._moved = False
        """Positions have, since they were drawn."""
        self._drawn_at = 0.0
        self._asking: Prompt | None = None
        """The prompt that is open; none as soon as it begins to close."""

    def compose(self) -> ComposeResult:
        yield Static(id="offsets-header")
        yield self.table
        yield Static(id="offsets-says")

    @property
    def chosen(self) -> list[Standing]:
        """What a verb acts on: the marked partitions, or else the one under the cursor."""
        return self.rows.marked or self.rows[self.table.cursor : self.table.cursor + 1]

    @property
    def shown(self) -> bool:
        """Whether anybody can see this pane."""
        return all(node.display for node in self.ancestors_with_self if isinstance(node, Widget))

    def focus(self, scroll_visible: bool = True, from_app_focus: bool = False) -> Self:
        if self.is_mounted:
            self.screen.set_focus(self.table, scroll_visible)
        return self

    def update_positions(self, positions: Positions) -> None:
        """The stream has read on."""
        self.rows.update_positions(positions)
        self._moved = True
        if time.monotonic() - self._drawn_at >= DRAWN_EVERY:
            self._draw_moved()

    def _draw_moved(self) -> None:
        """Show where we read, if that is elsewhere now."""
        if self._moved and self.shown:
            self._moved, self._drawn_at = False, time.monotonic()
            self.table.refresh()

    def on_mount(self) -> None:
        self._open(self.topic)
        self.set_interval(EVERY, self._look_again)
        self.set_interval(DRAWN_EVERY, self._draw_moved)

    def on_resize(self) -> None:
        self._show()

    def on_show(self) -> None:
        """What was hidden when the topic was opened has not asked yet."""
        if any(row.held is None for row in self.rows):
            self.refresh_offsets()
        else:
            self._look_again()

    def watch_topic(self, topic: TopicDetail | None) -> None:
        if self.is_mounted:
            self._open(topic)

    def watch_several(self) -> None:
        if self.is_mounted:
            self._show()

    def _open(self, topic: TopicDetail | None) -> None:
        rows = Standings(topic.name, [each.partition for each in topic.partitions]) if topic else Standings()
        if topic and self.rows.topic == topic.name:
            rows.adopt(self.rows)
        self.rows, self.trouble = rows, None
        self.workers.cancel_group(self, "seek")
        if self._asking is not None:
            self.call_later(self._close, self._asking)
            self._asking = None
        self._show()
        if self.shown:
            self.refresh_offsets()

    def _line(self, row: int, width: int) -> Content:
        return self._columns.line(self.rows[row])

    def _show(self) -> None:
        """Draw everything that does not come with the lines themselves."""
        self._columns = Columns(self.rows, self.table.room - 1 or 80, group=self.group.compared)
        self.query_one("#offsets-header", Static).update(self._columns.header if self.rows else "")
        self.table.count = len(self.rows)
        self.table.refresh()
        says = "" if self.topic else "No topic is open: enter on one in Topics (1) does."
        if self.group.refusal:
            says = f"The lag of {self.group.name} cannot be shown: {sentence(self.group.refusal)}."
        self.query_one("#offsets-says", Static).update(plain(says))
        self.query_one("#offsets-says").display = bool(says)
        if self._asking is not None:
            self._asking.update_consequence()
        named = title(self.rows, self.group.name if self.group.compared else "", of_several=self.several)
        shared = any(self.screen.has_class(name) for name in ("-wide", "-wider"))  # one of the lower panes at a time
        self.border_title = named + Content(" · 4 Compose") if shared else named
        self.border_subtitle = self._state()

    def _state(self) -> Content:
        if self.trouble is not None:
            again = f" · asked again every {EVERY:.0f} s"
            room = self.size.width - 4 - len(again)  # within the corners of the frame
            return plain(within(room, self.trouble) + again).stylize("$warning")
        often = f"those in sight every {EVERY:.0f} s, R all · " if len(self.rows) > AT_ONCE else ""
        return Content(often) + legend(group=self.group.compared)

    def _look_again(self) -> None:
        if self.topic and self.shown and not (self._loading and self._loading.is_running):
            rows: Sequence[Standing] = self.rows
            if len(rows) > AT_ONCE:
                sight = self.table.rows_in_sight
                rows = self.rows[sight.start : sight.stop]
            self._loading = self.load_offsets(rows)

    @on(LineTable.Chosen)
    def action_look(self) -> None:
        row = self.rows[self.table.cursor] if self.rows else None
        if row is None or row.held is None:
            return
        if row.last_seen is None:
            self.notify(f"Partition {row.partition} is empty.", markup=False)
        else:
            self.post_message(self.LookRequested(row.tp, row.last_seen))

    def action_mark(self) -> None:
        if self.rows:
            row = self.rows[self.table.cursor]
            row.marked = not row.marked
            self.table.action_move(1)
            self.table.refresh()

    def action_mark_all(self, marked: bool | None = None) -> None:
        self.rows.mark_all(len(self.rows.marked) < len(self.rows) if marked is None else marked)
        self.table.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if parameters == (False,):
            return bool(self.rows.marked)
        return None if self.why_not(action) else True

    def why_not(self, action: str) -> str:
        """Why a key is greyed."""
        if action == "group" and (why := lacks(self.proxy, "committed")):
            return why
        return NO_TOPIC if self.topic is None else ""

    def refresh_offsets(self) -> None:
        """Ask for all offsets now."""
        if self.topic:
            self._loading = self.load_offsets(self.rows)

    async def action_seek(self) -> None:
        chosen = self.chosen
        if not chosen or self._asking is not None:
            return
        await self._ask(seek_prompt(self.rows, chosen))

    def action_jump(self, where: str) -> None:
        self.seek(SeekTarget.beginning() if where == "begin" else SeekTarget.end(), self.chosen)

    async def action_group(self) -> None:
        if self.rows and self._asking is None:
            await self._ask(group_prompt(self.group.name))

    async def _ask(self, prompt: Prompt) -> None:
        self._asking = prompt
        await self.mount(prompt)

    @on(Prompt.Submitted, "#offsets-seek")
    def _seek_typed(self, event: Prompt.Submitted) -> None:
        try:
            self.seek(*self.rows.understand(event.text, self.chosen), event.prompt)
        except TargetError as error:
            event.prompt.complain(str(error))

    @on(Prompt.Submitted, "#offsets-group")
    async def _group_typed(self, event: Prompt.Submitted) -> None:
        self.group = Group(event.text)
        self.rows.forget_group()
        await self._close(event.prompt)
        self._show()
        self.refresh_offsets()

    @on(Prompt.Cancelled)
    async def _cancelled(self, event: Prompt.Cancelled) -> None:
        self.workers.cancel_group(self, "seek")
        await self._close(event.prompt)

    async def _close(self, prompt: Prompt) -> None:
        self._asking = None
        await prompt.close(self.table)

    @work(group="seek", exclusive=True)
    async def seek(self, target: SeekTarget, rows: Sequence[Standing], prompt: Prompt | None = None) -> None:
        """Find out where that is and ask for it. Marks stay, so that the next seek can be of the same partitions."""
        positions, ranges = known(rows)
        try:
            there = await resolve(self.proxy, target, positions, ranges)
        except (ProxyError, TargetError) as error:
            if prompt is None:
                report(self, "seek", error)
            elif prompt is self._asking:
                prompt.complain(sentence(error))
            return
        if not there:
            self.notify("The offsets are not known yet.", severity="warning", markup=False)
            return
        self.post_message(self.SeekRequested(there))
        if prompt is not None:
            await self._close(prompt)

    @work(group="load", exclusive=True)
    async def load_offsets(self, rows: Sequence[Standing]) -> None:
        """Ask for the offsets of these partitions, and of the group. What fails is state, not a toast."""
        topic = self.topic
        if topic is None:
            return
        try:
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                self.rows.update_held(await self.proxy.ranges(topic.name, [row.partition for row in some]))
                self._show()
            await self.group.load(self.proxy, self.rows, rows)
        except ProxyError as error:
            self.trouble = error
        else:
            self.trouble = None
        self._show()
