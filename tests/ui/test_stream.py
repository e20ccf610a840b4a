"""The stream pane by its keys, against the sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from ktui.errors import Unreachable
from ktui.model import Gap, Record, TopicPartition
from ktui.records import edges
from ktui.records.batch import Batch, Trouble
from ktui.records.log import Note
from ktui.records.target import SeekTarget, TargetError
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.panes import stream_reading
from ktui.ui.panes.record import RecordPane
from ktui.ui.panes.stream import StreamPane
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.stream_status import StreamState, StreamStatus, size_text
from tests.ui.host import Host
from tests.ui.host import until as until_soon


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for a state, also on a machine that has other things to do."""
    await until_soon(pilot, condition, 20.0)


def tp(partition: int) -> TopicPartition:
    return TopicPartition("orders", partition)


def fill(sandbox: Sandbox, *counts: int) -> None:
    """A topic with so many records in each of its partitions."""
    sandbox.topics.create("orders", len(counts))
    for partition, count in enumerate(counts):
        add(sandbox, count, partition)


def add(sandbox: Sandbox, count: int, partition: int = 0) -> None:
    start = sandbox.topics["orders"].partitions[partition].range.end
    for offset in range(start, start + count):
        sandbox.topics.append("orders", partition, b"k", b'{"n": %d}' % offset)


def offsets(pane: StreamPane, partition: int = 0) -> list[int]:
    return [row.offset for row in pane.records if isinstance(row, Record) and row.partition == partition]


def marks(pane: StreamPane) -> list[Gap | Note]:
    return [row for row in pane.records if not isinstance(row, Record)]


@asynccontextmanager
async def opened(
    proxy: ProxyClient, target: SeekTarget | None = None, size: tuple[int, int] = (120, 20)
) -> AsyncIterator[tuple[StreamPane, Pilot[None], Host]]:
    pane = StreamPane(proxy)
    host = Host(pane)
    async with host.run_test(size=size, notifications=True, message_hook=host.hear) as pilot:
        pane.focus()
        pane.open(await proxy.topic("orders"), target)
        await until(pilot, lambda: pane.state is not StreamState.OPENING)
        yield pane, pilot, host


async def type_in(pilot: Pilot[None], text: str) -> None:
    await pilot.press(
        *["space" if c == " " else {"+": "plus", "-": "minus", ":": "colon", ",": "comma"}.get(c, c) for c in text]
    )


async def test_opens_with_the_last_hundred_and_goes_on_live(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 300)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: offsets(pane) == list(range(200, 300)))
        assert "2 orders · 1 partition" in host.text
        assert "▶ live" in host.text
        assert pane.table.size.height == 18
        add(sandbox, 5)
        await until(pilot, lambda: offsets(pane)[-1] == 304)
        await until(pilot, lambda: [told.positions for told in host.of(StreamPane.Advanced)][-1:] == [{tp(0): 305}])
        await until(pilot, lambda: '{"n": 304}' in host.text)
        assert [message.state for message in host.of(StreamPane.StateChanged)] == [
            StreamState.OPENING,
            StreamState.LIVE,
        ]


