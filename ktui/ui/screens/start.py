"""The start screen: nothing useful answers. It says why, tries again by itself, and offers ways out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import msgspec
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Static

from ktui.errors import Busy, ProxyError, Unreachable
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import Dialect
from ktui.ui.report import describe
from ktui.ui.text import clean, plain
from ktui.ui.widgets.key_line import KeyLine, key_name
from ktui.ui.widgets.prompt import Prompt
from ktui.ui.widgets.top_line import Link, TopLine

LONGEST_WAIT = 8
"""Seconds between two tries, at most; the first is after one."""


PROFILES = 9
"""Profiles of the file that have a key here; any can be typed as an address."""

_KEY = len("enter") + 2


class Connected(msgspec.Struct, frozen=True):
    """The proxy answers now."""

    dialect: Dialect


class Address(msgspec.Struct, frozen=True):
    """Another address was typed, or a profile of the file was picked by its NAME. It is not checked."""

    url: str


class Demo(msgspec.Struct, frozen=True):
    """The demo, please."""


Started = Connected | Address | Demo


class Profile(Static):
    """One proxy of the file; a click picks it."""

    @dataclass
    class Picked(Message):
        """That one, please."""

        profile: str

    def __init__(self, key: str, name: str, url: str, width: int) -> None:
        self._profile = name
        text = clean(name).ljust(width)
        super().__init__(
            Content.assemble((key.ljust(_KEY), "bold $secondary"), f"{text}  ", (clean(url), "$ktui-muted"))
        )

    def on_click(self) -> None:
        self.post_message(self.Picked(self._profile))


class StartScreen(Screen[Started]):
    """Takes over while nothing answers. It tries again by itself, but not after a refusal: that can lock accounts."""

    DEFAULT_CSS = """
    StartScreen {
        & > Vertical { border: round $ktui-dim; padding: 2 5; }
        & Static { height: auto; }
        & #start-profiles { height: auto; margin-top: 1; }
        & #start-state { margin: 1 0; min-height: 2; }
        & Prompt { padding: 0; }
        & Prompt Input { max-width: 60; width: 3fr; }
    }
    """

    HELP = """\
# Start

