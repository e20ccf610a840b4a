"""One line that asks which part of a record to copy, and copies it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ktui import decode
from ktui.model import Record
from ktui.ui import clipboard
from ktui.ui.greyed import NO_RECORD

GAP = "   "
"""Between two words of the line."""


class _Part(NamedTuple):
    """What can be copied, as a word of the line."""

    action: str
    key: str
    words: str
    short: str
    """For where there is little room."""


class CopyMenu(Widget, can_focus=True):
    """Waits for one key, or a click on what it says. Any key that is not its own closes it."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    CopyMenu { dock: bottom; height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    BINDINGS = [
        Binding(
            "v,y", "copy('value')", "value", id="copy.value", tooltip="The value: text, or base64 where it is none"
        ),
        Binding("k", "copy('key')", "key", id="copy.key", tooltip="The key: text, or base64 where it is none"),
        Binding("h", "copy('headers')", "headers", id="copy.headers", tooltip="The headers, one a line"),
        Binding("r", "copy('record')", "record as JSON", id="copy.record", tooltip="All of it as one line of JSON"),
        Binding("o", "copy('place')", "place", id="copy.place", tooltip="topic/partition@offset"),
        Binding(
            "m", "copy_marked", "marked as NDJSON", id="copy.marked", tooltip="All marked records, one a line of JSON"
        ),
        Binding("escape", "close", "close", id="copy.close", tooltip="Copy nothing"),
    ]

    @dataclass
    class Closed(Message):
        """Done, or given up; the pane removes it."""

        menu: CopyMenu

    def __init__(self, record: Record | None, marked: Sequence[Record] | None = None) -> None:
        """`record`: None where only marked ones can be copied. `marked`: None where nobody knows which they are."""
        super().__init__()
        self.record = record
        self.marked = marked
        self._cells: list[tuple[range, str]] = []
        """Where each word stands on the line, and the action it is for."""

    def _parts(self) -> list[_Part]:
        """What can be copied of these records."""
        parts: list[_Part] = []
        if (record := self.record) is not None:
            parts += [_Part("copy('value')", "v", "value", "value"), _Part("copy('key')", "k", "key", "key")]
            if record.headers:
                parts.append(_Part("copy('headers')", "h", f"headers ({len(record.headers)})", "headers"))
            parts.append(_Part("copy('record')", "r", "record as JSON", "JSON"))
            parts.append(_Part("copy('place')", "o", "place", "place"))
        if self.marked:
            count = f"{len(self.marked):,} marked"
            parts.append(_Part("copy_marked", "m", f"{count} as NDJSON", count))
        return parts

    def render(self) -> Content:
        """In short words where there is little room, then without those that are wanted least: their keys work."""
        parts = self._parts()
        line = self._line([(part, part.words) for part in parts])
        while line.cell_length > self.size.width and parts:
            line = self._line([(part, part.short) for part in parts])
            del parts[-2 if self.marked and len(parts) > 1 else -1]
        return line

    def _line(self, parts: Sequence[tuple[_Part, str]]) -> Content:
        line = Content.styled("copy", "$ktui-muted")
        self._cells = []
        for part, words in parts:
            line += Content(GAP)
            begin = line.cell_length
            line += Content.assemble((part.key, "bold $secondary"), " ", words)
            self._cells.append((range(begin, line.cell_length), part.action))
        return line

    def _on_mount(self, event: events.Mount) -> None:
        self.screen.set_focus(self)

    async def on_click(self, event: events.Click) -> None:
        if (offset := event.get_content_offset(self)) is not None:
            for cells, action in self._cells:
                if offset.x in cells:
                    await self.run_action(action)

    async def _on_key(self, event: events.Key) -> None:
        active = self.screen.active_bindings.get(event.key)
        if event.is_printable and (active is None or active.node is not self):
            event.stop()
            event.prevent_default()
            self.action_close()

    def _on_blur(self, event: events.Blur) -> None:
        if self.app.app_focus:  # else it is the window that has lost it, and gives it back here
            self.action_close()

    def action_copy(self, part: str) -> None:
        record = self.record
        if record is None:
            self.notify(NO_RECORD, severity="warning", markup=False)
            self.action_close()
            return
        texts = {
            "value": decode.for_clipboard(record.value),
            "key": decode.for_clipboard(record.key),
            "headers": "\n".join(f"{h.key}: {decode.for_clipboard(h.value)}" for h in record.headers),
            "record": decode.record_json(record),
            "place": _place(record),
        }
        missing = {"value": record.value is None, "key": record.key is None, "headers": not record.headers}
        if missing.get(part):
            none = "no headers" if part == "headers" else f"no {part}: it is null"
            self.notify(f"Nothing to copy: this record has {none}", severity="warning", markup=False)
        else:
            self.notify(clipboard.copy(self.app, texts[part], part), markup=False)
        self.action_close()

    def action_copy_marked(self) -> None:
        if self.marked:
            lines = "".join(f"{decode.record_json(record)}\n" for record in self.marked)
            what = "1 marked record" if len(self.marked) == 1 else f"{len(self.marked):,} marked records"
            self.notify(clipboard.copy(self.app, lines, what), markup=False)
        elif self.marked is None:
            self.notify("Marked records are copied from the stream: esc goes there.", severity="warning", markup=False)
        else:
            self.notify("Nothing to copy: no record is marked; x marks one", severity="warning", markup=False)
        self.action_close()

    def action_close(self) -> None:
        self.post_message(self.Closed(self))


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
