"""The wire: every request and its answer, newest first, and one of them in full."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen

from ktui.model import Exchange
from ktui.records.curl import curl_of
from ktui.records.diagnosis import given_up
from ktui.records.doctor import Doctor
from ktui.rest.client import ProxyClient
from ktui.ui.clipboard import copy
from ktui.ui.text import plain
from ktui.ui.widgets import exchange_text
from ktui.ui.widgets.key_line import KeyLine
from ktui.ui.widgets.line_table import LineTable
from ktui.ui.widgets.list_detail import ListDetail
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.top_line import Link, TopLine

REFRESH = 0.1
"""Seconds between two looks at what is new."""


class WireScreen(Screen[None]):
    """Reads the client's exchanges; sends nothing. The row under the cursor stays on its exchange while others come."""

    HELP = """\
# Wire

Every request ktui sent and what came back, newest first; the one under the cursor below. Passwords and tokens are
masked before anything is kept, and the first 64 KiB of a body are.
"""

    BINDINGS = [
        Binding("slash", "filter", "filter", id="wire.filter", tooltip="Only exchanges with these words"),
        Binding("f", "failed", "failed only", id="wire.failed", tooltip="Only exchanges that failed, or all"),
        Binding("y", "copy", "copy as curl", id="wire.copy", tooltip="Copy the request as a curl command"),
        Binding("b", "bodies", "bodies", id="wire.bodies", tooltip="Bodies without headers, or all"),
        Binding("p", "stop", "stop", id="wire.stop", tooltip="Stop the list, or let it run again"),
        Binding("e", "export", "export", id="wire.export", tooltip="Write what is listed to a file in this folder"),
        Binding("escape,w", "back", "close", id="wire.close", tooltip="Back to where you were"),
    ]

    def __init__(
        self, proxy: ProxyClient, title: str = "local", *, doctor: Doctor | None = None, at: Exchange | None = None
    ) -> None:
        """`at`: the exchange to begin with, also when it was long ago."""
        super().__init__()
        self.proxy = proxy
        self.doctor = doctor or Doctor(proxy)
        self._at = at
        self._title = title
        self.shown: Sequence[Exchange] = ()
        """What is listed, newest first."""
        self.failed_only = False
        self.stopped = False
        self.headers = True
        self.words = ""
        self._taken: Sequence[Exchange] = ()
        self._seen: tuple[int, int, int] | None = None
        self._chosen = at.number if at else None
        self._drawn: object = None
        """What the lower part shows: it is drawn again only when that changes."""

    def compose(self) -> ComposeResult:
        yield TopLine.of(self.proxy, self._title)
        yield ListDetail("Wire", self._line, "Exchange")
        yield KeyLine()

    @property
    def table(self) -> LineTable:
        return self.query_one(LineTable)

    @property
    def selected(self) -> Exchange | None:
        """The exchange under the cursor."""
        return self.shown[self.table.cursor] if self.shown else None

    def on_mount(self) -> None:
        self.table.focus()
        self.look()
        self.set_interval(REFRESH, self.look)

    def on_resize(self) -> None:
        self._show()

    def look(self, *, again: bool = False) -> None:
        """Take what is new into the list. With `again` also what is old, after the filter has changed."""
        log = self.proxy.exchanges
        seen = (log[-1].number if log else 0, self.proxy.ok_count, self.proxy.failed_count)
        if not (again or (seen != self._seen and not self.stopped)):
            return
        if not self.stopped:
            self.doctor.look()
            self._seen, self._taken = seen, tuple(reversed(log))
            if self._at is not None and self._at not in self._taken:
                self._taken = (*self._taken, self._at)
        self._show_link()
        self.shown = [exchange for exchange in self._taken if self._matches(exchange)]
        rows = (row for row, exchange in enumerate(self.shown) if exchange.number <= (self._chosen or 1 << 62))
        self.table.keep(next(rows, len(self.shown) - 1), len(self.shown))
        self._show()

    def _show_link(self) -> None:
        """The line on top, by the last exchange that ended."""
        ended = (each for each in self._taken if each.ok is not None and not given_up(each))
        last = next(ended, None)
        there = last is None or last.status
        self.query_one(TopLine).look(self.proxy, Link.CONNECTED if there else Link.NO_ANSWER)

    def _matches(self, exchange: Exchange) -> bool:
        if self.failed_only and not exchange_text.failed(exchange):
            return False
        text = f"{exchange.method} {exchange.path} {exchange.status} {exchange.failure or ''}".lower()
        return all(word in text for word in self.words.lower().split())

    def _line(self, row: int, width: int) -> Content:
        return exchange_text.line(self.shown[row], width)

    def _show(self) -> None:
        """Draw header, state and the exchange under the cursor."""
        selected = self.selected
        self._chosen = selected.number if selected else None
        drawn = (self._chosen, selected.ok if selected else None, self.headers, self.words, self.failed_only)
        detail = None if drawn == self._drawn else self._detail(selected)
        self._drawn = drawn
        self.query_one(ListDetail).show(exchange_text.header(self.table.room - 1), detail, self._state())

    def _detail(self, selected: Exchange | None) -> Content:
        if selected is None:
            return Content.styled(self._nothing(), "$ktui-muted")
        text = exchange_text.detail(selected, headers=self.headers)
        if (found := self.doctor.of(selected)) is None:
            return text
        said = exchange_text.diagnosis(found)  # of a failure it comes first: on 24 lines there is no room below
        return Content("\n\n").join([text, said] if found.note else [said, text])

    def _nothing(self) -> str:
        if self.words or self.failed_only:
            return "Nothing of that kind: f shows all again, esc takes the filter away."
        return "Nothing was sent yet."

    def _state(self) -> Content:
        parts = [f"{self.proxy.ok_count:,} ok", f"{self.proxy.failed_count:,} failed"]
        if self.failed_only:
            parts.append("failed only")
        if self.words:
            parts.append(f"with “{self.words}”")
        parts.append("❙❙ stopped" if self.stopped else "newest first")
        return plain(" · ".join(parts))

    @on(LineTable.Moved)
    def _moved(self) -> None:
        self._show()

    @on(Prompt.Submitted)
    async def _kept(self, event: Prompt.Submitted | Prompt.Cancelled) -> None:
        await event.prompt.close(self.table)

    @on(Prompt.Cancelled)
    async def _dropped(self, event: Prompt.Cancelled) -> None:
        self._narrow("")
        await self._kept(event)

    def _narrow(self, words: str) -> Content:
        """List only exchanges with these words; says what ends that."""
        self.words = words
        self.look(again=True)
        return Content.styled("enter keeps, esc shows all", "$ktui-muted")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "filter" or not self.query(Prompt)

    async def action_filter(self) -> None:
        if not self.query(Prompt):  # the palette asks nobody
            examples = "POST  /topics  404  records"
            prompt = Prompt("filter", examples=examples, value=self.words, keeps=True, consequence=self._narrow)
            await self.query_one(ListDetail).list.mount(prompt)

    def action_failed(self) -> None:
        self.failed_only = not self.failed_only
        self.look(again=True)

    def action_bodies(self) -> None:
        self.headers = not self.headers
        self._show()

    def action_stop(self) -> None:
        self.stopped = not self.stopped
        self.look(again=True)

    def action_back(self) -> None:
        """One step: the filter, then the screen."""
        if self.words:
            self._narrow("")
        else:
            self.dismiss()

    def action_copy(self) -> None:
        if self.selected is not None:
            how = copy(self.app, curl_of(self.selected, self.proxy.curl_options))
            self.notify(how, title="curl", markup=False)

    def action_export(self) -> None:
        if not self.shown:
            return
        path = Path(f"ktui-wire-{datetime.now():%Y%m%d-%H%M%S}.ndjson").absolute()
        try:
            path.write_text("".join(f"{json.dumps(_plain_dict(exchange))}\n" for exchange in self.shown))
        except OSError as error:
            self.notify(f"{path}: {error.strerror}", title="not exported", severity="error", markup=False)
        else:
            self.notify(f"{len(self.shown):,} exchanges to {path}", title="exported", markup=False)


def _plain_dict(exchange: Exchange) -> dict[str, object]:
    """An exchange as JSON can hold it: bodies as text."""
    return {
        "started": exchange.started.isoformat(),
        **{name: getattr(exchange, name) for name in ("number", "method", "url", "status", "milliseconds", "failure")},
        "request": {
            "headers": exchange.request_headers,
            "size": exchange.request_size,
            "body": exchange.request_body.decode(errors="replace"),
        },
        "response": {
            "headers": exchange.response_headers,
            "size": exchange.response_size,
            "body": exchange.response_body.decode(errors="replace"),
        },
    }
