"""ktui with a bug: F12 raises in a handler. Run as a program by the exit tests."""

import sys
from pathlib import Path

from textual.binding import Binding

import ktui.ui.app
from ktui.rest.client import ProxyClient


class CrashingApp(ktui.ui.app.KtuiApp):
    CSS_PATH = Path(ktui.ui.app.__file__).with_name("ktui.tcss")
    BINDINGS = [Binding("f12", "crash", priority=True)]

    def action_crash(self) -> None:
        raise RuntimeError("a bug, on purpose")


if __name__ == "__main__":
    app = CrashingApp(ProxyClient(sys.argv[1]))
    app.run()
    sys.exit(app.return_code)
