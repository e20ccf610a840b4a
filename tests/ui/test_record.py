"""The record pane: everything of one record, exact, foldable, and quick however large."""

from __future__ import annotations

import time

import msgspec
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from ktui.jsontext import Line, Role, Span
from ktui.model import Header, Record
from ktui.ui.panes.record import RecordPane, head_lines
from ktui.ui.text import even
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.layout import Layout
from ktui.ui.widgets.record_row import header_spans
from ktui.ui.widgets.value_view import ValueView
from tests.ui.host import Host, until

ORDER = Record(
    "orders",
    3,
    8131,
    b"cust-00481",
    b'{"id": 9007199254740993, "customer": {"name": "wanda", "vip": true}, "total": 12.50, "items": [{"a": 1}, 2]}',
    1_795_176_000_114,
    (Header("trace", b"abc"), Header("trace", None)),
)


def app_with(record: Record) -> tuple[Host, RecordPane]:
    pane = RecordPane()
    app = Host(pane)
    app.call_later(lambda: (pane.show(record), pane.focus()))
    return app, pane


async def test_everything_of_a_record_is_there() -> None:
    app, pane = app_with(ORDER)
    async with app.run_test(size=(70, 30)) as pilot:
        await until(pilot, lambda: "12.50" in app.text)
        for text in (
            "orders/3 @ 8,131",
            "key      cust-00481   text, 10 bytes",
            "headers  trace: abc",
            "         trace: null",
            "▾ {",
            '    "id": 9007199254740993',
            '    "customer": ▾ {',
            '        "name": "wanda"',
            f"JSON · {len(ORDER.value or b'')} bytes · $",
            " ago",
        ):
            assert text in app.text, text
        assert pane.record is ORDER


async def test_folding_and_the_path_under_the_cursor() -> None:
    app, pane = app_with(ORDER)
    async with app.run_test(size=(70, 30)) as pilot:
        await until(pilot, lambda: pane.query_one(ValueView).complete)
        await pilot.press("j", "j", "j")
        assert "$.customer.name" in app.text
        await pilot.press("left")
        assert pane.query_one(ValueView).path == "$.customer"
        await pilot.press("left")
        assert '"customer": ▸ { 2 }' in app.text
        assert "wanda" not in app.text
        await pilot.press("j", "j")
        assert '"items": ▾ [' in app.text
        assert pane.query_one(ValueView).path == "$.items"
        await pilot.press("k", "k", "right")
        assert "wanda" in app.text
        await pilot.press("end", "k", "k")
        assert pane.query_one(ValueView).path == "$.items[1]"


async def test_decode_as_goes_round() -> None:
    app, _ = app_with(ORDER)
    async with app.run_test(size=(90, 30)) as pilot:
        await until(pilot, lambda: "12.50" in app.text)
        await pilot.press("d", "d")
        assert '{"id": 9007199254740993, "customer"' in app.text
        assert "shown as text" in app.text
        await pilot.press("d")
        assert "00000000  7b 22 69 64" in app.text
        assert "shown as hex" in app.text
        await pilot.press("d")
        assert "▾ {" in app.text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "tombstone"),
        (b"", "empty"),
        (b"\xff\xfe\x00\x01", "binary · 4 bytes"),
        (b"line one\nline two", "text · 17 bytes"),
        (b'\0\0\0\0\x2a{"a": 1}', "schema id 42, JSON"),
    ],
)
async def test_values_that_are_no_json(value: bytes | None, words: str) -> None:
    app, _ = app_with(Record("t", 0, 0, b"k", value))
    async with app.run_test(size=(70, 20)) as pilot:
        await until(pilot, lambda: words in app.text)
        assert "time     not sent by this proxy" in app.text


async def test_a_hex_dump_fits_its_pane() -> None:
    app, _ = app_with(Record("t", 0, 0, b"k", bytes(range(128, 160))))
    async with app.run_test(size=(90, 20)) as pilot:
        await until(pilot, lambda: "00000010  90 91 92" in app.text)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "00000008  88 89" in app.text)
        assert "00000018  98 99 9a 9b 9c 9d 9e 9f  ········" in app.text


async def test_evil_texts_reach_the_screen_tamed() -> None:
    evil = "\x1b]52;c;aGk=\x07[/] [red]\u202e\x9b31m \ud800 日本 and a few more harmless words".encode(
        "utf-8", "surrogatepass"
    )
    app, _ = app_with(Record("t", 0, 0, evil, evil, None, (Header("[/]\x1b]0;x\x07", evil),)))
    async with app.run_test(size=(70, 20)) as pilot:
        await until(pilot, lambda: "日本" in app.text)
        assert not set(app.text) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "[/] [red]" in app.text


async def test_keys_ask_the_screen() -> None:
    app, pane = app_with(ORDER)
    async with app.run_test(size=(70, 30), message_hook=app.hear) as pilot:
        await until(pilot, lambda: "12.50" in app.text)
        await pilot.press("up", "down", "r", "escape")
        assert [message.rows for message in app.of(RecordPane.StepRequested)] == [-1, 1]
        assert app.of(RecordPane.Reuse)[0].record is ORDER
        assert app.of(RecordPane.Closed)
        await pilot.press("y")
        assert pane.query(CopyMenu)
        await pilot.press("escape")
        await until(pilot, lambda: not pane.query(CopyMenu))
        assert pane.query_one(ValueView).has_focus