async def test_leaves_no_instance(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        pane.seek({tp(0): 3})
        pane.seek({tp(0): 5})
        await until(pilot, lambda: offsets(pane) == list(range(5, 10)))
    await proxy.aclose()
    assert not sandbox.instances


async def test_hold_keeps_the_place_and_counts_what_is_new(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        await pilot.press("space")
        assert pane.state is StreamState.HELD
        add(sandbox, 1318)
        await until(pilot, lambda: "new below" in host.text)
        read = len(offsets(pane)) - 10
        assert f"❙❙ held · {1318 - read:,} new below" in host.text
        await pilot.press("space")
        await until(pilot, lambda: len(offsets(pane)) == 1328)
        assert offsets(pane) == list(range(1328))
        assert pane.state is StreamState.LIVE


async def test_figures_are_counted_while_they_are_shown(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 30, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) + len(offsets(pane, 1)) == 40)
        assert pane.figures.figures is None
        await pilot.press("v")
        await until(pilot, lambda: "0 █ 75%  1 ▃ 25%" in host.text)
        assert "k 100%  of 40 records" in host.text
        add(sandbox, 20, 1)
        await until(pilot, lambda: "0 █ 50%  1 █ 50%" in host.text)
        pane.seek({tp(0): 29, tp(1): 29})
        await until(pilot, lambda: "of 2 records" in host.text)
        await pilot.press("v")
        await until(pilot, lambda: "partitions   " not in host.text)
        assert pane.figures.figures is None


async def test_hold_survives_the_loss_of_the_instance(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        await pilot.press("space")
        sandbox.faults.expire()
        add(sandbox, 10)
        await pilot.press("space")
        await until(pilot, lambda: offsets(pane) == list(range(20)))


async def test_up_leaves_the_end_and_end_finds_it(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 100)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 100)
        await pilot.press("up", "up")
        assert pane.table.record is not None
        add(sandbox, 30)
        await until(pilot, lambda: "30 new below" in host.text)
        assert pane.table.record.offset == 97
        await pilot.press("end")
        assert pane.table.record.offset == 129
        assert "new below" not in host.text


async def test_goes_to_an_offset_and_shows_it_first(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 500)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 100)
        await pilot.press("g")
        await type_in(pilot, "181")
        assert "will start at 181 · 319 to the end" in host.text
        await pilot.press("enter")
        await until(pilot, lambda: offsets(pane) == list(range(181, 500)))
        assert marks(pane) == [Note("jumped to offset 181")]
        assert pane.table.record is not None
        assert pane.table.record.offset == 181
        assert pane.table.has_focus
        assert not host.query(Prompt)


@pytest.mark.parametrize(
    ("typed", "first"), [("begin", 0), ("-100", 400), ("last 7", 493), ("0:142", 142), ("9999", None), ("end", None)]
)
async def test_goes_where_one_types(sandbox: Sandbox, proxy: ProxyClient, typed: str, first: int | None) -> None:
    fill(sandbox, 500)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 100)
        await pilot.press("g")
        await type_in(pilot, typed)
        await pilot.press("enter")
        await until(pilot, lambda: len(marks(pane)) == 1 and pane.state is StreamState.LIVE)
        if first is None:
            add(sandbox, 1)
            await until(pilot, lambda: offsets(pane) == [500])
        else:
            await until(pilot, lambda: offsets(pane) == list(range(first, 500)))


async def test_what_is_no_place_is_said_under_the_prompt(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 5)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 5)
        await pilot.press("g", "7", "colon", "1", "enter")
        await pilot.pause()
        assert "Partition 7 is not among those that are read" in host.text
        await pilot.press("escape")
        await until(pilot, lambda: not host.query(Prompt))
        assert pane.table.has_focus
        assert offsets(pane) == list(range(5))


async def test_a_seek_shows_nothing_stale(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 3000, 3000)
    async with opened(proxy, SeekTarget.beginning()) as (pane, pilot, _):
        for offset in (2900, 10, 1500, 2950):
            pane.seek({tp(0): offset})
            await until(pilot, lambda: bool(offsets(pane)))
            assert offsets(pane)[0] == offset
        assert marks(pane) == [Note("jumped to 2,950 in partition 0")]
        await until(pilot, lambda: offsets(pane)[-1] == 2999 and pane.positions[tp(1)] == 3000)
        assert offsets(pane) == list(range(2950, 3000))


