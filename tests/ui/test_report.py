"""Errors in words: every kind has a title, a sentence, and where there is one a next step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.widgets import Static

from ktui import errors
from ktui.errors import ConfigError, Forbidden, KtuiError, NotFound, ProxyError, Refused, Unreachable
from ktui.model import Exchange
from ktui.ui.report import LONGEST, describe, report, sentence
from tests.ui.host import Host, until


def kinds() -> list[type[ProxyError]]:
    found, todo = [], [ProxyError]
    while todo:
        kind = todo.pop()
        todo.extend(kind.__subclasses__())
        found.append(kind)
    return [kind for kind in found if kind.__module__ == errors.__name__]


@pytest.mark.parametrize("kind", [kind for kind in kinds() if kind not in (ProxyError, Refused)])
def test_every_kind_has_a_title_of_its_own(kind: type[ProxyError]) -> None:
    error = kind(404, 40401, "words") if issubclass(kind, Refused) else kind("words")
    assert describe(error).title != "Not done"
    assert "words" in describe(error).sentence


def test_the_status_is_part_of_a_refusal() -> None:
    assert sentence(NotFound(404, 40401, "Topic not found.")) == "Topic not found. (404/40401)"
    assert sentence(Forbidden(401, 401, "Unauthorized")) == "Unauthorized (401)"
    assert sentence(Forbidden(403, 0, "")) == "the proxy answered 403"


def test_words_from_outside_are_clean_and_short() -> None:
    text = sentence(Refused(500, 500, "\x1b]52;c;eA==\x07" + "x" * 10_000))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text) < LONGEST + 10


async def test_a_toast_says_what_was_wanted_why_not_and_what_next() -> None:
    pane = Static()
    app = Host(pane)
    async with app.run_test(notifications=True) as pilot:
        report(pane, "open [/]\x1b", NotFound(404, 40401, "[red]Topic[/] not found."))
        await until(pilot, lambda: len(app.toasts) == 1)
        (toast,) = app._notifications
        assert toast.title == "Not there"
        assert toast.severity == "error"
        assert not toast.markup
        assert toast.message.split("\n") == [
            "Could not open [/]␛: [red]Topic[/] not found. (404/40401)",
            "R refreshes the list of topics.",
        ]
        await until(pilot, lambda: "[red]Topic[/]" in app.text)


async def test_where_something_was_sent_the_wire_is_pointed_to() -> None:
    exchange = Exchange(1, datetime.now(UTC), "GET", "/topics", "http://host/topics")
    cases: list[tuple[KtuiError, bool]] = [
        (Unreachable("nothing listens", exchange), True),
        (Unreachable("nothing listens"), False),
        (ConfigError("a bad address"), False),
    ]
    pane = Static()
    app = Host(pane)
    async with app.run_test() as pilot:
        for number, (error, pointed) in enumerate(cases, 1):
            report(pane, "ask", error)
            await until(pilot, lambda wanted=number: len(app.toasts) == wanted)  # type: ignore[misc]
            assert ("w shows the request" in app.toasts[-1]) == pointed
