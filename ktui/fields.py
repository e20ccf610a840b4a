"""Fields of JSON values by path: which of them records share, and what stands there, as it was written. Pure.

A path is typed as `customer.id`, `items[0].sku`, `["odd.name"]`. Values are taken apart a level at a time and only
where a path leads: numbers are never parsed, so they keep every digit, and what is not looked at costs next to nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import msgspec

from ktui import decode
from ktui.jsontext import Role, Span

Path = tuple[str | int, ...]
"""Names of objects and places in arrays, from the root on; never empty."""

LARGEST = 64 * 1024
"""Bytes of a value beyond which it is no row of a table: taking 40 of them apart would take longer than a frame."""
LONGEST_PATH = 200
"""Characters."""
DEEPEST = 6
"""Levels that are looked into for paths; what lies deeper can still be typed."""
MOST_PATHS = 1000
"""Paths that a survey keeps count of: a hostile topic has a new one in each record."""
MOST_FOUND = 60
SHARED = 0.2
"""Part of the objects that must have a path to make it a column by itself."""
_LONGEST_NAME = 80

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_array = msgspec.json.Decoder(list[msgspec.Raw])
_string = msgspec.json.Decoder(str)


class PathError(ValueError):
    """What was typed is no path. Its text says why."""


_STEP = r'\.?([^\s.\[\]"]+)|\[\s*(-?\d{1,9})\s*\]|\.?\[?\s*("(?:[^"\\]|\\.)*")\s*(\])?'
_BARE = r'[^\s.\[\]"$][^\s.\[\]"]*'


def parse_path(text: str) -> Path:
    """Understand a path as it is typed. Raises PathError."""
    typed = text.strip()
    if len(typed) > LONGEST_PATH:
        raise PathError(f"A path has at most {LONGEST_PATH} characters")
    at = 1 if typed.startswith("$") and typed[1:2] in (".", "[", "") else 0
    steps: list[str | int] = []
    while at < len(typed):
        found = re.compile(_STEP).match(typed, at)
        if found is None or (steps and found[0][0] not in ".["):
            raise PathError(_why_not(typed, at))
        name, index, quoted, closed = found.groups()
        if quoted is not None:
            if ("[" in found[0].partition('"')[0]) != (closed is not None):
                raise PathError(f"a bracket is missing beside {quoted}")
            try:
                name = _string.decode(quoted)
            except msgspec.DecodeError:
                raise PathError(f"{quoted} is no JSON string") from None
        steps.append(int(index) if name is None else name)
        at = found.end()
    if not steps:
        raise PathError("Type a path: customer.id, items[0].sku")
    if len(path_text(tuple(steps))) > LONGEST_PATH:  # which is what columns are known by
        raise PathError(f"A path has at most {LONGEST_PATH} characters, with names quoted as needed")
    return tuple(steps)


def _why_not(typed: str, at: int) -> str:
    rest = typed[at:]
    if rest.startswith("[*") or rest.startswith(".*") or rest.startswith(".."):
        return "A column shows one value: name its place, as in items[0].sku"
    if rest.startswith("["):
        return 'After [ comes a place or a name: items[0], ["odd name"]'
    if rest.startswith("."):
        return "After a dot comes a name"
    return f"“{rest[:20]}” is in the way: names with signs or spaces are quoted, [“odd name”]"


def path_text(path: Path) -> str:
    """The path as one would type it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(_BARE, step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


class Fields:
    """One value, taken apart as far as it is asked for."""

    __slots__ = ("_levels", "_root", "too_large")

    def __init__(self, value: bytes | None) -> None:
        self.too_large = value is not None and len(value) > LARGEST + 5
        """More than a row of a table can show; nothing is looked at."""
        self._root = b"" if value is None or self.too_large else decode.without_schema(value)
        self._levels: dict[Path, dict[str, msgspec.Raw] | list[msgspec.Raw] | None] = {}

    @property
    def there(self) -> bool:
        """Whether it is a JSON object or array, and no larger than can be shown so."""
        return self._level(()) is not None

    @property
    def names(self) -> Mapping[str, msgspec.Raw] | None:
        """The members of an object; None for anything else."""
        level = self._level(())
        return level if isinstance(level, dict) else None

    def at(self, path: Path) -> memoryview | None:
        """The JSON text of what stands there; None where nothing does."""
        raw = self._step(self._level(path[:-1]), path[-1])
        return None if raw is None else memoryview(raw)

    def _level(self, path: Path) -> dict[str, msgspec.Raw] | list[msgspec.Raw] | None:
        if path not in self._levels:
            raw = self._step(self._level(path[:-1]), path[-1]) if path else self._root
            self._levels[path] = None if raw is None else _opened(raw)
        return self._levels[path]

    @staticmethod
    def _step(level: dict[str, msgspec.Raw] | list[msgspec.Raw] | None, step: str | int) -> msgspec.Raw | None:
        if isinstance(step, str):
            return level.get(step) if isinstance(level, dict) else None
        if isinstance(level, list) and -len(level) <= step < len(level):
            return level[step]
        return None


def _opened(raw: bytes | msgspec.Raw) -> dict[str, msgspec.Raw] | list[msgspec.Raw] | None:
    """The value's parts; None for what has none, and for what is no JSON."""
    head = bytes(memoryview(raw)[:16]).lstrip()[:1]
    try:
        if head == b"{":
            return _object.decode(raw)
        if head == b"[":
            return _array.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    return None


def field_spans(raw: memoryview, width: int) -> list[Span]:
    """A field on one line: strings without their quotes, numbers as they were written, arrays of objects as a count."""
    text = bytes(raw[: (width + 2) * 6])
    match text[:1]:
        case b'"':
            return [Span(_string_text(raw, text) or '""', Role.STRING)]
        case b"t" | b"f" | b"n":
            return [Span(text.decode(), Role.LITERAL)]
        case b"[" if text[1:].lstrip()[:1] in (b"{", b"[", b"]"):
            items = _opened(msgspec.Raw(raw))
            count = len(items or ())
            return [Span(f"{count:,} item{'' if count == 1 else 's'}", Role.MUTED)]
        case b"{" | b"[":
            return decode.preview(bytes(raw[: (width + 1) * 4 + 1]), width)
    return [Span(text.decode("utf-8", "replace"), Role.NUMBER)]


def _string_text(raw: memoryview, head: bytes) -> str:
    """What the string says; the beginning of a long one, and one that is no text, as it was written."""
    whole = len(head) == len(raw)
    if whole and b"\\" in head:
        try:
            return _string.decode(head)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    return head[1 : -1 if whole else None].decode("utf-8", "replace")


class Found(NamedTuple):
    """A path that a survey came across."""

    path: Path
    share: float
    """Part of the objects that have it."""
    variety: int
    """Different values."""
    numeric: bool
    """Most of what stands there are numbers."""


class _Seen:
    """What a survey knows of one path."""

    __slots__ = ("count", "numbers", "values")

    def __init__(self) -> None:
        self.count = 0
        self.numbers = 0
        self.values: set[int] = set()

    def take(self, raw: memoryview) -> None:
        """Another value. Of an array only how long it is counts: that is what is shown."""
        self.count += 1
        first = bytes(raw[:1])
        self.numbers += first in b"-0123456789"
        self.values.add(len(_opened(msgspec.Raw(raw)) or ()) if first == b"[" else hash(bytes(raw)))


class Survey:
    """Looks at some values and tells which paths they share."""

    def __init__(self, asked: Iterable[Path] = ()) -> None:
        """`asked` are paths to be told of in any case: those through arrays are not looked for."""
        self.objects = 0
        """Values that are JSON objects."""
        self.too_large = 0
        """Values that were not looked at."""
        self._seen: dict[Path, _Seen] = {path: _Seen() for path in asked if any(isinstance(step, int) for step in path)}
        self._asked = [*self._seen]

    def look(self, value: bytes | None) -> None:
        """Take a value into account; one that is no JSON object counts for nothing."""
        fields = Fields(value)
        self.too_large += fields.too_large
        for path in self._asked:
            if (raw := fields.at(path)) is not None:
                self._seen[path].take(raw)
        if fields.names is not None:
            self.objects += 1
            self._walk((), fields.names)

    def _walk(self, path: Path, level: Mapping[str, msgspec.Raw]) -> None:
        for name, raw in islice(level.items(), MOST_PATHS):
            if len(name) > _LONGEST_NAME:
                continue
            here = (*path, name)
            text = memoryview(raw)
            first = bytes(text[:1])
            if first == b"{" and len(here) < DEEPEST and (inner := _opened(raw)) and isinstance(inner, dict):
                self._walk(here, inner)
                continue
            seen = self._seen.get(here)
            if seen is None:
                if len(self._seen) >= MOST_PATHS or len(path_text(here)) > LONGEST_PATH:
                    continue
                seen = self._seen[here] = _Seen()
            seen.take(text)

    def found(self) -> Iterator[Found]:
        """The paths that are shared, those with the widest variety first, then the rarer ones; at most 60.

        How wide is told by the power of two: among as many different values the order of the objects counts.
        """
        each = [
            Found(path, seen.count / max(1, self.objects), len(seen.values), seen.numbers * 2 > seen.count)
            for path, seen in self._seen.items()
            if seen.count
        ]
        each.sort(key=lambda found: (found.share < SHARED, -found.variety.bit_length()))
        yield from each[:MOST_FOUND]
