"""The line on top says when nobody looks at the certificate of the proxy, on every screen and however narrow."""

from __future__ import annotations

import pytest

from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
from ktui.server.sandbox import Sandbox
from ktui.ui.app import KtuiApp
from ktui.ui.widgets.top_line import Link, TopLine
from tests.ui.host import Host, until

WORDS = "TLS not verified"


@pytest.mark.parametrize("width", [48, 100])
@pytest.mark.parametrize("unverified", [True, False])
async def test_it_is_said_before_all_that_may_be_cut(width: int, unverified: bool) -> None:
    app = Host(TopLine("staging", "a-proxy-with-a-long-name.staging.example:8443", unverified=unverified))
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        assert (f"● {WORDS} st" in app.text) is unverified


async def test_how_the_link_is_stays_where_there_is_little_room() -> None:
    line = TopLine("staging", "rest.staging.example:8082", unverified=False)
    line.server, line.link, line.counts = "Confluent", Link.WAITING, (1234, 56)
    app = Host(line)
    async with app.run_test(size=(110, 5)) as pilot:
        await until(pilot, lambda: "rest.staging.example:8082 · Confluent · no answer, trying again" in app.text)
        await pilot.resize_terminal(90, 5)
        await until(pilot, lambda: "staging rest.staging.example:8082 · no answer, trying again" in app.text)
        await pilot.resize_terminal(72, 5)
        await until(pilot, lambda: "staging rest.sta… · no answer, trying again  wire 1,234 ✓ 56 ✗" in app.text)


@pytest.mark.parametrize("refuse", [True, False])
async def test_every_screen_says_it(sandbox: Sandbox, refuse: bool) -> None:
    sandbox.faults.refuse = refuse
    app = KtuiApp(ProxyClient("https://sandbox", tls=Tls(insecure=True), transport=sandbox.transport()))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.screen.is_mounted and bool(app.screen.query(TopLine)))
        await pilot.press("w")
        await until(pilot, lambda: len(app.screen_stack) > 1)
        for screen in app.screen_stack:
            for line in screen.query(TopLine):
                assert WORDS in line.render().plain
        assert app.screen_stack[-1].query(TopLine)
