"""The line on top: who is at the other end, how it is, and how many requests went well."""

from __future__ import annotations

from enum import Enum

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from ktui.rest.client import ProxyClient
from ktui.ui.text import cell_cut, clean

LEAST_HOST = 8
"""Cells that the host has at least."""


class Link(Enum):
    """How the proxy is, with the words that stand beside the dot's colour."""

    CONNECTING = ("$warning", "connecting")
    CONNECTED = ("$success", "")
    WAITING = ("$warning", "no answer, trying again")
    REFUSED = ("$error", "refused")
    NO_ANSWER = ("$error", "no answer")

    @property
    def colour(self) -> str:
        return self.value[0]

    @property
    def words(self) -> str:
        return self.value[1]


class TopLine(Widget):
    """One line; a click on the counters opens the wire screen, one on the server's name what it can do."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    TopLine { dock: top; height: 1; padding: 0 1; color: $ktui-muted; background: $background; }
    """

    link: reactive[Link] = reactive(Link.CONNECTING)
    server: reactive[str] = reactive("")
    """Make of the proxy, once it is known."""
    counts: reactive[tuple[int, int]] = reactive((0, 0))
    """Requests that went well, and that failed."""

    class WireWanted(Message):
        """The counters were clicked."""

    class ServerWanted(Message):
        """The server's name was clicked."""

    def __init__(self, profile: str, host: str, *, unverified: bool) -> None:
        """`unverified`: nobody looks at the certificate of the proxy, and that is said."""
        super().__init__()
        self._unverified = unverified
        self._profile, self._host = clean(profile), clean(host)
        self._server_at = range(0)
        """The cells of the server's name."""

    @classmethod
    def of(cls, proxy: ProxyClient, profile: str) -> TopLine:
        """The line for one proxy."""
        return cls(profile, proxy.url.partition("://")[2], unverified=proxy.unverified)

    def look(self, proxy: ProxyClient, link: Link | None = None) -> None:
        """Take over what the proxy is believed to be and how many requests there were. Without a `link` one that went
        well says that it is there."""
        self.server, self.counts = proxy.dialect.name, (proxy.ok_count, proxy.failed_count)
        self.link = link or (Link.CONNECTED if proxy.ok_count else Link.CONNECTING)

    def render(self) -> Content:
        """Where there is little room the make of the server gives way, then the end of the host: how the link is stays
        longest."""
        width = self.size.width
        right = self._right()
        room = width - right.cell_length - 2
        left = Content.assemble(
            ("ktui", "bold $primary"),
            "  ",
            ("●", self.link.colour),
            " ",
            ("TLS not verified " if self._unverified else "", "bold $error"),
            (self._profile, "bold $foreground"),
            " ",
        )
        server, words = (f" · {each}" if each else "" for each in (clean(self.server), self.link.words))
        spare = room - left.cell_length - cell_len(words)
        if cell_len(self._host + server) > spare:
            server = ""
        left += Content(cell_cut(self._host, max(spare, LEAST_HOST)))
        begin = left.cell_length + len(" · ")
        self._server_at = range(begin, left.cell_length + cell_len(server))
        left = (left + Content(server + words)).truncate(max(room, 8), ellipsis=True)
        return left + Content(" " * max(2, width - left.cell_length - right.cell_length)) + right

    def _right(self) -> Content:
        ok, failed = self.counts
        return Content.assemble(
            "wire ",
            (f"{ok:,}", "$foreground"),
            " ✓ ",
            (f"{failed:,} ✗", "$accent" if failed else ""),
        )

    def on_click(self, event: events.Click) -> None:
        if event.x >= self.size.width - self._right().cell_length:
            self.post_message(self.WireWanted())
        elif (at := event.get_content_offset(self)) is not None and at.x in self._server_at:
            self.post_message(self.ServerWanted())
