"""Which topics a text speaks of: those whose names contain it, or match it where it has a `*`. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from glob import escape


def is_internal(name: str) -> bool:
    """Whether a topic is one of those that Kafka and its tools keep for themselves."""
    return name.startswith("_")


def _glob(words: str) -> str:
    """What folded names are compared with."""
    folded = words.casefold()
    return folded if "*" in folded else f"*{escape(folded)}*"


class TopicPattern:
    """A choice of topics by name, in any case, that topics made later fall under too. Internal ones only where the
    pattern is for them."""

    def __init__(self, words: str) -> None:
        self.words = words
        self._glob = _glob(words)
        self._internal = is_internal(words)

    def __contains__(self, name: str) -> bool:
        return (self._internal or not is_internal(name)) and fnmatchcase(name.casefold(), self._glob)

    def among(self, names: Iterable[str]) -> list[str]:
        """Those that match, in their order."""
        return [name for name in names if name in self]


class TopicNames:
    """The names that a proxy listed, in order. Folded once: ten thousand are narrowed with every letter typed."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.all = tuple(names)
        self._folded = tuple(name.casefold() for name in self.all)

    def narrowed(self, words: str, *, internals: bool) -> list[str]:
        """Those that the words speak of, internal ones only when asked for."""
        glob = _glob(words)
        pairs = zip(self.all, self._folded, strict=True)
        return [name for name, folded in pairs if fnmatchcase(folded, glob) and (internals or not is_internal(name))]


def topics_words(count: int) -> str:
    """How many, in words."""
    return f"{count:,} topic{'' if count == 1 else 's'}"
