"""The prompt for a field by its path: says what stands there in the record under the cursor while it is typed."""

from __future__ import annotations

from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.message import Message

from ktui.fields import Fields, Path, PathError, field_spans, parse_path, path_text
from ktui.model import Record
from ktui.ui.text import even
from ktui.ui.widgets.prompt import Prompt


class PathPrompt(Prompt):
    """Asks for a path; posts `Chosen` with one."""

    DEFAULT_CSS = "PathPrompt { & Input { max-width: 60; } }"

    @dataclass
    class Chosen(Message):
        """A path was named."""

        path: Path

    def __init__(self, record: Record | None) -> None:
        """`record` is the one that the path is tried on."""
        super().__init__("path", examples='customer.id  items[0].sku  ["odd name"]', consequence=self._what_if)
        self._record = record
        self._fields = Fields(record.value if record else None)

    def _what_if(self, text: str) -> Content:
        if not text:
            return Content()
        try:
            path = parse_path(text)
        except PathError as error:
            return Content(even(str(error)))
        if self._record is None:
            return Content.styled("no record is under the cursor to try it on", "$ktui-muted")
        if not self._fields.there:
            what = "too large for columns" if self._fields.too_large else "no JSON"
            return Content.styled(f"the value under the cursor is {what}", "$ktui-muted")
        raw = self._fields.at(path)
        if raw is None:
            return Content("the record under the cursor has no such field")
        said = "".join(text for text, _ in field_spans(raw, 60))
        return Content.assemble((f"{even(path_text(path))} is ", "$ktui-muted"), even(said))

    @on(Prompt.Submitted)
    def _take(self, event: Prompt.Submitted) -> None:
        event.stop()
        try:
            self.post_message(self.Chosen(parse_path(event.text)))
        except PathError as error:
            self.complain(str(error))
