"""The composer, by its keys."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox
from ktui.ui.panes.composer import ComposerPane
from tests.ui.host import Host, until

EXACT = '{"id": 9007199254740993, "total": 12.50}'


@pytest.fixture
def pane(sandbox: Sandbox, proxy: ProxyClient) -> ComposerPane:
    sandbox.topics.create("orders", 6)
    return ComposerPane(proxy)


async def opened(pilot: Pilot[None], pane: ComposerPane) -> None:
    pane.topic = await pane.proxy.topic("orders")
    pane.focus()
    await pilot.pause()


async def test_a_record_is_stored_exactly_as_typed(sandbox, pane):
    host = Host(pane)
    async with host.run_test(size=(120, 36), message_hook=host.hear) as pilot:
        await opened(pilot, pane)
        pane.form.field("key").focus()
        await pilot.press(*"cust-00481", "tab", "tab")
        pane.form.fill_value(pane.form.typed.value_kind, EXACT)
        await pilot.pause()
        assert "→ 1 by its key" in host.text or "by its key" in host.text
        assert f"√ valid, {len(EXACT)} bytes" in host.text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(pane.sent))
        produced = host.of(ComposerPane.Produced)[0]
        (record,) = sandbox.topics["orders"].partitions[produced.produced.partition or 0].read(0, 9)
        assert (record.key, record.value) == (b"cust-00481", EXACT.encode())
        assert "by its key" in host.text
        assert f"stored at orders/{record.partition} @ 0 in" in host.text
        assert pane.form.typed.value == EXACT
        assert not pane.sending
