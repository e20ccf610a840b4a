"""The whole app on a sandbox: its screens, its panes, what is drawn, and keys typed like a fast person types them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual import events
from textual.driver import Driver
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widget import Widget

from ktui.model import Record, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.ui.app import KtuiApp
from ktui.ui.main import MainScreen
from ktui.ui.widgets.stream_status import StreamState


class House:
    """One app that runs, and a person in front of it."""

    def __init__(self, app: KtuiApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def main(self) -> MainScreen:
        return self.app.main_screen

    async def until(self, condition: Callable[[], object], seconds: float = 20.0) -> None:
        """Wait for a state, also on a machine that has other things to do."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await self.settle()

    async def settle(self) -> None:
        """Let all widgets handle what they have been told.

        Pilot's own `pause` waits for an idle processor, up to a second: with a stream that polls it never comes.
        """
        while (self.app._typed or self.app._busy) and not self.app._exit:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        for _ in range(3):  # the app hands on to the screen, the screen to the widget
            await self.pilot._wait_for_screen()
        await asyncio.sleep(1 / 60)  # the screen lays out on a timer
        await self.pilot._wait_for_screen()

    async def press(self, *keys: str) -> None:
        """One key after the other, each when the one before has been acted on."""
        for key in keys:
            self._send(key)
            await self.settle()

    def type_at_once(self, text: str) -> None:
        """All keys are there before the first is acted on. A line feed is enter."""
        for character in text:
            self._send("enter" if character == "\n" else character)

    def paste(self, text: str) -> None:
        """As a terminal hands over what is on the clipboard."""
        self._driver.send_message(events.Paste(text))

    def click_at_once(self, widget: Widget, x: int = 5, y: int = 3) -> None:
        """A click of the left button, before anything that came earlier is acted on."""
        x, y = widget.region.x + x, widget.region.y + y
        for kind in (events.MouseDown, events.MouseUp):
            self._driver.send_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))

    @property
    def _driver(self) -> Driver:
        assert self.app._driver is not None
        return self.app._driver

    def _send(self, key: str) -> None:
        character = " " if key == "space" else key if len(key) == 1 else None
        self._driver.send_message(events.Key(_character_to_key(key) if character == key else key, character))

    async def open(self, name: str = "orders") -> None:
        """Open a topic as the palette does, and wait until it is read."""
        await self.until(lambda: name in self.main.topics_pane.names)
        self.main.open_topic(name)
        await self.until(lambda: self.main.topic is not None and self.main.topic.name == name)
        await self.until(lambda: self.main.stream_pane.state is StreamState.LIVE)

    @property
    def rows(self) -> list[Record]:
        """The records in the stream."""
        return [row for row in self.main.stream_pane.records if isinstance(row, Record)]

    def offsets(self, partition: int = 0) -> list[int]:
        return [row.offset for row in self.rows if row.partition == partition]

    @property
    def cursor(self) -> tuple[TopicPartition, int] | None:
        """The place of the record under the stream's cursor."""
        record = self.main.stream_pane.table.record
        return None if record is None else (record.tp, record.offset)

    @property
    def segments(self) -> list[Segment]:
        """Everything the compositor would send to the terminal."""
        strips = self.app.screen._compositor.render_strips()
        return [segment for strip in strips for segment in strip]

    @property
    def text(self) -> str:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def toasts(self) -> list[str]:
        return [note.message for note in self.app._notifications]

    async def sees(self, *panes: str) -> None:
        """Wait until these panes are on the screen, and no others."""
        try:
            await self.until(lambda: self.seen() == set(panes), 5.0)
        except TimeoutError:
            raise AssertionError(f"{sorted(self.seen())} instead of {sorted(panes)}") from None

    def seen(self) -> set[str]:
        """Ids of the panes that are on the screen."""
        return {pane for pane in PANES if self.pane(pane).region.area and self.pane(pane).is_on_screen}

    @property
    def focused(self) -> str:
        """Id of the pane that has the focus."""
        return next((pane for pane in PANES if self.pane(pane).has_focus_within), "")

    def pane(self, pane: str) -> Widget:
        return self.main.query_one(f"#{pane}")


PANES = ("topics", "stream", "offsets", "composer", "record")


@asynccontextmanager
async def at_home(
    proxy: ProxyClient, size: tuple[int, int] = (120, 36), *, title: str | None = None
) -> AsyncIterator[House]:
    """The app, once it has listed the topics."""
    app = KtuiApp(proxy, title=title)
    async with app.run_test(size=size, notifications=True) as pilot:
        house = House(app, pilot)
        await house.until(lambda: isinstance(app.screen, MainScreen) and app.screen.is_mounted)
        await house.until(lambda: not app.main_screen.topics_pane.loading_topics)
        yield house
