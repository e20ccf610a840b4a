"""Hostile text goes through every pane and screen: nothing of it is obeyed by the terminal, nothing ends the app."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import pytest
from rich.segment import Segment
from textual.geometry import Region
from textual.widget import Widget
from textual.widgets import TextArea

from ktui.model import Header
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.screens.wire import WireScreen
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.value_view import ValueView
from tests.ui.evil import FORBIDDEN, OSC52, TEXTS, VALUES, Renaming
from tests.ui.house import House, at_home

CHUNKS = ["".join(TEXTS[at : at + 4]) for at in range(0, len(TEXTS), 4)]
"""Several in one, short enough not to be cut."""


def harmless(house: House, part: Widget | None = None) -> None:
    """Nothing on the screen, or in a part of it, is more than a picture, and the app lives."""
    for segment in house.segments if part is None else drawn(part):
        assert not segment.control, segment
        assert not FORBIDDEN & set(segment.text), segment
        assert segment.style is None or not segment.style.link, segment
        for handler in (segment.style.meta if segment.style else {}).values():
            assert "quit" not in str(handler)
    assert house.app.is_running
    assert not house.app._exception


def drawn(part: Widget) -> list[Segment]:
    """All that a part would draw. A tenth of the cost of drawing the screen."""
    widgets = [each for each in part.walk_children(Widget, with_self=True) if each.display and each.size.area]
    assert any(isinstance(each, ValueView | TextArea) for each in widgets)
    return [
        segment
        for each in widgets
        for strip in each.render_lines(Region(0, 0, each.size.width, each.size.height))
        for segment in strip
    ]


def fill(sandbox: Sandbox) -> None:
    sandbox.topics.create("orders", 1)
    headers = (*(Header(text, text.encode()) for text in TEXTS), Header("null", None), Header("", b"\xff"))
    for number, value in enumerate(VALUES):
        key = VALUES[(number * 7) % len(VALUES)]
        sandbox.topics.append("orders", 0, key, value, headers=headers)


@pytest.fixture
def proxy(sandbox: Sandbox) -> ProxyClient:
    """A proxy that sends headers, so that they are seen."""
    return ProxyClient("http://sandbox", transport=sandbox.transport())


async def test_the_stream(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox)
    async with at_home(proxy, (140, 60)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == len(VALUES))
        for key in ("home", "pagedown", "pagedown", "end"):
            await house.press(key)
            harmless(house)
        assert [row.value for row in house.rows] == list(VALUES)


async def test_a_record_as_everything(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox)
    async with at_home(proxy, (120, 36)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == len(VALUES))
        await house.press("home", "enter")
        await house.until(lambda: house.main.shown == "record")
        harmless(house)
        pane = house.main.record_pane
        for row in house.rows:
            pane.show(row)
            for _ in range(4):  # as JSON, text, hex, and what it looks like
                harmless(house, pane)
                pane.action_decode_as()
            await asyncio.sleep(0)
            pane.query_one(ValueView).action_last()
            harmless(house)
        await house.press("y")
        harmless(house)


async def test_the_composer_takes_all_of_it_over(sandbox: Sandbox, proxy: ProxyClient) -> None:
    fill(sandbox)
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == len(VALUES))
        await house.press("home", "r")
        await house.until(lambda: house.main.shown == "composer")
        for row in house.rows:
            house.main.composer_pane.fill(row)
            await asyncio.sleep(0)
            harmless(house, house.main.composer_pane)
            draft = house.main.composer_pane.form.typed.draft()
            assert (draft.key, draft.value) == (row.key, row.value)


async def test_names_that_no_kafka_would_take(sandbox: Sandbox) -> None:
    names = {f"t{number}": text for number, text in enumerate((*TEXTS, OSC52 * 3, "x" * 300))}
    for name in names:
        sandbox.topics.create(name, 2)
        sandbox.topics.append(name, 0, b"k", b"v")
    proxy = ProxyClient("http://sandbox", transport=Renaming(sandbox.transport(), names))
    async with at_home(proxy, (160, 44)) as house:
        pane = house.main.topics_pane
        assert set(pane.names) == set(names.values())
        harmless(house)
        for name in names.values():
            house.main.open_topic(name)
            await house.until(lambda: house.main.topic is not None and house.main.topic.name == name)  # noqa: B023
            await house.until(lambda: len(house.rows) == 1)
            harmless(house)
        await house.press("enter")
        await house.until(lambda: house.main.shown == "record")
        harmless(house)
        await house.press("escape", "w")
        harmless(house)
        await house.press("escape", "1")
        await house.press("slash", "[", "/", "]")
        harmless(house)
        await house.press("escape", "ctrl+p", "g", "o")
        await house.settle()
        harmless(house)
        await house.press("escape", "question_mark")
        harmless(house)


@pytest.mark.parametrize("text", CHUNKS)
async def test_what_a_server_says(sandbox: Sandbox, proxy: ProxyClient, text: str) -> None:
    """In its answers, their headers, in names of groups that somebody typed, in topics that are not there."""
    sandbox.topics.create("orders", 1)
    sandbox.topics.append("orders", 0, b"k", b"v")
    said = json.dumps({"error_code": 40403, "message": text})
    json_media = {"content-type": "application/vnd.kafka.v2+json"}
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        faults = sandbox.faults
        faults.fail_next(422, path="POST /topics", body=said, headers=json_media)
        await house.press("4", "1", "ctrl+s")
        await house.until(lambda: not house.main.sending)
        assert "✗" in house.text
        harmless(house)
        faults.fail_next(404, path="GET /topics/orders", body=said, headers=json_media)
        house.main.open_topic("orders")
        await house.until(lambda: house.toasts)
        harmless(house)
        faults.fail_next(403, path="GET .*/records", body=said, headers=json_media)
        await house.until(lambda: house.main.stream_pane.state is StreamState.STOPPED)
        harmless(house)
        faults.fail_next(500, path="offsets", body=f"<html>{text}</html>", headers={"x-evil": quote(text)})
        await house.press("escape", "3", "o")
        house.paste(text)
        await house.settle()
        harmless(house)
        await house.press("enter")
        await house.until(lambda: not house.main.offsets_pane.query(Prompt))
        harmless(house)
        await house.press("s")
        house.paste(text)
        await house.press("enter")
        harmless(house)
        await house.press("escape", "w", "f")
        for _ in range(3):
            harmless(house)
            await house.press("down")


async def test_the_address_and_the_profile(sandbox: Sandbox) -> None:
    sandbox.topics.create("orders", 1)
    for text in CHUNKS:
        proxy = ProxyClient("http://sandbox", transport=sandbox.transport())
        async with at_home(proxy, (100, 24), title=text) as house:
            harmless(house)
            house.app.push_screen(WireScreen(proxy, text))
            await house.settle()
            harmless(house)


async def test_lines_of_a_frame_are_as_wide_on_every_terminal(sandbox: Sandbox, proxy: ProxyClient) -> None:
    uneven = "👩\u200d👧❤\ufe0f"
    sandbox.topics.create("orders", 1)
    for _ in range(2):
        sandbox.topics.append("orders", 0, uneven.encode(), json.dumps({uneven: 1}, ensure_ascii=False).encode())
    async with at_home(proxy, (160, 44)) as house:
        await house.open()
        await house.until(lambda: len(house.rows) == 2)
        await house.press("v", "home", "slash", *"👩\u200d", "enter", "enter", "j")
        await house.until(lambda: "$.👩👧❤" in house.text)
        assert "· /👩" in house.text
        assert "of 2 records" in house.text
        assert not {"\u200d", "\ufe0f"} & set(house.text)
        await house.press("escape", "slash", "z")
        assert "No record that is kept has 👩z" in house.text
        assert not {"\u200d", "\ufe0f"} & set(house.text)
