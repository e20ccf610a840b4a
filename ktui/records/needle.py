"""What is looked for: a piece of text, found in bytes and in what is shown of them.

Bytes are searched as they are, JSON with the escapes it came with. Any case will do unless the text has a capital
letter, and the blanks between the members of JSON may be there or not. stringzilla searches five times as fast as
bytes.find, and knows the cases of all scripts; it is imported by the first search, for it takes 6 ms.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import compress, count, repeat
from operator import contains
from typing import Any

NUL = b"\0"
_PATIENCE = 8
"""Further hits in one part after which the search is begun anew behind it: a megabyte of `e` is one hit."""
_PROBE, _DENSE = 16, 64
"""So many hits among at most so many parts: asking every part is cheaper than going from hit to hit."""
_LOWER = bytes(range(256)).lower()
_FOLDING = {
    letter.encode(): frozenset(letter.casefold().encode())
    for letter in "\xdf\u0130\u0149\u017f\u01f0\u1e96\u1e97\u1e98\u1e99\u1e9a\u1e9e\u212a"
    "\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"
}
"""The letters beyond ASCII that are ASCII, or begin or end so, where cases do not matter: a sharp s is two of s."""
_BETWEEN = r'(?<!\\)(":)\s*|(?<=["}\]])(,)\s*|(,)\s*(?=["{\[])'
"""Where JSON may have blanks, as far as a piece of it tells."""


class Needle:
    """A text to look for; not empty."""

    def __init__(self, text: str) -> None:
        import stringzilla  # type: ignore[import-not-found]

        self._zilla: Any = stringzilla
        self.text = text
        self.exact = text != text.lower()
        """Capital letters mean something."""
        self.data = text.encode("utf-8", "surrogatepass")
        tight, wide = (re.sub(_BETWEEN, rf"\1\2\3{blank}", text) for blank in ("", " "))
        forms = {form.encode("utf-8", "surrogatepass") for form in (text, tight, wide)}
        self.forms = [form for form in forms if not any(other in form for other in forms - {form})]
        """As it was typed, and as JSON without and with blanks may have it. Any of them will do."""

    def covers(self, other: Needle) -> bool:
        """Whatever has the other one has this one."""
        return all(any(mine in form for mine in self.forms) for form in other.forms)

    def within(self, data: bytes | None) -> bool:
        """Whether the data has it. Null has nothing."""
        if not data:
            return False
        if self.exact:
            return any(form in data for form in self.forms)
        search = self._zilla.utf8_uncased_search
        return any(search(data, form) >= 0 for form in self.forms)

    def spots(self, data: bytes) -> Iterator[tuple[int, int]]:
        """From and to of each time it is there; one behind the other."""
        behind = 0
        for at, end in sorted(spot for form in self.forms for spot in self._spots(data, form)):
            if at >= behind:
                yield at, end
                behind = end

    def first(self, data: bytes) -> tuple[int, int] | None:
        """From and to of the first time it is there."""
        found = [spot for form in self.forms if (spot := next(self._spots(data, form), None))]
        return min(found, default=None)

    def _spots(self, data: bytes, form: bytes) -> Iterator[tuple[int, int]]:
        if self.exact:
            at = data.find(form)
            while at >= 0:
                yield at, at + len(form)
                at = data.find(form, at + len(form))
            return
        whole = self._zilla.Str(data)
        for match in self._zilla.utf8_uncased_matches(whole, form):
            at = match.address - whole.address
            yield at, at + len(match)

    def parts(self, joined: bytes, nexts: Sequence[int], first: int = 0) -> Sequence[int]:
        """Of parts joined by NUL, those that have it, from part `first` on, in order; a range when all have it.
        `nexts` says where each one's follower begins, NUL and all."""
        if NUL in self.data:  # it could be found across the joints
            return [part for part in range(first, len(nexts)) if self.within(_part(joined, nexts, part))]
        if len(self.forms) == 1:
            return self._parts(joined, nexts, first, self.data)
        return sorted({part for form in self.forms for part in self._parts(joined, nexts, first, form)})

    def _parts(self, joined: bytes, nexts: Sequence[int], first: int, form: bytes) -> Sequence[int]:
        hits: list[int] = []
        for part in (self._exact if self.exact else self._uncased)(joined, nexts, first, form):
            hits.append(part)
            if len(hits) == _PROBE and part - hits[0] < _DENSE:
                have = self._asking_all(joined[_begin(nexts, first) :], form)
                if len(have) == len(nexts) - first:
                    return range(first, len(nexts)) if all(have) else list(compress(count(first), have))
        return hits

    def _asking_all(self, joined: bytes, form: bytes) -> list[bool]:
        """For what stands between one NUL and the next, whether it has the form: four passes, however many hits there
        are. Empty where this would be no answer."""
        if self.exact:
            return self._having(joined, form)
        if not form.isascii():
            return []
        have = self._having(self._zilla.translate(joined, _LOWER), form)
        for letter, folded in _FOLDING.items():
            if folded.intersection(form) and self._zilla.find(joined, letter) >= 0:
                search, parts = self._zilla.utf8_uncased_search, zip(have, joined.split(NUL), strict=True)
                have = [had or (letter in part and search(part, form) >= 0) for had, part in parts]
        return have

    def _having(self, joined: bytes, form: bytes) -> list[bool]:
        return list(map(contains, self._zilla.Str(joined).split(NUL), repeat(form)))

    def _exact(self, joined: bytes, nexts: Sequence[int], first: int, form: bytes) -> Iterator[int]:
        find = self._zilla.find
        part, at = first, _begin(nexts, first)
        while (at := find(joined, form, at)) >= 0:
            part = bisect_right(nexts, at, part)
            yield part
            at = nexts[part]

    def _uncased(self, joined: bytes, nexts: Sequence[int], first: int, form: bytes) -> Iterator[int]:
        search, whole = self._zilla.utf8_uncased_matches, self._zilla.Str(joined)
        base = whole.address
        part, behind = first, _begin(nexts, first)
        again = True
        while again:
            again, further = False, 0
            for match in search(whole[behind:], form):
                at = match.address - base
                if at >= behind:
                    part = bisect_right(nexts, at, part)
                    yield part
                    behind, further = nexts[part], 0
                    continue
                further += 1
                if further == _PATIENCE:
                    again = True
                    break


def _begin(nexts: Sequence[int], part: int) -> int:
    return nexts[part - 1] if part else 0


def _part(joined: bytes, nexts: Sequence[int], part: int) -> bytes:
    return joined[_begin(nexts, part) : nexts[part] - 1]
