"""The composer: one record by hand, checked while it is typed, sent once, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from textual import events, on, work
from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive, var
from textual.widget import Widget
from textual.widgets import Static

from ktui import model
from ktui.encode import Kind, kind_of, skeleton
from ktui.errors import ProxyError
from ktui.model import Draft, Record, TopicDetail
from ktui.records.curl import curl
from ktui.records.sending import Sending, send
from ktui.records.typed import FieldMistake, count
from ktui.rest import bodies
from ktui.rest.address import segment
from ktui.rest.client import ProxyClient
from ktui.rest.wire import CONTROL
from ktui.ui.clipboard import copy
from ktui.ui.editor import EditorError, edit
from ktui.ui.report import sentence
from ktui.ui.text import clean, plain

if TYPE_CHECKING:
    from ktui.ui.widgets.draft_form import DraftForm

MEDIA = "application/vnd.kafka.binary.v2+json"
LOW = 16
"""Lines below which the pane leaves out what can be seen elsewhere."""
NARROW = 76
"""Columns below which a low pane leaves out the topic too."""
REMEMBERED = 20
"""Records sent that are listed."""


class ComposerPane(Widget):
    """One draft, kept until it is replaced. A send is never repeated and never cancelled."""

    DEFAULT_CSS = """
    ComposerPane {
        border: round $ktui-dim;
        border-title-color: $ktui-muted;
        border-title-style: bold;
        border-subtitle-color: $ktui-muted;
        padding: 0 1;
        layout: vertical;
        &:focus-within { border: round $primary; border-title-color: $primary; }
        & #composer-report { height: auto; max-height: 3; }
        & #composer-request { height: auto; max-height: 3; margin-top: 1; }
        & #composer-sent { height: auto; max-height: 8; margin-top: 1; }
        &.-compact #composer-request, &.-compact #composer-sent { display: none; }
    }
    """

    HELP = """\
# Composer

One record by hand. `tab` goes to the next field, `ctrl+s` sends, once: a record is never sent again by itself.

- **key and value** are each *null*, *empty*, *text*, *JSON* or *base64*. What is stored is exactly what is typed, to
  the byte: JSON is checked, never rewritten.
- **partition**: automatic leaves the choice to the proxy, which takes it from the key.
- **headers** as `name=value; other="a; b"; raw=base64:AAE=`, where the proxy takes them.
- The topic must exist: sending to a name that does not could create it.
- `ctrl+r` copies what will be sent as a curl command, `ctrl+e` opens the value in `$EDITOR`, `ctrl+t` makes a template
  of the record that was taken over last. `esc` goes back; the draft stays.