async def test_waits_for_a_proxy_that_is_away_and_loses_nothing(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        sandbox.faults.refuse = True
        await until(pilot, lambda: pane.state is StreamState.WAITING)
        assert "◌ waiting: " in host.text
        assert "next try in" in host.text
        add(sandbox, 5)
        sandbox.faults.refuse = False
        pane.retry()
        await until(pilot, lambda: offsets(pane) == list(range(15)))
        assert pane.state is StreamState.LIVE
        assert not host.toasts


async def test_held_and_gone_on_while_the_proxy_is_away_it_does_not_say_live(
    sandbox: Sandbox, proxy: ProxyClient
) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        sandbox.faults.refuse = True
        await pilot.press("g", *"begin", "enter")
        await until(pilot, lambda: pane.state is StreamState.WAITING)
        assert "R tries now" in host.text  # though there is a row that says where it jumped
        await pilot.press("slash", *"zz", "enter")
        assert "No record that is kept has zz in key or value. esc shows all." in host.text
        assert "w shows the requests" in host.text
        await pilot.press("escape", "space")
        assert pane.state is StreamState.HELD
        await pilot.press("space")
        assert pane.state is StreamState.WAITING
        assert "◌ waiting: " in host.text
        sandbox.faults.refuse = False
        pane.retry()
        await until(pilot, lambda: pane.state is StreamState.LIVE and len(offsets(pane)) == 10)
        assert "below" not in host.text


async def test_a_place_with_nothing_before_its_end_is_not_gone_to(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(pane.records) == 20)
        await pilot.press("g", *"5 until 5", "enter")
        assert "nothing: it ends before it begins" in host.text
        await pilot.press("ctrl+u", *"1:30")
        assert "30 is past the end: partition 1 will start at 10" in host.text
        assert "the time is 01:30" in host.text
        await pilot.press("escape")
        assert len(pane.records) == 20
        await pilot.press("g", *"end until end", "enter")  # is no contradiction: more may have come meanwhile
        await until(pilot, lambda: pane.state is StreamState.DONE)
        assert "Nothing was there up to the end that was asked for." in host.text


async def test_waits_for_a_proxy_that_was_never_there(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    topic = await proxy.topic("orders")
    sandbox.faults.refuse = True
    pane = StreamPane(proxy)
    host = Host(pane)
    async with host.run_test(size=(120, 20)) as pilot:
        pane.open(topic)
        await until(pilot, lambda: pane.state is StreamState.WAITING)
        sandbox.faults.refuse = False
        pane.retry()
        await until(pilot, lambda: len(offsets(pane)) == 10)


async def test_stops_when_it_is_forbidden_and_says_how_to_go_on(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        sandbox.faults.fail_next(403, path="GET .*/records")
        await until(pilot, lambda: pane.state is StreamState.STOPPED)
        assert "■ stopped: " in host.text
        assert pane.check_action("hold", ()) is None
        assert "R tries again" in pane.why_not("hold")
        add(sandbox, 1)
        pane.retry()
        await until(pilot, lambda: offsets(pane) == list(range(11)))


async def test_a_stored_record_gets_the_cursor(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 500)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 100)

        def under_cursor(offset: int) -> bool:
            return pane.table.record is not None and pane.table.record.offset == offset

        pane.show_stored(tp(0), 450)  # on the screen's list already
        assert under_cursor(450)
        pane.show_stored(tp(0), 502)  # on its way
        add(sandbox, 5)
        await until(pilot, lambda: under_cursor(502))
        assert offsets(pane)[0] == 400
        pane.show_stored(tp(0), 20)  # far away
        await until(pilot, lambda: under_cursor(20))
        assert offsets(pane)[0] == 20


async def test_partitions_are_chosen_and_keep_their_place(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 5, 5, 5)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: pane.records.kept == 15)
        await pilot.press("p")
        await type_in(pilot, "0,2")  # in place of what stood there
        assert "reads 2 of 3" in host.text
        await pilot.press("enter")
        await until(pilot, lambda: "2 of 3 partitions (0,2)" in host.text)
        await until(pilot, lambda: pane.state is StreamState.LIVE)
        for partition in range(3):
            add(sandbox, 1, partition)
        await until(pilot, lambda: pane.records.kept == 17)
        assert offsets(pane, 1) == list(range(5))
        assert "partitions 0,2 alone from here on" in host.text
        await pilot.press("p", "ctrl+u", "a", "l", "l", "enter")
        await until(pilot, lambda: offsets(pane, 1) == list(range(6)))
        assert pane.records.kept == 18
        assert "all partitions from here on" in host.text
        await pilot.press("p", "enter")
        assert len(pane.records) == 20  # nothing was chosen, so nothing is said


async def test_a_partition_that_was_added_is_kept_after_a_jump_and_a_choice(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "LOOK_SECONDS", 0.2)
    fill(sandbox, 5, 5)
    async with opened(proxy) as (pane, pilot, host):
        sandbox.topics.grow("orders", 3)
        add(sandbox, 3, 2)
        await until(pilot, lambda: offsets(pane, 2) == [0, 1, 2])
        monkeypatch.setattr(edges, "LOOK_SECONDS", 1000.0)  # from here on it is known, not found again
        await pilot.press("g")
        await type_in(pilot, "-1")
        await pilot.press("enter")
        await until(pilot, lambda: [offsets(pane, partition) for partition in range(3)] == [[4], [4], [2]])
        pane.seek({tp(0): 0})
        await until(pilot, lambda: offsets(pane) == list(range(5)))
        add(sandbox, 1, 2)
        await until(pilot, lambda: offsets(pane, 2) == [3])
        assert "3 partitions" in host.text
        await pilot.press("p", "ctrl+u", "2", "enter")
        await until(pilot, lambda: "1 of 3 partitions (2)" in host.text)
        await pilot.press("p", "ctrl+u", "a", "l", "l", "enter")
        add(sandbox, 1, 1)
        add(sandbox, 1, 2)
        await until(pilot, lambda: offsets(pane, 2) == [3, 4] and offsets(pane, 1) == [5])
        assert not [mark for mark in marks(pane) if "new partition" in str(mark)]


async def test_reading_stops_far_ahead_of_the_eye(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "READ_AHEAD", 300)
    fill(sandbox, 20_000)
    async with opened(proxy, SeekTarget.beginning()) as (pane, pilot, host):
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        assert "read ahead" in host.text
        assert pane.table.record is not None
        assert pane.table.record.offset == 0
        sandbox.topics["orders"].partitions[0].truncate(0)
        await pilot.press("end")
        await until(pilot, lambda: bool(offsets(pane)) and offsets(pane)[-1] == 19_999)


async def test_space_reads_on_far_ahead_of_the_eye(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "READ_AHEAD", 300)
    fill(sandbox, 1000)
    async with opened(proxy, SeekTarget.beginning()) as (pane, pilot, host):
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        assert "read ahead, space reads on" in host.text
        below = pane.table.below
        await pilot.press("space")
        await until(pilot, lambda: pane.state is StreamState.AHEAD and pane.table.below > below + 300)
        assert pane.table.record is not None
        assert pane.table.record.offset == 0


async def test_the_end_of_what_has_an_end_is_read_up_to_not_jumped_to(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "READ_AHEAD", 300)
    monkeypatch.setattr(stream_reading, "FAR_BEHIND", -1)
    fill(sandbox, 1000)
    async with opened(proxy) as (pane, pilot, _):
        await pilot.press("g")
        await type_in(pilot, "begin until 1500")
        await pilot.press("enter")
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        await pilot.press("end")
        add(sandbox, 600)
        await until(pilot, lambda: pane.state is StreamState.DONE)
        assert offsets(pane) == list(range(1500))


async def test_where_it_ends_is_said_while_that_is_waited_for(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10, 3)
    async with opened(proxy) as (pane, pilot, host):
        await pilot.press("g")
        await type_in(pilot, "begin until 5")
        await pilot.press("enter")
        await until(pilot, lambda: "▶ live until offset 5, 1 of 2 partitions there" in host.text)
        add(sandbox, 2, 1)
        await until(pilot, lambda: pane.state is StreamState.DONE)


async def test_a_place_before_a_gap_gets_the_cursor(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 60)
    sandbox.topics["orders"].partitions[0].compact(range(8, 12))
    async with opened(proxy) as (pane, pilot, _):
        await pilot.press("g", "5", "enter")
        await until(pilot, lambda: offsets(pane) == [5, 6, 7, *range(12, 60)])
        await until(pilot, lambda: pane.table.record is not None and pane.table.record.offset == 5)
        assert not pane.table.following


async def test_nothing_is_said_about_times_before_a_record_was_seen(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (_, pilot, host):
        await pilot.press("g", *"end", "enter")
        await until(pilot, lambda: "jumped to the end" in host.text)
        assert "time: not sent" not in host.text
        add(sandbox, 1)
        await until(pilot, lambda: "time: not sent by this proxy" in host.text)


async def test_figures_are_drawn_anew_when_the_window_is_another(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy, size=(80, 20)) as (pane, pilot, host):
        await pilot.press("v")
        await until(pilot, lambda: "of 10 records" in host.text)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: pane.figures.size.width < 60)
        await pilot.pause()
        shown = host.text.splitlines()
        assert [sum(word in line for line in shown) for word in ("rate ", "partitions ", "value sizes ", "keys ")] == [
            1
        ] * 4


async def test_keys_that_ask_others(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 5)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 5)
        await pilot.press("up", "enter", "r", "c")
        assert host.of(StreamPane.RecordChosen)[0].record.offset == 3
        assert host.of(RecordPane.Reuse)[0].record.offset == 3
        assert host.of(StreamPane.ComposeRequested)[0].topic == "orders"
        await pilot.press("y")
        await until(pilot, lambda: bool(pane.query(CopyMenu)))
        await pilot.press("o")
        await until(pilot, lambda: not pane.query(CopyMenu))
        assert "Copied place" in host.toasts[-1]
        assert pane.table.has_focus


