"""The line in the stream's frame that says how it goes: words first, then figures, as many as fit."""

from __future__ import annotations

import enum
import time
from collections import deque

import msgspec
from textual.content import Content

from ktui.errors import ProxyError
from ktui.records.progress import Progress
from ktui.ui.report import brief
from ktui.ui.widgets.bars import bars
from ktui.ui.widgets.marked_table import MarkedTable

SECONDS = 60
"""How much of the past is counted."""
CHART = 12
"""How much of it the little chart shows."""
BAR_CELLS = 10
LONG_WAY = 2000
"""Records behind from which the way there is drawn."""


class StreamState(enum.Enum):
    """What the stream is doing."""

    IDLE = "idle"
    """No topic is open."""
    OPENING = "opening"
    LIVE = "live"
    HELD = "held"
    """Stopped by the user; its place is kept."""
    AHEAD = "ahead"
    """Enough has been read below what the user looks at; it goes on when they get there."""
    WAITING = "waiting"
    """No answer, or not now: tried again by itself."""
    DONE = "done"
    """The end that was asked for has been reached."""
    STOPPED = "stopped"
    """Refused: nothing will change by itself."""


class StreamStatus(msgspec.Struct):
    """Everything the line is made of."""

    state: StreamState = StreamState.IDLE
    reason: str = ""
    """For WAITING and STOPPED, clean."""
    retry_in: float = 0.0
    kept: int = 0
    size_bytes: int = 0
    matching: int | None = None
    """Of them, those the filter leaves; None without one."""
    behind: int | None = None
    """None while the ends are not known."""
    progress: Progress | None = None
    """Of a way that is long enough to be shown one."""
    below: int = 0
    """Records under the visible ones, those that were not read yet too. Of new ones, those since the end was left."""
    from_end: bool = True
    """Those below are new. Behind a place that was jumped to they are not, until the end has been reached."""
    ending: str = ""
    """Where it is to end; empty where it is not."""
    marked: int = 0
    counts: deque[int] = msgspec.field(default_factory=lambda: deque([0] * SECONDS, maxlen=SECONDS))
    """Records that came in each of the last seconds."""

    _new: int = 0

    def look(
        self,
        state: StreamState,
        error: ProxyError | None,
        retry_at: float,
        table: MarkedTable,
        unread: int,
        progress: Progress | None = None,
        ending: str = "",
    ) -> None:
        """Take the figures of the moment. `retry_at` is monotonic; `unread` are records that were not asked for yet."""
        self.state = state
        self.reason = brief(error) if error else ""
        self.retry_in = retry_at - time.monotonic()
        self.kept, self.size_bytes = table.records.kept, table.records.size_bytes
        self.matching = len(table.view) if table.filter else None
        self.behind, self.ending = unread, ending
        self.progress = progress if unread > LONG_WAY and state is StreamState.LIVE else None
        self.from_end |= state is StreamState.LIVE and table.following and unread <= 0
        self.below = table.new_below if self.from_end or table.following else table.below
        self.marked = len(table.marked)
        if state in (StreamState.HELD, StreamState.AHEAD):
            self.below += unread

    def start(self, from_end: bool | None = None) -> None:
        """A new run begins. `from_end`: at or near it; None where the run before is gone on with."""
        self._new = 0
        if from_end is not None:
            self.from_end = from_end
        self.counts.extend([0] * SECONDS)

    def arrived(self, count: int) -> None:
        """So many records came in that were not there before: those make no rate."""
        self._new += count

    def second(self) -> None:
        """Another second is over."""
        self.counts.append(self._new)
        self._new = 0

    @property
    def rate(self) -> int:
        """Records per second, over the last three."""
        recent = list(self.counts)[-3:]
        return round(sum(recent) / len(recent))

    def line(self, width: int) -> Content:
        """As much as fits; what matters least goes first."""
        parts = self._parts()
        while len(parts) > 1 and sum(part.cell_length + 3 for _, part in parts) - 3 > width:
            parts.remove(max(parts, key=lambda ranked: ranked[0]))
        return Content(" · ").join([part for _, part in parts])

    def _parts(self) -> list[tuple[int, Content]]:
        """Each with its rank: the greater, the sooner it is left out."""
        parts = [(0, self._state())]
        if self.state is StreamState.IDLE:
            return parts
        if self.below:
            where = " new below" if self.from_end else " below"
            parts.append((1, Content.assemble((f"{self.below:,}", "bold"), where).stylize("$warning")))
        if self.state is StreamState.LIVE:
            parts.append((2, Content.assemble((f"{self.rate:,}", "bold"), "/s")))
            recent = list(self.counts)[-CHART:]
            if any(recent):
                parts.append((6, Content.styled(bars(recent), "$secondary")))
        if self.matching is None:
            parts.append((3, Content(f"kept {self.kept:,}")))
        else:
            parts.append((1, Content.assemble((f"{self.matching:,}", "bold"), f" of {self.kept:,} match")))
        if self.marked:
            parts.append((3, Content(f"{self.marked:,} marked")))
        parts.append((5, Content(size_text(self.size_bytes))))
        if self.progress is not None and self.progress.done:
            parts += _way(self.progress)
        elif self.behind and self.state not in (StreamState.HELD, StreamState.AHEAD, StreamState.DONE):
            parts.append((4, Content(f"behind {self.behind:,}")))
        return parts

    def _state(self) -> Content:
        match self.state:
            case StreamState.LIVE:
                return Content.assemble(("▶", "$success"), f" live {self.ending}".rstrip())
            case StreamState.HELD:
                return Content.styled("❙❙ held", "$warning")
            case StreamState.AHEAD:
                return Content.styled("❙❙ read ahead, space reads on", "$warning")
            case StreamState.WAITING:
                wait = f"next try in {max(0, round(self.retry_in))} s"
                return Content.styled(f"◌ waiting: {self.reason}, {wait}", "$warning")
            case StreamState.DONE:
                return Content.assemble(("✓", "$success"), " done, space goes on")
            case StreamState.STOPPED:
                return Content.styled(f"■ stopped: {self.reason}", "$error")
            case StreamState.OPENING:
                return Content.styled("◌ opening", "$ktui-muted")
            case StreamState.IDLE:
                return Content.styled("no topic", "$ktui-muted")


def _way(progress: Progress) -> list[tuple[int, Content]]:
    """How far a long way has been come, and how long the rest takes."""
    full = min(BAR_CELLS - 1, round(BAR_CELLS * progress.share))
    bar = Content.assemble(
        ("━" * full, "$primary"), ("╌" * (BAR_CELLS - full), "$ktui-muted"), f" {progress.share:.0%}"
    )
    parts = [(2, bar), (4, Content(f"behind {progress.left:,}"))]
    if (seconds := progress.seconds_left) is not None:
        parts.insert(1, (3, Content(f"{duration_text(seconds)} left")))
    return parts


def duration_text(seconds: float) -> str:
    """0:07, 12:30, 3:04:59; beyond a day it is no figure any more."""
    if seconds >= 86_400:
        return "over a day"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size_text(size: int) -> str:
    """Bytes as a person says them: 12 MB."""
    if size < 1000:
        return f"{size} B"
    number = float(size)
    for unit in ("kB", "MB", "GB"):
        number /= 1000
        if number < 999.5 or unit == "GB":
            return f"{number:.1f} {unit}" if number < 9.95 else f"{number:.0f} {unit}"
    raise AssertionError("the loop always returns")
