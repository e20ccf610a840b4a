"""ktui with a bug: F12 raises in a handler. Run as a program by the exit tests."""

import sys

from textual.binding import Binding

from ktui.rest.client import ProxyClient
from ktui.ui.app import KtuiApp


class CrashingApp(KtuiApp):
    BINDINGS = [Binding("f12", "crash", priority=True)]

    def action_crash(self) -> None:
        raise RuntimeError("a bug, on purpose")


if __name__ == "__main__":
    app = CrashingApp(ProxyClient(sys.argv[1]))
    app.run()
    sys.exit(app.return_code)
