"""Several topics in one stream, and a stream that ends."""

from __future__ import annotations

from textual.content import Content

from ktui.model import TopicPartition
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
        await house.until(lambda: "on from here, 1 record " in house.text)
        await house.until(lambda: stream.state is StreamState.LIVE)
        sandbox.topics.append("pay-b", 0, b"k", b"one")
        await house.until(lambda: stream.state is StreamState.DONE)
        assert [record.value for record in house.rows] == [b"old", b"old", b"one"]  # the list goes on from here too
        assert "done" in str(stream.border_subtitle)
        sandbox.topics.append("pay-b", 0, b"k", b"two")
        await house.press("space")
        await house.until(lambda: len(house.rows) == 4)
        assert stream.state is StreamState.LIVE


async def test_partitions_are_chosen_by_number_in_each_topic(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic, partitions in (("pay-a", 2), ("pay-b", 3)):
        sandbox.topics.create(topic, partitions)
        for partition in range(partitions):
            sandbox.topics.append(topic, partition, b"k", b"old")
    async with at_home(proxy) as house:
        stream = house.main.stream_pane

        def counts() -> list[int]:
            return [sum(r.topic == t and r.partition == p for r in house.rows) for t, p in places]

        def produce() -> None:
            for topic, partition in places:
                sandbox.topics.append(topic, partition, b"k", b"new")

        places = [("pay-a", 0), ("pay-a", 1), ("pay-b", 0), ("pay-b", 1), ("pay-b", 2)]
        await house.press("home", "x", "x", "enter")
        await house.until(lambda: counts() == [1, 1, 1, 1, 1])
        assert "pay-a, pay-b · 5 partitions" in str(stream.border_title)
        await house.press("p", "1")
        assert "reads 1 of 3 of each topic that has them; the others keep their place" in house.text
        await house.press("enter")
        await house.until(lambda: "pay-a, pay-b · 2 of 5 partitions (1)" in str(stream.border_title))
        produce()
        await house.until(lambda: counts() == [1, 2, 1, 2, 1])
        await house.press("p", "2", "enter")
        await house.until(lambda: counts() == [1, 2, 1, 2, 2])
        assert "pay-b · 1 of 5 partitions (2)" in str(stream.border_title)
        await house.press("p", *"all", "enter")
        await house.until(lambda: counts() == [2, 2, 2, 2, 2])
        assert "pay-a, pay-b · 5 partitions" in str(stream.border_title)


async def test_partitions_chosen_before_the_place_is_found(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 2)
    for offset in range(300):
        sandbox.topics.append("orders", offset % 2, b"k", b"%d" % offset)
    async with at_home(proxy) as house:
        stream = house.main.stream_pane
        stream.open(await proxy.topic("orders"))
        stream.read_only({1})  # nothing was heard of its place yet
        await house.until(lambda: stream.state is StreamState.LIVE and house.rows)
        assert [record.offset for record in house.rows] == list(
            range(50, 150)
        )  # the last hundred, as when it is opened


async def test_a_pattern_is_followed(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic in ("pay-a", "users"):
        sandbox.topics.create(topic, 1)
        sandbox.topics.append(topic, 0, b"k", topic.encode())
    async with at_home(proxy) as house:
        topics, stream = house.main.topics_pane, house.main.stream_pane
        await house.press("f", *"zz", "enter")
        await house.until(lambda: "No topic matches “zz”." in house.text)
        await house.press("ctrl+u", *"pay*")
        await house.until(lambda: "1 topic, later ones too" in house.text)
        await house.press("enter")
        await house.until(lambda: len(house.rows) == 1)
        assert "pay* · 1 topic · 1 partition ·" in f"{stream.border_title} ·"
        assert stream.why_not("partitions")

        sandbox.topics.create("pay-b", 2)
        sandbox.topics.append("pay-b", 1, b"k", b"new")
        topics.refresh_topics()  # finds it sooner than the stream's next look
        await house.until(lambda: [record.value for record in house.rows] == [b"pay-a", b"new"])
        assert "pay* · 2 topics · 3 partitions" in str(stream.border_title)
        await house.until(lambda: "pay-b is a new topic" in house.text)

        sandbox.topics.delete("pay-a")
        topics.refresh_topics()
        await house.until(lambda: "pay* · 1 topic · 2 partitions" in str(stream.border_title))
        await house.press("g", *"begin", "enter")
        await house.until(lambda: [record.value for record in house.rows] == [b"new"])
        sandbox.topics.append("pay-b", 0, b"k", b"newer")
        await house.until(lambda: len(house.rows) == 2)
        assert stream.state is StreamState.LIVE

        await house.press("1", "f")
        await house.until(lambda: "follow pay*" in house.text)
        await house.press("escape")
        assert house.main.focused is topics.table


def test_a_long_way_has_a_bar_with_the_time_that_is_left() -> None:
    progress = Progress()
    progress.see(0.0, {TopicPartition("t", 0): 0}, 10_000)
    progress.see(2.0, {TopicPartition("t", 0): 4000}, 6000)
    status = StreamStatus(StreamState.LIVE, behind=6000, progress=progress)
    line: Content = status.line(120)
    assert "━━━━╌╌╌╌╌╌ 40%" in line.plain
    assert "0:03 left" in line.plain
    assert "behind 6,000" in line.plain
    assert "left" not in status.line(36).plain


async def test_panes_know_which_of_the_topics(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for topic in ("pay-a", "pay-b"):
        sandbox.topics.create(topic, 1)
        sandbox.topics.append(topic, 0, b"k", b'{"of": "%s"}' % topic.encode())
    async with at_home(proxy, (160, 44)) as house:
        stream = house.main.stream_pane
        await house.press("home", "x", "x", "enter")
        await house.until(lambda: len(house.rows) == 2)
        assert "3 Offsets of pay-a" in house.text
        stream.table.go_to(next(n for n in range(stream.records.end) if "pay-b" in str(stream.records[n])))
        await house.press("c")
        assert house.main.composer_pane.form.typed.topic == "pay-b"
        await house.press("escape", "t")
        await house.until(lambda: stream.table.columns.fields)
        assert stream.table.columns.as_fields
        await house.open("pay-a")
        assert not stream.table.columns.as_fields  # those of the two together are remembered for the two
        assert "3 Offsets of" not in house.text
