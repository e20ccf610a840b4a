"""The main screen: which pane is where in a terminal of a size, the focus, keys typed ahead, quitting, the dot."""

from __future__ import annotations

import pytest
from textual.geometry import Offset
from textual.widget import Widget

from ktui.records import edges
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.widgets.columns_menu import ColumnsMenu
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.draft_form import DraftForm
from ktui.ui.widgets.key_line import KeyLine
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.tab_line import TabLine
from ktui.ui.widgets.top_line import Link
from tests.ui.house import House, at_home

TOPICS, STREAM, OFFSETS, COMPOSER, RECORD = "topics", "stream", "offsets", "composer", "record"


@pytest.fixture
def orders(sandbox: Sandbox) -> Sandbox:
    """A topic with 250 records in its first partition and 5 in its second."""
    sandbox.topics.create("orders", 2)
    for number in range(250):
        sandbox.topics.append("orders", 0, b"k", b'{"n": %d}' % number)
    for _ in range(5):
        sandbox.topics.append("orders", 1, b"k", b"{}")
    return sandbox


def size(house: House, pane: str) -> tuple[int, int]:
    return tuple(house.pane(pane).region.size)


async def click(house: House, widget: type[Widget] | str, x: int, y: int, *, times: int = 1) -> None:
    await house.settle()
    await house.pilot.click(widget, offset=Offset(x, y), times=times)
    await house.settle()


def tabs(house: House) -> bool:
    return house.main.query_one(TabLine).display


async def test_160_columns_show_all_four(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (160, 44)) as house:
        await house.sees(TOPICS, STREAM, OFFSETS, COMPOSER)
        assert size(house, TOPICS) == (36, 42)
        assert size(house, STREAM) == (124, 29)
        assert size(house, OFFSETS)[1] == size(house, COMPOSER)[1] == 13
        assert size(house, OFFSETS)[0] + size(house, COMPOSER)[0] == 124
        assert not tabs(house)
        await house.open()
        await house.press("up", "enter")
        await house.sees(TOPICS, STREAM, RECORD)
        assert size(house, STREAM)[1] == size(house, RECORD)[1] == 42


@pytest.mark.parametrize(("columns", "lines", "lower"), [(100, 24, 10), (159, 32, 13)])
async def test_100_columns_show_one_of_the_lower_panes(
    orders: Sandbox, proxy: ProxyClient, columns: int, lines: int, lower: int
) -> None:
    async with at_home(proxy, (columns, lines)) as house:
        await house.sees(TOPICS, STREAM, OFFSETS)
        assert size(house, TOPICS) == (28, lines - 2)
        assert size(house, STREAM) == (columns - 28, lines - 2 - lower)
        assert house.main.stream_pane.table.size.height >= 10
        await house.press("4")
        await house.sees(TOPICS, STREAM, COMPOSER)
        assert size(house, COMPOSER) == (columns - 28, lower)
        await house.press("escape", "2")
        await house.sees(TOPICS, STREAM, COMPOSER)  # the one that was chosen last
        await house.press("3")
        await house.sees(TOPICS, STREAM, OFFSETS)
        assert not tabs(house)


@pytest.mark.parametrize("lines", [23])
async def test_few_lines_give_the_place_of_the_stream_to_a_lower_pane(
    orders: Sandbox, proxy: ProxyClient, lines: int
) -> None:
    async with at_home(proxy, (120, lines)) as house:
        await house.sees(TOPICS, STREAM)
        assert house.main.stream_pane.table.size.height >= 10
        await house.press("3")
        await house.sees(TOPICS, OFFSETS)
        assert size(house, OFFSETS) == (92, lines - 2)
        await house.press("4")
        await house.sees(TOPICS, COMPOSER)
        await house.press("escape", "2")
        await house.sees(TOPICS, STREAM)


async def test_80_columns_show_one_pane_and_tabs(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (80, 24)) as house:
        await house.open()
        for key, pane in (("1", TOPICS), ("3", OFFSETS), ("2", STREAM), ("4", COMPOSER)):
            await house.press(key)
            await house.sees(pane)
            assert size(house, pane) == (80, 21)
            assert house.focused == pane
        assert tabs(house)
        await house.press("escape", "2", "up", "enter")
        await house.sees(RECORD)
        await house.press("escape")
        await house.sees(STREAM)
        await click(house, TabLine, 30, 0)
        await house.sees(OFFSETS)


