"""Columns by their keys and the mouse: fields of JSON, order, width, what is remembered."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path

import msgspec
from textual.pilot import Pilot
from textual.widgets import Input

from ktui.columns import Columns
from ktui.fields import Survey
from ktui.model import Header, Record
from ktui.records.log import RecordLog
from ktui.records.target import SeekTarget
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.state import State
from ktui.ui.panes.stream import StreamPane
from ktui.ui.widgets.column_fit import GAP
from ktui.ui.widgets.columns_menu import ColumnsMenu
from ktui.ui.widgets.path_prompt import PathPrompt
from ktui.ui.widgets.record_row import Row
from ktui.ui.widgets.shown_columns import ShownColumns
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.stream_table import StreamTable
from tests.ui.host import Host, until
from tests.ui.house import at_home

ODD = (b"plain text", None, b'{"id":"none","tags":["a","b"]}', b'[{"id":1}]', b'{"id":9007199254740993,"total":0.10}')


def produce(sandbox: Sandbox, count: int = 40) -> None:
    sandbox.topics.create("orders", 1)
    for n in range(count):
        value = b'{"status":"%s","id":%d,"total":%d.50,"who":{"name":"n%d"}}' % ((b"new", b"paid")[n % 2], n, n, n % 5)
        sandbox.topics.append("orders", 0, b"k%d" % n, value)
    for value in ODD:
        sandbox.topics.append("orders", 0, b"odd", value)


@asynccontextmanager
async def opened(
    sandbox: Sandbox, proxy: ProxyClient, state: State | None = None, size: tuple[int, int] = (120, 24)
) -> AsyncIterator[tuple[StreamPane, Pilot[None], Host]]:
    pane = StreamPane(proxy, state=state)
    host = Host(pane)
    async with host.run_test(size=size, notifications=True, message_hook=host.hear) as pilot:
        pane.focus()
        pane.open(await proxy.topic("orders"), SeekTarget.last(100))
        await until(pilot, lambda: pane.records.kept == 45 and pane.state is StreamState.LIVE, 20)
        pane.table.look()
        await pilot.pause()
        yield pane, pilot, host


def ids(pane: StreamPane) -> list[str]:
    """Columns that are on the screen."""
    return [slot.column.id for slot in pane.table.slots]


def row(host: Host, text: str) -> str:
    return next(line for line in host.text.splitlines() if text in line)


async def test_fields_become_columns_and_values_come_back(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        assert '{"status": "paid", "id": 39' in host.text
        await pilot.press("t")
        await until(pilot, lambda: ".id" in ids(pane))
        await until(pilot, lambda: "1 partition · fields" in host.text)
        assert ids(pane) == ["partition", "offset", "key", ".id", ".total", ".who.name", ".status"]
        assert row(host, "k38").split()[1:-1] == ["0", "38", "k38", "38", "38.50", "n3", "new"]
        assert row(host, "OFFSET").index("id") == row(host, "k39").index("39  39.50")  # last digits under each other
        assert "9007199254740993" in host.text
        assert "0.10" in host.text
        assert "plain text" in host.text
        assert "tombstone" in host.text
        assert "none" in host.text
        await pilot.press("right")
        assert ".id" in ids(pane)  # all of them have room
        await pilot.resize_terminal(50, 24)
        await until(pilot, lambda: ".status" not in ids(pane))
        assert "›" in row(host, "OFFSET")
        assert "‹" not in row(host, "OFFSET")
        await pilot.press("right", "right")
        await until(pilot, lambda: ids(pane)[-1] == ".status")
        assert ".id" not in ids(pane)
        assert "‹" in row(host, "OFFSET")
        assert "›" not in row(host, "OFFSET")
        await pilot.press("left", "left", "left")
        await until(pilot, lambda: ".id" in ids(pane))
        await pilot.press("right", "right")
        await until(pilot, lambda: ".id" not in ids(pane))
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: ".id" in ids(pane) and ".status" in ids(pane))  # there is room for all of them
        await pilot.press("up", "up", "slash", *"paid", "enter")
        assert len(pane.table.view) == 20
        assert any(
            segment.text == "paid" and segment.style and segment.style.reverse
            for strip in pane.table.render_lines(pane.table.size.region)
            for segment in strip
        )
        await pilot.press("escape", "t")
        assert ids(pane)[-1] == "value"


async def test_where_no_record_has_fields_t_says_so(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    for n in range(45):
        sandbox.topics.append("orders", 0, b"k", b"line %d" % n)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("t")
        await until(pilot, lambda: bool(host.toasts))
        assert host.toasts == ["None of the newest records is a JSON object: values stay on one line."]
        assert "line 44" in host.text
        sandbox.topics.append("orders", 0, b"k", b'{"id":1}')
        await until(pilot, lambda: ".id" in ids(pane))  # one that comes has
        assert len(host.toasts) == 1


async def test_of_several_topics_the_partition_stays_where_there_is_little_room(
    sandbox: Sandbox, proxy: ProxyClient
) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy, size=(50, 24)) as (pane, pilot, host):
        await pilot.press("t")
        await until(pilot, lambda: ".id" in ids(pane))
        assert ids(pane)[0] == "offset"
        name = "a-topic-with-a-name-that-is-far-too-long"
        sandbox.topics.create(name, 1)
        sandbox.topics.append(name, 0, b"k", b'{"id":1}')
        pane.open(await proxy.topic("orders"), SeekTarget.beginning(), [await proxy.topic(name)])
        await until(pilot, lambda: pane.records.kept == 46)
        await pilot.press("t")
        await pilot.press("home")
        await until(pilot, lambda: "partition" in ids(pane))
        assert "TOPIC/P" in host.text
        assert "orders/0 " in host.text
        await pilot.press("slash", *'{"id":1}', "enter")
        await until(pilot, lambda: "…-that-is-far-too-long/0" in host.text)


def test_a_field_that_was_wide_once_gives_its_cells_back() -> None:
    shown = ShownColumns()
    shown.show(Columns(as_fields=True).added(("id",)))
    fields = [Row(Record("t", 0, n, b"k", b'{"id":%d}' % value), None) for n, value in enumerate((7, 10**19))]

    def width() -> int:
        return next(slot.width for slot in shown.slots if slot.column.field)

    assert shown.fit_to(fields, 80, flying=False)
    assert width() == 20
    assert [shown.fit_to(fields[:1], 80, flying=False) for _ in range(40)] == [False] * 39 + [True]
    assert width() == 2
    assert shown.fit_to(fields, 80, flying=False)  # at once: a number that is cut is another one
    assert width() == 20


async def test_the_menu_hides_moves_and_widens(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o", "space", "right")
        assert ids(pane) == ["offset", "key", "value"]
        assert "(P)" in host.text
        await pilot.press("right", "right", "less_than_sign", "less_than_sign", "plus", "plus")
        await until(pilot, lambda: "KEY  10 cells" in host.text)
        assert ids(pane) == ["key", "offset", "value"]
        await pilot.press("equals_sign")
        await until(pilot, lambda: "KEY  8 cells, as needed" in host.text)
        await pilot.press("end", "space")
        await until(pilot, lambda: ids(pane)[-1] == "headers")
        await pilot.press("r", "escape")
        assert not pane.query(ColumnsMenu)
        assert pane.table.has_focus
        assert ids(pane) == ["partition", "offset", "key", "value"]


async def test_keys_that_come_together_all_count(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    value = json.dumps({f"field-{number}": f"what is in field {number}" for number in range(16)}).encode()
    for _ in range(20):
        sandbox.topics.append("orders", 0, b"k", value)
    async with at_home(proxy) as house:
        await house.open()
        table = house.main.stream_pane.table
        await house.press("t")
        await house.until(lambda: len(table.columns.fields) == 16 and "‹" not in house.text and "›" in house.text)
        for _ in range(6):
            house._send("right")
        await house.until(lambda: next(slot.column.name for slot in table.slots if slot.column.field) == "field-6", 5)
        await house.press("t", "o", "right")
        (width,) = (slot.width for slot in table.slots if slot.column.id == table.chosen)
        for _ in range(10):
            house._send("plus")
        await house.until(
            lambda: [slot.width for slot in table.slots if slot.column.id == table.chosen] == [width + 10], 5
        )


async def test_a_menu_that_closes_at_once_is_shown_no_more(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with at_home(proxy) as house:
        await house.open()
        await house.press("t")
        for keys in (("o", "plus", "escape"), ("o", "r", "escape"), ("o", "right", "a"), ("escape",)) * 6:
            for key in keys:
                house._send(key)
        await house.settle()
        await house.until(lambda: not house.main.query(ColumnsMenu))
        assert not house.app._exception


async def test_the_menu_says_what_another_key_has_changed(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o", "t")
        await until(pilot, lambda: ".id" in ids(pane))
        await until(pilot, lambda: "who.name" in row(host, "columns "))
        assert "VALUE" not in row(host, "columns ")
        await pilot.press("t")
        await until(pilot, lambda: "VALUE" in row(host, "columns "))


async def test_the_chosen_name_is_lit_where_no_time_is_sent() -> None:
    records = RecordLog()
    records.extend([Record("t", 0, n, b"k", b"{}") for n in range(3)])
    table = StreamTable(records)
    async with Host(table).run_test(size=(100, 10)) as pilot:
        table.look()
        await pilot.pause()

        def head(lit: str) -> list[object]:
            table.chosen = lit
            (strip,) = table.render_lines(table.size.region)[:1]
            assert "time: not sent" in strip.text
            return [segment.style for segment in strip if segment.text.startswith("VALUE")]

        assert head("value") != head("")


async def test_of_a_value_too_large_for_columns_the_prompt_says_that(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    for _ in range(45):
        sandbox.topics.append("orders", 0, b"k", b'{"a":"%s"}' % (b"-" * 70_000))
    async with opened(sandbox, proxy) as (_, pilot, host):
        await pilot.press("o", "a", "a")
        assert "the value under the cursor is too large for columns" in host.text
        await pilot.press("escape", "t")
        await until(pilot, lambda: bool(host.toasts))
        assert host.toasts == [
            "None of the newest records is a JSON object and is small enough for columns: values stay on one line."
        ]


async def test_a_field_that_has_no_room_is_brought_when_it_is_chosen(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy, size=(50, 24)) as (pane, pilot, host):
        await pilot.press("t")
        await until(pilot, lambda: len(pane.table.columns.fields) >= 4)
        await pilot.pause()
        playing = pane.table.columns.in_play
        last = [column for column in playing if column.field and column.shown][-1]
        assert last.id not in ids(pane)
        await pilot.press("o", *["right"] * playing.index(last))
        await until(pilot, lambda: last.id in ids(pane))
        await until(pilot, lambda: " cells, as needed" in host.text)
        first = next(column for column in playing if column.field)
        await pilot.press("home", *["right"] * playing.index(first))
        await until(pilot, lambda: first.id in ids(pane))
        await pilot.press("escape", "right", "o", "a", *"tags", "enter")
        await until(pilot, lambda: ".tags" in ids(pane))


async def test_why_a_column_is_not_there(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o", "right", "right")
        await until(pilot, lambda: "nothing to show: no record here has it" in host.text)
        key = next(column for column in pane.table.columns.columns if column.id == "key")
        pane.table.columns = pane.table.columns.sized(key, 97)
        await pilot.press("right", "plus")  # the partition gives way to the key and the value
        await until(pilot, lambda: "partition" not in ids(pane))
        await pilot.press("home")
        await until(pilot, lambda: "gives way to the others here: space shows it all the same" in host.text)
        await pilot.press("space")
        await until(pilot, lambda: "partition" in ids(pane))


async def test_a_path_by_hand_says_what_is_there(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o", "a", *"tags")
        assert pane.query_one(PathPrompt).text == "tags"
        assert "no such field" in host.text
        await pilot.press("escape", *["up"] * 2, "o", "a", *"tags[")
        assert "After [" in host.text
        await pilot.press("enter")
        assert pane.query(PathPrompt)
        await pilot.press("1", "]")
        assert "tags[1] is b" in host.text
        await pilot.press("enter")
        await until(pilot, lambda: ".id" in ids(pane))
        assert ids(pane)[3] == ".tags[1]"
        await pilot.press("o", *["right"] * 4, "x", "escape")
        assert ".tags[1]" not in ids(pane)


async def test_a_path_that_is_too_long_when_it_is_quoted_adds_no_column(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o", "a")
        pane.query_one(PathPrompt).query_one(Input).value = '"' + "x y" * 66 + '"'
        await pilot.press("enter")
        await until(pilot, lambda: "A path has at most 200 characters" in host.text)
        assert pane.table.columns == Columns()


async def test_the_mouse_on_the_head(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, _):
        table = pane.table
        key = next(slot for slot in table.slots if slot.column.id == "key")
        await pilot.mouse_down(table, offset=(key.stop, 0))
        await pilot.hover(table, offset=(key.stop + 5, 0))
        await pilot.mouse_up(table, offset=(key.stop + 5, 0))
        await until(pilot, lambda: any(slot.column.width == key.width + 5 for slot in table.slots))
        await pilot.mouse_down(table, offset=(key.start, 0))
        await pilot.mouse_up(table, offset=(2, 0))
        await until(pilot, lambda: ids(pane)[0] == "key")
        await pilot.click(table, offset=(16, 0))
        await until(pilot, lambda: bool(pane.query(ColumnsMenu)))
        assert pane.table.chosen == "partition"


async def test_the_mouse_on_the_menu_chooses_a_column(sandbox: Sandbox, proxy: ProxyClient) -> None:
    produce(sandbox)
    async with opened(sandbox, proxy) as (pane, pilot, host):
        await pilot.press("o")
        menu = pane.query_one(ColumnsMenu)
        line = row(host, "columns  P")
        for name in ("KEY", "VALUE", "OFFSET"):
            await pilot.click(menu, offset=(line.index(name) - line.index("columns") + len(name), 0))
            await until(pilot, lambda name=name: f"{name}  " in row(host, " cells, "))
        assert pane.table.chosen == "offset"
        await pilot.click(menu, offset=(1, 0))
        assert pane.table.chosen == "offset"
        await pilot.press("space")
        await until(pilot, lambda: "offset" not in ids(pane))
        assert pane.query(ColumnsMenu)


async def test_what_was_chosen_is_there_again(sandbox: Sandbox, proxy: ProxyClient, tmp_path: Path) -> None:
    produce(sandbox)
    file = tmp_path / "columns.json"
    async with opened(sandbox, proxy, State(file)) as (pane, pilot, _):
        await pilot.press("o", "space", "escape", "t")
        await until(pilot, lambda: ".id" in ids(pane))
    async with opened(sandbox, proxy, State(file), (80, 24)) as (pane, _, host):
        assert ids(pane)[:4] == ["offset", "key", ".id", ".total"]
        assert not host.toasts
    file.write_text("{")
    async with opened(sandbox, proxy, State(file)) as (pane, pilot, host):
        assert ids(pane)[0] == "partition"
        await until(pilot, lambda: any("columns.broken" in said for said in host.toasts))


NAMES = (
    "中文字符很长很长很长很长很长很长很长",
    "👨\u200d👩\u200d👧\u200d👦 family",
    "❤\ufe0f 👍🏽 🇩🇪🇫🇷",
    "e\u0301a\u0308\u0301" * 20,
    "ไทยภาษา",
    "\x1b[31m\u202e",
)


async def test_cells_end_where_the_next_begin_whatever_is_in_them() -> None:
    log = RecordLog()
    for number, name in enumerate(NAMES):
        value = json.dumps({"a": name, name: 1, "b": number}, ensure_ascii=False).encode()
        log.extend([Record("t", 0, number, name.encode(), value, None, (Header(name, name.encode()),))])
    table = StreamTable(log)
    async with Host(table).run_test(size=(90, 12)) as pilot:
        table.look()
        survey = Survey()
        for record in log:
            survey.look(record.value if isinstance(record, Record) else None)
        columns = Columns().joined(survey.found())
        for column in columns.columns[3:]:
            columns = columns.replaced(column, msgspec.structs.replace(column, hidden=False))
        for width, as_fields in product((None, 3, 4, 5, 9, 10), (False, True)):
            sized = [msgspec.structs.replace(column, width=width) for column in columns.columns]
            table.columns = Columns(tuple(sized), as_fields)
            await pilot.pause()
            head, *rows = table.render_lines(table.size.region)
            assert len(table.slots) > 3
            for strip, slot in product((head, *rows[: len(NAMES)]), table.slots[:-1]):
                assert strip.cell_length == table.scrollable_size.width
                gap = strip.crop(slot.stop, slot.stop + GAP).text
                assert gap == " " * GAP or (strip is head and gap in ("› ", " ‹")), (strip.text, slot)
