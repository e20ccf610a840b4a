"""The app on the demo, one topic open: with its traffic, or with none. For `test_latency.py`, in a terminal."""

from __future__ import annotations

import sys

from ktui.cli.terminal import prepare_terminal


def main(topic: str, traffic: bool) -> None:
    prepare_terminal()
    from ktui.cli.demo import open_demo
    from ktui.ui.app import KtuiApp

    opened = open_demo()

    async def background() -> None:
        app.main_screen.open_topic(topic)
        if traffic and opened.background is not None:
            await opened.background()

    app = KtuiApp(opened.proxy, title="bench", background=background)
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "traffic")
