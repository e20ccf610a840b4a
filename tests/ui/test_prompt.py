"""Questions of one line: the prompt, and the menu of what to copy."""

from __future__ import annotations

import base64

import pyperclip
import pytest
from textual.widgets import Input

from ktui.model import Header, Record
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui import clipboard
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.partition_choice import ChoiceError, parse_partitions, partition_words
from ktui.ui.widgets.prompt import Prompt
from tests.ui.host import Host, until
from tests.ui.house import at_home


async def test_the_consequence_follows_the_typing() -> None:
    prompt = Prompt("seek to", examples="181  +10", consequence=lambda text: f"[/] would go to {text or 'nowhere'}")
    app = Host(prompt)
    async with app.run_test(size=(80, 10), message_hook=app.hear) as pilot:
        await until(pilot, lambda: "seek to" in app.text)
        assert "181  +10" in app.text
        assert "[/] would go to nowhere" in app.text
        await pilot.press("1", "8", "1")
        assert "[/] would go to 181" in app.text
        await pilot.press("space", "enter")
        assert [message.text for message in app.of(Prompt.Submitted)] == ["181"]
        assert prompt.is_mounted


async def test_no_example_is_cut() -> None:
    app = Host(Prompt("go to", examples="181  begin  181 until 2000"))
    async with app.run_test(size=(46, 10)) as pilot:
        await until(pilot, lambda: "181  begin" in app.text)
        assert "until" not in app.text
        await pilot.resize_terminal(100, 10)
        await until(pilot, lambda: "181  begin  181 until 2000" in app.text)


async def test_a_complaint_stays_until_the_text_changes() -> None:
    prompt = Prompt("group", value="bil")
    app = Host(prompt)
    async with app.run_test(size=(80, 10)) as pilot:
        prompt.complain("There is no such group: \x1b[31m")
        await pilot.pause()
        assert "There is no such group: ␛[31m" in app.text
        await pilot.press("l")
        assert "There is no such group" not in app.text
        assert prompt.query_one(Input).value == "bill"


async def test_escape_cancels() -> None:
    app = Host(Prompt("group"))
    async with app.run_test(size=(40, 10), message_hook=app.hear) as pilot:
        await pilot.press("x", "escape")
        assert len(app.of(Prompt.Cancelled)) == 1
        assert not app.of(Prompt.Submitted)


@pytest.mark.parametrize("key", ["slash", "f"])
async def test_keys_that_waited_for_a_prompt_are_told_when_it_is_left(
    key: str, sandbox: Sandbox, proxy: ProxyClient
) -> None:
    sandbox.topics.create("orders")
    async with at_home(proxy, (80, 24)) as house:
        assert "/ filter  x mark  f follow" in house.text
        await house.press(key)
        assert "/ filter" not in house.text
        await house.press("tab")
        await house.until(lambda: not house.main.query(Prompt))
        assert house.main.topics_pane.table.has_focus
        assert "/ filter  x mark  f follow" in house.text


@pytest.mark.parametrize(
    ("text", "chosen"), [("0,2-4", {0, 2, 3, 4}), ("all", {0, 1, 2, 3, 4, 5}), ("", {0, 1, 2, 3, 4, 5}), (" 5 ", {5})]
)
def test_partitions_as_typed(text: str, chosen: set[int]) -> None:
    assert parse_partitions(text, range(6)) == chosen


@pytest.mark.parametrize("text", ["x", "0-", "9", "4-9", "0,,1", "-1", "4-2", "²", "9" * 5000, "0-" + "9" * 5000])
def test_partitions_that_are_none(text: str) -> None:
    with pytest.raises(ChoiceError):
        parse_partitions(text, range(6))


def test_partitions_in_short() -> None:
    assert partition_words({0, 2, 3, 4, 7}) == "0,2-4,7"


RECORD = Record("orders", 1, 181, b"k-1", b'{"n": 9007199254740993}', None, (Header("trace", b"a"), Header("x", None)))


