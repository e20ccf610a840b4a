"""The stream's filter by its keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot

from ktui.model import Gap, Record, TopicPartition
from ktui.records.target import SeekTarget
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.stream import StreamPane
from ktui.ui.widgets.filter_prompt import FilterPrompt
from ktui.ui.widgets.stream_status import StreamState
from tests.ui.host import Host, until

TP = TopicPartition("orders", 0)
NAMES = ("Olga", "Peter", "Ann")


def add(sandbox: Sandbox, count: int) -> None:
    start = sandbox.topics["orders"].partitions[0].range.end
    for offset in range(start, start + count):
        name = NAMES[offset % len(NAMES)]
        sandbox.topics.append("orders", 0, b"key-%d" % offset, b'{"n":%d,"name":"%s"}' % (offset, name.encode()))


@asynccontextmanager
async def opened(
    sandbox: Sandbox, proxy: ProxyClient, count: int = 60, size: tuple[int, int] = (100, 20), keep: int = 256 << 20
) -> AsyncIterator[tuple[StreamPane, Pilot[None], Host]]:
    sandbox.topics.create("orders", 1)
    add(sandbox, count)
    pane = StreamPane(proxy, keep_bytes=keep)
    host = Host(pane)
    async with host.run_test(size=size, notifications=True, message_hook=host.hear) as pilot:
        pane.focus()
        pane.open(await proxy.topic("orders"), SeekTarget.last(count))
        await until(pilot, lambda: pane.records.kept == count and pane.state is StreamState.LIVE, 20)
        pane.table.look()
        await pilot.pause()
        yield pane, pilot, host


def shown(pane: StreamPane) -> list[int]:
    """Offsets in the list."""
    view = pane.table.view
    return [row.offset for place in range(view.first, view.end) if isinstance(row := view[place], Record)]


def under_cursor(pane: StreamPane) -> int | None:
    return pane.table.record.offset if pane.table.record else None


def reversed_texts(pane: StreamPane) -> set[str]:
    strips = pane.table.render_lines(pane.table.size.region)
    return {segment.text for strip in strips for segment in strip if segment.style and segment.style.reverse}


async def test_only_what_matches_is_shown_while_one_types(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"ol")
        assert shown(pane) == list(range(0, 60, 3))
        assert "20 of 60 match" in host.text
        assert reversed_texts(pane) == {"Ol"}
        await pilot.press("backspace", "backspace", *"key-5")
        assert shown(pane) == [5, *range(50, 60)]
        assert reversed_texts(pane) == {"key-5"}
        await pilot.press(*"zz")
        assert shown(pane) == []
        assert "0 of 60 match" in host.text
        assert "No record that is kept has key-5zz" in host.text
        await pilot.press(*["backspace"] * 7)
        assert len(shown(pane)) == 60
        assert "kept 60" in host.text


async def test_a_capital_letter_makes_case_count(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"Pe")
        assert len(shown(pane)) == 20
        assert "capital letters count" in host.text
        await pilot.press(*"Ter")
        assert shown(pane) == []


async def test_enter_keeps_the_filter_and_escape_takes_it_away(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter")
        assert not pane.query(FilterPrompt)
        assert pane.table.has_focus
        assert "· /olga" in host.text
        assert shown(pane) == list(range(0, 60, 3))
        await pilot.press("slash")
        assert pane.query_one(FilterPrompt).text == "olga"
        await pilot.press("enter", "escape")
        assert len(shown(pane)) == 60
        assert "olga" not in pane.border_title
        assert not reversed_texts(pane)


async def test_escape_in_the_prompt_takes_the_filter_away_too(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("slash", *"olga", "escape")
        assert not pane.query(FilterPrompt)
        assert len(shown(pane)) == 60
        assert pane.table.following


async def test_what_arrives_is_filtered_and_followed(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter")
        assert under_cursor(pane) == 57
        add(sandbox, 300)
        await until(pilot, lambda: len(shown(pane)) == 120, 20)
        assert shown(pane) == list(range(0, 360, 3))
        await until(pilot, lambda: under_cursor(pane) == 357)
        assert pane.table.following
        await until(pilot, lambda: "120 of 360 match" in host.text)


async def test_arrivals_leave_a_cursor_that_was_moved_alone(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter", "up", "up")
        assert under_cursor(pane) == 51
        add(sandbox, 300)
        await until(pilot, lambda: "new below" in host.text, 20)
        assert under_cursor(pane) == 51
        await pilot.press("end")
        await until(pilot, lambda: under_cursor(pane) == 357)


@pytest.mark.parametrize("key", ["enter", "x", "y"])
async def test_a_match_that_one_acts_on_keeps_the_cursor(sandbox: Sandbox, proxy: ProxyClient, key: str) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter")
        add(sandbox, 300)
        await until(pilot, lambda: under_cursor(pane) == 357)
        await pilot.press(key)
        assert not pane.table.following
        add(sandbox, 3)
        await until(pilot, lambda: "new below" in host.text)
        assert under_cursor(pane) == 357


async def test_arrivals_leave_the_match_before_the_place_one_came_from_alone(
    sandbox: Sandbox, proxy: ProxyClient
) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("up", "slash", *"olga", "enter")
        assert under_cursor(pane) == 57
        add(sandbox, 60)
        await until(pilot, lambda: "40 of 120 match" in host.text)
        assert under_cursor(pane) == 57


@pytest.mark.parametrize("moved", [False, True])
async def test_the_wheel_scrolls_what_is_filtered(sandbox: Sandbox, proxy: ProxyClient, moved: bool) -> None:
    async with opened(sandbox, proxy, 200) as (pane, pilot, host):
        await pilot.press(*(["up"] if moved else []), "slash", *"olga", "enter")
        table = pane.table
        end = table.max_scroll_y
        for rows in range(1, 6):
            await pilot._post_mouse_events([events.MouseScrollUp], table, offset=(5, 5))
            await until(pilot, lambda rows=rows: table.scroll_offset.y <= end - rows)  # type: ignore[misc]
        add(sandbox, 3)
        await until(pilot, lambda: "of 203 match" in host.text)
        assert table.scroll_offset.y <= end - 5


async def test_a_jump_with_a_filter_lands_where_it_went(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("up", "slash", *"olga", "enter", "g", "3", "0", "enter")
        await until(pilot, lambda: shown(pane) == list(range(30, 60, 3)))
        assert under_cursor(pane) == 30
        add(sandbox, 30)
        await until(pilot, lambda: "20 of 60 match" in host.text)
        assert under_cursor(pane) == 30


async def test_a_letter_more_keeps_the_match_that_was_walked_to(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("slash", *"ol", "enter", *["up"] * 10)
        assert under_cursor(pane) == 27
        await pilot.press("slash", "end", "g")
        assert pane.table.filter == "olg"
        assert under_cursor(pane) == 27


async def test_the_cursor_stays_on_its_record_when_the_filter_goes(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter", *["up"] * 12)
        assert under_cursor(pane) == 21
        await pilot.press("escape")
        assert under_cursor(pane) == 21
        assert "▌0        21" in host.text.replace("│", "")


async def test_the_cursor_stays_on_its_record_when_the_filter_comes(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("home", *["down"] * 4, "slash", *"pet")
        assert under_cursor(pane) == 4
        await pilot.press(*"zzz")
        assert under_cursor(pane) is None
        await pilot.press("escape")
        assert under_cursor(pane) == 4


async def test_a_cursor_that_does_not_match_goes_to_the_next_that_does(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("home", *["down"] * 4, "slash", *"olg")
        assert under_cursor(pane) == 6
        await pilot.press(*["backspace"] * 3, *"pet")
        assert under_cursor(pane) == 4


async def test_n_goes_from_match_to_match_in_the_whole_list(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("n")
        assert "Nothing was looked for yet" in host.toasts[-1]
        await pilot.press("slash", *"olga", "escape", "N")
        assert under_cursor(pane) == 57
        await pilot.press("N", "N")
        assert under_cursor(pane) == 51
        await pilot.press("n")
        assert under_cursor(pane) == 54
        assert len(shown(pane)) == 60
        await pilot.press("home", "N")
        assert under_cursor(pane) == 0
        assert host.toasts[-1] == "No match above."


async def test_a_slash_is_text_while_another_question_is_open(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("g", "slash")
        assert not pane.query(FilterPrompt)
        assert "slash" not in pane.screen.active_bindings
        await pilot.press("escape", "slash", *"a/b")
        assert pane.table.filter == "a/b"


async def test_enter_opens_the_match_under_the_cursor(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (_, pilot, host):
        await pilot.press("slash", *"olga", "enter", "up", "enter")
        await until(pilot, lambda: bool(host.of(StreamPane.RecordChosen)))
        assert host.of(StreamPane.RecordChosen)[-1].record.offset == 54


async def test_nothing_can_be_opened_when_nothing_matches(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (_, pilot, host):
        await pilot.press("slash", *"zzz", "enter", "enter", "up", "home", "y")
        assert not host.of(StreamPane.RecordChosen)
        assert "no record under the cursor" in host.toasts[-1]


async def test_marks_are_hidden(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        pane.records.mark(Gap("orders", 0, 60, 69))
        await until(pilot, lambda: "60 to 69 missing" in host.text)
        await pilot.press("slash", *"ann")
        assert "60 to 69 missing" not in host.text
        assert len(pane.table.view) == 20


@pytest.mark.parametrize("moved", [False, True])
async def test_what_falls_out_of_the_ring_falls_out_of_the_list(
    sandbox: Sandbox, proxy: ProxyClient, moved: bool
) -> None:
    async with opened(sandbox, proxy, 900, keep=100_000) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter", *(["up"] if moved else []))
        log = pane.records
        for start in range(900, 6_000, 300):
            pane.table.extend(
                [Record("orders", 0, n, b"k", NAMES[n % 3].encode()) for n in range(start, start + 300)], 0
            )
            await pilot.pause()
            assert "Peter" not in host.text
        await until(pilot, lambda: bool(shown(pane)) and shown(pane)[-1] == 5_997)
        first = log[log.first]
        assert isinstance(first, Record)
        assert first.offset > 900
        assert shown(pane) == [n for n in range(first.offset, 6_000) if n % 3 == 0]
        assert under_cursor(pane) == (shown(pane)[0] if moved else 5_997)


async def test_another_place_keeps_the_filter_and_another_topic_drops_it(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("slash", *"olga", "enter")
        pane.seek({TP: 30})
        await until(pilot, lambda: shown(pane) == list(range(30, 60, 3)), 20)
        pane.open(await proxy.topic("orders"))
        assert pane.table.filter == ""
        await until(pilot, lambda: len(shown(pane)) == 60, 20)


async def test_a_record_that_was_just_sent_is_shown_whatever_is_filtered(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, _):
        await pilot.press("slash", *"olga", "enter")
        pane.show_stored(TP, 31)
        assert under_cursor(pane) == 31


async def test_bytes_and_words_of_ours_are_not_marked(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy, 0) as (pane, pilot, _):
        pane.table.extend(
            [
                Record("orders", 0, 0, b"tomb", None),
                Record("orders", 0, 1, b"\x00\x01\x0a1", b"\xff\xfe\xfd1\x00\x80"),
                Record("orders", 0, 2, b"k", b"1"),
            ],
            0,
        )
        await pilot.press("slash", *"tomb")
        assert (shown(pane), reversed_texts(pane)) == ([0], {"tomb"})
        await pilot.press(*["backspace"] * 4, "1")
        assert shown(pane) == [1, 2]
        marked = [strip for strip in pane.table.render_lines(pane.table.size.region) if "1" in strip.text]
        dump, end = marked[0].text.split("… ")
        lit = [segment.text for segment in marked[0] if segment.style and segment.style.reverse]
        assert "31" in dump
        assert lit == ["1"]
        assert "1" in end
        assert any(segment.style and segment.style.reverse for segment in marked[1])


async def test_a_large_log_is_searched_a_slice_at_a_time(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy, 0) as (pane, pilot, host):
        for start in range(0, 100_000, 1000):
            pane.table.extend(
                [Record("orders", 0, n, b"k", NAMES[n % 3].encode()) for n in range(start, start + 1000)], 0
            )
        segments = len({pane.records.stretch(n)[0] for n in range(0, 100_000, 200)})
        await pilot.press("slash", "p")
        search = pane.table.view.search
        assert search is not None
        assert "99,997" in host.text  # the first screen, whatever is left to do
        await until(pilot, lambda: search.done)
        assert search.looked_at == segments
        assert len(shown(pane)) == 33_333
        await pilot.press("e")
        assert pane.table.view.search is not search


@pytest.mark.parametrize("width", [60, 100])
async def test_a_match_that_has_no_room_is_shown_at_the_end_of_its_row(
    sandbox: Sandbox, proxy: ProxyClient, width: int
) -> None:
    async with opened(sandbox, proxy, count=1, size=(width, 20)) as (pane, pilot, host):
        filler = b"-" * 300
        sandbox.topics.append("orders", 0, b"far", b'{"a":"%s","m\xc3\xa9thode":"Visa"}' % filler)
        sandbox.topics.append("orders", 0, b"%s-visa" % filler, None)
        sandbox.topics.append("orders", 0, b"near", b'{"a":"visa","b":"%s visa"}' % filler)
        await until(pilot, lambda: pane.records.kept == 4)
        await pilot.press("slash", *"visa", "enter")
        await until(pilot, lambda: len(shown(pane)) == 3)
        lines = [line.text for line in pane.table.render_lines(pane.table.size.region)[1:4]]
        assert 'e":"Visa"}' in lines[0]
        assert "… ---" in lines[1]
        assert "--visa" in lines[1]
        assert ("tombstone" in lines[1]) == (width == 100)
        assert "… " not in lines[2]
        await pilot.press("t")
        await until(pilot, lambda: pane.table.columns.fields)
        lines = [line.text for line in pane.table.render_lines(pane.table.size.region)[1:4]]
        assert 'e":"Visa"}' in lines[0] or " Visa " in lines[0]
        await pilot.press("escape")
        assert "Visa" not in host.text


@pytest.mark.parametrize("keys", [["x"], ["slash", "enter"], ["escape"]])
async def test_what_was_filtered_for_is_back_after_marked_ones_alone(
    sandbox: Sandbox, proxy: ProxyClient, keys: list[str]
) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("slash", *"olga", "enter", "up", "x", "X")
        assert shown(pane) == [54]
        await pilot.press(*keys)
        assert pane.table.filter == "olga"
        assert shown(pane) == list(range(0, 60, 3))
        assert under_cursor(pane) == 54
        assert "marked only" not in host.text


async def test_of_marked_ones_that_have_left_the_list_it_says_so(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy, 50) as (pane, pilot, host):
        pane.records.max_rows = pane.records._largest_rows = 50
        await pilot.press("x", "X")
        pane.table.extend([Record("orders", 0, n, b"k", b"v") for n in range(50, 400)], 0)
        await until(pilot, lambda: "The marked records have left the list" in host.text)
        await pilot.press("escape")
        assert "marked records" not in host.text
        assert under_cursor(pane) is not None


async def test_a_mark_is_seen_where_one_column_fills_the_row(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy) as (pane, pilot, host):
        for column in pane.table.columns.columns:
            if column.name != "value" and column.shown:
                pane.table.columns = pane.table.columns.toggled(column)
        await pilot.press("x")
        await until(pilot, lambda: "✓" in host.text)
        await pilot.press("x")
        await until(pilot, lambda: "✓" not in host.text)


async def test_a_number_far_behind_in_a_value_is_lit_in_its_column(sandbox: Sandbox, proxy: ProxyClient) -> None:
    async with opened(sandbox, proxy, count=1) as (pane, pilot, _):
        sandbox.topics.append("orders", 0, b"far", b'{"note":"%s","total":777123}' % (b"-" * 5_000))
        await until(pilot, lambda: pane.records.kept == 2)
        await pilot.press("t")
        await until(pilot, lambda: any(slot.column.id == ".total" for slot in pane.table.slots))
        await pilot.press("slash", *"777123", "enter")
        await until(pilot, lambda: shown(pane) == [1])
        (line,) = (strip.text for strip in pane.table.render_lines(pane.table.size.region) if "777123" in strip.text)
        assert '"total":' not in line  # as it would be at the end, with what stands around it
        assert reversed_texts(pane) == {"777123"}
