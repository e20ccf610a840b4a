"""Which topics a text speaks of: those whose names contain it, or match it where it has a `*`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from glob import escape


def glob_of(words: str) -> str:
    """What folded names are compared with."""
    folded = words.casefold()
    return folded if "*" in folded else f"*{escape(folded)}*"


class TopicPattern:
    """A choice of topics by name, in any case, that topics made later fall under too. Internal ones, whose names begin
    with `_`, only where the pattern begins so."""

    def __init__(self, words: str) -> None:
        self.words = words
        self._glob = glob_of(words)
        self._internal = words.startswith("_")

    def __contains__(self, name: str) -> bool:
        return (self._internal or not name.startswith("_")) and fnmatchcase(name.casefold(), self._glob)

    def among(self, names: Iterable[str]) -> list[str]:
        """Those that match, in their order."""
        return [name for name in names if name in self]


def topics_words(count: int) -> str:
    """How many, in words."""
    return f"{count:,} topic{'' if count == 1 else 's'}"
