"""One record, all of it: key, time, headers, and the value as JSON that folds, as text or as hex."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message

from ktui import decode
from ktui.decode import Kind, Reading
from ktui.jsontext import Line, Role, Span
from ktui.model import Record
from ktui.ui.text import even
from ktui.ui.widgets.copy_menu import CopyMenu
from ktui.ui.widgets.question_line import QuestionLine
from ktui.ui.widgets.record_row import NO_TIME, local
from ktui.ui.widgets.value_view import ValueView

if TYPE_CHECKING:
    from ktui.rest.client import ProxyClient

_FORMS = (None, Kind.JSON, Kind.TEXT, Kind.BINARY)
_FORM_WORDS = {None: "", Kind.JSON: "as JSON", Kind.TEXT: "as text", Kind.BINARY: "as hex"}
_LABEL = 9
_LONGEST = 2000
"""Bytes of a key or header that are shown."""
_MOST_HEADERS = 1000
"""Headers that are shown: they are laid out before the value is, and a megabyte holds a hundred thousand."""


class RecordPane(Vertical):
    """Shows the record it is given. Who walks through the stream is the screen's affair."""

    DEFAULT_CSS = """
    RecordPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-subtitle-color: $ktui-muted;
        &:focus-within { border: round $primary; border-title-color: $primary; border-title-style: bold; }
    }
    """

    HELP = """\
# Record

Everything of one record. Numbers are shown exactly as they were produced.

- `up` and `down` walk through the stream while this pane follows; `esc` closes it, the stream has not moved.
- `left` and `right` fold and unfold, `j` and `k` move through the value; the frame names the path under the cursor.
- `d` shows the value as JSON, as text, as hex, and as what it looks like again.
"""

    BINDINGS = [
        Binding("up", "step(-1)", "record", id="record.previous", tooltip="The record above", key_display="↑↓"),
        Binding("down", "step(1)", "next record", id="record.next", tooltip="The record below", show=False),
        Binding("y", "copy", "copy…", id="record.copy", tooltip="Copy the value, the key, all of it, or its place"),
        Binding("d", "decode_as", "decode as", id="record.decode", tooltip="As JSON, text, hex, or what it looks like"),
        Binding("r", "resend", "resend", id="record.resend", tooltip="Put this record into the composer"),
        Binding("escape", "close", "close", id="record.close", tooltip="Back to the stream, which has not moved"),
    ]

    @dataclass
    class Reuse(Message):
        """The user wants to send this record again, or something like it."""

        record: Record

    @dataclass
    class StepRequested(Message):
        """The user wants the next (1) or previous (-1) record of the stream."""

        rows: int

    class Closed(Message):
        """The user is done with the record."""

    def __init__(self, proxy: ProxyClient | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._proxy = proxy
        self._record: Record | None = None
        self._reading = Reading(Kind.NULL, None, b"")
        self._form: Kind | None = None
        self._hex = 0

    def compose(self) -> ComposeResult:
        yield (view := ValueView())
        yield QuestionLine(view)

    @property
    def record(self) -> Record | None:
        """The record that is shown."""
        return self._record

    def show(self, record: Record) -> None:
        """Show a record from its beginning. The way of decoding stays as it was chosen."""
        if record == self._record:
            return
        self._record = record
        self._reading = decode.read(record.value)
        self.border_title = Content(even(f"{record.topic}/{record.partition} @ {record.offset:,}"))
        self._lay_out()

    def action_step(self, rows: int) -> None:
        self.post_message(self.StepRequested(rows))

    async def action_copy(self) -> None:
        if self._record is not None:
            await self.query_one(QuestionLine).ask(CopyMenu(self._record))

    def action_decode_as(self) -> None:
        self._form = _FORMS[(_FORMS.index(self._form) + 1) % len(_FORMS)]
        self._lay_out()

    def action_resend(self) -> None:
        if self._record is not None:
            self.post_message(self.Reuse(self._record))

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def _on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._say()

    def _on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._refit_hex)

    def _refit_hex(self) -> None:
        """A hex dump has lines of another length where there is another width."""
        if Kind.BINARY in (self._form, self._reading.kind) and decode.hex_bytes(self._width) != self._hex:
            self._lay_out()

    @on(ValueView.Moved)
    def _moved(self, event: ValueView.Moved) -> None:
        event.stop()
        self._say()

    def focus(self, scroll_visible: bool = True) -> RecordPane:
        """The value takes the focus for the pane."""
        self.screen.set_focus(self.query_one(ValueView), scroll_visible)
        return self

    @property
    def _width(self) -> int:
        return self.query_one(ValueView).scrollable_size.width - 1

    def _lay_out(self) -> None:
        if self._record is not None:
            head = [*head_lines(self._record, self._proxy), Line([Span("", Role.TEXT)])]
            self._hex = decode.hex_bytes(self._width)
            self.query_one(ValueView).show(head, decode.lines(self._reading, self._form, width=self._width))
            self._say()

    def _say(self) -> None:
        if self._record is None:
            return
        value = self._record.value
        words = [_word_for(self._record, self._reading)]
        if self._form is not None and self._form is not self._reading.kind:
            instead = "shown as text" if self._form is Kind.JSON else f"shown {_FORM_WORDS[self._form]}"
            words.append(instead)
        if value:
            words.append(_bytes(value))
        if path := self.query_one(ValueView).path:
            words.append(path)
        self.border_subtitle = Content(even(" · ".join(words)))


