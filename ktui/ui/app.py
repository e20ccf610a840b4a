"""The application: themes, keymap, the first screen, and an end that leaves nothing behind on the proxy.

No widgets and no network calls live here. A new address and the demo arrive as functions from the command line, which
alone knows how to make a proxy client.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from asyncio import get_running_loop
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.driver import Driver
from textual.screen import Screen

from ktui.config import Config
from ktui.errors import ConfigError
from ktui.rest.client import ProxyClient
from ktui.ui import garbage, keys, theming
from ktui.ui.commands import KtuiCommands, Palette
from ktui.ui.driver import LinkedDriver, linked
from ktui.ui.in_order import InOrder
from ktui.ui.link import TerminalLink
from ktui.ui.main import MainScreen
from ktui.ui.report import report
from ktui.ui.toasts import ToastingApp

if TYPE_CHECKING:
    from ktui.ui.screens.start import Started

Background = Callable[[], Awaitable[object]]

_TEXTUALS = ("Theme",)
"""Commands of Textual's that the palette offers. Quit is a key of ours. Its Maximize leaves a bare table, without
prompts and keys: `z` shows the pane with all that belongs to it. Its Keys is a second help beside `?`, with keys that
are not ours. Its Screenshot goes to the folder for downloads, and fails without a reason where there is none."""


class Opened(msgspec.Struct, frozen=True):
    """A proxy to look at."""

    proxy: ProxyClient
    title: str
    """Name of the profile, for the line on top."""
    background: Background | None = None
    """Runs as long as the app: the demo's traffic. What is made up is not remembered either."""


