"""The composer, by its keys."""

from __future__ import annotations

import json

import pytest
from textual.app import App
from textual.pilot import Pilot

from ktui.encode import Kind
from ktui.model import Record
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import KARAPACE, STRIMZI, Dialect
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.composer import ComposerPane
from tests.ui.host import Host, until

EXACT = '{"id": 9007199254740993, "total": 12.50}'
SIZE = (120, 36)


@pytest.fixture
def pane(sandbox: Sandbox, proxy: ProxyClient) -> ComposerPane:
    sandbox.topics.create("orders", 6)
    return ComposerPane(proxy)


async def opened(pilot: Pilot[None], pane: ComposerPane, value: str = "") -> None:
    await pane.complete()
    pane.topic = await pane.proxy.topic("orders")
    pane.focus()
    if value:
        pane.form.fill_value(Kind.JSON, value)
    await pilot.pause()


def stored(sandbox: Sandbox) -> list[Record]:
    return [record for log in sandbox.topics["orders"].partitions for record in log.read(0, 99)]


def posts(pane: ComposerPane) -> int:
    return sum(exchange.method == "POST" for exchange in pane.proxy.exchanges)


async def test_a_record_is_stored_exactly_as_typed(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE, message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        pane.form.field("key").focus()
        await pilot.press(*"cust-7", "enter", "tab")
        await pilot.press(*'{"n":1.50}')
        await until(pilot, lambda: "✓ valid, 10 bytes" in host.text)
        partition = sandbox.topics["orders"].choose(b"cust-7")
        assert f"→ {partition} by its key" in host.text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        (record,) = stored(sandbox)
        assert (record.partition, record.key, record.value) == (partition, b"cust-7", b'{"n":1.50}')
        (produced,) = host.of(ComposerPane.Produced)
        assert (produced.topic, produced.produced.partition, produced.produced.offset) == ("orders", partition, 0)
        await until(pilot, lambda: f"stored at orders/{partition} @ 0 in" in host.text)
        assert "sent before" in host.text
        assert pane.form.typed.value == '{"n":1.50}'


@pytest.mark.parametrize("key", ["ctrl+s", "ctrl+j", "ctrl+enter"])
async def test_every_way_to_send_sends_once(sandbox, pane, key):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        await pilot.press(key)
        await until(pilot, lambda: bool(pane.sent))
        assert len(stored(sandbox)) == 1


async def test_a_mistake_is_shown_while_typing_and_nothing_is_sent(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, '{\n  "total": 12.50 "note": 1\n}')
        await until(pilot, lambda: "✗ line 2, column 17: a comma or } is missing" in host.text)
        pane.form.field("key").focus()
        before = len(pane.proxy.exchanges)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not sent: line 2" in host.text)
        assert pane.form.field("value").has_focus
        assert len(pane.proxy.exchanges) == before


async def test_a_second_send_waits_for_the_answer_to_the_first(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        sandbox.faults.latency = 0.5
        await pilot.press("ctrl+s", "ctrl+s")
        assert host.toasts == ["The answer to the record before is still awaited."]
        await until(pilot, lambda: bool(pane.sent))
        assert not pane.sending
        assert len(stored(sandbox)) == 1


async def test_a_topic_is_never_made_by_accident(sandbox, pane):
    sandbox.kafka.auto_create = True
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        pane.form.field("topic").focus()
        await pilot.press(*"x", "ctrl+s")
        await until(pilot, lambda: "not sent: there is no topic ordersx" in host.text)
        assert list(sandbox.topics) == ["orders"]
        assert posts(pane) == 0
        assert pane.form.typed.value == "{}"


async def test_another_topic_brings_its_own_partitions(sandbox, pane):
    sandbox.topics.create("payments", 2)
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        pane.form.field("topic").focus()
        await pilot.press(*["backspace"] * 6, *"payments", "enter")
        await until(pilot, lambda: pane.form.detail is not None and pane.form.detail.name == "payments")
        await pilot.press("enter", "end", "enter")
        await until(pilot, lambda: pane.form.typed.partition == 1)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        assert len(sandbox.topics["payments"].partitions[1]) == 1
        assert "4 Compose → payments" in host.text


async def test_no_answer_to_a_send_is_an_unknown_outcome_and_keeps_the_text(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, EXACT)
        sandbox.faults.fail_next(503, path="POST")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "outcome unknown, look before sending it again" in host.text)
        assert posts(pane) == 1
        assert pane.form.typed.value == EXACT
        assert not pane.sending


async def test_a_proxy_that_is_away_is_not_sent_to(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, EXACT)
        sandbox.faults.refuse = True
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not sent: Nothing listens at sandbox" in host.text)


async def test_a_refused_record_says_why_in_the_servers_words(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, EXACT)
        sandbox.faults.fail_next(422, path="POST", body="[/] \x1b[31m too large")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not stored: [/]" in host.text)
        assert "\x1b" not in host.text


@pytest.mark.parametrize(
    "record",
    [
        Record("orders", 0, 1, b"k", EXACT.encode()),
        Record("orders", 0, 1, None, None),
        Record("orders", 0, 1, b"", b""),
        Record("orders", 0, 1, b"\x00\xff", b"\xff\xfe\x00"),
        Record("orders", 0, 1, "キー".encode(), b"[/] \x1b]52;c;AAAA\x07"),
        Record("orders", 0, 1, b"a\nb", b"line\r\nline\rline\n\n\tx "),
        Record("orders", 0, 1, b'{"k": 1}', b"[1,\n 2]\n"),
    ],
)
async def test_a_record_taken_over_is_sent_back_the_same(sandbox, pane, record):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane)
        pane.fill(record)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        (written,) = stored(sandbox)
        assert (written.key, written.value) == (record.key, record.value)
        assert "\x1b" not in host.text


