"""The terminal we draw on: whether there is one, and what happens when it goes away."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ktui.ui.link import TerminalLink

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MAIN_SCREEN = "\x1b[?25h\x1b[?1049l"
"""The cursor again, and what was there before."""


class TerminalOutput(io.FileIO):
    """The terminal as a file; what is written after it was closed is dropped.

    Textual writes in a thread that ends with the first error, and then waits for that thread at exit: closing the
    window left one process in ten behind.
    """

    def __init__(self, number: int, link: TerminalLink) -> None:
        super().__init__(number, "w", closefd=False)
        self._link = link

    def write(self, data: ReadableBuffer, /) -> int:
        self._link.writing()
        try:
            written = super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            written = memoryview(data).nbytes
        self._link.wrote(written)
        return written


def need_terminal() -> None:
    """Raise a sentence when there is no terminal to draw on. A driver of Textual's (the web one) needs none."""
    from ktui.errors import KtuiError

    if os.environ.get("TEXTUAL_DRIVER"):
        return
    for stream, name in ((sys.stdin, "input"), (sys.stdout, "output")):
        if stream is None or not stream.isatty():
            raise KtuiError(f"a terminal is needed, and the standard {name} is not one")


def prepare_terminal() -> TerminalLink:
    """Set what Textual reads when it is imported and started. What is written is told to the link.

    Garbage is not collected from here on: what is imported stays, and looking it through took a tenth of the time until
    the first picture. The app begins with it when that is painted.
    """
    gc.disable()
    link = TerminalLink()
    os.environ.setdefault("TEXTUAL_FPS", "120")  # twice its usual: halves the time until a key shows
    if sys.stdout.isatty():
        # Textual draws on standard error. Given the terminal itself, errors may be redirected to a file.
        raw = TerminalOutput(sys.stdout.fileno(), link)
        sys.__stderr__ = io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="replace")  # type: ignore[misc]
    return link


@contextmanager
def curtain(title: str) -> Iterator[None]:
    """Draw a first line at once: the app needs ten times as long to be imported and to draw all of itself.

    The app takes over the alternate screen and leaves it at its end; when it does not come to that, we do.
    """
    if os.environ.get("TEXTUAL_DRIVER"):
        yield
        return
    shown = "".join(character for character in title if character.isprintable())
    with _no_echo():
        _heed_signals()
        _write(f"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J \x1b[1mktui\x1b[0m  \x1b[33m●\x1b[0m {shown} · opening")
        try:
            yield
        except BaseException:
            _write(MAIN_SCREEN)
            raise


def _heed_signals() -> None:
    """Leave at a signal until the app heeds them itself: by default it is death, and the terminal stays as it is."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", None)):
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)


def _leave(number: int, frame: object) -> None:
    _write(MAIN_SCREEN)
    raise SystemExit(128 + number)


@contextmanager
def _no_echo() -> Iterator[None]:
    """Keys that are typed ahead are for the app: they are not to be seen before."""
    if sys.platform == "win32":
        yield
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    quiet = termios.tcgetattr(terminal)
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
