"""Key latency as a person has it: from the key's byte into a pseudo terminal to the bytes of its effect out of it.

Pilot's `press` costs 60 ms of its own, so it cannot measure this.
"""

from __future__ import annotations

import fcntl
import os
import pty
import random
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from types import TracebackType
from typing import NamedTuple

from tests.exit.terminal import ROOT, TAKE_TERMINAL

DEADLINE = 20.0


class Latency(NamedTuple):
    """Milliseconds over some key presses."""

    median: float
    p99: float
    count: int
    all: tuple[float, ...] = ()
    """Seconds, in order of size."""

    def __str__(self) -> str:
        return f"p50 {self.median:5.1f} ms   p99 {self.p99:5.1f} ms   ({self.count})"

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        ordered = sorted(seconds)
        at = min(len(ordered) - 1, int(len(ordered) * 0.99))
        return cls(ordered[len(ordered) // 2] * 1000, ordered[at] * 1000, len(ordered), tuple(ordered))


class Keyboard:
    """A program in a terminal, its keys and what it draws."""

    def __init__(self, *arguments: str, size: tuple[int, int] = (160, 48)) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_CONFIG_HOME": "/nonexistent"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", TAKE_TERMINAL, sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=ROOT,
            env=os.environ | environ,
        )
        os.close(slave)

    def __enter__(self) -> Keyboard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        until = time.perf_counter() + DEADLINE
        while self._process.poll() is None and time.perf_counter() < until:
            self.drain(0.1)  # it cannot leave while nobody takes what it draws
        os.close(self._master)
        self._process.wait(DEADLINE)

    def wait_for(self, text: str) -> float:
        """Seconds until the text was drawn, wherever."""
        wanted, seen, begun = text.encode(), b"", time.perf_counter()
        while wanted not in seen:
            left = begun + DEADLINE - time.perf_counter()
            if left <= 0 or not select.select([self._master], [], [], left)[0]:
                raise AssertionError(f"{text!r} was not drawn; the last was {seen[-300:]!r}")
            seen += os.read(self._master, 1 << 16)
        return time.perf_counter() - begun

    def drain(self, seconds: float) -> None:
        """Let the program draw, look away."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._master], [], [], left)[0]:
                try:
                    os.read(self._master, 1 << 16)
                except OSError:  # EIO: the program is gone
                    return

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def measure(self, pairs: Sequence[tuple[str, str]], rounds: int) -> Latency:
        """Press each key, wait for its text, think for a moment, and so on."""
        dice = random.Random(7)
        took = []
        for _ in range(rounds):
            for key, text in pairs:
                self.drain(dice.uniform(0.02, 0.07))
                self.press(key)
                took.append(self.wait_for(text))
        return Latency.of(took)