async def test_an_empty_topic_says_what_to_do(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 0)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: "This topic is empty: c composes one." in host.text)
        await pilot.press("r")
        assert "no record under the cursor" in host.toasts[0]
        assert pane.table.cursor == -1


async def test_without_a_topic_keys_are_harmless(proxy: ProxyClient) -> None:
    pane = StreamPane(proxy)
    host = Host(pane)
    async with host.run_test(size=(100, 12), notifications=True) as pilot:
        pane.focus()
        await pilot.press("space", "g", "end", "p", "y", "r", "home", "up", "pagedown", "enter")
        assert "No topic is open." in host.text
        pane.retry()
        pane.seek({})


async def test_evil_records(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    for text in (b"[/]", b"[red]", b"\x1b]52;c;aGk=\x07", b"\x9b31m", "\u202eevil\u2066".encode(), b"\xff\xfe", b"\0"):
        sandbox.topics.append("orders", 0, text, text + b" and some more words to be text")
    sandbox.topics.append("orders", 0, None, b"x" * 1_000_000)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 8)
        await pilot.pause()
        assert not set(host.text) & {"\x1b", "\x07", "\x9b", "\u202e", "\u2066", "\0"}
        assert "[red] and some" in host.text


def test_the_status_line_leaves_out_what_matters_least() -> None:
    status = StreamStatus(StreamState.LIVE, kept=48_113, size_bytes=12_345_678, behind=7417)
    status.counts.extend([1204, 1204, 1204])
    assert status.line(100).plain == "▶ live · 1,204/s · ▁▁▁▁▁▁▁▁▁███ · kept 48,113 · 12 MB · behind 7,417"
    assert status.line(40).plain == "▶ live · 1,204/s · kept 48,113"
    assert status.line(5).plain == "▶ live"


