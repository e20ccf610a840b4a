"""What is looked for: a piece of text, found in bytes and in what is shown of them.

Bytes are searched as they are, JSON with the spaces and escapes it came with. Any case will do unless the text has a
capital letter. stringzilla searches five times as fast as bytes.find, and knows the cases of all scripts; it is
imported by the first search, for it takes 6 ms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

NUL = b"\0"
_PATIENCE = 8
"""Further hits in one part after which the search is begun anew behind it: a megabyte of `e` is one hit."""


class Needle:
    """A text to look for; not empty."""

    def __init__(self, text: str) -> None:
        import stringzilla  # type: ignore[import-not-found]

        self._zilla: Any = stringzilla
        self.text = text
        self.exact = text != text.lower()
        """Capital letters mean something."""
        self.data = text.encode("utf-8", "surrogatepass")

    def covers(self, other: Needle) -> bool:
        """Whatever has the other one has this one."""
        return self.text in other.text

    def within(self, data: bytes | None) -> bool:
        """Whether the data has it. Null has nothing."""
        if not data:
            return False
        if self.exact:
            return self.data in data
        return bool(self._zilla.utf8_uncased_search(data, self.data) >= 0)

    def spots(self, data: bytes) -> Iterator[tuple[int, int]]:
        """From and to of each time it is there; one behind the other."""
        if self.exact:
            at = data.find(self.data)
            while at >= 0:
                yield at, at + len(self.data)
                at = data.find(self.data, at + len(self.data))
            return
        whole = self._zilla.Str(data)
        for match in self._zilla.utf8_uncased_matches(whole, self.data):
            at = match.address - whole.address
            yield at, at + len(match)

    def parts(self, joined: bytes, ends: Sequence[int], first: int = 0) -> Iterator[int]:
        """Of parts joined by NUL, those that have it, from part `first` on. `ends` says where each one ends."""
        if NUL in self.data:  # it could be found across the joints
            starts = (ends[part - 1] + 1 if part else 0 for part in range(first, len(ends)))
            pairs = zip(starts, ends[first:], strict=True)
            return (part for part, (start, end) in enumerate(pairs, first) if self.within(joined[start:end]))
        return (self._exact if self.exact else self._uncased)(joined, ends, first)

    def _exact(self, joined: bytes, ends: Sequence[int], first: int) -> Iterator[int]:
        find, data = self._zilla.find, self.data
        part, at = first, ends[first - 1] + 1 if first else 0
        while (at := find(joined, data, at)) >= 0:
            part = bisect_right(ends, at, part)
            yield part
            at = ends[part]

    def _uncased(self, joined: bytes, ends: Sequence[int], first: int) -> Iterator[int]:
        search, data, whole = self._zilla.utf8_uncased_matches, self.data, self._zilla.Str(joined)
        base = whole.address
        part, behind = first, ends[first - 1] + 1 if first else 0
        again = True
        while again:
            again, further = False, 0
            for match in search(whole[behind:], data):
                at = match.address - base
                if at >= behind:
                    part = bisect_right(ends, at, part)
                    yield part
                    behind, further = ends[part], 0
                    continue
                further += 1
                if further == _PATIENCE:
                    again = True
                    break
