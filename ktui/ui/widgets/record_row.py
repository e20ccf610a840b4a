"""What one row of the stream says in each of its columns. Records in, spans out; nothing about scrolling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len

from ktui import decode
from ktui.columns import Column
from ktui.fields import Fields, field_spans
from ktui.jsontext import Role, Span
from ktui.model import Gap, Header, Record
from ktui.ui.text import even

KEY_CELLS = 32
"""Of a key that a row can show, unless its column is made wider."""
FIELD_CELLS = 200
NO_TIME = "time: not sent by this proxy"
_CLOCK, _DATED = len("14:03:17.142"), len("11-20 14:03:17.142")


class Row:
    """A record as the table shows it, before it is cut to the columns. Each cell is made when it is first asked for."""

    __slots__ = ("_cells", "_fields", "_needs", "measured", "record", "several", "time")

    def __init__(self, record: Record, before: Record | None, *, several: bool = False) -> None:
        """`before` is the record above, if any: the date is shown where it changes. `several` topics are read."""
        self.record = record
        self.several = several
        self.time = time_text(record.timestamp, before.timestamp if before else None)
        self._cells: dict[str, list[Span]] = {}
        self._needs: dict[str, int] = {}
        self._fields: Fields | None = None
        self.measured: object = None
        """Columns that know what this row needs."""

    @property
    def fielded(self) -> bool:
        """Whether the value has fields at all."""
        if self._fields is None:
            self._fields = Fields(self.record.value)
        return self._fields.there

    def cell(self, column: Column, width: int) -> list[Span]:
        """What stands in a column of this width; the value and the headers are cut near it."""
        record, name = self.record, column.name
        if not column.field:
            match name:
                case "value":
                    return value_spans(record, width)
                case "headers":
                    return header_spans(record.headers, width)
                case "key" if width > KEY_CELLS:
                    return key_spans(record, width)
                case "partition":
                    return self._place(width)
        spans = self._cells.get(column.id)
        if spans is None:
            spans = self._cells[column.id] = self._made(column)
        return spans

    def need(self, column: Column) -> int:
        """Cells that would show all of it; for headers and the key somewhat less than all of a long one."""
        need = self._needs.get(column.id)
        if need is None:
            need = 0
            for text, _ in self.cell(column, KEY_CELLS):
                need += len(text) if text.isascii() and text.isprintable() else cell_len(even(text))
            self._needs[column.id] = need
        return need

    def _place(self, width: int) -> list[Span]:
        """The partition; of a topic with a long name its end and the partition."""
        partition = Span(str(self.record.partition), Role.MUTED)
        if not self.several:
            return [partition]
        topic, room = self.record.topic, width - 1 - len(partition.text)
        if len(topic) > room:
            topic = "…" + topic[len(topic) - max(0, room - 1) :]
        return [Span(topic, Role.TEXT), Span("/", Role.PUNCTUATION), partition]

    def _made(self, column: Column) -> list[Span]:
        record = self.record
        if column.field:
            raw = self._fields.at(column.path) if self.fielded and self._fields else None
            return [] if raw is None else field_spans(raw, FIELD_CELLS)
        match column.name:
            case "offset":
                return [Span(f"{record.offset:,}", Role.TEXT)]
            case "time":
                return [Span(self.time, Role.MUTED)] if self.time else []
        return key_spans(record, KEY_CELLS)


def key_spans(record: Record, width: int) -> list[Span]:
    """The key on one line. A plain one has the colour of keys, whatever it looks like."""
    spans = decode.preview(record.key, width)
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


def header_spans(headers: Sequence[Header], width: int) -> list[Span]:
    """The headers on one line: name=value, as far as `width` cells go."""
    spans: list[Span] = []
    used = 0
    for header in headers:
        value = [] if header.value == b"" else decode.preview(header.value, width)
        spans += [Span("  " if spans else "", Role.TEXT), Span(header.key[: width + 1], Role.NAME)]
        spans += [Span("=", Role.PUNCTUATION), *value]
        used += len(header.key) + sum(len(text) for text, _ in value) + 3  # nameless and empty ones are some cells too
        if used > width * 2:
            break
    return spans


def time_cells(need: int) -> int:
    """The time with or without the date, nothing in between."""
    return 0 if not need else _CLOCK if need <= _CLOCK else _DATED


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


def day_text(timestamp: int | None) -> str:
    """The date for the head of the column; empty for today."""
    moment = None if timestamp is None else local(timestamp)
    now = datetime.now()
    if moment is None or moment.date() == now.date():
        return ""
    return f"{moment:%m-%d}" if moment.year == now.year else f"{moment:%Y-%m}"


def local(timestamp: int) -> datetime | None:
    """None for a number that no calendar has: a producer may write anything."""
    try:
        return datetime.fromtimestamp(timestamp / 1000)
    except (ValueError, OverflowError, OSError):
        return None


def gap_text(gap: Gap, *, several: bool = False) -> str:
    """Which offsets are missing. Where `several` topics are read it says of which."""
    which = f"offset {gap.first:,}" if gap.first == gap.last else f"offsets {gap.first:,} to {gap.last:,}"
    where = f"{gap.topic}/{gap.partition}" if several else f"{gap.partition}"
    return f"{where}: {which} missing (compacted, aborted or a marker)"


def ruled(text: str, width: int) -> str:
    """Text, already clean, in a dashed line."""
    line = f"╌╌╌╌ {text} "
    return line + "╌" * max(0, width - cell_len(line) - 1)
