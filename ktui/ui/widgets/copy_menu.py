"""One line that asks which part of a record to copy, and copies it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ktui import decode
from ktui.model import Record
from ktui.ui import clipboard
from ktui.ui.greyed import NO_RECORD


class CopyMenu(Static, can_focus=True):
    """Waits for one key. Any key that is not its own closes it."""

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

    def __init__(self, record: Record | None, marked: Sequence[Record] = ()) -> None:
        """`record`: None where only marked ones can be copied."""
        super().__init__()
        self.record = record
        self.marked = marked

    def compose_line(self) -> Content:
        """What can be copied, with its keys."""
        record, words = self.record, []
        if record is not None:
            words = [("v", "value"), ("k", "key"), ("r", "record as JSON"), ("o", "place")]
            if record.headers:
                words.insert(2, ("h", f"headers ({len(record.headers)})"))
        if self.marked:
            words.append(("m", f"{len(self.marked):,} marked as NDJSON"))
        parts = [Content.styled("copy", "$ktui-muted")]
        parts += [Content.assemble((key, "bold $secondary"), " ", word) for key, word in words]
        return Content("   ").join(parts)

    def _on_mount(self, event: events.Mount) -> None:
        self.update(self.compose_line())
        self.screen.set_focus(self)

    async def _on_key(self, event: events.Key) -> None:
        active = self.screen.active_bindings.get(event.key)
        if event.is_printable and (active is None or active.node is not self):
            event.stop()
            event.prevent_default()
            self.action_close()

    def _on_blur(self, event: events.Blur) -> None:
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
        else:
            self.notify("Nothing to copy: no record is marked; x marks one", severity="warning", markup=False)
        self.action_close()

    def action_close(self) -> None:
        self.post_message(self.Closed(self))


def _place(record: Record) -> str:
    return f"{record.topic}/{record.partition}@{record.offset}"
