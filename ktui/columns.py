"""Which columns the stream shows of a topic, in which order and how wide: what a person has made of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated

import msgspec

from ktui.fields import LONGEST_PATH, MOST_FOUND, SHARED, Found, Path, PathError, parse_path, path_text

OWN = ("partition", "offset", "time", "key", "value", "headers")
"""What every record has, in the order it is shown in at first."""
NARROWEST, WIDEST = 3, 200
"""Cells that a person can give to a column."""
MOST = 100
"""Columns of one topic that are remembered."""
_SHOWN_AT_FIRST = 16
"""Fields found by looking at records; the others wait, hidden, to be chosen."""

_parsed = lru_cache(2000)(parse_path)


class Column(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column: of every record, or a field of its JSON."""

    name: Annotated[str, msgspec.Meta(max_length=LONGEST_PATH)]
    """One of `OWN`, or the path of a field as it is typed."""
    field: bool = False
    hidden: bool | None = None
    """None: nobody has chosen, so it may give way where there is no room."""
    width: Annotated[int, msgspec.Meta(ge=NARROWEST, le=WIDEST)] | None = None
    """Cells; None: as its content needs."""
    right: bool = False
    """Mostly numbers: their last digits stand under each other."""
    typed: bool = False
    """A field that was named by hand before any record was seen to have it."""

    @property
    def id(self) -> str:
        """What tells it from others: a field may have the name of one of `OWN`."""
        return f".{self.name}" if self.field else self.name

    @property
    def path(self) -> Path:
        """Of a field."""
        return _parsed(self.name)

    @property
    def shown(self) -> bool:
        """Where there is room. Headers are shown when somebody asks for them."""
        return not self.hidden and (self.field or self.hidden is False or self.name != "headers")


class Columns(msgspec.Struct, frozen=True):
    """All columns of a topic, shown or not, in order. Every change gives another one."""

    columns: Annotated[tuple[Column, ...], msgspec.Meta(max_length=MOST)] = tuple(Column(name) for name in OWN)
    as_fields: bool = False
    """The fields of the value are shown, each in its column, instead of the value on one line."""

    @property
    def in_play(self) -> tuple[Column, ...]:
        """Those that there are in this way of showing values. The value stands for the fields while none is known."""
        fields = self.as_fields and any(column.field for column in self.columns)
        return tuple(c for c in self.columns if (fields if c.field else not fields or c.name != "value"))

    @property
    def fields(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.field)

    def replaced(self, column: Column, by: Column | None) -> Columns:
        """With another in its place, or none."""
        columns = [by if each == column else each for each in self.columns]
        return self._of(each for each in columns if each is not None)

    def toggled(self, column: Column) -> Columns:
        """Shown if it is hidden, hidden if it is shown."""
        return self.replaced(column, msgspec.structs.replace(column, hidden=column.shown))

    def wanted(self, column: Column) -> Columns:
        """Shown, and no longer one that gives way where there is little room."""
        return self.replaced(column, msgspec.structs.replace(column, hidden=False))

    def sized(self, column: Column, width: int | None) -> Columns:
        """With this width, as far as it is one."""
        width = None if width is None else max(NARROWEST, min(width, WIDEST))
        return self.replaced(column, msgspec.structs.replace(column, width=width))

    def moved(self, column: Column, steps: int) -> Columns:
        """So many columns further right (or left), over those that are in play."""
        playing = list(self.in_play)
        at = playing.index(column)
        to = max(0, min(at + steps, len(playing) - 1))
        if to == at:
            return self
        others = [each for each in self.columns if each != column]
        beside = others.index(playing[to])
        others.insert(beside + (to > at), column)
        return self._of(others)

    def added(self, path: Path) -> Columns:
        """With the field there shown, as the first of them."""
        name = path_text(path)
        known = next((each for each in self.fields if each.name == name), Column(name, field=True, typed=True))
        others = [each for each in self.columns if each != known]
        at = next((at for at, each in enumerate(others) if each.field), self._after_value())
        others.insert(at, msgspec.structs.replace(known, hidden=False))
        return self._of(others)

    def joined(self, found: Iterable[Found]) -> Columns:
        """With what records were found to share, after the fields that are known. Those stay as they are, but for what
        they hold: numbers or not."""
        known = {column.name: column for column in self.columns if column.field}
        columns = list(self.columns)
        at = 1 + max((at for at, each in enumerate(columns) if each.field), default=self._after_value() - 1)
        shown = sum(column.shown for column in known.values())
        for each in found:
            name = path_text(each.path)
            if name in known:
                place = columns.index(known[name])
                columns[place] = msgspec.structs.replace(known[name], right=each.numeric)
                continue
            if len(known) >= MOST_FOUND or len(columns) >= MOST:
                break
            shows = each.share >= SHARED and shown < _SHOWN_AT_FIRST
            shown += shows
            known[name] = Column(name, field=True, hidden=None if shows else True, right=each.numeric)
            columns.insert(at, known[name])
            at += 1
        return self._of(columns)

    def sane(self) -> Columns:
        """Without what cannot be: for one that was read from a file."""
        known: dict[str, Column] = {}
        for column in self.columns:
            if _possible(column):
                known.setdefault(column.id, column)
        for name in OWN:
            known.setdefault(name, Column(name))
        return self._of(known.values())

    def _after_value(self) -> int:
        return 1 + next(at for at, each in enumerate(self.columns) if each.id == "value")

    def _of(self, columns: Iterable[Column]) -> Columns:
        columns = tuple(columns)
        if len(columns) > MOST:  # fields go: what every record has, others are placed by
            kept = [column for column in columns if column.field][: MOST - len(OWN)]
            columns = tuple(column for column in columns if not column.field or column in kept)
        return msgspec.structs.replace(self, columns=columns)


def _possible(column: Column) -> bool:
    if not column.field:
        return column.name in OWN
    try:
        return path_text(column.path) == column.name
    except PathError:
        return False
