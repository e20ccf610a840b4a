"""Several topics in one stream, and a stream that ends."""

from __future__ import annotations

from textual.content import Content

from ktui.records.progress import Progress
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.widgets.stream_status import StreamState, StreamStatus
from tests.ui.house import at_home


async def test_marked_topics_are_read_together_and_up_to_an_end(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic in ("pay-a", "pay-b", "users"):
        sandbox.topics.create(topic, 1)
        sandbox.topics.append(topic, 0, b"k", b"old")
    async with at_home(proxy) as house:
        topics, stream = house.main.topics_pane, house.main.stream_pane
        await house.press("slash", "p", "*", "b", "enter")
        assert topics.shown == ["pay-b"]
        await house.press("escape", "home", "x", "x", "enter")
        await house.until(lambda: len(house.rows) == 2)
        assert not topics.marked
        assert {tp.topic for tp in stream.positions} == {"pay-a", "pay-b"}
        assert "pay-a, pay-b · 2 partitions" in str(stream.border_title)
        await house.until(lambda: "TOPIC/P" in house.text)  # drawn with the next frame
        assert "pay-b/0" in house.text
        await house.press("g", *"take 1", "enter")
        await house.until(lambda: stream.state is StreamState.LIVE and not house.rows)
        sandbox.topics.append("pay-b", 0, b"k", b"one")
        await house.until(lambda: stream.state is StreamState.DONE)
        assert [record.value for record in house.rows] == [b"one"]
        assert "done" in str(stream.border_subtitle)
        sandbox.topics.append("pay-b", 0, b"k", b"two")
        await house.press("space")
        await house.until(lambda: len(house.rows) == 2)
        assert stream.state is StreamState.LIVE


def test_a_long_way_has_a_bar_with_the_time_that_is_left() -> None:
    progress = Progress()
    progress.see(0.0, 0, 10_000)
    progress.see(2.0, 4000, 6000)
    status = StreamStatus(StreamState.LIVE, behind=6000, progress=progress)
    line: Content = status.line(120)
    assert "━━━━╌╌╌╌╌╌ 40%" in line.plain
    assert "0:03 left" in line.plain
    assert "behind 6,000" in line.plain
    assert "left" not in status.line(36).plain


async def test_topics_that_match_a_pattern_later_join(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic in ("pay-a", "pay-b", "users"):
        sandbox.topics.create(topic, 1)
        sandbox.topics.append(topic, 0, b"k", b"old")
    async with at_home(proxy) as house:
        topics, stream = house.main.topics_pane, house.main.stream_pane
        await house.press("P", *"nothing*", "enter")
        assert "No topic matches nothing*" in house.text
        await house.press("ctrl+u", *"PAY*")
        await house.until(lambda: "2 topics and later ones" in house.text)
        await house.press("enter")
        await house.until(lambda: len(house.rows) == 2 and stream.state is StreamState.LIVE)
        assert "PAY* · 2 topics · 2 partitions" in str(stream.border_title)
        sandbox.topics.create("pay-c", 2)
        for partition in (0, 1):
            sandbox.topics.append("pay-c", partition, b"k", b"new")
        sandbox.topics.create("users-b", 1)
        stream.look_for_topics(stream._pattern)  # as the timer does
        await house.until(lambda: len(house.rows) == 4)
        assert "new: pay-c" in house.text
        assert "PAY* · 3 topics · 4 partitions" in str(stream.border_title)
        assert {tp.topic for tp in stream.positions} == {"pay-a", "pay-b", "pay-c"}
        sandbox.topics.append("pay-a", 0, b"k", b"after")
        await house.until(lambda: len(house.rows) == 5)
        assert sorted(record.value for record in house.rows) == [b"after", b"new", b"new", b"old", b"old"]
        await house.press("space")
        sandbox.topics.create("pay-d", 1)
        await stream.look_for_topics(stream._pattern).wait()
        assert stream.state is StreamState.HELD
        assert "3 topics" in str(stream.border_title)
        await house.press("1", "P")
        await house.until(lambda: "3 topics and later ones" in house.text)
        await house.press("escape")
        assert topics.shown
    assert not sandbox.instances


async def test_a_pattern_from_the_palette(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic in ("pay-a", "pay-b", "users"):
        sandbox.topics.create(topic, 1)
    async with at_home(proxy) as house:
        await house.press("ctrl+p", *"pay-*")
        await house.until(lambda: "Open 2 topics as one stream" in house.text)
        await house.press("enter")
        await house.until(lambda: "pay-* · 2 topics" in str(house.main.stream_pane.border_title))
