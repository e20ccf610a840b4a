"""How much may be on its way at once: bodies that arrive, answers that nobody has taken yet."""

from __future__ import annotations

MIB = 1024 * 1024
LEAST = 64 * 1024
"""Bytes that a read may have however little room there is."""
SHARE = 4
"""A read gets at most this part of the room that is left, so that the next ones get something too."""


class Room:
    """Bytes that may be held at once."""

    def __init__(self, total: int) -> None:
        self.total, self.taken = total, 0

    @property
    def left(self) -> int:
        return max(self.total - self.taken, 0)

    def share(self, wanted: int) -> int:
        """As much of what is wanted as one read may have now: never nothing, so that nobody waits for others."""
        return min(wanted, max(LEAST, self.left // SHARE))
