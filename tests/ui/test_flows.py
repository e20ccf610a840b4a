"""What a person does, by the app's own keys, from pane to pane."""

from __future__ import annotations

import json

import pytest
from textual.widgets import Select

from ktui.model import TopicPartition
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.widgets.draft_form import DraftForm
from ktui.ui.widgets.stream_status import StreamState
from tests.ui.house import House, at_home


@pytest.fixture
def orders(sandbox: Sandbox) -> Sandbox:
    """A topic with 300 records in each of two partitions, and one with nothing."""
    sandbox.topics.create("empty", 1)
    sandbox.topics.create("orders", 2)
    for number in range(600):
        append(sandbox, number % 2)
    return sandbox


def append(sandbox: Sandbox, partition: int) -> None:
    offset = sandbox.topics["orders"].partitions[partition].end
    sandbox.topics.append("orders", partition, b"k", b'{"n": %d}' % offset)


def tp(partition: int) -> TopicPartition:
    return TopicPartition("orders", partition)


async def test_open_watch_hold_and_go_on(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.press("slash", "o", "r", "d", "enter", "enter")
        await house.until(lambda: len(house.rows) == 100)
        stream = house.main.stream_pane
        await house.until(lambda: stream.state is StreamState.LIVE)
        assert house.focused == "stream"
        append(orders, 0)
        await house.until(lambda: house.offsets(0)[-1] == 300)
        await house.press("space")
        assert "❙❙ held" in house.text
        for _ in range(40):
            append(orders, 1)
        await house.until(lambda: "new below" in house.text)
        await house.press("space")
        await house.until(lambda: house.offsets(1) == list(range(house.offsets(1)[0], 340)))
        assert house.offsets(0) == list(range(house.offsets(0)[0], 301))


async def test_seek_one_partition_and_read_on_from_exactly_there(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        for target in (181, 7, 299, 0):
            await house.press("3", "home", "down", "s", *str(target), "enter")
            await house.until(lambda: bool(house.rows))
            assert (house.rows[0].partition, house.rows[0].offset) == (1, target)  # nothing stale, not even for once
            await house.until(lambda: len(house.offsets(1)) == 300 - target)  # noqa: B023
            assert house.offsets(1) == list(range(target, 300))
            assert house.offsets(0) == []  # its place was kept: at the end
        append(orders, 0)
        await house.until(lambda: house.offsets(0) == [300])


async def test_a_record_that_was_sent_is_under_the_cursor(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        await house.press("c", *'{"id":1}', "ctrl+s")
        await house.until(lambda: house.cursor is not None and house.cursor[1] == 300)
        record = house.main.stream_pane.table.record
        assert record is not None
        assert record.value == b'{"id":1}'
        assert "✓ stored at orders/" in house.text
        assert form(house).typed.value == '{"id":1}'


async def test_a_partition_that_is_not_read_costs_the_list_nothing(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        await house.press("p", "0", "enter")
        await house.until(lambda: "1 of 2 partitions (0)" in house.text)
        await house.press("c", *"{}")
        await house.until(lambda: form(house).detail is not None)
        form(house).query_one("#form-partition", Select).value = 1
        await house.press("ctrl+s")
        await house.until(lambda: "✓ stored at orders/1" in house.text)
        await house.press("2")
        assert len(house.rows) == 100
        assert "1 of 2 partitions (0)" in house.text
        assert "jumped" not in house.text


@pytest.mark.parametrize(("keys", "first"), [("s20\n", 20), ("b", 0), ("\n", 299)])
async def test_a_partition_that_is_gone_to_is_read(orders: Sandbox, proxy: ProxyClient, keys: str, first: int) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        append(orders, 0)
        await house.until(lambda: len(house.rows) == 101)
        await house.press("p", "0", "enter")
        await house.until(lambda: "1 of 2 partitions (0)" in house.text)
        stream = house.main.stream_pane
        stream.records.clear()  # enter shows what is in the list without going there
        await house.press("3", "home", "down", *("enter" if key == "\n" else key for key in keys))
        await house.until(lambda: house.offsets(1) == list(range(first, 300)))
        assert "· 2 partitions" in house.text
        append(orders, 0)
        append(orders, 1)
        await house.until(lambda: house.offsets(0) == [301] and house.offsets(1)[-1] == 300)
        assert house.main.stream_pane.there == {"orders": frozenset({0, 1})}


async def test_of_several_topics_a_record_that_was_sent_is_under_the_cursor(
    orders: Sandbox, proxy: ProxyClient
) -> None:
    async with at_home(proxy) as house:
        await house.press("home", "x", "x", "enter")
        await house.until(lambda: len(house.rows) == 100)
        for topic, offset in (("empty", 0), ("orders", 300)):
            house.main.focus_pane("stream")
            await house.press("home", "4")
            form(house).name_topic(topic)
            form(house).field("value").focus()
            await house.press("1", "ctrl+s")
            await house.until(lambda place=(topic, offset): (house.cursor[0].topic, house.cursor[1]) == place)


def form(house: House) -> DraftForm:
    return house.main.query_one(DraftForm)


async def test_a_failed_send_keeps_the_text_and_says_what_is_known(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        end = orders.topics["orders"].partitions[0].end
        await house.press("4", *"7 days")
        orders.faults.fail_next(503, path="POST /topics")
        await house.press("ctrl+s")
        assert "not sent" in house.text  # this is no JSON
        assert not any(each.method == "POST" and "/topics" in each.path for each in proxy.exchanges)
        for _ in "days ":
            await house.press("backspace")
        await house.press("ctrl+s")
        await house.until(lambda: not house.main.sending)
        assert "✗" in house.text
        assert "503" in house.text
        assert form(house).typed.value == "7"
        orders.faults.refuse = True
        await house.press("ctrl+s")
        await house.until(lambda: not house.main.sending)
        assert "✗" in house.text
        assert form(house).typed.value == "7"
        orders.faults.refuse = False
        assert sum(each.end for each in orders.topics["orders"].partitions) == 2 * end  # and nothing was sent again
        await house.press("ctrl+s")
        await house.until(lambda: "✓ stored at" in house.text)


async def test_the_proxy_restarts_and_nothing_is_lost_or_shown_twice(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        for turn in range(6):
            append(orders, turn % 2)
            if turn % 2:
                orders.faults.restart()
            else:
                orders.faults.cut_bodies()
            append(orders, turn % 2)
        await house.until(lambda: house.offsets(0)[-1] == 305 and house.offsets(1)[-1] == 305)
        for partition in (0, 1):
            offsets = house.offsets(partition)
            assert offsets == list(range(offsets[0], 306))
        assert not house.toasts


async def test_fast_switches_leave_nothing(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        for turn in range(12):
            house.type_at_once("1j\n" if turn % 2 else "1k\n")
            name = ("empty", "orders")[turn % 2]
            await house.until(lambda: house.main.topic is not None and house.main.topic.name == name)  # noqa: B023
        await house.press("ctrl+q")
    assert sum(each.method == "POST" and each.path.count("/") == 2 for each in proxy.exchanges) > 5
    assert not orders.instances


async def test_a_slow_answer_does_not_take_the_pen_away(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy) as house:
        orders.faults.stall = True
        await house.press("end", "enter", "4")
        orders.faults.stall = False
        await house.until(lambda: house.main.topic is not None)
        await house.press("q")
        assert house.focused == "composer"
        assert not house.app._exit


async def test_another_theme_draws_all_anew(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        await house.press("up", "enter")
        await house.until(lambda: house.focused == "record")

        def colours() -> set[str]:
            styles = [segment.style for segment in house.segments if segment.style]
            return {str(style.bgcolor.triplet) for style in styles if style.bgcolor} | {
                str(style.color.triplet) for style in styles if style.color
            }

        dark = colours()
        house.app.theme = "ktui-light"
        await house.settle()
        light = colours()
        assert not dark & light, "a colour of the dark theme is left"
        house.app.theme = "ansi-dark"
        await house.settle()
        house.app.theme = "ktui-dark"
        await house.settle()
        assert colours() == dark


async def test_ten_thousand_topics(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for number in range(10_000):
        sandbox.topics.create(f"topic-{number:05}")
    async with at_home(proxy) as house:
        assert len(house.main.topics_pane.names) == 10_000
        await house.press("end")
        assert "topic-09999" in house.text
        await house.press("slash", *"-0777")
        assert house.main.topics_pane.shown == [f"topic-0777{digit}" for digit in range(10)]
        await house.press("enter", "enter")
        await house.until(lambda: house.main.topic is not None)
        assert house.main.topic is not None
        assert "0777" in house.main.topic.name
        asked = [each for each in proxy.exchanges if each.path.startswith("/topics/")]
        assert len(asked) < 500  # only what was in sight


async def test_a_record_is_taken_over_changed_and_sent(orders: Sandbox, proxy: ProxyClient) -> None:
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 100)
        await house.press("up", "up", "enter")
        record = house.main.record_pane.record
        assert record is not None
        await house.press("r", "end", "backspace", *", 2:1}".replace("2", '"b"'), "ctrl+s")
        await house.until(lambda: "✓ stored at" in house.text)
        assert record.value is not None
        assert json.loads(form(house).typed.value) == {**json.loads(record.value), "b": 1}
        await house.until(lambda: house.cursor is not None and house.cursor[1] == 300)