@pytest.mark.parametrize(
    ("key", "copied"),
    [
        ("v", '{"n": 9007199254740993}'),
        ("k", "k-1"),
        ("h", "trace: a\nx: "),
        ("o", "orders/1@181"),
    ],
)
async def test_each_part_is_copied_by_its_key(key: str, copied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/9")
    app = Host(CopyMenu(RECORD))
    async with app.run_test(size=(100, 10), message_hook=app.hear) as pilot:
        assert "headers (2)" in app.text
        await pilot.press(key)
        assert app.clipboard == copied
        assert "by OSC 52" in app.toasts[0]
        assert app.of(CopyMenu.Closed)


@pytest.mark.parametrize(
    ("words", "copied"), [("v value", '{"n": 9007199254740993}'), ("o place", "orders/1@181"), ("m 2 marked", None)]
)
async def test_each_part_is_copied_by_a_click_on_it(
    words: str, copied: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/9")
    menu = CopyMenu(RECORD, [RECORD, RECORD])
    app = Host(menu)
    async with app.run_test(size=(100, 10), message_hook=app.hear) as pilot:
        line = next(line for line in app.text.splitlines() if words in line)
        await pilot.click(menu, offset=(line.index("copy"), 0))
        await pilot.click(menu, offset=(line.index(words) - 1, 0))
        assert not app.toasts
        await pilot.click(menu, offset=(line.index(words) + 2, 0))
        assert app.clipboard == copied if copied else len(app.clipboard.splitlines()) == 2
        assert app.of(CopyMenu.Closed)


async def test_no_part_is_cut_where_there_is_little_room() -> None:
    app = Host(CopyMenu(RECORD, [RECORD] * 3))
    async with app.run_test(size=(100, 10)) as pilot:
        full = "copy   v value   k key   h headers (2)   r record as JSON   o place   m 3 marked as NDJSON"
        await until(pilot, lambda: full in app.text)
        await pilot.resize_terminal(80, 10)
        short = "copy   v value   k key   h headers   r JSON   o place   m 3 marked"
        await until(pilot, lambda: short + "  " in app.text)
        await pilot.resize_terminal(60, 10)
        await until(pilot, lambda: "copy   v value   k key   h headers   r JSON   m 3 marked  " in app.text)
        await pilot.resize_terminal(30, 10)
        await until(pilot, lambda: "copy   v value   m 3 marked" in app.text)


async def test_what_is_null_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/9")
    app = Host(CopyMenu(Record("t", 0, 0)))
    async with app.run_test(size=(100, 10)) as pilot:
        await pilot.press("v")
        assert app.clipboard == ""
        assert "null" in app.toasts[0]


async def test_another_key_closes_the_menu_and_does_nothing_else() -> None:
    app = Host(CopyMenu(RECORD))
    async with app.run_test(size=(100, 10), message_hook=app.hear) as pilot:
        await pilot.press("x")
        assert app.of(CopyMenu.Closed)
        assert not app.toasts


async def test_the_keys_of_the_menu_can_be_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/9")
    app = Host(CopyMenu(RECORD))
    async with app.run_test(size=(100, 10), message_hook=app.hear) as pilot:
        app.set_keymap({"copy.place": "p"})
        await pilot.press("p")
        assert app.clipboard == "orders/1@181"


async def test_the_native_clipboard_is_named_when_it_was_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSH_TTY", raising=False)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    pasted: list[str] = []
    monkeypatch.setattr(pyperclip, "copy", pasted.append)
    app = Host(Prompt("x"))
    async with app.run_test():
        assert clipboard.copy(app, "ä", "value") == "Copied value, 2 bytes, to the clipboard"
        assert pasted == ["ä"]


async def test_without_a_native_clipboard_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_TTY", raising=False)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)

    def nothing_there(text: str) -> None:
        raise pyperclip.PyperclipException("no xclip here")

    monkeypatch.setattr(pyperclip, "copy", nothing_there)
    app = Host(Prompt("x"))
    async with app.run_test():
        words = clipboard.copy(app, base64.b64encode(b"\xff").decode(), "value")
        assert "by OSC 52 (the terminal decides" in words
        assert app.clipboard == "/w=="
