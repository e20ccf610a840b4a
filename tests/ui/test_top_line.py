"""The line on top says when nobody looks at the certificate of the proxy, on every screen and however narrow."""

from __future__ import annotations

import pytest

from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
from ktui.server.sandbox import Sandbox
from ktui.ui.app import KtuiApp
from ktui.ui.widgets.top_line import TopLine
from tests.ui.host import Host, until

WORDS = "TLS not verified"


@pytest.mark.parametrize("width", [48, 100])
@pytest.mark.parametrize("unverified", [True, False])
async def test_it_is_said_before_all_that_may_be_cut(width: int, unverified: bool) -> None:
    app = Host(TopLine("staging", "a-proxy-with-a-long-name.staging.example:8443", unverified=unverified))
    async with app.run_test(size=(width, 5)) as pilot:
        await pilot.pause()
        assert (f"● {WORDS} st" in app.text) is unverified


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
