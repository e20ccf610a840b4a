"""How to read next: which gear, and how much at most. Pure: it is told what came and how much is left."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.model import Record
from ktui.rest.dialect import MIB, Dialect, Gear

FAR_BEHIND = 1000
"""Records from which the faster gear pays for being opened."""
LARGEST_READ = 64 * MIB
_TOO_BIG = 3
"""Empty reads in a row, with records known to be there, after which the next one is taken to exceed max_bytes."""
_DRAINED = 6
"""As many say that the rest are no records: markers of transactions take offsets too."""


class Pace:
    """The gear of one stream."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._in_place = dialect.tail.options == dialect.catch_up.options
        self.gear: Gear = dialect.tail
        self.max_bytes = self.gear.max_bytes
        self._full_reads = 0
        self._empty_reads = 0

    @property
    def catching_up(self) -> bool:
        return self.gear is not self._dialect.tail

    def choose(self, behind: int) -> bool:
        """Take the gear for being so far behind. True when that needs a new instance."""
        far = behind > FAR_BEHIND and not (self.catching_up and self._empty_reads >= _DRAINED)
        gear = self._dialect.catch_up if far else self._dialect.tail
        if gear is self.gear:
            return False
        self._take(gear)
        return not self._in_place

    def after(self, records: Sequence[Record], behind: int) -> bool:
        """Take in one read. True when it is worth asking how far behind we are, and then to choose again."""
        full = self._full(records)
        if records:
            self._empty_reads = 0
            self.max_bytes = self.gear.max_bytes
        elif behind > 0:
            self._empty_reads += 1
            if self.max_bytes and self._dialect.holds_back_large and self._empty_reads % _TOO_BIG == 0:
                self.max_bytes = min(2 * self.max_bytes, LARGEST_READ)
        self._full_reads = self._full_reads + 1 if full else 0
        if self.catching_up:
            if self._in_place and not records:
                self._take(self._dialect.tail)
                return False
            return not self._in_place and (behind <= 0 or self._empty_reads >= _DRAINED)
        if not full or self._full_reads < self.gear.patience:
            return False
        if self._in_place:
            self._take(self._dialect.catch_up)
            return False
        self._full_reads = 0
        return True

    def beyond(self, records: Sequence[Record]) -> bool:
        """Whether a read reached max_bytes, where this make of proxy throws away what it had beyond. With 1 byte it
        takes single records and has nothing more."""
        limit = self.max_bytes
        return (
            self._dialect.drops_beyond_max_bytes
            and limit is not None
            and limit > 1
            and sum(record.size for record in records) >= limit
        )

    def _full(self, records: Sequence[Record]) -> bool:
        return self.gear.full_records is not None and len(records) >= self.gear.full_records

    def _take(self, gear: Gear) -> None:
        self._full_reads = self._empty_reads = 0
        self.gear = gear
        self.max_bytes = gear.max_bytes
