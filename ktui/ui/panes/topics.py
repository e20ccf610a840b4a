"""The topics: which there are, about how much is in them, and the choice of one.

One request lists them all. Partitions and counts are asked for the rows in sight only, a few at a time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Self

from textual import events, on, work
from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from ktui.errors import NotFound, ProxyError
from ktui.model import TopicDetail
from ktui.records.pattern import TopicNames, TopicPattern, is_internal
from ktui.records.roster import TOGETHER
from ktui.records.tallies import Tallies
from ktui.records.target import SeekTarget
from ktui.rest.client import ProxyClient
from ktui.ui.panes import topics_keys
from ktui.ui.report import report, sentence
from ktui.ui.text import clean, plain
from ktui.ui.widgets.line_table import LineTable
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.topic_list import TopicList
from ktui.ui.widgets.topic_prompts import filter_prompt, follow_prompt, no_match

SETTLE = 0.08
"""Seconds that the rows in sight must stay before anything is asked for them."""


class TopicsPane(Widget):
    """A list of names that narrows as one types."""

    DEFAULT_CSS = """
    TopicsPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-subtitle-color: $ktui-muted;
        border-title-style: bold;
        layout: vertical;
        &:focus-within { border: round $primary; border-title-color: $primary; }
        & #topics-state { display: none; height: auto; padding: 0 1; color: $ktui-muted; }
        & #topics-state.-said { display: block; }
        & #topics-state.-error { color: $error; }
        & Prompt { padding: 0; }
        & Examples { display: none; }
    }
    """

    HELP = topics_keys.HELP
    BINDINGS = topics_keys.BINDINGS

    opened: reactive[str | None] = reactive(None)
    """The topic that is open in the stream; it is marked."""
    words: reactive[str] = reactive("", bindings=True)
    """The filter: part of a name, in any case."""
    marked: reactive[frozenset[str]] = reactive(frozenset(), bindings=True)
    """Topics that enter opens together."""
    internal: reactive[bool] = reactive(False)
    """Whether topics are shown whose names begin with `_`."""
    loading_topics: reactive[bool] = reactive(True)
    """Whether the list is awaited."""

    @dataclass
    class TopicChosen(Message):
        """The user opened a topic; it exists."""

        topic: TopicDetail
        target: SeekTarget | None = None
        """Where to begin; None leaves it to the stream."""
        others: tuple[TopicDetail, ...] = ()
        """Topics that are read in the same stream."""
        pattern: TopicPattern | None = None
        """What they were found by, when those that are made later are to be read too."""

    class Listed(Message):
        """The topics were asked for again; there may be others."""

    def __init__(self, proxy: ProxyClient, *, recount: float = 5.0, id: str | None = None) -> None:
        """`recount`: seconds between two looks at the counts of the rows in sight."""
        super().__init__(id=id)
        self.border_title = "1 Topics"
        self.proxy = proxy
        self.tallies = Tallies(proxy, recount)
        """What is known of each topic that was in sight once."""
        self.table = TopicList(self.tallies)
        self._recount = recount
        self._listed = TopicNames()
        self._error: ProxyError | None = None
        self._followed = ""
        """The pattern that was typed last."""

    def compose(self) -> ComposeResult:
        yield Static(id="topics-state")
        yield self.table.data_bind(TopicsPane.opened, TopicsPane.marked)

    @property
    def names(self) -> tuple[str, ...]:
        """Every topic that the proxy listed, in order."""
        return self._listed.all

    @property
    def shown(self) -> list[str]:
        """The topics that filter and choice of internal ones leave."""
        return self._listed.narrowed(self.words, internals=self.internal)

    def focus(self, scroll_visible: bool = True) -> Self:
        if self.is_mounted:
            self.screen.set_focus(self.table, scroll_visible)
        return self

    def refresh_topics(self) -> None:
        """Ask for the list again, and for the counts of what is in sight."""
        self._load()

    def choose(self, name: str, target: SeekTarget | None = None) -> None:
        """Open a topic by its name, whatever is shown."""
        if name in self.names:
            if name not in self.shown:
                self.words, self.internal = "", self.internal or is_internal(name)
            self.table.go_to(name)
        self._open(name, target=target)

    def follow(self, words: str) -> None:
        """Open all topics of a pattern, and those that are made later."""
        pattern = TopicPattern(words)
        if names := pattern.among(self.names):
            self._followed = words
            self._open(*names, pattern=pattern)
        else:
            self.notify(clean(no_match(words)), severity="warning", markup=False)

    def _on_mount(self, event: events.Mount) -> None:
        self.call_after_refresh(self.refresh_topics)  # first there is something to see

    def watch_words(self) -> None:
        self._show()

    def watch_internal(self) -> None:
        self._show()

    def watch_marked(self) -> None:
        self._show()

    def watch_loading_topics(self) -> None:
        self._say()

    def watch_opened(self, name: str | None) -> None:
        if self.is_mounted and name in self.shown and self.table.name_at_cursor != name:
            self.table.go_to(name)

    def _show(self) -> None:
        """Bring list, state and frame up to date with the names and the filter."""
        if not self.is_mounted:
            return
        shown = self.shown
        self.table.show(shown, self.table.name_at_cursor or self.opened)
        text = f"{len(shown):,} of {len(self.names):,}" if self.names else ""
        text += f" · {len(self.marked):,} marked" if self.marked else ""
        kept = f" · “{self.words}”" if self.words else ""
        self.border_subtitle = plain(f"{text}{kept}") if text else None
        self._say()

    def _say(self) -> None:
        """The state in words, where there is nothing to list."""
        if not self.is_mounted:
            return
        text = "" if self.table.count else self._nothing()
        state = self.query_one("#topics-state", Static)
        state.update(plain(text))
        state.set_class(bool(text), "-said")
        state.set_class(self._error is not None and not self.names, "-error")

    def _nothing(self) -> str:
        if self.loading_topics and not self.names:
            return "◌ loading the topics…"
        if self._error is not None and not self.names:
            return f"{sentence(self._error).rstrip('.')}. R tries again."
        if self.words:
            return f"No topic has “{self.words}” in its name. esc shows all {len(self.names):,}."
        if self.names:
            return f"No topics but {len(self.names):,} internal ones: i shows them."
        return "No topics yet. When somebody has made one, R finds it."

    @on(TopicList.SightChanged)
    def _look_again(self) -> None:
        self._keep_counting()

    @on(LineTable.Chosen)
    def _row_chosen(self, event: LineTable.Chosen) -> None:
        event.stop()
        self.action_open()

    @on(LineTable.Moved)
    def _moved(self, event: LineTable.Moved) -> None:
        event.stop()

    @on(Prompt.Submitted, "#topics-filter")
    @on(Prompt.Cancelled, "#topics-follow")
    async def _answered(self, event: Prompt.Submitted | Prompt.Cancelled) -> None:
        event.stop()
        await event.prompt.close(self.table)

    @on(Prompt.Cancelled, "#topics-filter")
    async def _filter_dropped(self, event: Prompt.Cancelled) -> None:
        self.words = ""
        await self._answered(event)

    @on(Prompt.Submitted, "#topics-follow")
    async def _pattern_typed(self, event: Prompt.Submitted) -> None:
        event.stop()
        if not event.text or not TopicPattern(event.text).among(self.names):
            event.prompt.complain(no_match(event.text))
            return
        await self._answered(event)
        self.follow(event.text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "show_all":
            return bool(self.words or self.marked)
        return action not in ("filter", "follow") or not self.query(Prompt)

    def action_open(self) -> None:
        if self.marked:
            self._open(*(name for name in self.names if name in self.marked))
        elif (name := self.table.name_at_cursor) is not None:
            self._open(name)

    def action_mark(self) -> None:
        """Mark the topic under the cursor, or take its mark, and go on to the next."""
        if (name := self.table.name_at_cursor) is not None:
            self.marked ^= {name}
            self.table.cursor = min(self.table.cursor + 1, self.table.count - 1)

    def action_mark_all(self) -> None:
        """Mark all that are shown; none, when they are."""
        shown = frozenset(self.shown)
        self.marked = self.marked - shown if shown <= self.marked else self.marked | shown

    async def action_filter(self) -> None:
        if not self.query(Prompt):  # the palette asks nobody
            await self.mount(filter_prompt(self.words, self._narrow))

    def _narrow(self, words: str) -> None:
        self.words = words

    async def action_follow(self) -> None:
        if not self.query(Prompt):
            self.focus()
            await self.mount(follow_prompt(self.words or self._followed, lambda: self.names))

    def action_internal(self) -> None:
        self.internal = not self.internal

    def action_refresh(self) -> None:
        self.refresh_topics()

    def action_show_all(self) -> None:
        self.words, self.marked = "", frozenset()

    @work(exclusive=True, group="load")
    async def _load(self) -> None:
        self.loading_topics = True
        try:
            names = await self.proxy.topics()
        except ProxyError as error:
            self._error = error
            if self.names:
                report(self, "list the topics", error)
        else:
            self._error = None
            self._listed = TopicNames(names)
            self.tallies.renew()
            self.post_message(self.Listed())
        self.loading_topics = False
        self._show()

    @work(exclusive=True, group="open")
    async def _open(self, *names: str, target: SeekTarget | None = None, pattern: TopicPattern | None = None) -> None:
        """Open the first, and with it the others."""
        if len(names) > TOGETHER:
            words = f"{len(names):,} topics are too many for one stream: up to {TOGETHER} can be read together."
            self.notify(words, severity="warning", markup=False)
            return
        try:
            first, *others = await asyncio.gather(*(self.proxy.topic(name) for name in names))
        except ProxyError as error:
            report(self, f"open {', '.join(names)}", error)
            if isinstance(error, NotFound):
                self.refresh_topics()
        else:
            self.opened, self.marked = first.name, frozenset()
            self.post_message(self.TopicChosen(first, target, tuple(others), pattern))

    @work(exclusive=True, group="count")
    async def _keep_counting(self) -> None:
        """Count what is in sight, again and again. Started anew when other rows come into sight."""
        await asyncio.sleep(SETTLE)
        while True:
            began = time.monotonic()
            if self.screen.is_current and self.app.app_focus:
                await self.tallies.count(self.table.in_sight, self.table.refresh)
            took = time.monotonic() - began
            self.table.fresh = self.tallies.fresh(self.table.in_sight)
            await asyncio.sleep(max(self._recount, 4 * took))  # a slow proxy is asked less