def test_sizes_in_words() -> None:
    assert [size_text(n) for n in (0, 999, 1000, 12_345_678, 256 << 20, 5 << 40)] == [
        "0 B", "999 B", "1.0 kB", "12 MB", "268 MB", "5498 GB",
    ]  # fmt: skip


async def test_marks_are_walked_shown_alone_and_copied(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 50)
    async with opened(proxy) as (pane, pilot, host):
        table = pane.table
        await until(pilot, lambda: len(offsets(pane)) == 50)
        await pilot.press("right_square_bracket")
        assert "No record is marked; x marks the one under the cursor." in host.toasts
        await pilot.press("x", "up", "up", "x", "home", "x")
        assert [record.offset for record in table.marked.records] == [0, 47, 49]
        await until(pilot, lambda: "▌0✓        0" in host.text)
        assert "3 marked" in host.text
        await pilot.press("right_square_bracket")
        assert table.cursor == 47
        await pilot.press("right_square_bracket", "right_square_bracket")
        assert table.cursor == 49
        assert "No marked record below." in host.toasts
        await pilot.press("left_square_bracket", "X")
        await until(pilot, lambda: "marked only" in host.text)
        assert [len(table.view), table.cursor] == [3, 47]
        add(sandbox, 3)
        await until(pilot, lambda: len(offsets(pane)) == 53)
        assert len(table.view) == 3
        await pilot.press("x")  # it is shown no longer
        assert [table.view.number(place) for place in range(2)] == [0, 49]
        await pilot.press("escape")
        assert len(table.view) == 53
        await pilot.press("slash", *"49", "enter", "X")
        assert [table.filter, len(table.view)] == ["", 2]
        await pilot.press("escape")
        assert [table.filter, len(table.view)] == ["49", 1]
        await pilot.press("left_square_bracket")
        assert "The filter is off: it hides that record." in host.toasts
        assert [table.filter, table.cursor] == ["", 0]
        await pilot.press("y", "m")
        await until(pilot, lambda: host.clipboard.count("\n") == 2)
        assert [json.loads(line)["offset"] for line in host.clipboard.splitlines()] == [0, 49]
        pane.seek({tp(0): 45})  # marked ones that come again are marked again
        await until(pilot, lambda: offsets(pane) == list(range(45, 53)))
        await until(pilot, lambda: "0✓       49" in host.text)
        assert len(table.marked.rows) == 1


