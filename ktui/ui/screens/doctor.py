"""The doctor: what went wrong lately, each with its likely cause and what to do, and how the instance is that reads."""

from __future__ import annotations

from datetime import UTC, datetime

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
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
from ktui.ui.widgets.list_detail import ListDetail
from ktui.ui.widgets.top_line import TopLine

REFRESH = 0.25
"""Seconds between two looks."""
_WHAT = 32
"""Columns of the title of a finding."""


class DoctorScreen(Screen[None]):
    """Reads what the doctor found; sends nothing."""

    DEFAULT_CSS = """
    DoctorScreen {
        & > #doctor-life { border: round $ktui-dim; border-title-color: $ktui-muted; border-title-style: bold; }
        & > #doctor-life { height: auto; padding: 0 1; }
        & #doctor-stations { height: auto; }
        & ListDetail > VerticalScroll { height: 10; }
    }
    .-low DoctorScreen ListDetail > VerticalScroll { height: 8; }
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
        yield TopLine.of(self.proxy, self._title)
        with Vertical(id="doctor-life") as life:
            life.border_title = "Instance"
            yield Static(id="doctor-stations")
        yield ListDetail("Doctor", self._line, "Cause and next step")
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
        self.query_one(TopLine).look(self.proxy)
        self.query_one("#doctor-stations", Static).update(self._life())
        header = f"{'LAST':<10}{'TIMES':>6}  {'WHAT':<{_WHAT}}{'ABOUT'}" if self.findings else ""
        wrong = any(not each.diagnosis.note for each in self.findings)
        state = Content("newest first" if wrong else "nothing went wrong")
        self.query_one(ListDetail).show(Content.styled(header, "$ktui-muted"), self._words(), state)

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

    @on(LineTable.Chosen)
    def action_prove(self) -> None:
        """One key from the sentence to its proof."""
        if (found := self.selected) is not None:
            self.app.push_screen(WireScreen(self.proxy, self._title, doctor=self.doctor, at=found.exchange))

    def action_back(self) -> None:
        self.dismiss()


def _same(one: Finding, other: Finding) -> bool:
    return (one.diagnosis.title, one.subject) == (other.diagnosis.title, other.subject)
