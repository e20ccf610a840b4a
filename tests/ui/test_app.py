"""The application itself: which proxy it looks at, and how it ends."""

from __future__ import annotations

import pytest
from textual import events
from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Size

from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.app import KtuiApp, Opened
from ktui.ui.driver import LinkedDriver, linked
from ktui.ui.screens.start import StartScreen
from ktui.ui.screens.wire import WireScreen
from tests.ui.host import until

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def app(sandbox: Sandbox, proxy: ProxyClient) -> KtuiApp:
    """An app at an address where nobody is; the sandbox is the demo, and whatever else is typed."""
    sandbox.topics.create("orders", 3)
    return KtuiApp(ProxyClient(NOBODY), demo=lambda: Opened(proxy, "demo"), connect=lambda url: proxy)


def drawn(app: KtuiApp) -> str:
    """What is on the screen."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def test_the_start_screen_leads_to_the_demo(app: KtuiApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("d")
        await until(pilot, lambda: app.main_screen.topics_pane.names == ("orders",))
        assert app.screen is app.main_screen
        assert app.main_screen.top_line.server == "Confluent"


async def test_the_start_screen_leads_to_another_address(app: KtuiApp) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("u", "x", "enter")
        await until(pilot, lambda: app.main_screen.topics_pane.names == ("orders",))


async def test_what_was_opened_before_is_left_clean(app: KtuiApp, sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("d")
        await until(pilot, lambda: app.main_screen.topics_pane.names == ("orders",))
        await pilot.press("enter")
        await until(pilot, lambda: bool(sandbox.instances))
        await app.open(Opened(ProxyClient(NOBODY), "elsewhere"))
        assert not sandbox.instances
        await until(pilot, lambda: isinstance(app.screen, StartScreen))


async def test_the_same_words_are_one_toast(app: KtuiApp) -> None:
    async with app.run_test() as pilot:
        for words in ("No match below.", "Other words.", "No match below."):
            app.notify(words)
            await pilot.pause()
        assert [each.message for each in app._notifications if "match" in each.message] == ["No match below."]


async def test_no_toast_is_cut(app: KtuiApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: isinstance(app.screen, StartScreen))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WireScreen))
        for letters in range(30, 40):  # about as many as stand in one line
            app.clear_notifications()
            app.notify(f"{'x' * letters} end{letters}", title="copied")
            await until(pilot, lambda end=f"end{letters}": end in drawn(app))


async def test_after_a_resize_nothing_is_taken_to_be_on_the_screen(app: KtuiApp) -> None:
    """Over a slow link cells that the terminal has lost were left out: the driver of Linux posts a Resize to the app,
    and does not hand it on itself."""
    async with app.run_test(size=(80, 24)) as pilot:
        driver = linked(HeadlessDriver, app.link)(app, size=(80, 24))
        assert isinstance(driver, LinkedDriver)
        app._driver = driver
        drawn = "\x1b[1;1Hktui"
        driver.thinner.thin(drawn)
        assert "ktui" not in driver.thinner.thin(drawn)  # it stands there
        app.post_message(events.Resize(Size(60, 20), Size(60, 20)))
        await pilot.pause()
        assert "ktui" in driver.thinner.thin(drawn)