async def test_what_is_new_below_is_counted_from_when_the_end_was_left(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 100)
    async with opened(proxy, size=(80, 20)) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 100)
        await pilot.press("home")
        await pilot.pause()
        assert "new below" not in host.text
        add(sandbox, 7)
        await until(pilot, lambda: "7 new below" in host.text)
        await pilot.click(offset=(60, 19))
        await until(pilot, lambda: pane.table.following and "new below" not in host.text)
        await pilot.press("g", *"begin", "enter")
        await until(pilot, lambda: len(offsets(pane)) == 107 and re.search(r"9\d below", host.text))
        assert "new below" not in host.text  # they were there before
        await pilot.press("end")
        await until(pilot, lambda: pane.table.following and "below" not in host.text)
        await pilot.press("up")
        add(sandbox, 3)
        await until(pilot, lambda: "3 new below" in host.text)


async def test_gaps_below_are_no_records(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 100)
    sandbox.topics["orders"].partitions[0].compact(range(60, 100, 2))
    async with opened(proxy, size=(80, 20)) as (pane, pilot, host):
        await pilot.press("g", *"begin", "enter")
        await until(pilot, lambda: len(offsets(pane)) == 80)
        top = pane.table.size.height - 1
        await until(pilot, lambda: f"{80 - top} below" in host.text)
        assert len(pane.records) > 98  # rows


async def test_marked_ones_are_copied_from_a_row_that_is_no_record(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 20)
    sandbox.topics["orders"].partitions[0].compact(range(18, 19))
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 19)
        await pilot.press("x", "up")
        assert pane.table.record is None
        await pilot.press("y")
        await until(pilot, lambda: "1 marked as NDJSON" in host.text)
        assert "value" not in host.text.splitlines()[-2]
        await pilot.press("v")
        assert "There is no record under the cursor." in host.toasts
        await until(pilot, lambda: not pane.query(CopyMenu))
        await pilot.press("y", "m")
        await until(pilot, lambda: host.clipboard.startswith("{"))
        assert json.loads(host.clipboard)["offset"] == 19


