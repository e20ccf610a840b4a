"""The wire screen, by its keys."""

from __future__ import annotations

import json

import pytest
from textual.app import App
from textual.widgets import Static

from ktui.errors import NotFound
from ktui.model import Draft, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.screens.wire import WireScreen
from ktui.ui.widgets.prompt import Prompt
from tests.ui.host import Host, until


class Wired(Host):
    """An app that goes to the wire at once."""

    def __init__(self, proxy: ProxyClient) -> None:
        super().__init__(Static("below"))
        self.wire = WireScreen(proxy)

    async def on_mount(self) -> None:
        await self.push_screen(self.wire)


@pytest.fixture
async def talked(sandbox: Sandbox) -> ProxyClient:
    """A client with a password that made three calls, the second in vain."""
    sandbox.topics.create("orders", 6)
    client = ProxyClient("http://me:s3cret@sandbox", transport=sandbox.transport())
    await client.topics()
    with pytest.raises(NotFound):
        await client.offsets(TopicPartition("orders", 99))
    await client.produce("orders", [Draft("orders", b"k", b'{"id": 9007199254740993}')])
    yield client
    await client.aclose()


async def test_newest_first_and_the_one_under_the_cursor_in_full(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 50)) as pilot:
        assert [exchange.method for exchange in app.wire.shown] == ["POST", "GET", "GET"]
        assert '"offsets"' in app.text
        await pilot.press("down")
        assert app.wire.selected.status == 404
        assert "404 Not Found" in app.text
        assert '"error_code": 40402' in app.text
        assert "no such partition" in app.text
        assert "→ R refreshes the list." in app.text
        assert "2 ok · 1 failed · newest first" in app.text


async def test_secrets_are_never_on_the_screen(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 36)):
        assert "authorization: hidden" in app.text.lower()
        for secret in ("s3cret", "me:s3", "bWU6czNjcmV0"):
            assert secret not in app.text


async def test_the_cursor_stays_on_its_exchange_while_others_come(talked):
    app = Wired(talked)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("down")
        number = app.wire.selected.number
        for _ in range(30):
            await talked.topics()
        await until(pilot, lambda: len(app.wire.shown) == 33)
        assert app.wire.selected.number == number
        assert app.wire.table.cursor == 31
        assert app.wire.table.cursor in app.wire.table.rows_in_sight
        await pilot.press("home")
        assert app.wire.selected.number == 33


async def test_failed_only_and_a_filter_and_back_step_by_step(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f")
        assert [exchange.status for exchange in app.wire.shown] == [404]
        await pilot.press("f", "slash", *"post top", "enter")
        await until(pilot, lambda: [exchange.method for exchange in app.wire.shown] == ["POST"])
        assert "with “post top”" in app.text
        await pilot.press("escape")
        assert len(app.wire.shown) == 3
        await pilot.press("escape")
        assert app.screen is not app.wire


async def test_the_list_narrows_while_one_types(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        assert "/ filter" in app.text
        await pilot.press("slash", *"post")
        await until(pilot, lambda: [exchange.method for exchange in app.wire.shown] == ["POST"])
        assert "/ filter" not in app.text
        await pilot.press("tab")
        await until(pilot, lambda: not app.wire.query(Prompt))
        assert "with “post”" in app.text
        assert "/ filter" in app.text
        await pilot.press("slash", "x")
        await until(pilot, lambda: not app.wire.shown)
        await pilot.press("escape")
        await until(pilot, lambda: not app.wire.query(Prompt))
        assert len(app.wire.shown) == 3
        assert app.screen is app.wire


async def test_a_refusal_that_was_asked_for_is_not_listed_as_failed(talked):
    await talked.probe()
    refused = [exchange for exchange in talked.exchanges if exchange.status == 404]
    assert [exchange.expected for exchange in refused] == [False, True]
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f")
        assert app.wire.shown == refused[:1]
        assert "1 failed · failed only" in app.text


async def test_a_filter_that_finds_nothing_says_how_to_go_on(talked, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("slash", *"[/]", "enter")
        await until(pilot, lambda: not app.wire.shown)
        assert "esc takes the filter away" in app.text
        await pilot.press("y", "down", "e")
        assert not list(tmp_path.iterdir())


async def test_stop_and_go_on(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("p")
        await talked.topics()
        await until(pilot, lambda: talked.ok_count == 3)
        app.wire.look()
        assert len(app.wire.shown) == 3
        assert "❙❙ stopped" in app.text
        await pilot.press("p")
        assert len(app.wire.shown) == 4


async def test_bodies_without_headers(talked):
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        assert "content-type" in app.text.lower()
        await pilot.press("b")
        assert "content-type" not in app.text.lower()
        assert '"records"' in app.text


async def test_copy_as_curl_names_the_credentials(talked, monkeypatch):
    monkeypatch.setenv("SSH_TTY", "1")
    copied: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda self, text: copied.append(text))
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("y")
        assert '-u "$KTUI_USER:$KTUI_PASSWORD"' in copied[0]
        assert "-X POST http://sandbox/topics/orders" in copied[0]
        assert "OSC 52" in app.toasts[0]


async def test_export_writes_what_is_listed(talked, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.linesep", "\r\n")  # Windows writes it for each line feed by itself
    app = Wired(talked)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("f", "e")
        (path,) = tmp_path.iterdir()
        assert b"\r" not in path.read_bytes()
        (line,) = path.read_text().splitlines()
        exchange = json.loads(line)
        assert exchange["status"] == 404
        assert "40402" in exchange["response"]["body"]
        assert str(path) in app.toasts[0]


async def test_outside_text_is_only_text(sandbox, proxy):
    evil = '[/] [red] \x1b]52;c;AAAA\x07 \x9b31m \u202e {"a": 1}'
    sandbox.faults.fail_next(500, body=evil)
    app = Wired(proxy)
    async with app.run_test(size=(120, 36)) as pilot:
        with pytest.raises(Exception, match="red"):
            await proxy.topics()
        await until(pilot, lambda: "[/] [red] ␛]52;c;AAAA␇" in app.text)
        assert "\x1b" not in app.text


async def test_no_answer_at_all(sandbox, proxy):
    sandbox.faults.refuse = True
    app = Wired(proxy)
    async with app.run_test(size=(80, 24)) as pilot:
        with pytest.raises(Exception, match="Nothing listens"):
            await proxy.topics()
        await until(pilot, lambda: bool(app.wire.shown))
        assert "none" in app.text
        assert "nothing listens" in app.text
        assert "Start the proxy, or check the port" in app.text
        await pilot.press("tab", "end")
        await until(pilot, lambda: "Nothing listens at sandbox" in app.text)