async def _paint_time(pilot: Pilot[None], pane: RecordPane, record: Record, token: str) -> float:
    begun = time.perf_counter()
    pane.show(record)
    app = pane.app
    assert isinstance(app, Host)
    await until(pilot, lambda: token in app.text)
    return time.perf_counter() - begun


async def test_a_megabyte_opens_at_once_and_is_all_there_later() -> None:
    """A ratio in one run: its first screen takes as long as that of a small one, give or take a slice."""
    item = b'{"id": 9007199254740993, "name": "aiko", "tags": [1, 2, 3]}'
    large = b'{"token-large": [' + b", ".join([item] * 17_000) + b"]}"
    assert len(large) > 1_000_000
    app, pane = app_with(ORDER)
    async with app.run_test(size=(70, 30)) as pilot:
        await until(pilot, lambda: "12.50" in app.text)
        small = await _paint_time(pilot, pane, Record("t", 0, 1, None, b'{"token-small": 1}'), "token-small")
        took = await _paint_time(pilot, pane, Record("t", 0, 2, None, large), "token-large")
        assert took < small + 0.1
        await pilot.press("j")
        assert pane.query_one(ValueView).path == "$.token-large"


def test_a_layout_is_whole_in_the_end() -> None:
    from ktui import decode

    value = b'{"a": [' + b", ".join([b'{"n": 1}'] * 2000) + b'], "long": "' + "日".encode() * 5000 + b'"}'
    layout = Layout([], decode.lines(decode.read(value)), 40)
    while layout.grow(0.001):
        pass
    assert layout.complete
    assert len(layout.lines) == 2 + 2 * 1 + 2000 * 3 + 1
    text = "".join(span.text for row in layout.rows for span in layout.piece(row)[1:] if "日" in span.text)
    assert text.count("日") == 5000
    layout.toggle(1)
    while layout.grow(0.001):
        pass
    assert layout.spans(1)[-1].text == "[ 2,000 ]"
    assert layout.row_of(500) == 1
    assert layout.path(3) == "$.a[0].n"


@pytest.mark.parametrize(
    ("timestamp", "said"),
    [
        (253_402_297_199_999, "9999-12-31 23:59:59.999 CET"),
        (253_402_297_200_000, "no calendar has this date"),
        (1_753_000_000_123, "2025-07-20 10:26:40.123 CEST"),
    ],
)
def test_the_last_day_of_the_calendar(timestamp: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        (_, when, *_) = head_lines(Record("orders", 0, 0, b"k", b"v", timestamp))
        assert said in "".join(span.text for span in when.spans)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_rows_hold_so_many_characters_whatever_their_width() -> None:
    accents, words, family = "a" + "\u0301" * 200_000, "e\u0301" * 500, "\u200d".join("👨👩👧") * 100
    for text in (accents, words, family):
        layout = Layout([], iter([Line([Span(text, Role.TEXT)])]), 80)
        started = time.perf_counter()
        layout.grow(10)
        assert time.perf_counter() - started < 5  # it was all characters of a row for each of them
        pieces = [layout.piece(row)[-1].text for row in layout.rows]
        assert "".join(pieces) == text
        assert max(map(len, pieces)) <= 320
        assert max(cell_len(even(piece)) for piece in pieces) <= 80
    assert len(pieces) == 8  # of 300 people, two cells each


async def test_another_width_keeps_the_place_in_a_large_value() -> None:
    items = b",".join(b'{"n": %d, "s": "%s"}' % (n, b"word " * 30) for n in range(6000))
    app, pane = app_with(ORDER)
    async with app.run_test(size=(100, 24)) as pilot:
        await pilot.pause()
        view = pane.query_one(ValueView)
        pane.show(msgspec.structs.replace(ORDER, value=b"[" + items + b"]"))
        await until(pilot, lambda: view.complete)
        await pilot.press("end", "pageup", "k")
        path = view.path
        assert path.startswith("$[599")
        for width in (90, 80, 110):  # as by a mouse that drags the border
            await pilot.resize_terminal(width, 24)
        assert view.path == path
        await until(pilot, lambda: view.complete)
        assert view.path == path
        assert "▌" in app.text
        pane.show(msgspec.structs.replace(ORDER, value=b" ".join(b"%d" % n for n in range(100_000))))
        await until(pilot, lambda: view.complete)
        await pilot.press(*["pagedown"] * 9)
        top = view._layout.rows[view.scroll_offset.y]
        await pilot.resize_terminal(90, 24)
        await until(pilot, lambda: view.complete)
        again = view._layout.rows[view.scroll_offset.y]
        assert again.start <= top.start < again.end
        shown = "".join(span.text for span in view._layout.piece(again))
        await until(pilot, lambda: shown.strip() in app.text)


def test_a_hundred_thousand_headers_do_not_hold_the_screen_up() -> None:
    record = msgspec.structs.replace(ORDER, headers=(Header("", b""),) * 99_999 + (Header("last", b"x"),))
    before = time.perf_counter()
    lines = head_lines(record)
    spans = header_spans(record.headers, 32)
    assert time.perf_counter() - before < 0.05
    assert lines[-1].spans[-1].text == "… and 99,000 more (y and h copy all of them)"
    assert len(spans) < 200
