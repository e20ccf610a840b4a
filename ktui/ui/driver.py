"""Textual's driver, and what it sees of the way to the terminal. Overrides what drivers override."""

from __future__ import annotations

import time

from textual import events
from textual.driver import Driver
from textual.message import Message

from ktui.ui.link import TerminalLink
from ktui.ui.thinning import Thinner

QUESTION = "\x1b[6n"
"""Where is the cursor? Every terminal answers this one, and Textual knows the answer."""
LAST_ANSWER = 0.5
"""Seconds that an answer is waited for at the end."""


class LinkedDriver(Driver):
    """Goes before the driver of the platform among the bases of a class."""

    link: TerminalLink
    thinner: Thinner

    def write(self, data: str) -> None:
        if self.link.slow:
            data = self.thinner.thin(data)
        else:
            self.thinner.forget()
        self.link.handed(len(data))
        super().write(data)  # type: ignore[safe-super]

    def flush(self) -> None:
        """A screen was written."""
        if self.link.asks():
            super().write(QUESTION)  # type: ignore[safe-super]
        super().flush()

    def process_message(self, message: Message) -> None:
        if isinstance(message, events.CursorPosition) and self.link.answered():
            super().write(QUESTION)  # type: ignore[safe-super]
        super().process_message(message)

    def resized(self) -> None:
        """The terminal may have lost what was on it. Told by the app: not every driver hands a Resize on itself."""
        self.thinner.forget()

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[safe-super]
        self.link.opened()

    def disable_input(self) -> None:
        """Wait for the last answer: later it would be typed into the shell."""
        self.link.closed()
        until = time.monotonic() + LAST_ANSWER
        while self.link.expects_answer and time.monotonic() < until:
            time.sleep(0.005)
        super().disable_input()  # type: ignore[safe-super]


def linked(driver: type[Driver], link: TerminalLink) -> type[Driver]:
    """The driver with its eyes open."""
    return type("LinkedDriver", (LinkedDriver, driver), {"link": link, "thinner": Thinner()})