async def test_headers_and_timestamp_where_the_proxy_takes_them(pane):
    pane.proxy.dialect = STRIMZI
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        pane.form.field("headers").focus()
        await pilot.press(*"a=b;a")
        await until(pilot, lambda: "✗ column" in host.text)
        await pilot.press(*'="; "', "enter", *"17")
        await until(pilot, lambda: "2 headers" in host.text)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: posts(pane) == 1 and not pane.sending)
        (sent,) = json.loads(pane.proxy.exchanges[-1].request_body)["records"]
        assert sent["headers"] == [{"key": "a", "value": "Yg=="}, {"key": "a", "value": "OyA="}]
        assert sent["timestamp"] == 17


async def test_where_the_proxy_takes_no_headers_a_sentence_says_so(pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane)
        assert "this proxy takes none (Confluent, v2)" in host.text
        assert "timestamp" not in host.text


@pytest.mark.parametrize("dialect", [KARAPACE, STRIMZI])
async def test_a_tombstone_that_cannot_be_written_is_refused(sandbox, pane, dialect: Dialect):
    pane.proxy.dialect = dialect
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane)
        pane.fill(Record("orders", 0, 0, b"k", None))
        await until(pilot, lambda: f"{dialect.name}'s proxy cannot write a tombstone" in host.text)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "not sent:" in host.text)
        assert posts(pane) == 0


async def test_curl_of_what_will_be_sent(pane, monkeypatch):
    monkeypatch.setenv("SSH_TTY", "1")
    copied: list[str] = []
    monkeypatch.setattr(App, "copy_to_clipboard", lambda self, text: copied.append(text))
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        assert "POST /topics/orders  application/vnd.kafka.binary.v2+json · 41 bytes" in host.text
        await pilot.press("ctrl+r")
        assert copied[0].startswith("curl -sS -X POST http://sandbox/topics/orders -H 'Content-Type: application/vnd.")
        assert '{"records":[{"key":null,"value":"e30="}]}' in copied[0]


async def test_a_template_is_the_last_shape_emptied(pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane)
        await pilot.press("ctrl+t")
        assert "no template: take over a record" in host.text
        pane.fill(Record("orders", 0, 0, None, b'{"id":1,"name":"x","tags":["a"]}'))
        await pilot.press("ctrl+t")
        assert pane.form.typed.value == '{\n  "id": 0,\n  "name": "",\n  "tags": [\n    ""\n  ]\n}'


async def test_without_a_terminal_there_is_no_editor(pane):
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane, "{}")
        await pilot.press("ctrl+e")
        assert "an editor needs a terminal of its own" in host.text
        assert pane.form.typed.value == "{}"


async def test_escape_leaves_and_the_draft_stays(pane):
    host = Host(pane)
    async with host.run_test(size=SIZE, message_hook=host.hear) as pilot:
        await opened(pilot, pane, EXACT)
        assert "draft kept" in host.text
        await pilot.press("escape")
        await until(pilot, lambda: bool(host.of(ComposerPane.Left)))
        assert pane.form.typed.value == EXACT


async def test_a_megabyte_in_one_line_can_be_edited(sandbox, pane):
    value = b'["' + b"x" * 1_000_000 + b'"]'
    host = Host(pane)
    async with host.run_test(size=SIZE) as pilot:
        await opened(pilot, pane)
        pane.fill(Record("orders", 0, 0, None, value))
        await pilot.press(*"  ", "ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        assert stored(sandbox)[0].value == b"  " + value
        assert not pane.form.field("value").soft_wrap


async def test_low_panes_keep_what_matters(pane):
    host = Host(pane)
    async with host.run_test(size=(56, 13)) as pilot:
        await opened(pilot, pane, EXACT)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        for words in ("4 Compose → orders", "automatic", "✓ valid", "stored at orders/"):
            assert words in host.text
        assert "what will be sent" not in host.text
