"""How fast the terminal takes what is drawn, and whether more should be drawn now. No Textual.

Over a slow link more is drawn than arrives: buffers on the way fill, and a key shows its effect when all that was drawn
before it has come through. Two things tell: the terminal's answer to a question that is sent behind a screen, which
comes when the screen has arrived; and, from a terminal that answers none, writes that block. What took long is followed
by a rest, so that the link is free for a third of the time.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

FELT = 0.03
"""Seconds that a screen may be under way without anybody feeling it."""
REST = 0.5
"""Of the time that a screen was under way."""
LONGEST_REST = 0.5
"""Seconds."""
REMEMBERED = 5.0
"""Seconds for which a link that was slow is taken to be slow."""
MEASURED_EVERY = 25
"""Answers after which an idle link is measured again, beginning with the first."""
LOST = 2.0
"""Seconds after which no answer is waited for."""
QUICKER = 1.02
"""How much more, per second, is tried after a write that blocked."""
QUICK = 200_000
"""Bytes a second that need no care: what a stream at full traffic draws. A busy machine delays a write, too."""


class TerminalLink:
    """What is known of the way to the terminal. The driver and its file tell, in threads of theirs; the panes ask."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open = False
        self._asked: float | None = None
        self._round_trips: deque[float] = deque(maxlen=50)
        self._answers = 0
        self._rest_until = 0.0
        self._slow_until = 0.0
        self._writing_since: float | None = None
        self._rate: float | None = None  # bytes a second, measured at
        self._measured = 0.0

    # What the driver and its file tell

    def opened(self) -> None:
        """The terminal is ours: it can be asked."""
        self._open, self._asked = True, None

    def closed(self) -> None:
        """Ask nothing more: what comes after the end would be typed into the shell."""
        self._open = False

    def asks(self) -> bool:
        """Whether a question goes behind the screen that was just written; if so, it is taken to be sent."""
        now = self._clock()
        if not self._open or (self._asked is not None and now - self._asked < LOST):
            return False
        self._asked = now
        return True

    def answered(self) -> bool:
        """The terminal has got as far as the question. True when it is to be asked again at once: nothing is under way
        now, and how long an answer takes then is what others are measured by."""
        if self._asked is None:
            return False
        now = self._clock()
        took, self._asked = now - self._asked, None
        self._answers += 1
        self._round_trips.append(took)
        self._felt(now, took - min(self._round_trips))
        return self._answers % MEASURED_EVERY == 1 and self.asks()

    def handed(self, size: int) -> None:
        """So many bytes are on their way to the file."""
        now = self._clock()
        rate = None if self._round_trips else self._tried(now)
        if rate is not None:
            self._rest_until = max(self._rest_until, now) + (1 + REST) * size / rate

    def writing(self) -> None:
        """The file begins to write."""
        self._writing_since = self._clock()

    def wrote(self, size: int) -> None:
        """It has written."""
        now = self._clock()
        since, self._writing_since = self._writing_since, None
        if since is not None and now - since > FELT and size < QUICK * (now - since):
            self._rate, self._measured = size / (now - since), now
            self._felt(now, now - since)

    # What the panes ask

    @property
    def expects_answer(self) -> bool:
        return self._asked is not None and bool(self._round_trips)

    @property
    def choked(self) -> bool:
        """What was drawn before is still on its way: anything more would queue behind it."""
        now = self._clock()
        if (writing := self._writing_since) is not None and now - writing > FELT:
            return True
        asked = self._asked
        return self.expects_answer and asked is not None and FELT < now - asked - min(self._round_trips) < LOST

    @property
    def clear(self) -> bool:
        """Something may be drawn that nobody has asked for."""
        return self._clock() >= self._rest_until and not self.choked

    @property
    def slow(self) -> bool:
        """Every byte counts."""
        return self._clock() < self._slow_until or self.choked

    def _felt(self, now: float, delay: float) -> None:
        if delay > FELT:
            self._rest_until = max(self._rest_until, now + min(REST * delay, LONGEST_REST))
            self._slow_until = now + REMEMBERED

    def _tried(self, now: float) -> float | None:
        """Bytes a second to go by; None where there is no need."""
        if self._rate is None:
            return None
        rate: float = self._rate * QUICKER ** (now - self._measured)
        if rate > QUICK:
            self._rate = None
        return self._rate and rate
