"""The doctor: what went wrong lately, each with its likely cause and what to do, and how the instance is that reads."""

from __future__ import annotations

from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from ktui.records.doctor import Doctor, Finding
from ktui.rest.client import ProxyClient
from ktui.rest.refusals import error_body
from ktui.ui.screens.wire import WireScreen
from ktui.ui.text import cell_cut, clean, plain
from ktui.ui.widgets import life_line
from ktui.ui.widgets.key_line import KeyLine
from ktui.ui.widgets.line_table import LineTable
from ktui.ui.widgets.top_line import Link, TopLine

REFRESH = 0.25
"""Seconds between two looks."""
_WHAT = 32
"""Columns of the title of a finding."""


class DoctorScreen(Screen[None]):
    """Reads what the doctor found; sends nothing."""

    DEFAULT_CSS = """
    DoctorScreen {
        & > Vertical, & > VerticalScroll {
            border: round $ktui-dim;
            border-title-color: $ktui-muted;
            border-title-style: bold;
            border-subtitle-color: $ktui-muted;
        }
        & #doctor-life { height: auto; padding: 0 1; }
        & #doctor-list { height: 1fr; }
        & #doctor-cause { height: 10; padding: 0 1; scrollbar-size-vertical: 1; scrollbar-color: $ktui-dim; }
        & #doctor-cause { scrollbar-background: $background; scrollbar-background-hover: $background; }
        & > Vertical:focus-within, & > VerticalScroll:focus { border: round $primary; border-title-color: $primary; }
        & #doctor-header { height: 1; padding-left: 1; }
        & Static { height: auto; }
    }
    .-low DoctorScreen #doctor-cause { height: 8; }
    """

    HELP = """\
# Doctor

What went wrong lately, what came last first, the same things counted; `·` is only worth knowing. Under it the likely
cause and the next step. `enter` shows the exchange that proves it. On top: the consumer instance that reads now, from
its creation to the moment the proxy will forget it.
"""

    BINDINGS = [
        Binding("enter", "prove", "exchange", id="doctor.exchange", tooltip="The exchange that shows it"),
        Binding("escape,D", "back", "close", id="doctor.close", tooltip="Back to where you were"),
    ]

    def __init__(self, proxy: ProxyClient, title: str, doctor: Doctor) -> None:
        super().__init__()
        self.proxy, self.doctor, self._title = proxy, doctor, title
        self.findings: list[Finding] = []
        """What is listed."""

    def compose(self) -> ComposeResult:
        yield TopLine(self._title, self.proxy.url.partition("://")[2], unverified=self.proxy.unverified)
        with Vertical(id="doctor-life") as life:
            life.border_title = "Instance"
            yield Static(id="doctor-stations")
        with Vertical(id="doctor-list") as pane:
            pane.border_title = "Doctor"
            yield Static(id="doctor-header")
            yield LineTable(self._line, id="doctor-table")
        with VerticalScroll(id="doctor-cause") as cause:
            cause.border_title = "Cause and next step"
            yield Static(id="doctor-words")
        yield KeyLine()

    @property
    def table(self) -> LineTable:
        return self.query_one(LineTable)

    @property
    def selected(self) -> Finding | None:
        """The finding under the cursor."""
        return self.findings[self.table.cursor] if self.findings else None

    def on_mount(self) -> None:
        self.table.focus()
        self.look()
        self.set_interval(REFRESH, self.look)

    def on_resize(self) -> None:
        self._show()

    def look(self) -> None:
        """Take in what is new; the cursor stays on its finding."""
        self.doctor.look()
        before, self.findings = self.selected, self.doctor.findings
        same = (row for row, each in enumerate(self.findings) if before is not None and _same(each, before))
        self.table.keep(next(same, 0), len(self.findings))
        self._show()

    def _show(self) -> None:
        top = self.query_one(TopLine)
        top.server, top.counts = self.proxy.dialect.name, (self.proxy.ok_count, self.proxy.failed_count)
        top.link = Link.CONNECTED if self.proxy.ok_count else Link.CONNECTING
        self.query_one("#doctor-stations", Static).update(self._life())
        header = f"{'LAST':<10}{'TIMES':>6}  {'WHAT':<{_WHAT}}{'ABOUT'}" if self.findings else ""
        self.query_one("#doctor-header", Static).update(Content.styled(header, "$ktui-muted"))
        self.table.refresh()
        self.query_one("#doctor-words", Static).update(self._words())
        wrong = any(not each.diagnosis.note for each in self.findings)
        says = "newest first" if wrong else "nothing went wrong"
        self.query_one("#doctor-list").border_subtitle = Content(says)

    def _life(self) -> Content:
        life = self.doctor.lives.current
        if life is None:
            says = "No consumer instance yet: the stream opens one when it reads."
            if not self.proxy.dialect.assigns:
                says = "This proxy is read by offset, without a consumer instance."
            return Content.styled(says, "$ktui-muted")
        width = self.query_one("#doctor-life").size.width - 2
        drawn = life_line.drawn(life, self.proxy.dialect.letter, datetime.now(UTC), width or 76)
        if (others := len(self.doctor.lives.open) - life.is_open) > 0:
            drawn += Content.styled(f" · {others} more open", "$ktui-muted")
        return drawn

    def _line(self, row: int, width: int) -> Content:
        found = self.findings[row]
        sign, colour = ("·", "$ktui-muted") if found.diagnosis.note else ("▲", "$warning")
        status = found.exchange.status
        about = found.subject or found.exchange.path.rpartition("/")[2].partition("?")[0]
        told = f"{clean(about)}  {status if status is not None else 'no answer'}"
        return Content.assemble(
            (f"{found.last.astimezone():%H:%M:%S}  ", "$ktui-muted"),
            (f"{found.count:>6,}  ", "$foreground"),
            (f"{sign} ", colour),
            (cell_cut(found.diagnosis.title, _WHAT - 3).ljust(_WHAT - 2), "$foreground"),
            (cell_cut(told, max(4, width - _WHAT - 18)), "$ktui-muted"),
        )

    def _words(self) -> Content:
        found = self.selected
        if found is None:
            return Content.styled(
                "Nothing went wrong since ktui began. What fails is listed here with its likely cause.", "$ktui-muted"
            )
        exchange = found.exchange
        first = f", first at {found.first.astimezone():%H:%M:%S}" if found.count > 1 else ""
        answer = exchange.failure or f"{exchange.status}"
        if exchange.status is not None and exchange.status >= 400 and exchange.failure is None:
            answer += f" “{error_body(exchange.status, exchange.response_body)[1]}”"
        return Content("\n").join(
            [
                plain(found.diagnosis.cause),
                Content.assemble(("→ ", "$primary"), plain(found.diagnosis.next_step)),
                Content(),
                Content.assemble(
                    ("shown by ", "$ktui-muted"),
                    (f"{exchange.method} ", "$secondary"),
                    plain(exchange.path),
                    (f"  {clean(answer)}{first}", "$ktui-muted"),
                ),
            ]
        )

    @on(LineTable.Moved)
    def _moved(self) -> None:
        self._show()
        self.query_one("#doctor-cause").scroll_home(animate=False)

    @on(LineTable.Chosen)
    def action_prove(self) -> None:
        """One key from the sentence to its proof."""
        if (found := self.selected) is not None:
            self.app.push_screen(WireScreen(self.proxy, self._title, doctor=self.doctor, at=found.exchange))

    def action_back(self) -> None:
        self.dismiss()


def _same(one: Finding, other: Finding) -> bool:
    return (one.diagnosis.title, one.subject) == (other.diagnosis.title, other.subject)
