"""How far a stream has come on its way to the end: by offsets, so that gaps count as way too. Pure, told the time."""

from __future__ import annotations

from collections import deque
from collections.abc import Set

from ktui.model import Positions, TopicPartition

WINDOW_SECONDS = 5.0
"""How much of the past the rate is made of."""


class Progress:
    """Of one stream. The way begins anew whenever the end was reached."""

    def __init__(self) -> None:
        self.done = 0
        """Offsets that were passed since the way began."""
        self.left = 0
        self._began: int | None = None
        self._seen: deque[tuple[float, int]] = deque()
        self._of: Set[TopicPartition] = frozenset()

    def see(self, now: float, positions: Positions, left: int) -> None:
        """`left` is what lies between the positions and the ends."""
        place = sum(positions.values())
        if positions.keys() != self._of:  # where others begin is no way that was come
            self._of, self._began = frozenset(positions), None
            self._seen.clear()
        if self._began is None or left <= 0 or place < self._began:
            self._began = place
        if self._seen and place < self._seen[-1][1]:  # the topic is another one
            self._seen.clear()
        self.done, self.left = place - self._began, max(0, left)
        self._seen.append((now, place))
        while len(self._seen) > 2 and self._seen[1][0] <= now - WINDOW_SECONDS:
            self._seen.popleft()

    def resume(self) -> None:
        """It goes on after a pause, which is no measure of how fast it goes."""
        self._seen.clear()

    @property
    def total(self) -> int:
        """The whole way. It grows while records are written."""
        return self.done + self.left

    @property
    def share(self) -> float:
        """Of the way that is done; 1 at the end."""
        return self.done / self.total if self.left else 1.0

    @property
    def rate(self) -> float:
        """Offsets a second, lately."""
        if len(self._seen) < 2:
            return 0.0
        (then, before), (now, place) = self._seen[0], self._seen[-1]
        return (place - before) / (now - then) if now > then else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At this rate; None while nothing moves."""
        rate = self.rate
        return self.left / rate if rate > 0 else None
