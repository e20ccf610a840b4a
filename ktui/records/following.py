"""Following a topic from a place that a person named: the place is looked up, then a stream runs from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping

from ktui.errors import Busy, Unreachable
from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch
from ktui.records.stream import Stream
from ktui.records.target import SeekTarget, resolve
from ktui.rest.client import ProxyClient


class Following:
    """Some partitions of a topic, from a place on. Good for one run."""

    def __init__(
        self,
        client: ProxyClient,
        topic: str,
        partitions: Collection[int],
        start: SeekTarget | Positions,
        *,
        before: Positions | None = None,
        whole: bool | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`before` is where we were: what +10 counts from, and where partitions stay that `start` does not speak of.
        `whole`: these are all partitions, and one that is added later is read too."""
        self.topic = topic
        self.partitions = partitions
        self._client = client
        self._start = start
        self._before = {tp: at for tp, at in (before or {}).items() if tp.partition in partitions}
        self._sleep = sleep
        self._stream: Stream | None = None
        self._ranges: dict[TopicPartition, OffsetRange] = {}
        self._paused = False
        self._whole = whole
        self._back_off = BackOff(sleep)

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read, per partition; where we were before, until the place is known."""
        return dict(self._stream.positions) if self._stream else dict(self._before)

    @property
    def here(self) -> SeekTarget | Positions:
        """Where another run would go on."""
        return self.positions if self._stream else self._start

    @property
    def ranges(self) -> Mapping[TopicPartition, OffsetRange]:
        """Where the partitions begin and end, as last heard."""
        return self._stream.ranges if self._stream else self._ranges

    @property
    def behind(self) -> int:
        """Offsets from our positions to the ends as last heard."""
        return self._stream.behind if self._stream else 0

    def pause(self) -> None:
        """Read nothing more after the answer under way. The place is kept."""
        self._paused = True
        if self._stream:
            self._stream.pause()

    def resume(self) -> None:
        self._paused = False
        if self._stream:
            self._stream.resume()

    def retry_now(self) -> None:
        """Do not wait for the next try."""
        self._back_off.retry_now()
        if self._stream:
            self._stream.retry_now()

    async def look(self) -> None:
        """Ask where the partitions begin and end now: a paused stream does not."""
        ranges = await self._client.ranges(self.topic, self.partitions)
        self._ranges = ranges
        if self._stream:
            self._stream.ranges.update(ranges)

    async def batches(self) -> AsyncIterator[Batch]:
        """Forever. Raises TargetError for a place that is not there, ProxyError for what will not heal."""
        while True:
            try:
                positions = await self._look_up()
                break
            except (Unreachable, Busy) as error:
                trouble = self._back_off.failed(error)
            yield Batch(trouble=trouble)
            await self._back_off.wait(trouble.retry_in)
        self._stream = Stream(self._client, positions, ranges=self._ranges, whole=self._whole, sleep=self._sleep)
        if self._paused:
            self._stream.pause()
        async for batch in self._stream.batches():
            yield batch

    async def _look_up(self) -> Positions:
        if not isinstance(self._start, SeekTarget):
            return {tp: at for tp, at in self._start.items() if tp.partition in self.partitions}
        await self.look()
        unmoved = {tp: bounds.end for tp, bounds in self._ranges.items()} | self._before
        return unmoved | await resolve(self._client, self._start, self._before, self._ranges)
