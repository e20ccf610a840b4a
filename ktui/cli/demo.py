"""`ktui demo`: the app on an in-process sandbox with living traffic."""

from __future__ import annotations

import argparse
from functools import cache, partial
from typing import TYPE_CHECKING

from ktui.cli import Work
from ktui.cli.open import add_options, read_config, run_app
from ktui.cli.terminal import curtain, need_terminal, prepare_terminal

if TYPE_CHECKING:
    from ktui.server.demo import Demo
    from ktui.ui.app import Opened


def parse(arguments: list[str]) -> Work:
    """Read the command line of the demo."""
    parser = argparse.ArgumentParser(
        prog="ktui demo",
        description="The app on made-up topics with living traffic. Needs no server and no network.",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another seed, other records (default: 1)")
    add_options(parser)
    return partial(run, parser.parse_args(arguments))


def run(options: argparse.Namespace) -> int:
    """Open the app on the demo's sandbox; the traffic stops with it."""
    config = read_config(options)
    need_terminal()
    link = prepare_terminal()
    with curtain("demo"):
        from ktui.ui.app import KtuiApp

        opened = open_demo(options.seed)
        app = KtuiApp(opened.proxy, config=config, title=opened.title, background=opened.background, link=link)
    return run_app(app)


def open_demo(seed: int = 1) -> Opened:
    """A client of a new demo, and the traffic that has to run beside it. The demo is made when it is first asked: its
    history and the server it stands on take longer than the first picture."""
    from ktui.rest.client import ProxyClient
    from ktui.ui.app import Opened

    @cache
    def running() -> Demo:
        from ktui.server.demo import demo

        return demo(seed)

    client = ProxyClient("http://demo:8082", transport=lambda: running().sandbox.transport())
    return Opened(client, "demo", lambda: running().run())
