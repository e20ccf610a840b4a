"""What this proxy can do, call by call: why not, where it cannot, and what was seen when it was asked."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen

from ktui.rest.capabilities import Capability
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS
from ktui.ui.screens.wire import WireScreen
from ktui.ui.text import cell_cut, clean, plain
from ktui.ui.widgets.key_line import KeyLine
from ktui.ui.widgets.line_table import LineTable
from ktui.ui.widgets.list_detail import ListDetail
from ktui.ui.widgets.top_line import TopLine

REFRESH = 0.5
"""Seconds between two looks: probing may end while this is open."""
_WHAT = 36
"""Columns of the title of a capability."""
_CALL = 46
"""Columns of the call, where there is room for the sentence too."""


class CapabilitiesScreen(Screen[None]):
    """Reads the client's capabilities; asks which v3 resources there are, where there is a v3 API."""

    DEFAULT_CSS = "CapabilitiesScreen ListDetail > VerticalScroll { height: 7; }"

    HELP = """\
# What this proxy can do

Every call ktui may want, and whether this server has it. The makes of proxy differ, so it was asked a few harmless
questions at the start, and for each part of a v3 API just now: what it answered stands below, and `enter` shows the
exchange. `--dialect` on the command line overrules the answers.
"""

    BINDINGS = [
        Binding("enter", "prove", "exchange", id="capabilities.exchange", tooltip="The exchange that showed it"),
        Binding("f", "lacking", "cannot only", id="capabilities.lacking", tooltip="Only what it cannot, or all"),
        Binding("escape,C", "back", "close", id="capabilities.close", tooltip="Back to where you were"),
    ]

    def __init__(self, proxy: ProxyClient, title: str = "local") -> None:
        super().__init__()
        self.proxy, self._title = proxy, title
        self.lacking = False
        """Only what it cannot do is listed."""
        self.shown: list[Capability] = []

    def compose(self) -> ComposeResult:
        yield TopLine.of(self.proxy, self._title)
        yield ListDetail("What this proxy can do", self._line, "How that is known")
        yield KeyLine()

    @property
    def table(self) -> LineTable:
        return self.query_one(LineTable)

    @property
    def selected(self) -> Capability | None:
        """The one under the cursor."""
        return self.shown[self.table.cursor] if self.shown else None

    def on_mount(self) -> None:
        self.table.focus()
        self.look()
        self.set_interval(REFRESH, self.look)
        self.see_v3()

    @work(exclusive=True, group="v3")
    async def see_v3(self) -> None:
        """Who opens this wants to know it of each resource of the v3 API."""
        await self.proxy.probe_v3()
        self.look()

    def on_resize(self) -> None:
        self.look()

    def look(self) -> None:
        """Draw what is known now."""
        before, known = self.selected, self.proxy.capabilities
        self.shown = [each for each in known if not (self.lacking and each.available)]
        same = (row for row, each in enumerate(self.shown) if before is not None and each.id == before.id)
        self.table.keep(next(same, 0), len(self.shown))
        self._show()

    def _show(self) -> None:
        known, wide = self.proxy.capabilities, self.table.room > 2 * _WHAT + _CALL
        self.query_one(TopLine).look(self.proxy)
        header = f"{'':<8}{'WHAT':<{_WHAT}}" + (f"{'CALL':<{_CALL}}WHY NOT" if wide else "CALL, OR WHY NOT")
        can = sum(each.available for each in known)
        state = Content(f"{can} can · {len(known) - can} cannot")
        self.query_one(ListDetail).show(Content.styled(header, "$ktui-muted"), self._words(), state)

    def _line(self, row: int, width: int) -> Content:
        each = self.shown[row]
        can = ("✓ can   ", "$success") if each.available else ("✗ no    ", "$warning")
        style = "$foreground" if each.available else "$ktui-muted"
        line = Content.assemble(can, (cell_cut(clean(each.title), _WHAT - 2).ljust(_WHAT), style))
        if width > 2 * _WHAT + _CALL:
            call = Content.styled(cell_cut(each.call, _CALL - 2).ljust(_CALL), "$ktui-muted")
            return line + call + plain(each.why_not)
        said = Content.styled(each.call, "$ktui-muted") if each.available else plain(each.why_not)
        return line + said

    def _words(self) -> Content:
        parts = [Content.styled(self._who(), "$ktui-muted")]
        if (chosen := self.selected) is not None:
            parts.append(Content.assemble((chosen.call, "$secondary")))
            if chosen.why_not:
                parts.append(plain(f"{chosen.why_not[0].upper()}{chosen.why_not[1:]}.").stylize("$warning"))
            parts.append(plain(chosen.evidence))
        return Content("\n").join(parts)

    def _who(self) -> str:
        """Which make of proxy it is taken for, and why."""
        known = self.proxy.capabilities
        if known.forced:
            return f"Taken for {known.dialect.name} because somebody said so (--dialect)."
        if not known.signs:
            return f"Taken for {known.dialect.name} until it was asked."
        loudest = sorted(known.votes.items(), key=lambda vote: -vote[1])
        votes = ", ".join(f"{DIALECTS[letter].name} {count}" for letter, count in loudest if letter in DIALECTS)
        return f"Taken for {known.dialect.name}: the signs voted {votes or 'for nobody'}."

    @on(LineTable.Moved)
    def _moved(self) -> None:
        self._show()

    @on(LineTable.Chosen)
    def action_prove(self) -> None:
        """The exchange of probing that showed it."""
        chosen = self.selected
        if chosen is None:
            return
        if chosen.exchange is None:
            self.notify("It was not tried: known of this make of proxy.", markup=False)
            return
        self.app.push_screen(WireScreen(self.proxy, self._title, at=chosen.exchange))

    def action_lacking(self) -> None:
        self.lacking = not self.lacking
        self.look()

    def action_back(self) -> None:
        self.dismiss()