async def test_the_window_changes_its_size(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        await house.press("3")
        await house.pilot.resize_terminal(80, 24)
        await house.sees(OFFSETS)
        await house.pilot.resize_terminal(120, 36)
        await house.sees(TOPICS, STREAM, OFFSETS)
        await house.pilot.resize_terminal(30, 8)
        await house.press("1", "2", "3", "4", "escape", "1")
        await house.pilot.resize_terminal(160, 44)
        await house.sees(TOPICS, STREAM, OFFSETS, COMPOSER)


@pytest.mark.parametrize("columns", [160])
async def test_the_whole_screen_for_any_pane_and_back(orders: Sandbox, proxy: ProxyClient, columns: int) -> None:
    async with at_home(proxy, (columns, 36)) as house:
        await house.open()
        before = house.seen()
        for key, pane in (("1", TOPICS), ("2", STREAM), ("3", OFFSETS)):
            await house.press(key, "z")
            await house.sees(pane)
            assert size(house, pane) == (columns, 34)
            await house.press("z")
            await house.sees(*before)
        await house.press("z", "2")
        await house.sees(STREAM)
        await house.press("up", "enter")
        await house.sees(RECORD)
        await house.press("escape", "z")
        await house.sees(*before)


async def test_a_record_stands_beside_the_stream_or_over_it(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (120, 36)) as house:
        await house.open()
        await house.press("up", "up", "up", "enter")
        await house.sees(STREAM, RECORD)
        place = house.cursor
        record = house.main.record_pane
        await house.press("down")
        assert house.cursor == (record.record.tp, record.record.offset) if record.record else None
        assert house.cursor != place
        await house.press("up", "escape")
        await house.sees(TOPICS, STREAM, OFFSETS)
        assert house.cursor == place
        assert house.focused == STREAM
        await house.press("enter", "2", "escape")  # from the stream too
        await house.sees(TOPICS, STREAM, OFFSETS)
        assert house.focused == STREAM
        await house.pilot.resize_terminal(110, 36)
        await house.press("enter")
        await house.sees(TOPICS, RECORD)


@pytest.mark.parametrize("columns", [80, 120])
async def test_escape_goes_from_the_composer_to_the_record_it_was_filled_from(
    orders: Sandbox, proxy: ProxyClient, columns: int
) -> None:
    async with at_home(proxy, (columns, 36)) as house:
        await house.open()
        await house.press("up", "enter")
        await house.until(lambda: RECORD in house.seen())
        before = house.seen()
        await house.press("r")
        assert house.focused == COMPOSER
        await house.until(lambda: COMPOSER in house.seen())
        await house.press("escape")
        await house.sees(*before)
        assert house.focused == RECORD
        await house.press("escape")
        assert house.focused == STREAM


async def test_tab_goes_round_and_the_mouse_goes_anywhere(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (120, 36)) as house:
        await house.open()
        assert house.focused == STREAM
        await house.press("tab")
        assert house.focused == OFFSETS
        await house.press("tab")
        assert house.focused == TOPICS
        await house.press("shift+tab", "shift+tab")
        assert house.focused == STREAM
        for pane in (TOPICS, OFFSETS, STREAM):
            await click(house, f"#{pane}", 5, 3)
            assert house.focused == pane
        clicked = house.cursor
        assert not house.main.stream_pane.table.following
        await click(house, f"#{STREAM}", 5, 3, times=2)
        assert house.focused == RECORD
        assert house.cursor == clicked
        await house.press("escape", "1")
        house.main.focus_pane(STREAM)
        await house.settle()
        await click(house, KeyLine, 1, 0)  # space hold
        assert house.main.stream_pane.state is StreamState.HELD
        assert "space go on" in house.text
        await click(house, KeyLine, 1, 0)
        assert house.main.stream_pane.state is StreamState.LIVE
        await house.until(lambda: "space hold" in house.text)
        await house.press("right")
        assert "Values are on one line: t shows the fields of JSON as columns." in house.toasts


async def test_a_prompt_that_is_left_closes(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (80, 24)) as house:
        await house.open()
        stream = house.main.stream_pane
        await house.press("slash", "1", "tab")
        await house.until(lambda: not stream.query(Prompt))
        assert house.focused == STREAM  # in the list
        assert stream.table.filter == "1"  # it held while it was typed
        await house.press("escape")
        assert not stream.table.filter
        kept = stream.records.first
        await house.press("g", *"beg")
        await click(house, f"#{STREAM}", 5, 5)
        await house.until(lambda: not stream.query(Prompt))
        assert house.focused == STREAM
        assert stream.records.first == kept
        await house.press("slash", "2")
        house.app.app_focus = False  # the terminal lost the focus, not the prompt
        await house.settle()
        house.app.app_focus = True
        await house.press("3", "enter")
        assert stream.table.filter == "23"
        await house.press("escape", "1", "slash", *"ord", "tab")
        await house.until(lambda: not house.main.topics_pane.query(Prompt))
        assert house.main.topics_pane.words == "ord"
        await house.press("escape")
        assert not house.main.topics_pane.words


@pytest.mark.parametrize("menu", [CopyMenu, ColumnsMenu])
async def test_a_menu_waits_for_the_window_to_have_the_focus_again(
    orders: Sandbox, proxy: ProxyClient, menu: type[Widget]
) -> None:
    async with at_home(proxy) as house:
        await house.open()
        stream = house.main.stream_pane
        await house.until(lambda: stream.table.record is not None)
        await house.press("y" if menu is CopyMenu else "o")
        house.app.app_focus = False
        await house.settle()
        house.app.app_focus = True
        await house.settle()
        assert stream.query_one(menu).has_focus
        await house.press("escape")
        assert stream.table.has_focus
        await house.press("y" if menu is CopyMenu else "o", "tab")  # on this screen it was left
        assert not stream.query(menu)


async def test_keys_typed_ahead_are_not_lost(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        house.type_at_once("g0:181\n")
        await house.until(lambda: house.offsets() and house.offsets()[0] == 181)
        await house.until(lambda: house.focused == STREAM and not house.main.query(Prompt))
        house.type_at_once("3s17\n")
        await house.until(lambda: house.offsets() and house.offsets()[0] == 17)
        house.type_at_once('4{"q": "q12?wRz/"}')
        await house.until(lambda: house.main.query_one(DraftForm).typed.value.endswith("}"))
        assert house.main.query_one(DraftForm).typed.value == '{"q": "q12?wRz/"}'
        assert house.app.is_running


async def test_keys_typed_ahead_of_a_topic_that_opens(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.until(lambda: "orders" in house.main.topics_pane.names)
        orders.faults.latency = 0.2
        house.type_at_once("\ng0:181\n")
        await house.until(lambda: house.offsets() and house.offsets()[0] == 181)
        assert house.focused == STREAM
        orders.faults.stall = True  # nobody waits for long
        house.type_at_once("1\nq")
        await house.until(lambda: house.app._exit, 5.0)
        orders.faults.stall = False


async def test_neither_a_click_nor_a_paste_overtakes_what_was_typed(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        table = house.main.stream_pane.table
        await house.until(lambda: table.record is not None)
        house.type_at_once("/2")
        house.paste("3")
        await house.until(lambda: table.filter == "23")
        await house.press("escape")
        house.type_at_once("/xzx")
        house.click_at_once(table)
        await house.until(lambda: not house.main.query(Prompt))
        assert table.filter == "xzx"
        assert not table.marked
        assert not house.main.zoomed


async def test_a_filter_that_is_being_typed_holds_in_a_topic_that_opens_meanwhile(
    orders: Sandbox, proxy: ProxyClient
) -> None:
    orders.topics.create("payments", 1)
    for number in range(30):
        orders.topics.append("payments", 0, b"k", b'{"n": %d}' % number)
    async with at_home(proxy) as house:
        await house.open()
        table = house.main.stream_pane.table
        await house.press("slash", "2", "7")
        await house.open("payments")
        await house.until(lambda: house.main.stream_pane.records.kept == 30)
        assert house.main.query_one(Prompt).text == "27"
        assert table.filter == "27"
        await house.until(lambda: len(table.view) == 1)
        await house.press("backspace", "escape")
        assert not table.filter


async def test_partitions_chosen_for_a_topic_that_has_made_way_stop_nothing(
    orders: Sandbox, proxy: ProxyClient
) -> None:
    orders.topics.create("payments", 1)
    async with at_home(proxy) as house:
        await house.open()
        await house.press("p", "1")
        await house.open("payments")
        await house.press("enter")
        orders.topics.append("payments", 0, b"k", b"{}")
        await house.until(lambda: house.offsets() == [0])


async def test_a_record_beside_the_stream_knows_that_others_are_marked(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.press("x", "enter", "y", "m")
        await house.until(lambda: house.toasts)
        assert house.toasts[-1] == "Marked records are copied from the stream: esc goes there."


async def test_q_is_a_letter_where_one_writes(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.press("4", "q")
        assert house.main.query_one(DraftForm).typed.value == "q"
        for _ in range(5):  # every field and every choice
            await house.press("shift+tab", "q")
            assert house.focused == COMPOSER
        assert house.app.is_running
        assert not house.app._exit
        await house.press("escape", "1", "slash", "q")
        assert house.main.topics_pane.words == "q"
        assert not house.app._exit
        await house.press("escape", "q")
        await house.until(lambda: house.app._exit)


async def test_keys_after_the_last_one(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        house.type_at_once("q4x1\n/?")
        await house.until(lambda: house.app._exit)


async def test_quitting_while_a_record_is_on_its_way_warns_once(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.press("4", "1")
        orders.faults.stall = True
        await house.press("ctrl+s")
        assert house.main.sending
        await house.press("ctrl+q")
        assert "ctrl+q again leaves" in house.toasts[-1]
        assert not house.app._exit
        await house.press("ctrl+q")
        await house.until(lambda: house.app._exit)
        orders.faults.stall = False


async def test_the_dot_says_how_the_proxy_is(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        top = house.main.top_line
        await house.open()
        assert top.link is Link.CONNECTED
        assert "● proxy sandbox" in house.text
        assert "Confluent" in house.text
        orders.faults.refuse = True
        await house.until(lambda: top.link is Link.WAITING)
        assert "no answer, trying again" in house.text
        orders.faults.refuse = False
        await house.press("R")
        await house.until(lambda: top.link is Link.CONNECTED)
        orders.faults.fail_next(403, path="GET .*/records")
        await house.until(lambda: top.link is Link.REFUSED)
        assert "■ stopped: " in house.text
        await house.press("R")
        await house.until(lambda: top.link is Link.CONNECTED)
        await house.until(lambda: top.counts[1] > 0)


async def test_a_proxy_that_comes_back_while_it_is_held_is_seen(
    orders: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.ui.panes.stream_reading.LOOK_SECONDS", 0.1)
    async with at_home(proxy) as house:
        top, stream = house.main.top_line, house.main.stream_pane
        await house.open()
        orders.faults.refuse = True
        await house.until(lambda: top.link is Link.WAITING)
        await house.press("space")
        assert stream.state is StreamState.HELD
        assert "no answer, trying again" in house.text
        orders.faults.refuse = False
        await house.until(lambda: top.link is Link.CONNECTED)
        assert stream.state is StreamState.HELD
        await house.press("space")
        assert stream.state is StreamState.LIVE


async def test_a_stream_that_stopped_was_answered(
    orders: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "LOOK_SECONDS", 0.2)
    async with at_home(proxy) as house:
        await house.open()
        orders.faults.refuse = True
        await house.until(lambda: house.main.top_line.link is Link.WAITING)
        orders.topics.delete("orders")
        orders.faults.refuse = False
        await house.press("R")
        await house.until(lambda: house.main.stream_pane.state is StreamState.STOPPED)
        assert house.main.top_line.link is Link.CONNECTED
        await house.press("g", *"begin", "enter")
        await house.until(lambda: "R tries again; 1 and enter" in house.text)


async def test_refresh_finds_what_is_new(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        orders.topics.create("payments", 1)
        await house.press("R")
        await house.until(lambda: "payments" in house.main.topics_pane.names)
        await house.until(lambda: "payments" in house.text)


async def test_positions_are_known_of_a_topic_without_records(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 2)
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: [row.position for row in house.main.offsets_pane.rows] == [0, 0])
