"""The strip of figures under the stream: how fast, in which partitions, how large, under which keys. Shown on demand.

While it is hidden nothing is counted; when it is shown, what the log holds is counted first, in slices.
"""

from __future__ import annotations

import asyncio

from textual import events, work
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from ktui.records.figures import Figures
from ktui.records.log import RecordLog
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.figures_lines import figures_lines
from ktui.ui.widgets.painting import changed_lines
from ktui.ui.widgets.stream_status import StreamStatus

LOOKS = 5
"""Times a second that a slice is counted."""
REDRAWN = 5
"""Looks after which the figures are drawn anew: once a second can be read."""
TWO_COLUMNS = 110
"""Cells from which two of the figures stand side by side."""
GAP = 3
"""Cells between them."""


class FiguresStrip(Widget):
    """Four figures in four lines, or in two where there is room."""

    DEFAULT_CSS = """
    FiguresStrip { height: auto; padding: 0 1; background: $surface; color: $foreground; display: none; }
    """
    ALLOW_SELECT = False

    def __init__(self, records: RecordLog, status: StreamStatus, link: TerminalLink) -> None:
        super().__init__()
        self.figures: Figures | None = None
        """None while hidden."""
        self._records = records
        self._status = status
        self._link = link
        self._lines: list[Content] = []
        self._looks = 0

    def turn(self) -> None:
        """Show it, or hide it."""
        self.display = not self.display
        self.figures = None
        if self.display:
            self.begin()
            self._timer.resume()
        else:
            self._timer.pause()

    def begin(self) -> None:
        """Count from what the log holds now."""
        if self.display:
            self.figures = Figures(self._records)
            self._count_kept(self.figures)

    @work(exclusive=True, group="figures")
    async def _count_kept(self, figures: Figures) -> None:
        while self.figures is figures and figures.catching_up:
            figures.work()
            await asyncio.sleep(0)
        self._draw()

    def _look(self) -> None:
        if self.figures is not None:
            self.figures.work()
            self._looks += 1
            if self._looks >= REDRAWN and self._link.clear:
                self._looks = 0
                self._draw()

    def _draw(self) -> None:
        """Draw the lines that have changed."""
        before, self._lines = self._lines, self._said()
        if len(before) != len(self._lines):
            self.refresh()
        elif regions := changed_lines(before, self._lines, self.size.width):
            self.refresh(*regions)

    def _said(self) -> list[Content]:
        if self.figures is None:
            return []
        width = self.size.width
        if width < TWO_COLUMNS:
            return figures_lines(self.figures, self._status, width)
        half = (width - GAP) // 2
        rate, partitions, sizes, keys = figures_lines(self.figures, self._status, half)
        pairs = [(rate, sizes), (partitions, keys)]
        return [left.truncate(half + GAP, pad=True) + right for left, right in pairs]

    def render(self) -> Content:
        return Content("\n").join(self._lines)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 4 if width < TWO_COLUMNS else 2

    def _on_mount(self, event: events.Mount) -> None:
        self._timer = self.set_interval(1 / LOOKS, self._look, pause=True)

    def _on_resize(self, event: events.Resize) -> None:
        self._lines = []  # all of it is drawn anew, not what has changed
        self._draw()
