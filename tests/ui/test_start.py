"""The start screen by its keys: a proxy that is not there, not a proxy, or closed to us."""

from __future__ import annotations

import asyncio

from textual.pilot import Pilot
from textual.widgets import Input, Static

from ktui.errors import Forbidden, NotAProxy, Unreachable
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.screens.start import Address, Connected, Demo, Profile, Started, StartScreen
from tests.ui.host import Host, until


class Starting(Host):
    """Shows the start screen and keeps how it ended."""

    def __init__(self, screen: StartScreen) -> None:
        super().__init__(Static())
        self.start = screen
        self.ended: list[Started | None] = []

    def on_mount(self) -> None:
        self.push_screen(self.start, self.ended.append)

    @property
    def said(self) -> str:
        """The text on the screen as if it were not wrapped."""
        return " ".join(self.text.replace("│", " ").split())


class Seconds:
    """Sleeps that pass when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[asyncio.Future[None]] = []
        self.passed = 0

    async def __call__(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        await future
        self.passed += 1

    async def let(self, pilot: Pilot[None], count: int) -> None:
        """Let `count` seconds pass, one after the other."""
        for _ in range(count):
            until_now = self.passed
            await until(pilot, lambda: any(not each.done() for each in self.waiting))
            next(each for each in self.waiting if not each.done()).set_result(None)
            await until(pilot, lambda before=until_now: self.passed > before)  # type: ignore[misc]


def tries(proxy: ProxyClient) -> int:
    return [exchange.path for exchange in proxy.exchanges].count("/topics")


async def test_no_answer_is_tried_again_after_1_2_4_8_and_8_seconds(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.refuse = True
    seconds = Seconds()
    app = Starting(StartScreen(proxy, sleep=seconds))
    async with app.run_test(size=(100, 30)) as pilot:
        for number, wait in enumerate((1, 2, 4, 8, 8), 1):
            await until(pilot, lambda: app.start.seconds_left == wait)  # noqa: B023
            assert tries(proxy) == number
            await until(pilot, lambda: f"Next try in {wait} s." in app.said)  # noqa: B023
            assert "No answer from http://sandbox" in app.said
            await seconds.let(pilot, wait)
        sandbox.faults.refuse = False
        await until(pilot, lambda: app.start.seconds_left == 8)
        await seconds.let(pilot, 8)
        await until(pilot, lambda: bool(app.ended))
    assert isinstance(app.ended[0], Connected)
    assert app.ended[0].dialect is proxy.dialect


async def test_enter_tries_at_once(sandbox: Sandbox, proxy: ProxyClient) -> None:
    seconds = Seconds()
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), sleep=seconds))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "Nothing listens there. Next try in 1 s." in app.said)
        assert tries(proxy) == 0
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.ended))
    assert isinstance(app.ended[0], Connected)


async def test_a_refusal_is_not_tried_again_by_itself(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(401, times=100, path="/")
    seconds = Seconds()
    app = Starting(StartScreen(proxy, sleep=seconds))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.start.error, Forbidden))
        await until(pilot, lambda: "Login needed" in app.said)
        assert not seconds.waiting
        assert "Next try" not in app.said
        assert tries(proxy) == 1
        await pilot.press("enter")
        await until(pilot, lambda: tries(proxy) == 2 and not app.start.trying)
        assert not seconds.waiting


async def test_something_else_that_answers_is_said_to_be_no_proxy(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.fail_next(200, times=100, path="/", body="<h1>[/] welcome</h1>")
    seconds = Seconds()
    app = Starting(StartScreen(proxy, sleep=seconds))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.start.error, NotAProxy))
        await until(pilot, lambda: "A gateway answered" in app.said)
        assert not seconds.waiting


async def test_another_address_is_typed(proxy: ProxyClient) -> None:
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), sleep=Seconds()))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("ctrl+u", "enter")
        await until(pilot, lambda: "An address begins with" in app.said)
        assert not app.ended
        await pilot.press(*"host:1", "enter")
        await until(pilot, lambda: bool(app.ended))
    assert app.ended == [Address("host:1")]


async def test_escape_leaves_the_address(proxy: ProxyClient) -> None:
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), sleep=Seconds()))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("escape")
        await until(pilot, lambda: not app.screen.query(Input))
        assert not app.ended


async def test_the_demo_is_a_key_away(proxy: ProxyClient) -> None:
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), sleep=Seconds()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "the demo" in app.said)
        await pilot.press("d")
        await until(pilot, lambda: bool(app.ended))
    assert app.ended == [Demo()]


async def test_no_demo_is_offered_where_there_is_none(proxy: ProxyClient) -> None:
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), offers_demo=False, sleep=Seconds()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "another address" in app.said)
        assert "demo" not in app.said
        await pilot.press("d")
        await pilot.pause()
        assert not app.ended


async def test_the_ways_out_stand_under_keys_of_ones_own(proxy: ProxyClient) -> None:
    app = Starting(StartScreen(proxy, Unreachable("Nothing listens there."), sleep=Seconds()))
    app.set_keymap({"start.demo": "f5"})
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "f5 the demo" in app.said)
        await pilot.press("f5")
        await until(pilot, lambda: app.ended == [Demo()])


async def test_a_profile_of_the_file_is_picked_by_its_number_or_with_the_mouse(
    sandbox: Sandbox, proxy: ProxyClient
) -> None:
    sandbox.faults.refuse = True
    profiles = {"staging": "https://proxy.staging.example:8082", "[/] \x1b]52;c;AAAA\x07": "kafka://host:9092"}
    for pick in ("key", "mouse"):
        app = Starting(StartScreen(proxy, profiles=profiles, sleep=Seconds()))
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "2 [/] ␛]52;c;AAAA␇ kafka://host:9092" in app.said)  # noqa: B023
            await pilot.press("3")
            assert app.ended == []
            if pick == "key":
                await pilot.press("1")
            else:
                await pilot.click(Profile, offset=(4, 0))
            await until(pilot, lambda: app.ended == [Address("staging")])  # noqa: B023
