"""Records without key and value on Karapace, which answers 500 when it has nothing else, and leaves them behind.

Read together with one that has bytes they come like any other (reference 2.16). So a read that failed is made again
for more; when that fails too, the instance goes on, and as soon as it brings anything a new one goes back for all.
"""

from __future__ import annotations

BACKS = 3
"""Times to go back for the same ones. More than one read takes in a row cannot be had."""


class Hollow:
    """What one stream knows of them."""

    def __init__(self) -> None:
        self.passed_over = False
        """This instance left some behind that are worth going back for."""
        self.streak = 0
        """Reads of this instance in a row that failed."""
        self._stuck = False
        self._told = False
        self._backs = 0

    def opened(self) -> None:
        """A new instance stands before them."""
        self.passed_over, self.streak = False, 0

    def cleared(self) -> None:
        """Records were handed out."""
        self.passed_over = self._stuck = self._told = False
        self.streak = self._backs = 0

    def failed(self) -> bool:
        """Take in a failure. True when it is the first one at this place: more is to be asked for."""
        first, self._stuck = not self._stuck, True
        if not first:
            self.streak += 1
            self.passed_over = self._backs < BACKS
        return first

    def went_back(self) -> None:
        """Something came after them, and was left for a read that brings both."""
        self._backs += 1

    def tell(self) -> str | None:
        """What to say about it, once per place."""
        if self._told:
            return None
        self._told = True
        return "The proxy answers 500 for records without key and value: they come with the next one that has bytes"
