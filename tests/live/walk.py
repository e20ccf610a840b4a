"""The walk: browse, watch, send, seek, quit, by the app's own keys."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from textual.pilot import Pilot

from ktui.model import Record, TopicPartition
from ktui.records.log import RecordLog
from ktui.rest.client import ProxyClient
from ktui.ui.app import KtuiApp
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.widgets.record_table import RecordTable
from ktui.ui.widgets.stream_status import StreamState
from tests.live.other import DEADLINE


class Somebody(Protocol):
    """Somebody else who writes, and looks what is left."""

    async def produce(self, topic: str, partition: int, text: str) -> int:
        """Write a JSON string; its offset."""

    async def instance_exists(self, path: str) -> bool:
        """Whether an instance is still known."""


class Walk:
    """One person at the keys of one app."""

    def __init__(self, app: KtuiApp, proxy: ProxyClient, other: Somebody, topic: str) -> None:
        self.app, self.proxy, self.other, self.topic = app, proxy, other, topic

    async def run(self, size: tuple[int, int]) -> None:
        """All of it, in a terminal of this size."""
        async with self.app.run_test(size=size) as pilot:
            self.pilot: Pilot[None] = pilot
            await self.browse()
            stored = await self.watch()
            await self.send()
            await self.seek_back(*stored)
            await self.press("escape", "ctrl+q")
            await self.until(lambda: not self.app.is_running or self.app._exit, "the app ends")
        await self.nothing_left()

    async def until(self, true: Callable[[], bool], what: str) -> None:
        """Wait for a state that a person would see."""
        deadline = time.monotonic() + DEADLINE
        while not true():
            assert time.monotonic() < deadline, f"after {DEADLINE:g} s still not: {what}"
            await asyncio.sleep(0.02)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    @property
    def log(self) -> RecordLog:
        return self.app.main_screen.query_one(RecordTable).records

    def seen(self, text: str, since: int = 0) -> list[Record]:
        """Records in the stream, from a row on, whose value is this JSON string."""
        rows = (self.log[number] for number in range(max(since, self.log.first), self.log.end))
        return [row for row in rows if isinstance(row, Record) and row.value == f'"{text}"'.encode()]

    async def browse(self) -> None:
        """Find the topic among all and open it."""
        topics = self.app.main_screen.query_one(TopicsPane)
        await self.until(lambda: self.topic in topics.names, "the topics are listed")
        await self.press("slash", *self.topic, "enter", "enter")
        await self.until(lambda: self.app.main_screen.topic is not None, "the topic is open")
        topic = self.app.main_screen.topic
        assert topic is not None
        assert topic.name == self.topic
        stream = self.app.main_screen.stream_pane
        await self.until(lambda: stream.state is StreamState.LIVE, "the stream is live")

    async def watch(self) -> tuple[TopicPartition, int, str]:
        """Somebody else writes; it is seen here without a key being pressed."""
        text = f"theirs-{secrets.token_hex(4)}"
        offset = await self.other.produce(self.topic, 1, text)
        await self.until(lambda: bool(self.seen(text)), "a record of somebody else arrives")
        (record,) = self.seen(text)
        assert (record.partition, record.offset) == (1, offset)
        return record.tp, offset, text

    async def send(self) -> None:
        """Compose a record and see it come back."""
        text = f"ours-{secrets.token_hex(4)}"
        await self.press("c")
        await self.press(*f'"{text}"', "ctrl+s")
        await self.until(lambda: bool(self.seen(text)), "the record that was sent arrives")
        assert len(self.seen(text)) == 1

    async def seek_back(self, tp: TopicPartition, offset: int, text: str) -> None:
        """Seek to a record that was there before, and see it again."""
        await self.press("escape", "3", "home", *["down"] * tp.partition, "s", *str(offset))
        before = self.log.end  # rows are numbered for good
        await self.press("enter")
        await self.until(lambda: bool(self.seen(text, before)), "the record is read again after the seek")
        (again,) = self.seen(text, before)
        assert (again.tp, again.offset) == (tp, offset)
        first = next(row for row in map(self.log.__getitem__, range(before, self.log.end)) if isinstance(row, Record))
        assert first == again

    async def nothing_left(self) -> None:
        """Every instance we made was deleted by us, and the proxy does not know it any more."""
        exchanges = self.proxy.exchanges
        creates = re.compile(r".*/consumers/[^/]+")
        made = [e for e in exchanges if e.method == "POST" and creates.fullmatch(e.path)]
        deleted = {e.path for e in exchanges if e.method == "DELETE" and e.status in (204, 404)}
        assert made
        for exchange in made:
            name = exchange.request_body.partition(b'"name":"')[2].partition(b'"')[0].decode()
            path = f"{exchange.path}/instances/{name}"
            assert path in deleted, path
            assert not await self.other.instance_exists(path), path
