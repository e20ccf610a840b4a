"""The offsets pane, by its keys."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from ktui.model import OffsetRange, TopicPartition
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import STRIMZI
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.offsets import OffsetsPane
from ktui.ui.widgets.prompt import Prompt
from tests.ui.host import Host, until


@pytest.fixture
def pane(sandbox: Sandbox, proxy: ProxyClient) -> OffsetsPane:
    """Three partitions of 100, 20 and no records; the first begins at 12."""
    topic = sandbox.topics.create("orders", 3)
    for partition, count in ((0, 100), (1, 20)):
        for number in range(count):
            sandbox.topics.append("orders", partition, None, b"%d" % number)
    topic.partitions[0].truncate(12)
    return OffsetsPane(proxy)


def tp(partition: int) -> TopicPartition:
    return TopicPartition("orders", partition)


async def opened(pilot: Pilot[None], pane: OffsetsPane) -> None:
    pane.topic = await pane.proxy.topic("orders")
    await until(pilot, lambda: bool(pane.rows) and pane.rows[-1].held is not None)
    pane.update_positions({tp(0): 30, tp(1): 20})
    pane.focus()
    await pilot.pause()


def sought(host: Host) -> list[dict[TopicPartition, int]]:
    return [message.positions for message in host.of(OffsetsPane.SeekRequested)]


async def test_where_everything_stands(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        lines = [line.strip("│").split() for line in host.text.splitlines()]
        assert lines[1][:5] == ["P", "BEGIN", "POSITION", "END", "BEHIND"]
        assert lines[2][:5] == ["▌0", "12", "30", "100", "70"]
        assert lines[3][:5] == ["1", "0", "20", "20", "0"]
        assert lines[4][:5] == ["2", "0", "-", "0", "-"]
        assert "◆" in lines[2][-1]


async def test_without_a_topic_it_says_what_to_do(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        assert "No topic is open: enter on one in Topics (1) does." in host.text
        pane.focus()
        await pilot.press("s", "b", "x", "o", "enter")
        pane.refresh_offsets()
        assert not pane.query(Prompt)


async def test_seek_says_what_it_would_do_while_typing(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        await pilot.press("s", "5")
        await until(pilot, lambda: "5 is before the beginning: will start at 12 · 88 to the end" in host.text)
        assert "seek partition 0 to" in host.text
        await pilot.press("0")
        await until(pilot, lambda: "will start at 50 · 50 to the end" in host.text)
        await pilot.press("enter")
        await until(pilot, lambda: not pane.query(Prompt))
        assert sought(host) == [{tp(0): 50}]
        assert pane.table.has_focus


@pytest.mark.parametrize(
    ("typed", "positions"),
    [
        ("+10", {tp(0): 40}),
        ("-100", {tp(0): 12}),
        ("begin", {tp(0): 12}),
        ("end", {tp(0): 100}),
        ("999", {tp(0): 100}),
        ("1:7", {tp(1): 7}),
        ("2026-11-20 00:00", {tp(0): 12}),
        ("2026-11-21", {tp(0): 100}),
    ],
)
async def test_seek_understands(pane, typed, positions):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        await pilot.press("s", *typed, "enter")
        await until(pilot, lambda: bool(sought(host)))
        assert sought(host) == [positions]


@pytest.mark.parametrize(
    ("typed", "said"), [("9:1", "no partition 9"), ("[/]", "“[/]” is no place"), ("", "Type where")]
)
async def test_what_makes_no_sense_is_said_and_nothing_is_sought(pane, typed, said):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        await pilot.press("s", *typed, "enter")
        await until(pilot, lambda: said in host.text)
        await pilot.press("escape")
        await until(pilot, lambda: not pane.query(Prompt))
        assert sought(host) == []


async def test_marked_partitions_are_sought_together(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        await pilot.press("x", "x", "b")
        await until(pilot, lambda: sought(host) == [{tp(0): 12, tp(1): 0}])
        await pilot.press("X", "s", *"15")
        await until(pilot, lambda: "seek all 3 partitions to" in host.text)
        said = "3 partitions will start at 15, 1 nearest to it · 90 to the end"
        await until(pilot, lambda: said in host.text)
        await pilot.press("enter")
        await until(pilot, lambda: len(sought(host)) == 2)
        assert sought(host)[1] == {tp(0): 15, tp(1): 15, tp(2): 0}
        await pilot.press("escape")
        assert not pane.rows.marked
        await pilot.press("e")
        await until(pilot, lambda: len(sought(host)) == 3)


async def test_a_group_is_looked_at_without_being_moved(sandbox, pane):
    sandbox.groups.commit("billing", {tp(0): 40, tp(1): 20})
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        await pilot.press("o", *"billing", "enter")
        await until(pilot, lambda: "group billing lag 60" in host.text)
        lines = [line.strip("│").split() for line in host.text.splitlines()]
        assert lines[2][:7] == ["▌0", "12", "30", "100", "70", "40", "60"]
        assert lines[4][:7] == ["2", "0", "-", "0", "-", "never", "-"]
        assert "committed ┃" in host.text
        assert sandbox.groups.committed["billing"] == {tp(0): 40, tp(1): 20}
        await pilot.press("o", *["backspace"] * 7, "enter")
        await until(pilot, lambda: "COMMITTED" not in host.text)


async def test_a_group_nobody_knows_has_never_committed(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        await pilot.press("o", *"nobody", "enter")
        await until(pilot, lambda: "group nobody never committed here" in host.text)
        assert host.text.count("never") == 4


async def test_a_server_that_cannot_tell_is_said_so(sandbox, pane):
    pane.proxy.dialect = STRIMZI
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        await pilot.press("o", *"billing", "enter")
        await until(pilot, lambda: "The lag of billing cannot be shown: Strimzi does not tell" in host.text)
        assert "COMMITTED" not in host.text


async def test_trouble_in_the_background_is_state_and_heals(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        sandbox.faults.refuse = True
        pane.refresh_offsets()
        await until(pilot, lambda: "Nothing listens at sandbox" in host.text)
        assert host.toasts == []
        assert pane.rows[0].held == OffsetRange(12, 100)
        await pilot.resize_terminal(60, 14)
        await until(pilot, lambda: " nothing listens · asked again every 5 s ─" in host.text)
        sandbox.faults.refuse = False
        sandbox.topics.append("orders", 1, None, b"new")
        pane.refresh_offsets()
        await until(pilot, lambda: pane.rows[1].held == OffsetRange(0, 21))
        assert "othing listens" not in host.text


async def test_enter_looks_at_the_record_there(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        await pilot.press("enter", "down", "enter", "down", "enter")
        await until(pilot, lambda: "Partition 2 is empty." in host.toasts)
        assert [(m.tp, m.offset) for m in host.of(OffsetsPane.LookRequested)] == [(tp(0), 30), (tp(1), 19)]


async def test_the_end_is_never_before_what_was_read(pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14)) as pilot:
        await opened(pilot, pane)
        pane.update_positions({tp(1): 25})
        assert pane.rows[1].held == OffsetRange(0, 25)
        assert pane.rows[1].behind == 0


async def test_a_thousand_partitions_scroll(sandbox, proxy):
    sandbox.topics.create("wide", 1000)
    pane = OffsetsPane(proxy)
    host = Host(pane)
    async with host.run_test(size=(80, 24)) as pilot:
        pane.topic = await proxy.topic("wide")
        pane.focus()
        await pilot.press("end")
        assert pane.table.cursor == 999
        await until(pilot, lambda: pane.rows[999].held is not None, 20)
        assert "▌999" in host.text
        assert "those in sight every 5 s, R all" in host.text
        before = proxy.ok_count
        pane._look_again()
        await until(pilot, lambda: proxy.ok_count > before and pane._loading.is_finished)
        assert proxy.ok_count - before < 30


async def test_a_seek_that_was_asked_for_is_done_wherever_the_focus_goes(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=(100, 14), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        sandbox.faults.stall = True
        await pilot.press("s", *"2026-01-01", "enter")
        pane.table.focus()
        await pilot.pause()
        sandbox.faults.stall = False
        await until(pilot, lambda: bool(sought(host)))
        assert sought(host) == [{tp(0): 12}]
        await until(pilot, lambda: not pane.query(Prompt))
