"""Help: the keys of the moment, as the bindings say them."""

from __future__ import annotations

import re

import pytest
from textual.binding import Binding
from textual.containers import VerticalScroll

from ktui.rest.client import ProxyClient
from ktui.ui.panes.stream import StreamPane
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.screens.help import HelpScreen, rows, words
from ktui.ui.widgets.key_line import key_name
from ktui.ui.widgets.stream_table import StreamTable
from tests.ui.host import Host, until


class Helped(Host):
    """Opens help on `?`."""

    BINDINGS = [Binding("question_mark", "help", "help", id="app.help", tooltip="Every key of this pane")]

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self.screen))


async def test_keys_of_the_pane_and_of_the_list_in_it_then_those_of_everywhere(proxy: ProxyClient) -> None:
    pane = TopicsPane(proxy)
    app = Helped(pane)
    async with app.run_test() as pilot:
        pane.focus()
        await until(pilot, lambda: app.focused is pane.table)
        here, everywhere = rows(app.screen, app.screen.app)
        by_id = {row.id: row for row in here}
        assert by_id["topics.open"].words == "Open the topic: its last 100 records, then live"
        assert {"enter"} == set(by_id["topics.open"].keys.split())
        assert {"up", "k"} == set(by_id["table.up"].keys.split())
        assert "topics.show-all" not in by_id  # there is no filter to take away
        assert [row.id for row in everywhere] == ["app.help"]
        assert words(app.screen).startswith("# Topics")


async def test_keys_of_ones_own_are_the_ones_shown(proxy: ProxyClient) -> None:
    pane = TopicsPane(proxy)
    app = Helped(pane)
    async with app.run_test() as pilot:
        app.set_keymap({"topics.internal": "f5"})
        pane.focus()
        await until(pilot, lambda: app.focused is pane.table)
        here, _ = rows(app.screen, app.screen.app)
        assert next(row.keys for row in here if row.id == "topics.internal") == "f5"


def test_every_key_of_the_stream_is_told_in_its_help() -> None:
    bindings = [
        binding
        for node in (StreamPane, StreamTable)
        for each in node._merge_bindings().key_to_bindings.values()
        for binding in each
        if binding.id and binding.id.startswith("stream.")
    ]
    assert len(bindings) > 15
    told = set(re.findall(r"`([^`]+)`", StreamPane.HELP))
    assert {binding.id: key_name(binding) for binding in bindings if key_name(binding) not in told} == {}
    assert not [binding.id for binding in bindings if not (binding.tooltip and binding.description)]


@pytest.mark.parametrize("close", ["escape", "question_mark", "q"])
async def test_help_opens_scrolls_and_closes(proxy: ProxyClient, close: str) -> None:
    pane = TopicsPane(proxy)
    app = Helped(pane)
    async with app.run_test(size=(80, 14)) as pilot:
        pane.focus()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen) and "Name, number of partitions" in app.text)
        box = app.screen.query_one(VerticalScroll)
        await until(pilot, lambda: box.max_scroll_y > 0)
        await pilot.press("j", "down")
        await until(pilot, lambda: box.scroll_offset.y == 2)
        await pilot.press("k")
        await until(pilot, lambda: box.scroll_offset.y == 1)
        box.scroll_end(animate=False)
        await until(pilot, lambda: "Every key of this pane" in app.text)
        await pilot.press(close)
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))
        assert app.focused is pane.table
