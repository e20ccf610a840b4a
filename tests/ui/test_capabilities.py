"""What this proxy can do: the screen, and keys that say why they do not work here."""

from __future__ import annotations

import pytest

from ktui.ui.screens.capabilities import CapabilitiesScreen
from ktui.ui.screens.wire import WireScreen
from ktui.ui.widgets.key_line import KeyLine
from tests.ui.clinic import Clinic, clinic
from tests.ui.host import until


@pytest.mark.parametrize(
    ("letter", "id", "why"),
    [
        ("C", "read.timestamps", "does not send timestamps"),
        ("K", "produce.headers", "does not take headers"),
        ("S", "committed", "does not tell committed offsets"),
    ],
)
async def test_what_it_cannot_do_and_why(letter, id, why):
    async with clinic(letter, size=(80, 24)) as here:
        await here.press("C", "f")
        screen = here.app.screen
        assert isinstance(screen, CapabilitiesScreen)
        assert not any(each.available for each in screen.shown)
        while screen.selected.id != id:
            before = screen.table.cursor
            await here.press("down")
            assert screen.table.cursor == before + 1
        await here.sees(why)
        await here.sees(f"Taken for {here.proxy.dialect.name}: the signs voted {here.proxy.dialect.name}")
        await here.press("f")
        assert screen.selected.id == id
        assert len(screen.shown) == len(here.proxy.capabilities)
        await here.press("escape")
        assert here.app.screen is here.main


async def test_the_exchange_that_showed_it_is_one_key_away():
    async with clinic() as here:
        await here.press("C")
        screen = here.app.screen
        assert screen.selected.id == "topics.list"
        await here.press("enter")
        assert isinstance(here.app.screen, WireScreen)
        assert here.app.screen.selected is here.proxy.capabilities["topics.list"].exchange
        await here.press("escape")
        await here.press("end", "up", "up")
        untried = next(row for row, each in enumerate(screen.shown) if each.exchange is None)
        screen.table.cursor = untried
        await here.press("enter")
        assert here.app.screen is screen
        await until(here.pilot, lambda: any("not tried" in toast for toast in here.toasts))


async def test_a_click_on_the_servers_name_opens_it():
    async with clinic() as here:
        x = here.text.split("\n")[0].index("Confluent")
        await here.pilot.click(offset=(x - 2, 0))
        assert here.app.screen is here.main
        await here.pilot.click(offset=(x, 0))
        await until(here.pilot, lambda: isinstance(here.app.screen, CapabilitiesScreen))


async def test_the_palette_knows_it_by_its_name():
    async with clinic() as here:
        await here.press("ctrl+p", *"what this proxy")
        await here.sees("main: what this proxy can do")
        await here.press("enter")
        await until(here.pilot, lambda: isinstance(here.app.screen, CapabilitiesScreen))


async def test_a_key_for_what_the_server_cannot_is_greyed_and_says_why():
    async with clinic("S") as here:
        await here.open()
        await here.press("3", "o")
        await until(here.pilot, lambda: bool(here.toasts))
        assert here.toasts == ["This proxy does not tell committed offsets. C shows what it can do."]
        assert not here.app.screen.query("#offsets-group")
        assert greyed(here) == {"o"}


async def test_where_the_server_can_the_key_asks_for_the_group():
    async with clinic("K") as here:
        await here.open()
        await here.press("3")
        assert greyed(here) == set()
        await here.press("o")
        await until(here.pilot, lambda: bool(here.app.screen.query("#offsets-group")))
        assert here.toasts == []


@pytest.mark.parametrize(("pane", "key"), [("2", "g"), ("3", "s")])
async def test_without_a_topic_keys_say_what_to_do_first(pane, key):
    async with clinic() as here:
        await here.press(pane, key)
        await until(here.pilot, lambda: bool(here.toasts))
        assert here.toasts == ["No topic is open: 1 goes to the topics, enter opens one."]
        assert key in greyed(here)
        await here.open()
        await until(here.pilot, lambda: not greyed(here))


def greyed(here: Clinic) -> set[str]:
    """Keys on the key line that do nothing now."""
    shown = here.app.screen.query_one(KeyLine)._shown_bindings()
    return {active.binding.key for active in shown if not active.enabled}
