"""The main screen as far as it is places: which panes there are, which of them has the focus, what is shown where."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.reactive import Reactive, var
from textual.screen import Screen
from textual.widget import Widget

from ktui.config import Config
from ktui.model import TopicDetail
from ktui.rest.client import ProxyClient
from ktui.state import State
from ktui.ui.link import TerminalLink
from ktui.ui.panes.composer import ComposerPane
from ktui.ui.panes.offsets import OffsetsPane
from ktui.ui.panes.record import RecordPane
from ktui.ui.panes.stream import StreamPane
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.widgets.key_line import KeyLine
from ktui.ui.widgets.tab_line import TabLine
from ktui.ui.widgets.top_line import TopLine

PLACED = "#body > *, #center > *, #lower > *, TabLine"
"""What stands where by the classes of the screen."""
TABS = {"topics": "1 Topics", "stream": "2 Stream", "offsets": "3 Offsets", "composer": "4 Compose"}


class MainFrame(Screen[None]):
    """Four panes, placed by the classes of the screen. The main screen lets them hear of each other."""

    BINDINGS = [
        Binding("1", "focus_pane('topics')", "topics", id="main.topics", show=False, tooltip="The topics"),
        Binding("2", "focus_pane('stream')", "stream", id="main.stream", show=False, tooltip="The stream of records"),
        Binding("3", "focus_pane('offsets')", "offsets", id="main.offsets", show=False, tooltip="The offsets"),
        Binding("4", "focus_pane('composer')", "compose", id="main.composer", show=False, tooltip="The composer"),
        Binding("tab", "app.focus_next", "next pane", id="main.next", tooltip="The next pane"),
        Binding("shift+tab", "app.focus_previous", "pane before", id="main.previous", show=False, tooltip="Back"),
        Binding("z", "zoom", "whole screen", id="main.zoom", show=False, tooltip="This pane alone, and back"),
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As of any screen. Textual repaints all of it when the focus moves; panes repaint themselves."""
    topic: var[TopicDetail | None] = var(None)
    """The open topic."""
    shown: var[str] = var("topics", init=False)
    """Id of the pane that had the focus last."""
    lower: var[str] = var("offsets", init=False)
    """Which of the lower panes is shown where only one can be."""
    zoomed: var[bool] = var(False)
    record_open: var[bool] = var(False, bindings=True)

    def __init__(
        self, proxy: ProxyClient, title: str, config: Config, link: TerminalLink, size_classes: Sequence[str] = ()
    ) -> None:
        """`size_classes`: those of the breakpoints that the terminal has."""
        super().__init__(classes=" ".join(["-on-topics", "-lower-offsets", *size_classes]))
        self.proxy, self._title, self._config, self._link = proxy, title, config, link
        self.record_pane = RecordPane(proxy, id="record")
        self._before = "stream"
        self._painted = False

    def compose(self) -> ComposeResult:
        yield TopLine.of(self.proxy, self._title)
        yield TabLine(TABS)
        with Horizontal(id="body"):
            yield TopicsPane(self.proxy, id="topics")
            with Vertical(id="center"):
                yield StreamPane(
                    self.proxy,
                    link=self._link,
                    keep_bytes=self._config.keep_mb << 20,
                    lanes=self._config.lanes,
                    state=State(self._config.state_path),
                    id="stream",
                )
                with Horizontal(id="lower"):
                    yield OffsetsPane(self.proxy, id="offsets").data_bind(MainFrame.topic)
                    yield ComposerPane(self.proxy, id="composer").data_bind(MainFrame.topic)
        yield KeyLine()

    def on_mount(self) -> None:
        self.top_line = self.query_one(TopLine)
        self.topics_pane = self.query_one(TopicsPane)
        self.stream_pane = self.query_one(StreamPane)
        self.offsets_pane = self.query_one(OffsetsPane)
        self.composer_pane = self.query_one(ComposerPane)
        self.query_one(TabLine).shown = self.shown
        self.focus_pane(self.shown)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        event.refresh_styles = event.refresh_styles and self._painted  # what was just mounted has its styles
        self._painted = True

    # which pane is where

    def focus_pane(self, pane: str) -> None:
        """Show a pane and put the focus into it."""
        self.shown = pane
        self.query_one(f"#{pane}").focus()

    def watch_shown(self, before: str, pane: str) -> None:
        if before != "composer":
            self._before = before
        self._place({f"-on-{before}": False, f"-on-{pane}": True})
        if pane in ("offsets", "composer"):
            self.lower = pane
        if self.is_mounted:
            self.query_one(TabLine).shown = pane

    def watch_lower(self, pane: str) -> None:
        self._place({f"-lower-{each}": each == pane for each in ("offsets", "composer")})

    def watch_zoomed(self, zoomed: bool) -> None:
        self._place({"-zoomed": zoomed})

    def watch_record_open(self, shown: bool) -> None:
        self._place({"-record-open": shown})

    def _place(self, classes: dict[str, bool]) -> None:
        """Move panes. Only they depend on these classes: to style all that is in them too, as Textual does, took 140
        applications of the style sheet for each change, and most of the time of a topic switch."""
        self.update_classes(classes, update=False)
        if self.is_mounted:
            self.app.stylesheet.update_nodes(self.query(PLACED))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        for node in event.widget.ancestors_with_self:
            if isinstance(node, TopicsPane | StreamPane | OffsetsPane | ComposerPane | RecordPane) and node.id:
                self.shown = node.id
                return

    def action_focus_pane(self, pane: str) -> None:
        self.record_open = self.record_open and pane == "stream"
        self.focus_pane(pane)

    def action_zoom(self) -> None:
        self.zoomed = not self.zoomed
