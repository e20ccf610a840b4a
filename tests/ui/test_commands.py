"""The palette: what it offers, and that choosing does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

from textual.command import DiscoveryHit, Hit
from textual.content import Content

from ktui.records.target import Kind
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.commands import MOST, KtuiCommands
from ktui.ui.panes.topics import TopicsPane
from tests.ui.host import Host, until
from tests.ui.house import at_home


class Commanded(Host):
    COMMANDS = {KtuiCommands}
    ENABLE_COMMAND_PALETTE = True


async def hits(app: Host, query: str) -> list[Hit]:
    found = [hit async for hit in KtuiCommands(app.screen).search(query)]
    return sorted(cast(list[Hit], found), reverse=True)


async def test_a_topic_is_gone_to_by_name(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for name in ("app-logs", "orders", "users"):
        sandbox.topics.create(name)
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test(size=(100, 30), message_hook=app.hear) as pilot:
        await until(pilot, lambda: bool(pane.names))
        await pilot.press("ctrl+p", *"orders")
        await until(pilot, lambda: "go to orders" in app.text)
        await pilot.press("down", "enter")
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        assert app.of(TopicsPane.TopicChosen)[0].topic.name == "orders"


async def test_a_place_in_a_topic_can_be_typed(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders")
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test(message_hook=app.hear) as pilot:
        await until(pilot, lambda: bool(pane.names))
        (hit, *_) = await hits(app, "orders 181")
        hit.command()
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        target = app.of(TopicsPane.TopicChosen)[0].target
        assert target is not None
        assert (target.kind, target.number) == (Kind.OFFSET, 181)
        assert await hits(app, "orders nonsense") == []


async def test_a_pattern_of_topics_can_be_typed(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for name in ("pay-a", "pay-b", "users"):
        sandbox.topics.create(name)
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test(message_hook=app.hear) as pilot:
        await until(pilot, lambda: bool(pane.names))
        hit = next(hit for hit in await hits(app, "pay*") if hit.text == "pay*")
        assert hit.help == "2 topics as one stream, and those that are made later"
        (hit, *_) = await hits(app, "follow pay")
        hit.command()
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        chosen = app.of(TopicsPane.TopicChosen)[0]
        assert [chosen.topic.name, *(each.name for each in chosen.others)] == ["pay-a", "pay-b"]
        assert chosen.pattern is not None
        assert chosen.pattern.words == "pay"

        await pilot.press("ctrl+p", *"a pattern", "down", "enter")
        await until(pilot, lambda: "follow pay" in app.text and not app.screen.is_modal)


async def test_keys_of_the_focused_pane_are_offered_by_name(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("_schemas")
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(pane.names))
        pane.focus()
        offered = cast(list[DiscoveryHit], [hit async for hit in KtuiCommands(app.screen).discover()])
        texts = [hit.text for hit in offered]
        assert "topics: internal" in texts
        assert not [text for text in texts if text and text.startswith("table")]
        hit = next(hit for hit in await hits(app, "internal") if hit.text == "topics: internal")
        assert hit.help is not None
        assert hit.help.endswith("(i)")
        assert not pane.internal
        await cast(Callable[[], Awaitable[object]], hit.command)()
        assert pane.internal


async def test_ten_thousand_topics_are_searched_and_few_offered(sandbox: Sandbox, proxy: ProxyClient) -> None:
    for number in range(10_000):
        sandbox.topics.create(f"topic-{number:05}")
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(pane.names) == 10_000)
        assert sum(str(hit.text).startswith("go to") for hit in await hits(app, "topic")) == MOST
        assert [hit.text for hit in await hits(app, "topic-09999")] == ["go to topic-09999"]


async def test_names_are_only_text(sandbox: Sandbox, proxy: ProxyClient) -> None:
    hostile = ["[/]boom", "boom\x1b]52;c;eA==\x07"]

    async def names() -> list[str]:
        return hostile

    proxy.topics = names  # type: ignore[method-assign]
    pane = TopicsPane(proxy)
    app = Commanded(pane)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: bool(pane.names))
        for hit in await hits(app, "boom"):
            assert isinstance(hit.match_display, Content)
            assert "\x1b" not in hit.match_display.plain
        await pilot.press("ctrl+p", *"boom")
        await until(pilot, lambda: "go to [/]boom" in app.text)
        assert "\x1b" not in app.text


async def test_what_we_do_better_is_not_offered_of_textuals_own(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    async with at_home(proxy) as house:
        for word, said in (
            ("theme", "Change the current theme"),
            ("maximize", "No matches"),
            ("screenshot", "No matches"),
        ):
            await house.press("ctrl+p", *word)
            await house.until(lambda said=said: said in house.text)
            await house.press("escape")
        titles = {command.title for command in house.app.get_system_commands(house.main)}
        assert titles == {"Theme"}
        await house.press("ctrl+p", *"quit")
        await house.until(lambda: "app: quit" in house.text)
        assert house.text.lower().count("quit") == 2  # what was typed, and the one way to do it


async def test_a_page_of_a_palette_that_is_not_drawn_yet_ends_nothing(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders", 1)
    async with at_home(proxy) as house:
        await house.open()
        for _ in range(10):
            for key in ("ctrl+p", "pagedown", "pageup", "pagedown", "escape"):
                house._send(key)
        await house.settle()
        assert house.app._exception is None
        await house.until(lambda: house.app.screen is house.main)
