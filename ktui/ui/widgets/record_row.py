"""What one row of the stream says, and how wide its columns are. Records in, spans out; nothing about scrolling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from rich.cells import cell_len

from ktui import decode
from ktui.jsontext import Role, Span
from ktui.model import Gap, Record
from ktui.ui.text import clean

KEY_WIDTHS = (8, 32)
TIME_FROM = 80
"""Columns a table must have to give some to the time."""
_CLOCK, _DATED = len("14:03:17.142"), len("11-20 14:03:17.142")
NO_TIME = "time: not sent by this proxy"
_SEPARATOR = "  "


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths in cells. 0 leaves a column out."""

    partition: int = 1
    offset: int = 8
    time: int = 0
    key: int = KEY_WIDTHS[0]

    def fit(self, needed: Columns) -> Columns:
        """As wide as both need."""
        return Columns(
            max(self.partition, needed.partition),
            max(self.offset, needed.offset),
            max(self.time, needed.time),
            max(self.key, needed.key),
        )

    def value_from(self) -> int:
        """Cells in front of the value."""
        gap = len(_SEPARATOR)
        return 1 + self.partition + gap + self.offset + gap + (self.time and self.time + gap) + self.key + gap

    def head(self, width: int, *, timed: bool) -> list[Span]:
        """The line of column names."""
        parts = [" " + "P".ljust(self.partition), "OFFSET".rjust(self.offset)]
        if self.time:
            parts.append("TIME".ljust(_CLOCK).rjust(self.time))
        parts += ["KEY".ljust(self.key), "VALUE"]
        line = _SEPARATOR.join(parts)
        if not timed and len(line) + len(NO_TIME) + 3 <= width:
            line = line.ljust(width - len(NO_TIME) - 1) + NO_TIME
        return [Span(line, Role.MUTED)]


@dataclass(frozen=True, slots=True)
class Row:
    """A record as the table shows it, before it is cut to the columns."""

    record: Record
    key: list[Span]
    time: str
    needs: Columns

    @classmethod
    def of(cls, record: Record, before: Record | None) -> Row:
        """`before` is the record above, if any: the date is shown where it changes."""
        key = key_spans(record)
        time = time_text(record.timestamp, before.timestamp if before else None)
        longest = sum(cell_len(clean(span.text)) for span in key)
        needs = Columns(
            len(str(record.partition)),
            len(f"{record.offset:,}"),
            len(time),
            max(KEY_WIDTHS[0], min(longest, KEY_WIDTHS[1])),
        )
        return cls(record, key, time, needs)


def key_spans(record: Record) -> list[Span]:
    """The key on one line. A plain one has the colour of keys, whatever it looks like."""
    spans = decode.preview(record.key, KEY_WIDTHS[1])
    if len(spans) == 1 and spans[0].role is not Role.WORD:
        return [Span(spans[0].text, Role.NAME)]
    if len(spans) == 2 and spans[-1].role is Role.NUMBER:
        return spans[1:]  # hex: how many bytes a key has is of no interest in a list
    return spans


def value_spans(record: Record, width: int) -> list[Span]:
    """The value on one line. No value is a tombstone where there is a key that it could bury."""
    if record.value is None:
        return [Span("null" if record.key is None else "tombstone", Role.WORD)]
    return decode.preview(record.value, width)


def time_text(timestamp: int | None, before: int | None) -> str:
    """Local time to the millisecond, with the date if it is another than `before`'s (today's, without one)."""
    if timestamp is None:
        return ""
    moment = local(timestamp)
    if moment is None:
        return str(timestamp)
    other = datetime.now() if before is None else local(before)
    clock = f"{moment:%H:%M:%S}.{timestamp % 1000:03d}"
    return clock if other is not None and other.date() == moment.date() else f"{moment:%m-%d} {clock}"


def local(timestamp: int) -> datetime | None:
    """None for a number that no calendar has: a producer may write anything."""
    try:
        return datetime.fromtimestamp(timestamp / 1000)
    except (ValueError, OverflowError, OSError):
        return None


def gap_text(gap: Gap) -> str:
    """Which offsets are missing."""
    if gap.first == gap.last:
        return f"{gap.partition}: {gap.first:,} is not there (compacted or aborted)"
    return f"{gap.partition}: {gap.first:,} to {gap.last:,} not there (compacted or aborted)"


def ruled(text: str, width: int) -> str:
    """Text, already clean, in a dashed line."""
    line = f"╌╌╌╌ {text} "
    return line + "╌" * max(0, width - cell_len(line) - 1)


def columns_for(rows: list[Row], sticky: Columns, width: int) -> Columns:
    """Columns for these rows in a table of this width; partition, offset and time never get narrower."""
    needed = Columns()
    for row in rows:
        needed = needed.fit(row.needs)
    fitted = sticky.fit(needed)
    time = 0 if width < TIME_FROM or not fitted.time else (_CLOCK if fitted.time <= _CLOCK else _DATED)
    return replace(fitted, time=time, key=needed.key)
