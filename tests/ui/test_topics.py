"""The topics pane by its keys, against the sandbox."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from ktui.records.tallies import AT_ONCE
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.widgets.topic_list import abbreviated
from tests.ui.host import Host, until

SIZE = (36, 20)
ROWS = SIZE[1] - 2


def paths(proxy: ProxyClient) -> list[str]:
    return [exchange.path for exchange in proxy.exchanges]


def fill(sandbox: Sandbox, *names: str) -> None:
    for name in names:
        sandbox.topics.create(name)


def said(app: Host) -> str:
    """The text on the screen as if it were not wrapped."""
    return " ".join(app.text.replace("│", " ").split())


async def listed(pilot: Pilot[None], pane: TopicsPane) -> None:
    await until(pilot, lambda: bool(pane.is_mounted and not pane.loading_topics and pane.names))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1k"),
        (1_149, "1.1k"),
        (48_113, "48.1k"),
        (99_999, "99.9k"),
        (212_400, "212k"),
        (999_999, "999k"),
        (1_200_000, "1.2M"),
        (10**19, "10E"),
    ],
)
def test_counts_are_short_and_never_more_than_there_is(number: int, text: str) -> None:
    assert abbreviated(number) == text


async def test_topics_are_listed_with_partitions_and_records(sandbox: Sandbox, proxy: ProxyClient) -> None:
    orders = sandbox.topics.create("orders", 6)
    for log in orders.partitions[:2]:
        log.skip(700)
    orders.partitions[0].truncate(100)
    fill(sandbox, "users")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "1.3k" in app.text and "users" in app.text)
        line = next(line for line in app.text.splitlines() if "orders" in line)
        assert line.split() == ["│▌orders", "6", "1.3k", "│"]
        assert "1 Topics" in app.text
        assert "2 of 2" in app.text


async def test_enter_opens_the_topic_under_the_cursor(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "alpha", "beta", "gamma")
    sandbox.topics.grow("beta", 3)
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, message_hook=app.hear) as pilot:
        await listed(pilot, pane)
        await pilot.press("j", "enter")
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        (chosen,) = app.of(TopicsPane.TopicChosen)
        assert chosen.topic.name == "beta"
        assert len(chosen.topic.partitions) == 3
        assert pane.opened == "beta"


async def test_double_click_opens(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "alpha", "beta", "gamma")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, message_hook=app.hear) as pilot:
        await listed(pilot, pane)
        await pilot.double_click(pane.table, offset=(3, 2))
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        assert app.of(TopicsPane.TopicChosen)[0].topic.name == "gamma"


async def test_a_topic_that_went_away_is_said_and_the_list_read_again(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "alpha", "beta")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, notifications=True, message_hook=app.hear) as pilot:
        await listed(pilot, pane)
        sandbox.topics.delete("alpha")
        await pilot.press("enter")
        await until(pilot, lambda: pane.names == ("beta",))
        assert len(app.toasts) == 1
        assert app.toasts[0].startswith("Could not open alpha: ")
        assert not app.of(TopicsPane.TopicChosen)
        assert pane.opened is None


async def test_the_list_narrows_while_one_types(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "app-logs", "orders", "Orders.DLQ", "users")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, pane)
        await pilot.press("end", "slash", *"DER")
        await until(pilot, lambda: pane.shown == ["Orders.DLQ", "orders"])
        await pilot.press("enter")
        await until(pilot, lambda: app.focused is pane.table)
        assert pane.table.name_at_cursor == "Orders.DLQ"
        assert "2 of 4 · “DER”" in app.text
        await pilot.press("escape")
        await until(pilot, lambda: len(pane.shown) == 4)
        assert pane.table.name_at_cursor == "Orders.DLQ"


async def test_escape_in_the_prompt_shows_all_again(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "alpha", "beta")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, pane)
        await pilot.press("slash", *"nothing-has-this")
        await until(pilot, lambda: "No topic has" in said(app))
        assert pane.table.count == 0
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is pane.table and not pane.query(Input))
        assert pane.shown == ["alpha", "beta"]
        assert "No topic has" not in said(app)


async def test_internal_topics_are_hidden_until_asked_for(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "_schemas", "orders")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, pane)
        assert pane.shown == ["orders"]
        await pilot.pause()
        assert "1 of 2" in app.text
        await pilot.press("i")
        assert pane.shown == ["_schemas", "orders"]
        await pilot.press("i")
        assert pane.shown == ["orders"]


async def test_no_topics_yet_says_what_to_do(sandbox: Sandbox, proxy: ProxyClient) -> None:
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: "No topics yet" in said(app))
        fill(sandbox, "first")
        await pilot.press("R")
        await until(pilot, lambda: pane.shown == ["first"])
        await pilot.pause()
        assert "No topics yet" not in said(app)


async def test_an_error_is_state_and_goes_when_it_is_over(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.refuse = True
    fill(sandbox, "orders")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "R tries again" in said(app))
        assert not app.toasts
        sandbox.faults.refuse = False
        await pilot.press("R")
        await until(pilot, lambda: pane.shown == ["orders"])
        await pilot.pause()
        assert "R tries again" not in said(app)


async def test_a_list_that_could_not_be_refreshed_stays(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "orders")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await listed(pilot, pane)
        sandbox.faults.fail_next(503, path="GET /topics$")
        await pilot.press("R")
        await until(pilot, lambda: len(app.toasts) == 1)
        assert app.toasts[0].startswith("Could not list the topics: ")
        assert pane.shown == ["orders"]


async def test_counts_that_cannot_be_had_are_a_question_mark_and_no_toast(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "alpha", "beta")
    sandbox.faults.fail_next(500, times=100, path="/topics/alpha/")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await until(pilot, lambda: "?" in app.text and pane.tallies["beta"].records == 0)
        line = next(line for line in app.text.splitlines() if "alpha" in line)
        assert line.split() == ["│▌alpha", "?", "│"]
        assert not app.toasts


async def test_new_records_are_marked(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "busy", "quiet")
    pane = TopicsPane(proxy, recount=0.01)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: all(pane.tallies[n].ends for n in ("busy", "quiet")))
        assert "●" not in app.text
        sandbox.topics.append("busy", 0, None, b"x")
        await until(pilot, lambda: "●" in app.text)
        marked = [line for line in app.text.splitlines() if "●" in line]
        assert [line.split()[0] for line in marked] == ["│▌busy"]


async def test_ten_thousand_topics_cost_what_is_in_sight(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, *(f"topic-{number:05}" for number in range(10_000)))
    running, most = 0, 0
    count = proxy.offsets

    async def counted(*arguments: object) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await count(*arguments)  # type: ignore[arg-type]
        finally:
            running -= 1

    proxy.offsets = counted  # type: ignore[method-assign, assignment]
    pane = TopicsPane(proxy, recount=3600)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(pane.names) == 10_000)
        await until(pilot, lambda: sum(pane.tallies[n].records is not None for n in pane.names) == ROWS)
        assert paths(proxy).count("/topics") == 1
        first = len(proxy.exchanges)
        assert first <= 1 + 2 * ROWS + AT_ONCE
        assert 1 < most <= AT_ONCE

        for _ in range(30):
            pane.table.action_page(1)  # as fast as a held key can be
        await pilot.press("end")
        last = "topic-09999"
        await until(pilot, lambda: pane.tallies[last].records is not None)
        assert pane.table.name_at_cursor == last
        between = len(proxy.exchanges)
        assert between <= first + 2 * ROWS * 2 + AT_ONCE  # not the 30 screens that flew by

        await pilot.press("slash", *"0777")
        await until(pilot, lambda: len(pane.shown) == 11)
        await until(pilot, lambda: all(pane.tallies[n].ends for n in pane.table.in_sight))
        assert len(proxy.exchanges) <= between + 2 * ROWS * 4
        assert paths(proxy).count("/topics") == 1


async def test_an_unreachable_proxy_is_not_asked_for_every_row(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, *(f"topic-{number}" for number in range(100)))
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE) as pilot:
        await listed(pilot, pane)
        in_sight = pane.table.in_sight
        await until(pilot, lambda: all(pane.tallies[name].records is not None for name in in_sight))
        sandbox.faults.refuse = True
        before = len(proxy.exchanges)
        await pilot.press("end")
        await until(pilot, lambda: any(pane.tallies[name].failed for name in pane.names))
        await pilot.pause()
        assert len([e for e in proxy.exchanges if e.failure]) <= AT_ONCE
        assert len(proxy.exchanges) >= before


async def test_choose_opens_what_the_filter_hides(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox, "_schemas", "orders", "users")
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, message_hook=app.hear) as pilot:
        await listed(pilot, pane)
        pane.words = "orders"
        pane.choose("_schemas")
        await until(pilot, lambda: bool(app.of(TopicsPane.TopicChosen)))
        assert pane.table.name_at_cursor == "_schemas"
        assert pane.opened == "_schemas"


async def test_names_are_only_text(sandbox: Sandbox, proxy: ProxyClient) -> None:
    hostile = ["[/]", "[red]x", "a\x1b]52;c;eA==\x07", "b\x9b31m", "c\u202egnp", "日本" * 60, "z" * 249]
    proxy.topics = lambda: _answer(sorted(hostile))  # type: ignore[method-assign]
    pane = TopicsPane(proxy)
    app = Host(pane)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        await listed(pilot, pane)
        await pilot.pause()
        assert "\x1b" not in app.text
        assert "\x9b" not in app.text
        assert "\u202e" not in app.text
        assert "[/]" in app.text
        assert "日本" in app.text
        assert "zzz…" in app.text
        pane.words = "[/]"
        await pilot.pause()
        assert "“[/]”" in app.text
        await pilot.press("enter")
        await until(pilot, lambda: bool(app.toasts))


async def _answer(names: list[str]) -> list[str]:
    return names
