"""A program in a pseudo terminal of its own, as a shell would start it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parents[2]
DEADLINE = 20.0
"""Seconds after which a test gives up. Two busy cores start the app in two, at worst."""

TAKE_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_=>])")


def until(true: Callable[[], bool], what: str, seconds: float = DEADLINE) -> None:
    """Wait for a state; fail with `what` when it does not come."""
    if not became(true, seconds):
        raise AssertionError(f"after {seconds:g} s still not: {what}")


def became(true: Callable[[], bool], seconds: float) -> bool:
    """Wait for a state, and tell whether it came."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Terminal:
    """A running program, its screen output, and its keyboard."""

    def __init__(
        self, *arguments: str, size: tuple[int, int] = (120, 36), environ: dict[str, str] | None = None
    ) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        settings = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CONFIG_HOME": "/nonexistent"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env=os.environ | settings | (environ or {}),
        )
        os.close(slave)
        self.output = bytearray()
        self._closing = False
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while not self._closing:
            if not select.select([self._master], [], [], 0.05)[0]:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:  # EIO: the last program on the terminal is gone
                return
            if not data:
                return
            self.output += data

    @property
    def text(self) -> str:
        """All that was written so far, without escape sequences."""
        return SEQUENCE.sub(b"", bytes(self.output)).decode("utf-8", "replace")

    def wait_for(self, text: str) -> None:
        """Wait until the text was written."""
        until(lambda: text in self.text, f"{text!r} on the terminal: {self.text[-2000:]!r}")

    def press(self, keys: str) -> None:
        """Type bytes as a keyboard sends them."""
        os.write(self._master, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def hang_up(self) -> None:
        """Close the window: the kernel sends SIGHUP and every write fails."""
        self._close_master()

    def _close_master(self) -> None:
        self._closing = True
        self._reader.join()
        os.close(self._master)
        self._master = -1

    def wait(self, seconds: float = DEADLINE) -> int:
        """The exit code, once it is there."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """Leave nothing running, whatever the test did."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._master >= 0:
            self._close_master()
