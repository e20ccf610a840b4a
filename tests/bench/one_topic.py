"""The app on the demo, one topic open, in a terminal: with its traffic or with none, careful of a slow link or not."""

from __future__ import annotations

import sys

from ktui.cli.terminal import prepare_terminal
from ktui.ui.link import TerminalLink


class Careless(TerminalLink):
    """Draws as if every link were fast."""

    slow = choked = False
    clear = True

    def asks(self) -> bool:
        return False


def main(topic: str, traffic: bool, careless: bool = False) -> None:
    link = Careless() if careless else prepare_terminal()
    from ktui.cli.demo import open_demo
    from ktui.ui.app import KtuiApp

    opened = open_demo()

    async def background() -> None:
        app.main_screen.open_topic(topic)
        if traffic and opened.background is not None:
            await opened.background()

    app = KtuiApp(opened.proxy, title="bench", background=background, link=link)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], "traffic" in sys.argv, "careless" in sys.argv)