async def test_a_record_that_was_sent_is_shown_whatever_the_stream_does(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(sandbox, 50)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 50)
        await pilot.press("g", *"begin until end", "enter")
        await until(pilot, lambda: pane.state is StreamState.DONE)
        add(sandbox, 1)
        pane.show_stored(tp(0), 50)
        await until(pilot, lambda: offsets(pane)[-1] == 50)
        sandbox.faults.fail_next(403, path="GET .*/records")
        await until(pilot, lambda: pane.state is StreamState.STOPPED)
        add(sandbox, 1)
        pane.show_stored(tp(0), 51)
        await until(pilot, lambda: offsets(pane)[-1] == 51)
        monkeypatch.setattr("ktui.ui.panes.stream_reading.READ_AHEAD", 100)
        pane._most_ahead = 100
        await pilot.press("home")
        add(sandbox, 200)
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        add(sandbox, 1)
        last = sandbox.topics["orders"].partitions[0].range.end - 1
        pane.show_stored(tp(0), last)
        await until(pilot, lambda: offsets(pane)[-1] == last)


async def test_what_fails_while_enough_lies_ahead_is_tried_when_it_goes_on(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ktui.ui.panes.stream_reading.READ_AHEAD", 100)
    fill(sandbox, 50)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 50)
        pane._most_ahead = 100
        await pilot.press("home")
        add(sandbox, 200)
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        pane.show(Batch(trouble=Trouble(Unreachable("gone"), 0.5)))  # the read that was under way
        assert pane.state is StreamState.AHEAD
        add(sandbox, 1)
        await pilot.press("end")
        await until(pilot, lambda: offsets(pane)[-1] == 250)
        assert pane.state is StreamState.LIVE


async def test_what_has_just_come_is_copied_as_it_is_lit(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 20)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 20)
        pane.table.look()
        pane.table.extend([Record("orders", 0, n, b"k", b"v") for n in range(20, 25)], 0)
        await pane.action_copy()
        menu, lit = pane.query_one(CopyMenu), pane.table.record
        assert menu.record is not None
        assert menu.record == lit


async def test_stopped_on_the_way_it_goes_on_to_the_same_end(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 300, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: pane.records.kept == 100)
        sandbox.faults.fail_next(403, 8)
        await pilot.press("g", *"begin until 20", "enter")
        await until(pilot, lambda: pane.state is StreamState.STOPPED)
        sandbox.faults.failures.clear()
        pane.retry()
        await until(pilot, lambda: offsets(pane, 0)[-1:] == [19])
        assert "until offset 20" in host.text
        await pilot.press("p", "0", "enter")
        await until(pilot, lambda: pane.state is StreamState.DONE)
        assert offsets(pane, 0) == list(range(20))


async def test_no_key_ends_it_where_nothing_matches_or_many_come_at_once(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 30)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 30)
        await pilot.press("up", "x", "slash", *"zzz", "enter", "right_square_bracket")
        assert host.toasts == ["The filter is off: it hides that record."]
        assert not pane.table.filter
        await pilot.press("o", "right")
        for key in ("space", "space", "plus", "equals_sign", "plus", "r"):  # as they come over a slow line
            host.post_message(events.Key(key, None))
        await pilot.pause()
        await pilot.press("escape")
        assert ids_of(pane)[:2] == ["partition", "offset"]


def ids_of(pane: StreamPane) -> list[str]:
    return [slot.column.id for slot in pane.table.slots]


async def test_matches_marks_and_jumps_agree(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 30)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 30)
        await pilot.press("home", "x", "down", "down", "down", "down", "x", "slash", "2", "enter", "escape")
        await pilot.press("home", "X", "n")
        assert pane.table.record is not None
        assert pane.table.record.offset == 2  # not the next marked one
        await pilot.press("slash", "2", "enter", "X", "g", *"begin", "enter")
        await until(pilot, lambda: pane.records.kept == 30)
        assert pane.table.filter == "2"


async def test_what_no_calendar_or_number_has(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 30)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 30)
        await pilot.press("g")
        for text in ("9" * 5000, "-" + "9" * 400 + "ms", "last " + "9" * 5000, "begin take " + "9" * 5000, "9:" * 3000):
            pane.query_one(Input).value = text
            await pilot.pause()
            await pilot.press("enter")
            assert pane.query(Prompt), text[:20]
        assert len(offsets(pane)) == 30
    now = datetime(2026, 11, 20, tzinfo=timezone(timedelta(hours=-5)))
    with pytest.raises(TargetError, match="is no time"):
        SeekTarget.parse("9999-12-31 23:59", now=now)
    with pytest.raises(TargetError, match="is no time"):
        SeekTarget.parse("0001-01-01", now=now.replace(tzinfo=timezone(timedelta(hours=5))))