ktui talks to a Kafka REST Proxy over HTTP and nothing has answered yet. Where there was no answer it tries again by
itself, after 1, 2, 4, then every 8 seconds. Where the answer was a refusal, or not from a REST proxy, only you try.
"""

    BINDINGS = [
        Binding("enter", "try_again", "try again", id="start.try", tooltip="Try again now"),
        Binding("u", "address", "address", id="start.address", tooltip="Type another address"),
        Binding("d", "demo", "demo", id="start.demo", tooltip="A proxy in memory, topics with living traffic"),
        *(
            Binding(str(n), f"profile({n})", f"profile {n}", id=f"start.{n}", show=False, tooltip="A proxy of the file")
            for n in range(1, PROFILES + 1)
        ),
        Binding("w", "wire", "wire", id="start.wire", show=False, tooltip="Every request and its answer"),
    ]

    error: reactive[ProxyError | None] = reactive(None)
    """Why there is no connection; None while a first answer is awaited."""
    seconds_left: reactive[int | None] = reactive(None)
    """Until the next try by itself; None when there is none, or while one is under way."""
    trying: reactive[bool] = reactive(False)
    """Whether an answer is awaited."""

    def __init__(
        self,
        proxy: ProxyClient,
        error: ProxyError | None = None,
        *,
        title: str = "local",
        offers_demo: bool = True,
        profiles: Mapping[str, str] = {},
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`error`: how a try has ended that was made before; without it one is made at once. `profiles`: NAME -> URL
        of those in the file."""
        super().__init__()
        self.proxy = proxy
        self._first_error = error
        self._title = title
        self._offers_demo = offers_demo
        self._profiles = list(profiles.items())[:PROFILES]
        self._sleep = sleep
        self._wait = 1

    def compose(self) -> ComposeResult:
        yield TopLine.of(self.proxy, self._title)
        with Vertical():
            yield Static(Content.assemble(("ktui", "bold $primary"), ("   Kafka over its REST Proxy", "$ktui-muted")))
            yield Static(id="start-state")
            yield Static(id="start-ways")
            if self._profiles:
                width = max(len(clean(name)) for name, _ in self._profiles)
                with Vertical(id="start-profiles"):
                    for number, (name, url) in enumerate(self._profiles, 1):
                        yield Profile(str(number), name, url, width)
        yield KeyLine()

    def _ways(self) -> Content:
        """What can be done here, under the keys that do it."""
        says = {
            "start.try": "try again now",
            "start.address": "another address",
            "start.demo": "the demo: a proxy in memory, topics with living traffic",
            "app.quit": "quit",
        }
        bindings = {active.binding.id: active.binding for active in self.active_bindings.values()}
        ways = [(key_name(bindings[id]), text) for id, text in says.items() if id in bindings]
        width = max((len(key) for key, _ in ways), default=0) + 2
        return Content("\n").join(Content.assemble((key.ljust(width), "bold $secondary"), text) for key, text in ways)

    def _on_mount(self, event: events.Mount) -> None:
        self.query_one("#start-ways", Static).update(self._ways())
        self._connect(self._first_error)

    def watch_error(self) -> None:
        self._say()

    def watch_seconds_left(self) -> None:
        self._say()

    def watch_trying(self) -> None:
        self._say()

    def _say(self) -> None:
        """Bring the line on top and the sentences up to date."""
        if not self.is_mounted:
            return
        line = self.query_one(TopLine)
        line.counts = (self.proxy.ok_count, self.proxy.failed_count)
        if self.error is None:
            line.link = Link.CONNECTING
            what = Content.styled(f"Asking {clean(self.proxy.url)} …", "$warning")
            self.query_one("#start-state", Static).update(what)
            return
        line.link = Link.NO_ANSWER if isinstance(self.error, Unreachable) else Link.REFUSED
        title, sentence, step = describe(self.error)
        head = f"No answer from {self.proxy.url}" if isinstance(self.error, Unreachable) else title
        rest = Content.assemble(plain(sentence.rstrip(".")), ". ", self._next(step))
        self.query_one("#start-state", Static).update(
            Content.assemble((clean(head), "$error"), "\n", rest.stylize("$ktui-muted"))
        )

    def _next(self, step: str) -> str:
        if self.trying:
            return "Trying again …"
        if self.seconds_left is not None:
            return f"Next try in {self.seconds_left} s."
        return step

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "profile":
            return isinstance(parameters[0], int) and parameters[0] <= len(self._profiles)
        return self._offers_demo if action == "demo" else True

    def action_try_again(self) -> None:
        self._connect(None)

    async def action_address(self) -> None:
        if not self.query(Prompt):
            await self.query_one(Vertical).mount(
                Prompt("address", value=self.proxy.url, examples="http://host:8082   https://user:password@host/path")
            )

    def action_profile(self, number: int) -> None:
        self.dismiss(Address(self._profiles[number - 1][0]))

    @on(Profile.Picked)
    def _picked(self, event: Profile.Picked) -> None:
        self.dismiss(Address(event.profile))

    def action_demo(self) -> None:
        self.dismiss(Demo())

    def action_wire(self) -> None:
        from ktui.ui.screens.wire import WireScreen  # seldom wanted here, and the start must be quick

        self.app.push_screen(WireScreen(self.proxy))

    @on(Prompt.Submitted)
    def _typed(self, event: Prompt.Submitted) -> None:
        if event.text:
            self.dismiss(Address(event.text))
        else:
            event.prompt.complain("An address begins with http:// or https://; localhost:8082 will do as well.")

    @on(Prompt.Cancelled)
    async def _not_typed(self, event: Prompt.Cancelled) -> None:
        await event.prompt.remove()

    @work(exclusive=True, group="probe")
    async def _connect(self, error: ProxyError | None) -> None:
        """Try until somebody answers. `error` stands for a first try that was made elsewhere."""
        while True:
            if error is None:
                error = await self._probe()
                if error is None:
                    self.dismiss(Connected(self.proxy.dialect))
                    return
            self.error = error
            if not isinstance(error, Unreachable | Busy):
                return
            await self._count_down()
            error = None

    async def _probe(self) -> ProxyError | None:
        self.trying, self.seconds_left = True, None
        try:
            await self.proxy.probe()
        except ProxyError as error:
            return error
        finally:
            self.trying = False
        return None

    async def _count_down(self) -> None:
        wait, self._wait = self._wait, min(2 * self._wait, LONGEST_WAIT)
        for left in range(wait, 0, -1):
            self.seconds_left = left
            await self._sleep(1)
