"""The stream's table over real logs: what it shows, where the cursor stays, what it costs."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest
from rich.segment import Segment
from textual import events
from textual.pilot import Pilot
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from ktui.model import Gap, Header, Record
from ktui.records.log import Note, RecordLog
from ktui.ui.link import TerminalLink
from ktui.ui.widgets.painting import WholeStrip
from ktui.ui.widgets.record_row import gap_text
from ktui.ui.widgets.record_table import STORM, RecordTable
from tests.ui.host import Host, until

NOON = int(datetime(2026, 11, 20, 12, 0, 0, 142_000).timestamp() * 1000)


def record(offset: int, value: bytes | None = b'{"n":1}', key: bytes | None = b"k", **more: object) -> Record:
    return Record("t", more.pop("partition", 0), offset, key, value, **more)  # type: ignore[arg-type]


@asynccontextmanager
async def showing(
    log: RecordLog, size: tuple[int, int] = (100, 12)
) -> AsyncIterator[tuple[RecordTable, Pilot[None], Host]]:
    table = RecordTable(log)
    app = Host(table)
    async with app.run_test(size=size, message_hook=app.hear) as pilot:
        table.focus()
        table.look()
        await pilot.pause()
        yield table, pilot, app


def lines(app: Host) -> list[str]:
    return [line.rstrip(" ▁▂▃▄▅▆▇█") for line in app.text.split("\n")]


async def test_shows_columns_and_follows_the_end() -> None:
    log = RecordLog()
    log.extend([record(offset, partition=offset % 3) for offset in range(7000, 7050)])
    async with showing(log) as (table, pilot, app):
        shown = lines(app)
        assert shown[0].split() == ["P", "OFFSET", "KEY", "VALUE", "time:", "not", "sent", "by", "this", "proxy"]
        assert shown[-1] == '▌2     7,049  k         {"n": 1}'
        assert table.cursor == 49
        log.extend([record(7050)])
        await until(pilot, lambda: table.cursor == 50)
        assert "7,050" in lines(app)[-1]


async def test_a_key_before_the_first_frame_counts_from_what_has_come() -> None:
    log = RecordLog()
    async with showing(log) as (table, pilot, _):
        log.extend([record(offset) for offset in range(50)])
        table.action_move(-2)
        await pilot.pause()
        assert table.cursor == 47


async def test_null_empty_tombstone_and_their_like_are_told_apart() -> None:
    log = RecordLog()
    log.extend([record(0, None), record(1, b""), record(2, None, None), record(3, b"null"), record(4, b"tombstone")])
    async with showing(log) as (table, _, app):
        assert [line.split("  ")[-1].strip() for line in lines(app)[1:6]] == [
            "tombstone", "empty", "null", "null", "tombstone",
        ]  # fmt: skip
        strips = table.render_lines(table.size.region)
        assert _italic(strips[1])
        assert _italic(strips[2])
        assert _italic(strips[3])
        assert not _italic(strips[4])
        assert not _italic(strips[5])


def _italic(strip: Strip) -> bool:
    return any(segment.style and segment.style.italic for segment in strip if segment.text.strip())


async def test_gaps_and_notes_have_rows_of_their_own() -> None:
    log = RecordLog()
    log.mark(Note("jumped to 181"))
    log.extend([record(181, partition=3)])
    log.mark(Gap("t", 3, 8121, 8126))
    log.mark(Gap("t", 3, 8128, 8128))
    async with showing(log) as (table, pilot, app):
        shown = lines(app)
        assert "╌╌ jumped to 181 ╌╌" in shown[1]
        assert "╌╌ 3: offsets 8,121 to 8,126 missing (compacted, aborted or a marker) ╌╌" in shown[3]
        assert "╌╌ 3: offset 8,128 missing (compacted, aborted or a marker) ╌╌" in shown[4]
        assert gap_text(Gap("t", 3, 8128, 8128), several=True).startswith("t/3: offset 8,128 missing")
        table.choose()
        await pilot.pause()
        assert table.record is None
        assert not app.of(RecordTable.Chosen)


async def test_moving_up_leaves_the_end_and_end_of_the_log_finds_it() -> None:
    log = RecordLog()
    log.extend([record(offset) for offset in range(100)])
    async with showing(log) as (table, pilot, app):
        await pilot.press("up", "k")
        assert (table.cursor, table.following) == (97, False)
        top = lines(app)[1]
        log.extend([record(offset) for offset in range(100, 150)])
        await until(pilot, lambda: table.below == 50)
        assert lines(app)[1] == top
        assert table.cursor == 97
        assert [message.record.offset for message in app.of(RecordTable.Highlighted)][-1] == 97
        table.follow()
        await pilot.pause()
        assert "149" in lines(app)[-1]
        log.extend([record(150)])
        await until(pilot, lambda: table.cursor == 150)


async def test_pages_home_and_choosing() -> None:
    log = RecordLog()
    log.extend([record(offset) for offset in range(100)])
    async with showing(log) as (table, pilot, app):
        await pilot.press("home", "j", "pagedown")
        assert table.cursor == 11
        table.choose()
        await pilot.pause()
        assert app.of(RecordTable.Chosen)[-1].record.offset == 11


async def test_the_ring_drops_rows_and_nothing_moves() -> None:
    log = RecordLog(max_rows=1000)
    for start in range(0, 1000, 100):
        log.extend([record(offset) for offset in range(start, start + 100)])
    async with showing(log) as (table, pilot, app):
        await pilot.press("up", "up", "up")
        shown, cursor = lines(app)[1:], table.cursor
        for start in range(1000, 1700, 100):
            log.extend([record(offset) for offset in range(start, start + 100)])
        assert log.first > 0
        await until(pilot, lambda: table.below == 700)
        assert lines(app)[1:] == shown
        assert table.cursor == cursor


async def test_a_cursor_whose_row_was_dropped_stands_on_the_oldest() -> None:
    log = RecordLog(max_rows=1000)
    log.extend([record(offset) for offset in range(1000)])
    async with showing(log) as (table, pilot, _):
        await pilot.press("home")
        log.extend([record(offset) for offset in range(1000, 3000)])
        await until(pilot, lambda: table.cursor == log.first)
        assert table.record is not None


async def test_wheel_holds_and_the_bottom_follows_again() -> None:
    log = RecordLog()
    log.extend([record(offset) for offset in range(100)])
    async with showing(log) as (table, pilot, app):
        await pilot._post_mouse_events([events.MouseScrollUp], table, offset=(5, 5))
        await until(pilot, lambda: not table.following)
        assert app.of(RecordTable.FollowingChanged)[-1].following is False
        for _ in range(10):
            await pilot._post_mouse_events([events.MouseScrollUp], table, offset=(5, 5))
        top = table.scroll_offset.y
        assert 0 < top < table.max_scroll_y - 5
        await until(pilot, lambda: f"{top}  k" in app.text.splitlines()[1])
        for _ in range(15):
            await pilot._post_mouse_events([events.MouseScrollDown], table, offset=(5, 5))
        await until(pilot, lambda: table.following)
        await until(pilot, lambda: "99  k" in app.text.splitlines()[-1])


async def test_another_size_does_not_move_a_held_cursor() -> None:
    log = RecordLog()
    log.extend([record(offset) for offset in range(30)])
    async with showing(log, (100, 10)) as (table, pilot, app):
        await pilot.press("up", "up")
        for height in (40, 6, 12):
            await pilot.resize_terminal(90, height)
            await until(pilot, lambda height=height: table.size.height == height)  # type: ignore[misc]
            await pilot.pause()
            assert (table.following, table.cursor) == (False, 27)
            assert "▌0        27" in app.text
        table.follow()
        for height in (40, 6, 12):
            await pilot.resize_terminal(100, height)
            await until(pilot, lambda height=height: table.size.height == height)  # type: ignore[misc]
            await pilot.pause()
            assert table.following
            assert "▌0        29" in app.text


async def test_click_and_double_click() -> None:
    log = RecordLog()
    log.extend([record(offset) for offset in range(5)])
    async with showing(log) as (table, pilot, app):
        await pilot.click(table, offset=(10, 2))
        assert table.cursor == 1
        await pilot.double_click(table, offset=(10, 3))
        await until(pilot, lambda: bool(app.of(RecordTable.Chosen)))
        assert app.of(RecordTable.Chosen)[0].record.offset == 2
        await pilot.click(table, offset=(10, 9))
        assert table.cursor == 2


class SlowLink(TerminalLink):
    """Nothing is drawn but what a key asks for."""

    clear = choked = False  # type: ignore[assignment]


async def test_a_click_is_on_the_row_that_was_drawn() -> None:
    log = RecordLog(max_rows=1000)
    for start in range(0, 1000, 100):
        log.extend([record(offset) for offset in range(start, start + 100)])
    async with showing(log) as (table, pilot, app):
        await pilot.press("pageup")
        table._link = SlowLink()
        drawn = lines(app)[3]
        log.extend([record(offset) for offset in range(1000, 1200)])
        assert log.first > 0
        await pilot.click(table, offset=(10, 3))
        assert table.record is not None
        assert str(table.record.offset) in drawn


async def test_times_are_local_and_dated_where_the_date_changes() -> None:
    log = RecordLog()
    stamps = [NOON, NOON + 1000, NOON + 86_400_000, 10**17, -(10**17)]
    log.extend([record(offset, timestamp=stamp) for offset, stamp in enumerate(stamps)])
    async with showing(log, (120, 12)) as (_, _, app):
        shown = lines(app)
        assert "11-20 12:00:00.142" in shown[1]
        assert "11-20" not in shown[2]
        assert "12:00:01.142" in shown[2]
        assert "11-21 12:00:00.142" in shown[3]
        assert "10000000000000000" in shown[4]


async def test_the_head_has_the_date_of_the_first_row_on_screen() -> None:
    log = RecordLog()
    now = int(datetime.now().timestamp() * 1000)
    log.extend([record(offset, timestamp=NOON - 86_400_000 + offset) for offset in range(40)])
    log.extend([record(40 + offset, timestamp=now) for offset in range(40)])
    async with showing(log, (120, 12)) as (table, pilot, app):
        assert lines(app)[0].split() == ["P", "OFFSET", "TIME", "KEY", "VALUE"]  # today's
        table.leave_end()
        table.go_to(20)
        await pilot.pause()
        assert lines(app)[0].split()[2:4] == ["TIME", "11-19"]
        assert "11-19" not in lines(app)[1]


async def test_a_narrow_table_leaves_the_time_out() -> None:
    log = RecordLog()
    log.extend([record(0, timestamp=NOON)])
    async with showing(log, (78, 12)) as (_, _, app):
        assert lines(app)[0].split() == ["P", "OFFSET", "KEY", "VALUE"]


async def test_the_key_column_is_as_wide_as_the_keys() -> None:
    log = RecordLog()
    log.extend([record(0, key=b"a" * 50), record(1, key=b"short")])
    async with showing(log) as (_, _, app):
        assert f"{'a' * 31}…  {{" in lines(app)[1]
    log = RecordLog()
    log.extend([record(0, key=b"cust-00481"), record(1, key=b"short")])
    async with showing(log) as (_, _, app):
        assert "  cust-00481  {" in lines(app)[1]
        assert "  short       {" in lines(app)[2]


WIDE = [
    "日本語" * 40,
    "a" + "日本語" * 40,
    "👩‍👩‍👧‍👦 👍🏽 🇯🇵" * 20,
    "e\u0301" * 100,
    "\u200b" * 300,
]


@pytest.mark.parametrize("text", WIDE)
@pytest.mark.parametrize("width", [60, 61, 62])
async def test_every_line_is_exactly_as_wide_as_the_table(text: str, width: int) -> None:
    log = RecordLog()
    log.extend([record(0, text.encode(), text.encode()), record(1, f'{{"{text}": "{text}"}}'.encode(), None)])
    async with showing(log, (width, 6)) as (table, _, _):
        for strip in table.render_lines(table.size.region):
            measured = Strip(list(strip))
            assert measured.cell_length == table.scrollable_size.width


async def test_without_colour_the_lines_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    log = RecordLog()
    log.extend([record(0), record(1, None)])
    async with showing(log) as (table, _, _):
        for strip in table.render_lines(table.size.region):
            for segment in strip:
                color = segment.style.color if segment.style else None
                assert color is None or len(set(color.get_truecolor())) == 1, segment


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light", "monokai"])
async def test_any_theme_can_be_painted(theme: str) -> None:
    log = RecordLog()
    log.extend([record(0), record(1, None)])
    async with showing(log) as (table, pilot, app):
        app.theme = theme
        await pilot.pause()
        assert "tombstone" in app.text
        assert any(segment.style for strip in table.render_lines(table.size.region) for segment in strip)


async def test_another_theme_repaints() -> None:
    log = RecordLog()
    log.extend([record(0)])
    async with showing(log) as (table, pilot, app):
        before = table.render_lines(table.size.region)[1]
        app.theme = "ktui-light"
        await pilot.pause()
        await until(pilot, lambda: table.render_lines(table.size.region)[1] != before)


async def test_headers_do_not_disturb_and_an_empty_table_speaks() -> None:
    log = RecordLog()
    async with showing(log) as (table, pilot, app):
        table.say("No records yet.")
        await pilot.pause()
        assert "No records yet." in app.text
        log.extend([record(0, headers=(Header("a", b"b"),))])
        await until(pilot, lambda: "No records yet." not in app.text)
        table.clear()
        await pilot.pause()
        assert "No records yet." in app.text


async def test_a_megabyte_on_one_line_is_drawn_like_any_other() -> None:
    log = RecordLog()
    log.extend([record(0, b'{"a": "' + b"x" * 1_000_000 + b'"}'), record(1, b"y" * 1_000_000)])
    async with showing(log) as (_, _, app):
        assert lines(app)[1].endswith("x…")
        assert lines(app)[2].endswith("y…")


def looks(lines: list[Strip]) -> list[object]:
    """What is seen of the lines, and felt by the mouse: the ink of a blank is not."""
    seen = []
    for text, style, _ in (segment for line in lines for segment in line):
        assert style is not None
        ink, paper = (style.bgcolor, style.color) if style.reverse else (style.color, style.bgcolor)
        seen.append((text, paper, style.meta, ink if text.strip() else None))
    return seen


async def test_the_bar_looks_as_textual_draws_it() -> None:
    """Line by line, thumb and what the mouse finds there; only lines that are others are drawn again."""
    async with showing(RecordLog()) as (table, _, _):
        bar, drawn = table.vertical_scrollbar, set()
        whole = bar.size.region
        for height in range(1, 5_000, 93):
            for top in range(0, max(1, height - table.size.height + 1), 177):
                table.resize_lines(height, top)
                lines = bar.render_lines(whole)
                ScrollBar.refresh(bar)
                bar._styles_cache.clear()
                assert looks(lines) == looks(ScrollBar.render_lines(bar, whole))
                drawn.add("".join(line.text for line in lines))
        assert len(drawn) > 20


def test_a_line_that_stays_whole_does_not_hold_itself() -> None:
    """Else only the garbage collector ends it: a thousand of them stopped the app for 0.7 s at a time."""
    line = WholeStrip([Segment("abcdef")], 6)
    assert line.divide([6]) == line.divide([6, 80]) == [line]
    assert [part.text for part in line.divide([2, 6])] == ["ab", "cdef"]
    before = sys.getrefcount(line)
    line.divide([6])
    assert sys.getrefcount(line) == before


@pytest.mark.parametrize(("screens", "drawn"), [(0, 40), (1, 20), (STORM - 1, 20), (STORM + 1, 10)])
async def test_what_nobody_can_read_is_drawn_less_often(screens: int, drawn: int) -> None:
    log = RecordLog()
    log.extend([record(0)])
    async with showing(log) as (table, _, _):
        looks = 0
        for _ in range(40):  # without a pause: the timer of the table has no turn
            log.extend([record(n) for n in range(max(1, screens * table.page))])
            before = table._seen
            table._look_on_time()
            looks += table._seen != before
        assert abs(looks - drawn) <= 1