async def test_what_is_read_decides_and_not_how_many_match(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 3000)
    async with opened(proxy, SeekTarget.beginning()) as (pane, pilot, _):
        await until(pilot, lambda: bool(offsets(pane)) and offsets(pane)[-1] == 2999)
        pane.records.max_bytes = 100_000
        await pilot.press("end")
        pane.table.narrow('{"n": 299')
        await pilot.press("up")
        assert len(pane.table.view) == 11
        add(sandbox, 20)
        await until(pilot, lambda: offsets(pane)[-1] == 3019)
        assert pane.state is StreamState.LIVE


async def test_space_reads_on_though_that_pushes_out_what_is_on_screen(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "READ_AHEAD", 2000)
    fill(sandbox, 200)
    async with opened(proxy, SeekTarget.beginning()) as (pane, pilot, _):
        pane.records.max_rows, pane.records._largest_rows = 1000, 50
        await until(pilot, lambda: len(offsets(pane)) == 200)
        await pilot.press("home")
        for _ in range(20):
            add(sandbox, 150)
            await pilot.pause(0.01)
        await until(pilot, lambda: pane.state is StreamState.AHEAD)
        before = offsets(pane)[-1]
        assert before < 3000
        await pilot.press("space")
        await until(pilot, lambda: offsets(pane)[-1] == 3199)


async def test_hold_while_it_opens(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 10)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: len(offsets(pane)) == 10)
        sandbox.faults.latency = 0.3
        pane.seek({tp(0): 3})
        await until(pilot, lambda: pane.state is StreamState.OPENING)
        await pilot.press("space")
        assert pane.state is StreamState.HELD
        await pilot.press("space")
        assert pane.state is StreamState.OPENING
        await pilot.press("space")
        sandbox.faults.latency = 0.0
        await until(pilot, lambda: pane.positions == {tp(0): 3} and "7 below" in host.text)
        assert pane.state is StreamState.HELD
        await pilot.press("space")
        await until(pilot, lambda: offsets(pane) == list(range(3, 10)))


async def test_a_look_that_takes_long_while_held_is_not_begun_again(
    sandbox: Sandbox, proxy: ProxyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_reading, "LOOK_SECONDS", 0.1)
    fill(sandbox, *[2] * 9)
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: pane.state is StreamState.LIVE and pane.records.kept == 18)
        await pilot.press("space")
        before = len(proxy.exchanges)
        await until(pilot, lambda: len(proxy.exchanges) > before + 18)  # the read under way has ended
        sandbox.faults.latency = 0.6  # two rounds of eight: longer than the time until the next
        add(sandbox, 7, 8)
        await until(pilot, lambda: "7 new below" in host.text)
        assert not [each for each in proxy.exchanges if each.failure and each.path.endswith("/offsets")]


async def test_a_short_topic_has_a_rate_at_once(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, 40)
    async with opened(proxy) as (pane, pilot, _):
        await until(pilot, lambda: len(offsets(pane)) == 40)
        add(sandbox, 30)
        await until(pilot, lambda: len(offsets(pane)) == 70)
        await until(pilot, lambda: sum(pane.status.counts) == 30)


async def test_while_the_first_record_is_on_its_way_it_is_said_that_it_is_read(
    sandbox: Sandbox, proxy: ProxyClient
) -> None:
    fill(sandbox, 20)
    sandbox.faults.fail_next(200, times=10**6, path="GET .*/records", body="[]")
    sandbox.faults.latency = 0.05  # nothing at once would say that the first record is a large one
    async with opened(proxy) as (pane, pilot, host):
        await until(pilot, lambda: pane.state is StreamState.LIVE and "Reading…" in host.text)
        assert "No new records" not in host.text
        sandbox.faults.failures.clear()
        await until(pilot, lambda: len(offsets(pane)) == 20 and "Reading…" not in host.text)
