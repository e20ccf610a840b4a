"""The fields of a record that is being composed, and what they amount to. Knows nothing of sending."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Select, Static, TextArea

from ktui.encode import UNTYPABLE, Kind, kind_of
from ktui.headers import headers_text
from ktui.model import Record, TopicDetail
from ktui.records.typed import FieldMistake, Typed
from ktui.rest.dialect import Dialect
from ktui.ui.text import plain
from ktui.ui.widgets.json_area import JsonArea

TYPABLE = f"[^{UNTYPABLE[1:]}*"
"""What a one-line field takes in: nothing that would reach the terminal as a control code."""


class DraftForm(Vertical):
    """Topic, partition, key, headers, timestamp, value."""

    DEFAULT_CSS = """
    DraftForm {
        height: 1fr;
        & > Horizontal { height: 1; }
        & .field--label { width: 11; color: $ktui-muted; }
        & .field--label-inner { width: auto; padding: 0 1 0 3; color: $ktui-muted; }
        & .field--says { width: 1fr; height: 1; padding-left: 2; color: $ktui-muted; }
        & .field--says { text-wrap: nowrap; text-overflow: ellipsis; }
        & .-mistake { color: $error; }
        & .-right { color: $success; }
        & Input { background: $panel; width: 1fr; max-width: 60; }
        & Input:disabled { background: transparent; }
        & Select { width: 11; height: 1; }
        & Select > SelectCurrent { background: $panel; padding: 0 0 0 1; }
        & Select > SelectCurrent Static#label { color: $foreground; }
        & Select:focus > SelectCurrent { background: $primary; color: $background; }
        & Select:focus > SelectCurrent Static#label, & Select:focus .arrow { color: $background; }
        & SelectOverlay { min-width: 14; }
        & #form-headers-says { width: 1fr; color: $ktui-muted; }
        & #form-key { margin-left: 1; }
        & #form-topic { min-width: 12; max-width: 40; }
        & #form-partition { width: 14; }
        & #form-partition-says { width: auto; max-width: 24; }
        & #form-value { height: 1fr; min-height: 3; margin: 1 0 0 0; }
        &.-thin #form-topic, &.-thin #form-topic-label, &.-compact #form-headers-row.-none { display: none; }
        &.-compact #form-value { margin: 0; }
        &.-thin #form-partition-label { width: 11; padding: 0; }
    }
    """

    class Changed(Message):
        """Something was typed or chosen."""

    @dataclass
    class TopicNamed(Message):
        """A topic was typed and the field left."""

        name: str

    def __init__(self, dialect: Dialect, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.dialect = dialect
        self.detail: TopicDetail | None = None
        """The topic that is named, once it is known to exist."""

    def compose(self) -> ComposeResult:
        kinds = [(kind.value, kind) for kind in Kind]
        with Horizontal():
            yield Static("topic", id="form-topic-label", classes="field--label")
            yield Input(id="form-topic", compact=True, restrict=TYPABLE, select_on_focus=False)
            yield Static("partition", id="form-partition-label", classes="field--label-inner")
            yield Select([("automatic", -1)], value=-1, allow_blank=False, compact=True, id="form-partition")
            yield Static(id="form-partition-says", classes="field--says")
        with Horizontal():
            yield Static("key", classes="field--label")
            yield Select(kinds, value=Kind.TEXT, allow_blank=False, compact=True, id="form-key-kind")
            yield Input(id="form-key", compact=True, restrict=TYPABLE, select_on_focus=False)
            yield Static(id="form-key-says", classes="field--says")
        with Horizontal(id="form-headers-row"):
            yield Static("headers", classes="field--label")
            yield Input(
                id="form-headers", compact=True, restrict=TYPABLE, placeholder="name=value; …", select_on_focus=False
            )
            yield Static(id="form-headers-says")
        with Horizontal(id="form-timestamp-row"):
            yield Static("timestamp", classes="field--label")
            yield Input(id="form-timestamp", compact=True, restrict=TYPABLE, placeholder="the server's clock")
            yield Static(id="form-timestamp-says", classes="field--says")
        with Horizontal():
            yield Static("value", classes="field--label")
            yield Select(kinds, value=Kind.JSON, allow_blank=False, compact=True, id="form-value-kind")
            yield Static(id="form-value-says", classes="field--says")
        yield JsonArea(id="form-value", compact=True, show_line_numbers=True, highlight_cursor_line=False)

    @property
    def typed(self) -> Typed:
        """What stands in the fields."""
        partition = int(self._chosen("partition"))
        return Typed(
            self.dialect,
            self._text("topic").strip(),
            None if partition < 0 else partition,
            Kind(self._chosen("key-kind")),
            self._text("key"),
            Kind(self._chosen("value-kind")),
            self.query_one(JsonArea).text,
            self._text("headers"),
            self._text("timestamp"),
        )

    @property
    def touched(self) -> bool:
        """Whether there is anything that could be lost."""
        return bool(self.query_one(JsonArea).text or self._text("key"))

    def field(self, name: str) -> Widget:
        """The widget of a field of Typed."""
        return self.query_one(f"#form-{name}")

    def name_topic(self, name: str) -> None:
        self.query_one("#form-topic", Input).value = name

    def _chosen(self, field: str) -> str:
        return str(self.query_one(f"#form-{field}", Select).value)

    def _text(self, field: str) -> str:
        return self.query_one(f"#form-{field}", Input).value

    def on_mount(self) -> None:
        self.show_dialect(self.dialect)
        self._say_all()

    def show_dialect(self, dialect: Dialect) -> None:
        """Another server: other fields can be filled in."""
        self.dialect = dialect
        self.query_one("#form-headers").display = dialect.takes_headers
        says = self.query_one("#form-headers-says", Static)
        says.set_class(dialect.takes_headers, "field--says")
        says.update("" if dialect.takes_headers else plain(f"this proxy takes none ({dialect.name}, v2)"))
        self.query_one("#form-headers-row").set_class(not dialect.takes_headers, "-none")
        self.query_one("#form-timestamp-row").display = dialect.takes_timestamp

    def show_detail(self, detail: TopicDetail | None) -> None:
        """The topic that is named, and so the partitions to choose from."""
        self.detail = detail
        select = self.query_one("#form-partition", Select)
        chosen = select.value
        numbers = [partition.partition for partition in detail.partitions] if detail else []
        with self.prevent(Select.Changed):
            select.set_options([("automatic", -1), *((str(number), number) for number in numbers)])
            select.value = chosen if chosen in numbers else -1
        self._say_all()

    def suggest_topics(self, names: list[str]) -> None:
        """Names to be completed while one is typed."""
        self.query_one("#form-topic", Input).suggester = SuggestFromList(names)

    def fill(self, record: Record) -> None:
        """Take over key, value and headers of a record, byte for byte."""
        key_kind, key = kind_of(record.key, one_line=True)
        value_kind, value = kind_of(record.value)
        with self.prevent(Select.Changed, Input.Changed, TextArea.Changed):
            self.query_one("#form-key-kind", Select).value = key_kind
            self.query_one("#form-key", Input).value = key
            self.query_one("#form-value-kind", Select).value = value_kind
            self.query_one("#form-headers", Input).value = headers_text(record.headers)
            self.query_one("#form-timestamp", Input).value = ""
            self._replace(value)
        self._say_all()
        self.post_message(self.Changed())

    def fill_value(self, kind: Kind, text: str) -> None:
        """Replace the value."""
        self.query_one("#form-value-kind", Select).value = kind
        self._replace(text)

    def _replace(self, text: str) -> None:
        area = self.query_one(JsonArea)
        area.spare(text)
        area.text = text

    def _say_all(self) -> None:
        """Write beside every field what it amounts to."""
        typed = self.typed
        for name, kind in (("key", typed.key_kind), ("value", typed.value_kind)):
            if not kind.typed and self.field(name).has_focus:
                self.field(f"{name}-kind").focus()
            self.field(name).disabled = not kind.typed
        area = self.query_one(JsonArea)
        area.coloured = typed.value_kind is Kind.JSON
        area.spare(typed.value)
        self._say("key", typed.key_words)
        self._say("value", typed.value_words)
        self._say("partition", lambda: typed.partition_words(len(self.detail.partitions) if self.detail else 0))
        if self.dialect.takes_headers:
            self._say("headers", typed.header_words)
        if self.dialect.takes_timestamp:
            self._say("timestamp", typed.timestamp_words)

    def _say(self, field: str, words: Callable[[], str]) -> None:
        says = self.query_one(f"#form-{field}-says", Static)
        try:
            text = words()
        except FieldMistake as mistake:
            text = f"✗ {mistake}"
        says.set_class(text.startswith("✗"), "-mistake")
        says.set_class(text.startswith("✓"), "-right")
        says.update(plain(text))

    @on(Input.Changed)
    @on(TextArea.Changed)
    @on(Select.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        if self.detail and self.detail.name != self.typed.topic:
            self.show_detail(None)
        self._say_all()
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.screen.focus_next()

    @on(events.DescendantBlur)
    def _left(self) -> None:
        name = self.typed.topic
        if name and (self.detail is None or self.detail.name != name):
            self.post_message(self.TopicNamed(name))