def head_lines(record: Record, proxy: ProxyClient | None = None) -> list[Line]:
    """Key, time and headers, each with its label."""
    reading = decode.read(record.key)
    key = "null" if record.key is None else "empty" if not record.key else _key_text(reading)
    plain_key = Span(key, Role.WORD if not record.key else Role.NAME)
    about = "" if not record.key else f"   {reading}, {_bytes(record.key)}"
    lines = [_labelled("key", plain_key, Span(about, Role.MUTED))]
    lines.append(_labelled("time", *_time_spans(record.timestamp)))
    if not record.headers:
        sends = proxy is None or proxy.dialect.sends_headers
        lines.append(_labelled("headers", Span("none" if sends else "this proxy does not send headers", Role.MUTED)))
    for index, header in enumerate(record.headers[:_MOST_HEADERS]):
        value = decode.read(header.value)
        shown = [Span(header.key, Role.NAME), Span(": ", Role.PUNCTUATION)]
        if value.kind in (Kind.NULL, Kind.EMPTY):
            shown.append(Span(value.kind.value, Role.WORD))
        else:
            shown.append(Span(_key_text(value), Role.TEXT))
        lines.append(_labelled("headers" if not index else "", *shown))
    if (more := len(record.headers) - _MOST_HEADERS) > 0:
        lines.append(_labelled("", Span(f"… and {more:,} more (y and h copy all of them)", Role.MUTED)))
    return lines


def _labelled(label: str, *spans: Span) -> Line:
    return Line([Span(label.ljust(_LABEL), Role.MUTED), *spans])


def _key_text(reading: Reading) -> str:
    """On the lines above the value, so not for long."""
    body = reading.body[:_LONGEST]
    text = body.hex(" ") if reading.kind is Kind.BINARY else decode.as_text(body)
    return text if len(body) == len(reading.body) else f"{text}… (y copies all of it)"


def _time_spans(timestamp: int | None) -> list[Span]:
    if timestamp is None:
        return [Span(NO_TIME.removeprefix("time: "), Role.MUTED)]
    moment = local(timestamp)
    if moment is None:
        return [Span(f"{timestamp}", Role.TEXT), Span("   no calendar has this date", Role.MUTED)]
    zone = time.localtime(timestamp / 1000).tm_zone  # the last evening of the calendar is in no other zone's
    text = f"{moment:%Y-%m-%d %H:%M:%S}.{timestamp % 1000:03d} {zone}"
    return [Span(text, Role.TEXT), Span(f"   {_ago(datetime.now().timestamp() - timestamp / 1000)}", Role.MUTED)]


def _ago(seconds: float) -> str:
    """How long ago, in the largest unit that says enough."""
    if seconds < 0:
        return "in the future"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def _word_for(record: Record, reading: Reading) -> str:
    if reading.kind is Kind.NULL:
        return "tombstone" if record.key is not None else "null"
    return str(reading)


def _bytes(value: bytes) -> str:
    return "1 byte" if len(value) == 1 else f"{len(value):,} bytes"
