"""The app on the demo, one topic open: with its traffic, or with none. For `test_latency.py`, in a terminal."""

from __future__ import annotations

import sys

from ktui.cli.open import prepare_textual


def main(topic: str, traffic: bool) -> None:
    prepare_textual()
    from ktui.cli.demo import open_demo
    from ktui.ui.app import KtuiApp

    opened = open_demo()
    app = KtuiApp(opened.proxy, title="bench", background=opened.background if traffic else None)
    app.call_later(lambda: app.main_screen.open_topic(topic))
    app.run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "traffic")