"""

    BINDINGS = [
        Binding(
            "ctrl+s,ctrl+j,ctrl+enter", "send", "send", id="composer.send", tooltip="Send the record", priority=True
        ),
        Binding(
            "ctrl+e", "edit", "$EDITOR", id="composer.edit", tooltip="Edit the value in your editor", priority=True
        ),
        Binding(
            "ctrl+t", "template", "template", id="composer.template", tooltip="The last shape, emptied", priority=True
        ),
        Binding("ctrl+r", "curl", "as curl", id="composer.curl", tooltip="Copy it as a curl command", priority=True),
        Binding("tab", "app.focus_next", "next field", id="composer.next", tooltip="The next field"),
        Binding("escape", "leave", "back", id="composer.leave", tooltip="Back to the pane before; the draft stays"),
    ]

    topic: var[TopicDetail | None] = var(None)
    """The open topic: the one that is written to unless another is typed."""
    sending: reactive[bool] = reactive(False, bindings=True)
    """Whether an answer is awaited."""

    @dataclass
    class Produced(Message):
        """A record was stored."""

        topic: str
        produced: model.Produced

    class Left(Message):
        """Escape was pressed: the focus may go back."""

    def __init__(self, proxy: ProxyClient, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.proxy = proxy
        self.sent: list[tuple[datetime, Sending]] = []
        """What was stored and when, newest first."""
        self._model: Record | None = None
        self._suggested = ""
        """The topic that was named without anybody typing it."""
        self.is_complete = False
        """Whether there is a form yet."""
        self.form: DraftForm
        self.border_title = "4 Compose"

    async def complete(self) -> None:
        """Mount what is inside: 40 widgets, some of them of modules that are imported only now."""
        from ktui.ui.widgets.draft_form import DraftForm

        self.form = DraftForm(self.proxy.dialect)
        self._fit(self.form)
        await self.mount(self.form, *(Static(id=f"composer-{each}") for each in ("report", "request", "sent")))
        self.is_complete = True
        self._open(self.topic)
        self._show()

    def focus(self, scroll_visible: bool = True, from_app_focus: bool = False) -> Self:
        """The value has the focus, or the topic where none is named."""
        if self.is_complete:
            field = self.form.field("value" if self.form.typed.topic else "topic")
            self.screen.set_focus(self.form.field("value-kind") if field.disabled else field, scroll_visible)
        return self

    def fill(self, record: Record) -> None:
        """Take over key, value and headers of a record, exactly."""
        self._model = record
        self.form.fill(record)
        self._report(Content())

    def on_resize(self) -> None:
        if self.is_complete and self._fit(self.form):  # once for both: a change of classes styles all that is inside
            self.update_node_styles()

    def _fit(self, form: DraftForm) -> bool:
        """Leave out what has no room, and tell whether that is something else than before."""
        if not self.outer_size:
            return False
        low, narrow = self.outer_size.height < LOW, self.outer_size.width < NARROW
        before = form.classes
        form.update_classes({"-compact": low, "-thin": low and narrow}, update=False)
        self.update_classes({"-compact": low}, update=False)
        return form.classes != before

    def watch_topic(self, topic: TopicDetail | None) -> None:
        if self.is_complete:
            self._open(topic)

    def _open(self, topic: TopicDetail | None) -> None:
        if topic is not None and self.suggest(topic.name):
            self.form.show_dialect(self.proxy.dialect)
            self.form.show_detail(topic)
            self._show()

    def suggest(self, topic: str) -> bool:
        """Write to this topic, unless another was typed; whether it was not."""
        free = self.is_complete and self.form.typed.topic in ("", self._suggested)
        if free and self.form.typed.topic != topic:
            self._suggested = topic
            self.form.name_topic(topic)
        return free

    def watch_sending(self) -> None:
        if self.is_complete:
            self._show()

    def on_draft_form_changed(self) -> None:
        self._report(Content())
        self._show()

    def on_draft_form_topic_named(self, event: DraftForm.TopicNamed) -> None:
        self.look_up(event.name)

    @on(events.DescendantFocus)
    def _entered(self, event: events.DescendantFocus) -> None:
        if event.widget.id == "form-topic":
            self.load_names()

    def _show(self) -> None:
        """Title, state, what would be sent, what was."""
        name = self.form.typed.topic
        self.border_title = plain(f"4 Compose{f' → {name}' if name else ''}")
        state = "sending…" if self.sending else "draft kept" if self.form.touched else ""
        self.border_subtitle = state
        self.query_one("#composer-request", Static).update(self._request_words())
        self.query_one("#composer-sent", Static).update(self._sent_words())

    def _report(self, said: Content) -> None:
        self.query_one("#composer-report", Static).update(said)

    def _complain(self, text: str) -> None:
        self._report(plain(f"✗ {text}").stylize("$error"))

    def _sent_words(self) -> Content:
        if not self.sent:
            return Content()
        lines = [Content.styled("sent before", "$ktui-muted")]
        for at, sending in self.sent:
            key = kind_of(sending.draft.key, one_line=True)[1][:32]
            size = count(len(sending.draft.value or b""), "byte")
            lines.append(
                Content.assemble(
                    (f"{at:%H:%M:%S}  ", "$ktui-muted"),
                    plain(sending.place),
                    (f"  {clean(key)}", "$secondary"),
                    (f"  {size}, {sending.took}", "$ktui-muted"),
                )
            )
        return Content("\n").join(lines)

    def _request(self) -> tuple[str, bytes]:
        """Path and body of the draft as it would be sent. Raises FieldMistake."""
        draft = self.form.typed.draft()
        return f"/topics/{segment(draft.topic)}", bodies.produce([draft], "binary", self.proxy.dialect)

    def _request_words(self) -> Content:
        head = Content.styled("what will be sent · ^r copies it as curl", "$ktui-muted")
        try:
            path, body = self._request()
        except FieldMistake:
            return head + Content.styled("\nnothing yet: see above", "$ktui-muted")
        said = f"  {MEDIA} · {len(body):,} bytes"
        return head + Content.assemble(("\nPOST ", "$ktui-muted"), plain(path), (said, "$ktui-muted"))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_send(self) -> None:
        if self.sending:
            self.notify("The answer to the record before is still awaited.", severity="warning", markup=False)
            return
        try:
            draft = self.form.typed.draft()
        except FieldMistake as mistake:
            self._complain(f"not sent: {mistake}")
            self.form.field(mistake.field).focus()
            return
        self.sending = True
        self._report(Content.styled("sending…", "$ktui-muted"))
        self.send(draft)

    def action_curl(self) -> None:
        try:
            path, body = self._request()
        except FieldMistake as mistake:
            self._complain(str(mistake))
            return
        headers = [("Content-Type", MEDIA), ("Accept", CONTROL)]
        command = curl("POST", self.proxy.base + path, headers, body, self.proxy.curl_options)
        self.notify(copy(self.app, command, "curl"), markup=False)

    def action_edit(self) -> None:
        suffix = ".json" if self.form.typed.value_kind is Kind.JSON else ".txt"
        try:
            text = edit(self.app, self.form.typed.value, suffix=suffix)
        except EditorError as error:
            self._complain(str(error))
        else:
            self.form.fill_value(self.form.typed.value_kind, text)

    def action_template(self) -> None:
        text = None if self._model is None else skeleton(self._model.value)
        if text is None:
            self._complain("no template: take over a record with a JSON value first (r in the stream)")
        else:
            self.form.fill_value(Kind.JSON, text)

    @work(group="load", exclusive=True)
    async def load_names(self) -> None:
        """Topic names to complete from. Without them everything works, so a failure is nobody's trouble."""
        try:
            self.form.suggest_topics(await self.proxy.topics())
        except ProxyError:
            return

    @work(group="look", exclusive=True)
    async def look_up(self, name: str) -> None:
        try:
            detail = await self.proxy.topic(name)
        except ProxyError as error:
            self._complain(f"{name}: {sentence(error)}")
        else:
            if self.form.typed.topic == name:
                self.form.show_detail(detail)

    @work(group="write")
    async def send(self, draft: Draft) -> None:
        sending = await send(self.proxy, draft)
        self.sending = False  # cancelled only when the app ends: then nobody is left to tell
        if sending.produced is None:
            why = sentence(sending.error) if sending.error else ""
            self._complain(f"{sending.outcome.value}: {why}")
            return
        self.sent = [(datetime.now(), sending), *self.sent][:REMEMBERED]
        place = plain(sending.place).stylize("$accent")
        took = Content.styled(f" in {sending.took}", "$ktui-muted")
        self._report(Content.styled("✓ stored at ", "$success") + place + took)
        self._show()
        self.post_message(self.Produced(draft.topic, sending.produced))
