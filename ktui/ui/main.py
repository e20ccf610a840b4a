"""The main screen: owns the choice of topic, relays what one pane says to the others, opens the other screens."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events, on, work
from textual.binding import Binding
from textual.message import Message

from ktui.errors import Busy, Forbidden, NotAProxy, ProxyError, Unreachable
from ktui.model import TopicPartition
from ktui.records.doctor import Doctor
from ktui.records.target import SeekTarget
from ktui.rest.dialect import Dialect
from ktui.ui.greyed import reason
from ktui.ui.main_frame import MainFrame
from ktui.ui.panes.composer import ComposerPane
from ktui.ui.panes.offsets import OffsetsPane
from ktui.ui.panes.record import RecordPane
from ktui.ui.panes.stream import StreamPane
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.report import report
from ktui.ui.widgets.stream_status import StreamState
from ktui.ui.widgets.tab_line import TabLine
from ktui.ui.widgets.top_line import Link, TopLine


class MainScreen(MainFrame):
    """One task, four panes. A pane knows nothing of the others."""

    BINDINGS = [
        Binding("w", "wire", "wire", id="main.wire", show=False, tooltip="Every request and its answer"),
        Binding("D", "doctor", "doctor", id="main.doctor", show=False, tooltip="What went wrong lately, and why"),
        Binding(
            "C",
            "capabilities",
            "what this proxy can do",
            id="main.capabilities",
            show=False,
            tooltip="What this server can do and what it cannot, call by call",
        ),
        Binding("R", "refresh_all", "refresh", id="main.refresh", show=False, tooltip="Ask the proxy again"),
        Binding("escape", "close_record", "close record", id="main.close-record", tooltip="Close the record"),
    ]

    @dataclass
    class NotStarted(Message):
        """Nothing useful answers at this address."""

        error: ProxyError

    def on_mount(self) -> None:
        self.doctor = Doctor(self.proxy)
        self.set_interval(0.25, self._count)

    async def complete(self) -> None:
        """Ask the proxy, and mount what the first picture does not show: it is painted in half the time without."""
        self.probe()
        await self.query_one("#body").mount(self.record_pane)
        await self.composer_pane.complete()

    @property
    def sending(self) -> bool:
        """Whether a write is under way."""
        return self.composer_pane.sending

    def _count(self) -> None:
        if self._link.clear:
            self.top_line.counts = (self.proxy.ok_count, self.proxy.failed_count)
        self.doctor.look()

    def on_key(self, event: events.Key) -> None:
        """No pane took it: a key that is greyed says why."""
        if why := reason(self, event.key):
            event.stop()
            self.notify(why, severity="warning", markup=False)

    # Screens that may never be opened are imported when they are: the first paint does not wait for them.

    def action_wire(self) -> None:
        from ktui.ui.screens.wire import WireScreen

        self.app.push_screen(WireScreen(self.proxy, self._title, doctor=self.doctor))

    def action_doctor(self) -> None:
        from ktui.ui.screens.doctor import DoctorScreen

        self.app.push_screen(DoctorScreen(self.proxy, self._title, self.doctor))

    @on(TopLine.ServerWanted)
    def action_capabilities(self) -> None:
        from ktui.ui.screens.capabilities import CapabilitiesScreen

        self.app.push_screen(CapabilitiesScreen(self.proxy, self._title))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.record_open if action == "close_record" else super().check_action(action, parameters)

    def action_close_record(self) -> None:
        """Where the pane that has the focus has nothing to leave: the record beside it."""
        self.record_open = False

    def action_refresh_all(self) -> None:
        self.topics_pane.refresh_topics()
        self.offsets_pane.refresh_offsets()
        self.stream_pane.retry()

    @on(TabLine.Chosen)
    def _tab_chosen(self, event: TabLine.Chosen) -> None:
        self.action_focus_pane(event.pane)

    @on(TopLine.WireWanted)
    def _wire_wanted(self) -> None:
        self.action_wire()

    # what panes say to each other

    @on(TopicsPane.TopicChosen)
    def _topic_chosen(self, event: TopicsPane.TopicChosen) -> None:
        self.topic = event.topic
        self.record_open = False
        self.stream_pane.open(event.topic, event.target, event.others, event.pattern)
        self.offsets_pane.several = self.stream_pane.table.several
        if self.focused is None or not self.focused.check_consume_key("x", "x"):  # nobody's pen is taken away
            self.focus_pane("stream")

    @on(TopicsPane.Listed)
    def _topics_listed(self) -> None:
        self.stream_pane.look_again()

    @on(StreamPane.Advanced)
    def _advanced(self, event: StreamPane.Advanced) -> None:
        self.offsets_pane.update_positions(event.positions)

    @on(StreamPane.StateChanged)
    def _state_changed(self, event: StreamPane.StateChanged) -> None:
        if event.state is StreamState.WAITING:
            self.top_line.link = Link.WAITING
        elif event.state is StreamState.STOPPED:
            self.top_line.link = Link.REFUSED if isinstance(event.error, Forbidden) else Link.CONNECTED  # it did answer
        elif event.state is StreamState.LIVE:  # places without a record to read are known too
            self.top_line.link = Link.CONNECTED
            self.offsets_pane.update_positions(self.stream_pane.positions)

    @on(StreamPane.Answered)
    def _answered(self) -> None:
        self.top_line.link = Link.CONNECTED

    @on(StreamPane.RecordChosen)
    def _record_chosen(self, event: StreamPane.RecordChosen) -> None:
        self.record_pane.show(event.record)
        self.record_open = True
        self.focus_pane("record")

    @on(StreamPane.RecordHighlighted)
    def _record_highlighted(self, event: StreamPane.RecordHighlighted) -> None:
        if self.record_open:
            self.record_pane.show(event.record)

    @on(StreamPane.ComposeRequested)
    def _compose_requested(self, event: StreamPane.ComposeRequested) -> None:
        self.composer_pane.suggest(event.topic)
        self.action_focus_pane("composer")

    @on(RecordPane.StepRequested)
    def _step_requested(self, event: RecordPane.StepRequested) -> None:
        self.stream_pane.move(event.rows)

    @on(RecordPane.Reuse)
    def _reuse(self, event: RecordPane.Reuse) -> None:
        self.composer_pane.fill(event.record)
        self.action_focus_pane("composer")

    @on(RecordPane.Closed)
    def _record_closed(self) -> None:
        self.action_focus_pane("stream")
        self.record_open = False

    @on(OffsetsPane.SeekRequested)
    def _seek_requested(self, event: OffsetsPane.SeekRequested) -> None:
        self.stream_pane.seek(event.positions)

    @on(OffsetsPane.LookRequested)
    def _look_requested(self, event: OffsetsPane.LookRequested) -> None:
        self.stream_pane.show_stored(event.tp, event.offset)
        self.focus_pane("stream")

    @on(ComposerPane.Produced)
    def _produced(self, event: ComposerPane.Produced) -> None:
        stored = event.produced
        if stored.partition is None or stored.offset is None:
            return
        tp = TopicPartition(event.topic, stored.partition)
        if self.stream_pane.reads(tp):  # where it went otherwise the composer says
            self.stream_pane.show_stored(tp, stored.offset)

    @on(ComposerPane.Left)
    def _composer_left(self) -> None:
        self.record_open = self._before == "record"
        self.focus_pane(self._before)

    def open_topic(self, name: str, target: SeekTarget | None = None) -> None:
        """For the command palette."""
        self.topics_pane.choose(name, target)

    @work(exclusive=True, group="probe")
    async def probe(self) -> None:
        """Ask who is there; the start screen takes over while nobody is."""
        self.top_line.link = Link.CONNECTING
        try:
            dialect = await self.proxy.probe()
        except (Unreachable, NotAProxy, Forbidden, Busy) as error:
            self.top_line.link = Link.NO_ANSWER if isinstance(error, Unreachable) else Link.REFUSED
            self.post_message(self.NotStarted(error))
        except ProxyError as error:
            self.top_line.link = Link.REFUSED
            report(self, "find out which server this is", error)
        else:
            self.connected(dialect)

    def connected(self, dialect: Dialect) -> None:
        """The proxy answers: say who it is, and list what it has unless that is under way."""
        self.top_line.server = dialect.name
        self.top_line.link = Link.CONNECTED
        self.refresh_bindings()  # it may be a server that cannot do what others can
        if not (self.topics_pane.names or self.topics_pane.loading_topics):
            self.topics_pane.refresh_topics()
