"""The whole app on a sandbox of one make of proxy, for tests of what it says about the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from ktui.rest.client import ProxyClient
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from ktui.ui.app import KtuiApp
from ktui.ui.main import MainScreen
from ktui.ui.widgets.stream_status import StreamState
from tests.ui.host import until


class Clinic:
    """One app, its sandbox, and keys to press."""

    def __init__(self, app: KtuiApp, sandbox: Sandbox, proxy: ProxyClient, pilot: Pilot[None]) -> None:
        self.app, self.sandbox, self.proxy, self.pilot = app, sandbox, proxy, pilot

    @property
    def main(self) -> MainScreen:
        return self.app.main_screen

    @property
    def text(self) -> str:
        """What is on the screen."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    @property
    def toasts(self) -> list[str]:
        return [note.message for note in self.app._notifications]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def sees(self, words: str) -> None:
        """Wait until it is on the screen."""
        try:
            await until(self.pilot, lambda: words in self.text)
        except TimeoutError:
            raise AssertionError(f"{words!r} is not on the screen:\n{self.text}") from None

    async def open(self, name: str = "orders") -> None:
        """Open a topic and wait until it is read."""
        self.main.open_topic(name)
        await until(self.pilot, lambda: self.main.stream_pane.state is StreamState.LIVE)


@asynccontextmanager
async def clinic(letter: str = "C", size: tuple[int, int] = (120, 36)) -> AsyncIterator[Clinic]:
    """The app once the server is known and the topics are listed."""
    sandbox = Sandbox(flavour=FLAVOURS[letter])
    sandbox.topics.create("orders", 1)
    for number in range(3):
        sandbox.topics.append("orders", 0, b"k", b'{"n": %d}' % number)
    proxy = ProxyClient("http://sandbox", transport=sandbox.transport())
    app = KtuiApp(proxy)
    async with app.run_test(size=size, notifications=True) as pilot:
        clinic = Clinic(app, sandbox, proxy, pilot)
        await until(pilot, lambda: app.screen is app.main_screen and "orders" in app.main_screen.topics_pane.names)
        yield clinic
    await sandbox.aclose()
