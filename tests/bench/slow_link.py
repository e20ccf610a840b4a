"""A terminal at the end of a slow link: it takes so many bytes a second, and answers as they arrive.

Between the program and the terminal stands what the kernel buffers, 17 kB, and as much as a relay holds: over ssh that
is some 100 kB, which hides from the program that nobody has seen its last screens.
"""

from __future__ import annotations

import os
import select
import threading
import time

from tests.bench.keyboard import DEADLINE, Keyboard

RATE = 20_000
"""Bytes a second: a bad link, ten times less than what a stream at full traffic wants to draw."""
QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"


class SlowLink(Keyboard):
    """A program on a link of `rate` bytes a second. A terminal that `answers` says where its cursor is."""

    def __init__(self, *arguments: str, rate: int = RATE, relay: int = 0, answers: bool = True) -> None:
        super().__init__(*arguments, size=(80, 24))
        self._rate, self._relay, self._answers = rate, relay, answers
        self._arrived = bytearray()
        self.total = 0
        self._change = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        held, tokens, before = bytearray(), 0.0, time.perf_counter()
        tail = b""
        while not self._closing:
            room = max(self._relay - len(held), 0) if self._relay else (256 if len(held) < 256 else 0)
            if room and select.select([self._master], [], [], 0.005)[0]:
                try:
                    held += os.read(self._master, room)
                except OSError:  # EIO: the program is gone
                    return
            elif not room:
                time.sleep(0.005)
            now = time.perf_counter()
            tokens = min(tokens + (now - before) * self._rate, self._rate * 0.05)
            before = now
            part = bytes(held[: int(tokens)])
            if not part:
                continue
            del held[: len(part)]
            tokens -= len(part)
            if self._answers:
                for _ in range((tail + part).count(QUESTION)):
                    os.write(self._master, ANSWER)
                tail = (tail + part)[-3:]
            with self._change:
                self._arrived += part
                self.total += len(part)
                self._change.notify()

    def wait_for(self, text: str) -> float:
        wanted, begun = text.encode(), time.perf_counter()
        with self._change:
            while (at := self._arrived.find(wanted)) < 0:
                left = begun + DEADLINE - time.perf_counter()
                if left <= 0 or not self._change.wait(left):
                    raise AssertionError(f"{text!r} was not drawn; the last was {bytes(self._arrived[-300:])!r}")
            del self._arrived[: at + len(wanted)]
        return time.perf_counter() - begun

    def drain(self, seconds: float) -> None:
        time.sleep(seconds)
        with self._change:
            self._arrived.clear()

    def __exit__(self, *raised: object) -> None:
        self._rate = 10**9
        self._process.terminate()
        self._process.wait(DEADLINE)
        self._closing = True
        self._thread.join()
        os.close(self._master)
