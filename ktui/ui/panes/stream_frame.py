"""The stream pane as far as it says what it does: title, status line, figures, the hint of an empty list."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from textual import events, on
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import var

from ktui.errors import ProxyError
from ktui.model import TopicDetail, TopicPartition, by_topic
from ktui.records.following import Following
from ktui.records.log import RecordLog
from ktui.records.pattern import TopicPattern
from ktui.rest.client import ProxyClient
from ktui.state import State
from ktui.ui.link import TerminalLink
from ktui.ui.panes.stream_columns import StreamColumns
from ktui.ui.widgets.figures_strip import FiguresStrip
from ktui.ui.widgets.filtered_table import FilteredTable
from ktui.ui.widgets.record_table import RecordTable
from ktui.ui.widgets.stream_status import StreamState, StreamStatus
from ktui.ui.widgets.stream_table import StreamTable
from ktui.ui.widgets.stream_words import hint, title

TOLD_EVERY = 0.1
"""Seconds between two tellings of the positions: one goes through four queues, a twentieth of the time of a read."""


def joined(topics: Mapping[str, Collection[int]], more: Iterable[TopicPartition]) -> dict[str, frozenset[int]]:
    """The partitions of topics with others."""
    others = by_topic(more)
    return {topic: frozenset((*topics.get(topic, ()), *others.get(topic, ()))) for topic in {**topics, **others}}


class StreamFrame(Vertical):
    """Owns what a stream is made of, the records that are kept and the state it is in, and says both. The reading moves
    it on."""

    topic: var[TopicDetail | None] = var(None, bindings=True)
    """The open topic."""
    state: var[StreamState] = var(StreamState.IDLE, bindings=True)

    @dataclass
    class Advanced(Message):
        """More has been read."""

        positions: dict[TopicPartition, int]

    @dataclass
    class StateChanged(Message):
        """The stream does something else now; `error` says why, when it waits or has stopped."""

        state: StreamState
        error: ProxyError | None

    def __init__(
        self,
        proxy: ProxyClient,
        *,
        link: TerminalLink,
        keep_bytes: int,
        lanes: int | None,
        state: State | None,
        id: str | None,
    ) -> None:
        """`lanes`: instances at most that read at once; None leaves it to the make of proxy. `state` remembers the
        columns of topics; without one they last as long as the pane."""
        super().__init__(id=id)
        self.proxy = proxy
        self.records = RecordLog(max_bytes=keep_bytes)
        self.status = StreamStatus()
        self.table = StreamTable(self.records, link)
        self.columns = StreamColumns(self.table, proxy.url, state or State())
        self.figures = FiguresStrip(self.records, self.status, link)
        self._link = link
        self._lanes = lanes
        self._following: Following | None = None
        self._topics: dict[str, frozenset[int]] = {}
        """What is read: the partitions of each topic."""
        self._opened: dict[str, frozenset[int]] = {}
        """All partitions that the topics had when they were opened."""
        self._pattern: TopicPattern | None = None
        """What the topics were found by, where it is followed."""
        self._apart: dict[TopicPartition, int] = {}
        self._error: ProxyError | None = None
        self._trouble: ProxyError | None = None
        """Why nothing comes, as long as nothing does: held or not."""
        self._retry_at = 0.0
        self._ticks = 0
        self._said: tuple[Content, Content] | None = None
        self._saying = False
        self._telling = False
        """Others will be told how far it is."""

    # What others ask

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read, per partition that is read."""
        return self._following.positions if self._following else {}

    @property
    def there(self) -> dict[str, frozenset[int]]:
        """All partitions of each topic, those too that were added while it was read."""
        return joined(self._opened, (*self._apart, *self.positions))

    # State in words

    def _advance(self) -> None:
        """More has been read: tell it, with what comes until then."""
        if not self._telling:
            self._telling = True
            self.set_timer(TOLD_EVERY, self._tell)

    def _tell(self) -> None:
        self._telling = False
        self.post_message(self.Advanced(self.positions))

    def _enter(self, state: StreamState, error: ProxyError | None = None) -> None:
        changed = state is not self.state or error is not self._error
        self.state, self._error = state, error
        if changed:
            self.post_message(self.StateChanged(state, error))
        self._say()

    def _wait(self, error: ProxyError, seconds: float) -> None:
        self._trouble, self._retry_at = error, time.monotonic() + seconds
        if self.state not in (StreamState.HELD, StreamState.AHEAD):  # it is tried when that goes on
            self._enter(StreamState.WAITING, error)

    def _say(self) -> None:
        """Bring title, status and hint up to date."""
        if not self.is_mounted:
            return
        following = self._following
        behind, progress = (following.behind, following.progress) if following else (0, None)
        ending = following.ending if following else ""
        self.status.look(self.state, self._error, self._retry_at, self.table, behind, progress, ending)
        name = title(
            self.topic,
            joined(self._topics, self.positions),
            self.there,
            self.columns.words,
            self.table.filter,
            pattern=self._pattern,
            numbered=not self.screen.has_class("-narrow"),
        )
        if self.table.marked_only:
            name += Content.styled(" · marked only", "$warning")
        line = self.status.line(self.size.width - 4)
        if (name, line) != self._said:
            self._said, self._saying = (name, line), True
            self.border_title, self.border_subtitle = name, line
            self._saying = False
        ranges = following.ranges if following else {}
        self.table.say(self.table.none_marked or hint(self.state, self._error, ranges, behind, self.table.filter))

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """A new title or status draws the frame's lines anew, not all that is in it."""
        if self._saying:
            width, height = self.size.width + 2, self.size.height
            regions = (Region(-1, -1, width, 1), Region(-1, height, width, 1))
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def _on_resize(self, event: events.Resize) -> None:
        self._say()

    @on(RecordTable.FollowingChanged)
    @on(FilteredTable.Filtered)
    def _shown_otherwise(self, event: Message) -> None:
        event.stop()
        self._say()