class KtuiApp(InOrder, ToastingApp):
    """Owns nothing but the choice of proxy."""

    TITLE = "ktui"
    CSS_PATH = "ktui.tcss"
    COMMANDS = App.COMMANDS | {KtuiCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (120, "-wider"), (160, "-very-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (24, "-medium"), (32, "-tall")]
    ENABLE_COMMAND_PALETTE = True

    BINDINGS = [
        Binding("ctrl+p", "command_palette", "commands", id="app.commands", tooltip="Find any command by its name"),
        Binding("question_mark", "help", "help", id="app.help", tooltip="Every key of this pane"),
        Binding("ctrl+q", "quit", "quit", id="app.quit", show=False, priority=True, tooltip="Leave ktui"),
        Binding(
            "q", "quit_by_letter", "quit", id="app.quit-too", show=False, tooltip="Leave ktui, where nothing is typed"
        ),
    ]

    def __init__(
        self,
        proxy: ProxyClient,
        *,
        config: Config | None = None,
        title: str | None = None,
        background: Background | None = None,
        connect: Callable[[str], ProxyClient] | None = None,
        demo: Callable[[], Opened] | None = None,
        link: TerminalLink | None = None,
    ) -> None:
        """`connect` makes a client for an address that was typed (ConfigError for a bad one), `demo` opens the demo.
        `link` is told of what is written to the terminal."""
        self.link = link or TerminalLink()
        self.config = config or Config(url=proxy.url)
        self._opened = Opened(proxy, title or self.config.title, background)
        self.connect, self.demo = connect, demo
        self._sure_to_quit = False
        self._signals: tuple[signal.Signals, ...] = ()
        super().__init__()
        self._unused_themes = self._use_themes()  # before anything is styled: a change of theme styles all again
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return theming.default_roles(self.current_theme)

    def refresh_css(self, animate: bool = True) -> None:
        """Nothing to do for the theme that all begins with, though Textual asks: it would parse every style again."""
        if self.screen_stack:
            super().refresh_css(animate)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return (command for command in super().get_system_commands(screen) if command.title in _TEXTUALS)

    def get_driver_class(self) -> type[Driver]:
        return linked(super().get_driver_class(), self.link)

    def on_resize(self) -> None:
        if isinstance(self._driver, LinkedDriver):
            self._driver.resized()

    @property
    def main_screen(self) -> MainScreen:
        """The screen with the panes, whatever stands over it."""
        return next(screen for screen in self.screen_stack if isinstance(screen, MainScreen))

    def on_load(self) -> None:
        self._catch_signals()  # from before the terminal is ours

    async def on_mount(self) -> None:
        self._warn("Theme not used", self._unused_themes)
        self._use_keys()
        self.call_later(self._begin)  # outside of this handler: what is laid out before its end is drawn for nobody

    async def on_unmount(self) -> None:
        self.act_no_more()
        await self._opened.proxy.aclose()
        for number in self._signals:
            get_running_loop().remove_signal_handler(number)

    def _handle_exception(self, error: Exception) -> None:
        """What is just being mounted when the app is left finds neither its parent nor its parts: whoever leaves need
        not see that. Tests do."""
        if self.is_headless or not self._exit:
            super()._handle_exception(error)

    async def _begin(self) -> None:
        screen = self._first_screen()
        await self.push_screen(screen)
        screen.call_after_refresh(self._go_on, screen)

    async def _go_on(self, screen: MainScreen) -> None:
        """The first picture is painted: do what it did not need, then take keys."""
        await screen.complete()
        self._start_background()
        if not self.is_headless:
            garbage.settle()
            self.set_interval(garbage.LOOK_SECONDS, lambda: garbage.look_through(time.monotonic() - self.touched))
        self.act()

    def _first_screen(self) -> MainScreen:
        config = self.config if self._opened.background is None else replace(self.config, state_path=None)
        return MainScreen(self._opened.proxy, self._opened.title, config, self.link, self._size_classes())

    def _size_classes(self) -> list[str]:
        """What the breakpoints make of the terminal's size. Known before it is mounted, a screen is styled once."""
        sides = (self.size.width, self.HORIZONTAL_BREAKPOINTS), (self.size.height, self.VERTICAL_BREAKPOINTS)
        return [max(point for point in points if point[0] <= side)[1] for side, points in sides]

    def _catch_signals(self) -> None:
        """Textual leaves these to their default, which is death without a word to the proxy."""
        if sys.platform != "win32" and threading.current_thread() is threading.main_thread():
            self._signals = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
            for number in self._signals:
                get_running_loop().add_signal_handler(number, self.exit)

    def _use_themes(self) -> list[ConfigError]:
        for theme in theming.shipped():
            self.register_theme(theme)
        themes, complaints = theming.of_user(self.config.theme_folder)
        for theme in themes:
            self.register_theme(theme)
        wanted = self.config.theme or theming.DEFAULT_THEME
        if wanted not in self.available_themes:
            complaints.append(ConfigError(f"there is no theme {wanted}; ctrl+p lists those there are"))
            wanted = theming.DEFAULT_THEME
        self.theme = wanted
        return complaints

    def _use_keys(self) -> None:
        keymap, complaints = keys.check(self.config.keys)
        self.set_keymap(keymap)
        self._warn("Keys not used", complaints)

    def _warn(self, title: str, complaints: list[ConfigError]) -> None:
        for complaint in complaints:
            self.notify(str(complaint), title=title, severity="warning", timeout=10, markup=False)

    def _start_background(self) -> None:
        if self._opened.background is not None:
            self.run_worker(self._opened.background(), group="background", exclusive=True)

    async def open(self, opened: Opened) -> None:
        """Look at another proxy; the one before is left clean."""
        before, self._opened = self._opened, opened
        self.workers.cancel_group(self, "background")
        screen = self._first_screen()
        await self.switch_screen(screen)
        await screen.complete()
        self._start_background()
        await before.proxy.aclose()

    @on(MainScreen.NotStarted)
    def _not_started(self, event: MainScreen.NotStarted) -> None:
        from ktui.ui.screens.start import StartScreen

        proxy, title = self._opened.proxy, self._opened.title
        self.push_screen(
            StartScreen(
                proxy,
                event.error,
                title=title,
                offers_demo=self.demo is not None,
                profiles=self.config.profiles,
            ),
            self._started,
        )

    async def _started(self, started: Started | None) -> None:
        from ktui.ui.screens.start import Address, Connected, Demo

        match started:
            case Connected(dialect):
                self.main_screen.connected(dialect)
            case Demo() if self.demo is not None:
                await self.open(self.demo())
            case Address(url) if self.connect is not None:
                try:
                    proxy = self.connect(url)
                except ConfigError as error:
                    report(self.main_screen, "use this address", error)
                    self.main_screen.probe()
                else:
                    profile = url if url in self.config.profiles else None
                    await self.open(Opened(proxy, Config(url=proxy.url, profile=profile).title))

    def action_command_palette(self) -> None:
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_help(self) -> None:
        from ktui.ui.screens.help import HelpScreen  # and Markdown with it: 30 ms that no start needs

        self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        if self.main_screen.sending and not self._sure_to_quit:
            self._sure_to_quit = True
            self.notify(
                "A record is on its way and its answer is not here yet. ctrl+q again leaves without knowing.",
                title="Still sending",
                severity="warning",
                markup=False,
            )
            return
        self.exit()

    async def action_quit_by_letter(self) -> None:
        """A letter that no field took: in the composer it was meant for one."""
        if self.screen is not self.main_screen or self.main_screen.shown != "composer":
            await self.action_quit()
