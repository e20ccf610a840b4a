"""Help: every key that works right now, as the bindings say it, and a few words about the focused pane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Markdown, Static

from ktui.ui.text import plain
from ktui.ui.widgets.key_line import KeyLine, key_name


class KeyRow(NamedTuple):
    """One line of the table."""

    keys: str
    words: str
    id: str


class HelpScreen(ModalScreen[None]):
    """Made for one moment: it shows the bindings of the screen below as they were when it was opened."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 92; max-width: 100%; height: 100%; margin: 1 2; scrollbar-size-vertical: 1;
            padding: 0 2; border: round $primary; border-title-color: $primary; background: $background;
        }
        & Static { height: auto; }
        & Markdown { background: $background; padding: 0; margin: 0; }
        & MarkdownH1 { display: none; }
    }
    """

    BINDINGS = [
        Binding("escape,question_mark,q", "close", "close", id="help.close", tooltip="Back to where you were"),
        Binding("down,j", "scroll(1)", "down", id="help.down", tooltip="One line down"),
        Binding("up,k", "scroll(-1)", "up", id="help.up", tooltip="One line up"),
    ]

    def __init__(self, below: Screen[object]) -> None:
        super().__init__()
        here, everywhere = rows(below, below.app)
        self._tables = [("Here", here), ("Everywhere", everywhere)]
        self._help = words(below)

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Help"
            if self._help:
                yield Markdown(self._help)
            for title, table in self._tables:
                if table:
                    yield Static(drawn(title, table))
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def action_close(self) -> None:
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)


def rows(screen: Screen[object], app: App[object]) -> tuple[list[KeyRow], list[KeyRow]]:
    """The keys of what has the focus, and those of screen and app. Only bindings of ours: they have an id."""
    here: dict[str, tuple[list[str], Binding, str]] = {}
    everywhere: dict[str, tuple[list[str], Binding, str]] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id is None:
            continue
        group = everywhere if active.node in (screen, app) else here
        keys = group.setdefault(binding.id, ([], binding, active.tooltip))[0]
        keys.append(key_name(binding))

    def made(group: Iterable[tuple[list[str], Binding, str]]) -> list[KeyRow]:
        return [KeyRow(" ".join(keys), tip or each.description, each.id or "") for keys, each, tip in group]

    own_first = sorted(here.values(), key=lambda each: (each[1].id or "").startswith("table."))
    return made(own_first), made(everywhere.values())


def words(screen: Screen[object]) -> str:
    """The HELP of the focused widget, or of the nearest around it."""
    node = screen.focused or screen
    return next((each.HELP for each in node.ancestors_with_self if each.HELP), "")


def drawn(title: str, table: list[KeyRow]) -> Content:
    """Keys, what they do, and the id by which a configuration file names them."""
    keys = max(len(row.keys) for row in table) + 2
    told = max(len(row.words) for row in table) + 2
    lines = [Content.styled(f"\n{title}", "bold $primary")]
    for row in table:
        lines.append(
            Content.assemble(
                (row.keys.ljust(keys), "bold $footer-key-foreground"),
                plain(row.words.ljust(told)),
                (row.id, "$ktui-muted"),
            )
        )
    return Content("\n").join(lines)
