"""Following topics from a place that a person named, perhaps to an end: places are looked up, then a stream runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import aclosing
from typing import NamedTuple

from ktui.errors import Busy, Conflict, ConsumerGone, NotFound, ProxyError, Unreachable
from ktui.model import OffsetRange, Positions, TopicPartition, by_topic
from ktui.records.backoff import BackOff
from ktui.records.batch import Batch
from ktui.records.bounds import Bounds
from ktui.records.by_time import by_time
from ktui.records.moments import offsets_at
from ktui.records.passage import Passage, bounds_of
from ktui.records.pattern import TopicPattern
from ktui.records.progress import Progress
from ktui.records.stream import LOSSES, Stream
from ktui.records.target import SeekTarget, resolve
from ktui.rest.client import ProxyClient
from ktui.rest.together import together

NAP_SECONDS = 5.0
"""Longest sleep before a time that is waited for: while the machine sleeps, ours does not go on."""
AGAIN_SECONDS = 1.0
"""After which it is asked again where a time is, when a topic had gone."""


class Rest(NamedTuple):
    """What is left of a run."""

    positions: Positions
    passage: Passage | None
    """Where it ends, as it was said."""
    bounds: Bounds
    """Where that is."""


class Following:
    """Some partitions of some topics, from a place on. Good for one run."""

    def __init__(
        self,
        client: ProxyClient,
        topics: Mapping[str, Collection[int]],
        start: Passage | SeekTarget | Positions | Rest,
        *,
        before: Positions | None = None,
        whole: bool | None = None,
        pattern: TopicPattern | None = None,
        lanes: int | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`topics`: the partitions of each. `before` is where we were: what +10 counts from, and where partitions stay
        that `start` does not speak of. `whole`: these are all partitions, and one that is added later is read
        too, unless there is an end. `pattern` is what the topics were found by: those made later join."""
        self._pattern = pattern
        self._stream: Stream | None = None
        self._topics = {topic: frozenset(partitions) for topic, partitions in topics.items()}
        self.progress = Progress()
        self._client = client
        self._passage = start if isinstance(start, Passage) and start.ends else None
        """A place and where it ends."""
        self._bounds = Bounds()
        """What of its ends is known before it begins."""
        self._start: SeekTarget | Positions
        if isinstance(start, Rest):
            self._start, self._passage, self._bounds = start
        else:
            self._start = start.start if isinstance(start, Passage) else start
        self._before = {tp: at for tp, at in (before or {}).items() if tp in self}
        self._lanes = lanes
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._ranges: dict[TopicPartition, OffsetRange] = {}
        self._paused = False
        self._whole = whole
        self._back_off = BackOff(sleep)

    def __contains__(self, tp: TopicPartition) -> bool:
        return tp.partition in self.topics.get(tp.topic, ())

    @property
    def topics(self) -> dict[str, frozenset[int]]:
        """The partitions of each topic that is read: after a while there may be more, and by a pattern others."""
        if self._stream is None:
            return self._topics
        return {topic: frozenset(numbers) for topic, numbers in by_topic(self._stream.positions).items()}

    def look_again(self) -> None:
        """Topics may have come or gone."""
        if self._stream:
            self._stream.look_again()

    @property
    def partitions(self) -> frozenset[int]:
        """The numbers of those that are read, of whichever topic."""
        return frozenset().union(*self.topics.values())

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Next offset to read, per partition; where we were before, until the place is known."""
        return dict(self._stream.positions) if self._stream else dict(self._before)

    @property
    def here(self) -> SeekTarget | Positions:
        """Where another run would go on, for good."""
        return self.positions if self._stream else self._start

    @property
    def rest(self) -> Passage | SeekTarget | Rest:
        """What another run would go on with, to the same end."""
        if self._stream is not None:
            return Rest(self.positions, self._passage, self._stream.bounds)
        if not isinstance(self._start, SeekTarget):
            return Rest(self._start, self._passage, self._bounds)
        return self._passage or self._start

    def rest_of(self, topics: Mapping[str, Collection[int]], others: Positions) -> Passage | SeekTarget | Rest:
        """The same of these partitions; `others` has the places of those that are not read."""
        rest = self.rest
        if not isinstance(rest, Rest):  # its place is still being looked for
            place, passage = (rest.start, rest) if isinstance(rest, Passage) else (rest, None)
            if place.partition is None or any(place.partition in numbers for numbers in topics.values()):
                return rest
            rest = Rest({}, passage, Bounds(take=passage.take if passage else None))
        places = {**others, **self.positions, **rest.positions}
        chosen = {tp: at for tp, at in places.items() if tp.partition in topics.get(tp.topic, ())}
        return rest._replace(positions=chosen)

    @property
    def ranges(self) -> Mapping[TopicPartition, OffsetRange]:
        """Where the partitions begin and end, as last heard."""
        return self._stream.ranges if self._stream else self._ranges

    @property
    def behind(self) -> int:
        """Offsets from our positions to the ends as last heard."""
        return self._stream.behind if self._stream else 0

    @property
    def ending(self) -> str:
        """Where it ends, in words: `until offset 2000, 3 of 6 partitions there`. Empty without an end."""
        if self._passage is None or self._stream is None:
            return ""
        bounds, positions = self._stream.bounds, self._stream.positions
        words = [] if self._passage.until is None else [f"until {self._passage.until}"]
        if bounds.left is not None:
            words.append(f"{bounds.left:,} to come")
        if bounds.until and 0 < (there := len(positions) - len(bounds.due(positions))) < len(positions):
            words.append(f"{there} of {len(positions)} partitions there")
        return ", ".join(words)

    @property
    def ends(self) -> bool:
        """An end was asked for."""
        return self._passage is not None

    @property
    def done(self) -> bool:
        """The end that was asked for has been reached."""
        return self._stream is not None and self._stream.done

    def pause(self) -> None:
        """Read nothing more after the answer under way. The place is kept."""
        self._paused = True
        if self._stream:
            self._stream.pause()

    def resume(self) -> None:
        self._paused = False
        self.progress.resume()
        if self._stream:
            self._stream.resume()

    def retry_now(self) -> None:
        """Do not wait for the next try."""
        self._back_off.retry_now()
        if self._stream:
            self._stream.retry_now()

    async def look(self) -> None:
        """Ask where the partitions begin and end now: a paused stream does not."""
        found = await together(self._client.ranges(topic, each) for topic, each in self.topics.items())
        ranges = {tp: bounds for each in found for tp, bounds in each.items()}
        self._ranges = ranges
        if self._stream:
            self._stream.ranges.update(ranges)

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """To the end that was asked for, or forever. Raises TargetError for a place that is not there, ProxyError for
        what will not heal."""
        lost = 0
        while True:
            try:
                positions, bounds = await self._look_up()
                break
            except (ConsumerGone, Conflict):  # where a time is, an instance tells
                if (lost := lost + 1) > LOSSES:
                    raise
                continue
            except (Unreachable, Busy, NotFound) as error:
                if isinstance(error, NotFound) and self._pattern is None:  # else it is still listed, though deleted
                    raise
                trouble = self._back_off.failed(error)
            yield Batch(trouble=trouble)
            await self._back_off.wait(trouble.retry_in)
        self._stream = stream = Stream(
            self._client,
            positions,
            ranges=self._ranges,
            whole=False if bounds else self._whole,
            pattern=self._pattern,
            bounds=bounds,
            lanes=self._lanes,
            sleep=self._sleep,
            clock=self._clock,
        )
        if self._paused:
            stream.pause()
        start = self._start
        old = min(start.old, stream.behind) if isinstance(start, SeekTarget) else 0
        ending = None if bounds.later is None else asyncio.create_task(self._end(stream, bounds.later))
        try:
            async with aclosing(self._handed_out(stream, old)) as batches:
                async for batch in batches:
                    yield batch
                    del batch
        finally:
            if ending is not None:
                ending.cancel()

    async def _end(self, stream: Stream, moment: float) -> None:
        """Wait for a time, and end where it is. What came meanwhile and is newer stays."""
        until, back_off = stream.bounds.until, BackOff(self._sleep)
        while (left := moment - self._now()) > 0:
            await self._sleep(min(left, NAP_SECONDS))
        while not until:
            try:
                await self.look()
                until |= await offsets_at(self._client, int(moment * 1000), self._ranges)
            except (Unreachable, Busy, ConsumerGone, Conflict) as error:
                await back_off.wait(back_off.failed(error).retry_in)
                continue
            except ProxyError as error:
                if self._pattern is None or not isinstance(error, NotFound):
                    return stream.fail(error)
                stream.look_again()  # a topic has gone, the others go on
            if not until:  # of none there is nothing to know
                await self._sleep(AGAIN_SECONDS)

    async def _handed_out(self, stream: Stream, old: int) -> AsyncGenerator[Batch, None]:
        """What the stream brings; of its first `old` records the order is made up."""
        async with aclosing(stream.batches()) as batches:
            async for batch in batches:
                self.progress.see(self._clock(), stream.positions, stream.behind)
                if old > 0:  # they were all there before: reading them partition by partition says nothing
                    batch.old = min(old, len(batch.records))
                    old -= batch.old if stream.behind > 0 else old  # gaps were counted too
                    batch.records = by_time(batch.records)
                yield batch
                del batch

    async def _still_bound(self, starts: Positions) -> Bounds:
        """The ends of the run that this one goes on with; for partitions that it did not read, where they are now."""
        known = self._bounds
        bounds = Bounds(known.until, known.left, later=known.later)
        others = {tp: at for tp, at in starts.items() if tp not in known.until}
        told = known.later is None or known.until  # where a time is that is still to come nobody knows yet
        if others and told and self._passage is not None and self._passage.until is not None:
            await self.look()
            found = await bounds_of(self._client, self._passage, others, self._ranges, self._now())
            bounds.until |= found.until
            bounds.later = bounds.later or found.later
        return bounds

    async def _look_up(self) -> tuple[Positions, Bounds]:
        if not isinstance(self._start, SeekTarget):
            starts = {tp: at for tp, at in {**self._before, **self._start}.items() if tp in self}
            if any((topic, each) not in starts for topic, numbers in self.topics.items() for each in numbers):
                await self.look()  # nothing is known of some: they are read from where they end
                starts = {tp: bounds.end for tp, bounds in self._ranges.items()} | starts
            return starts, await self._still_bound(starts)
        if self._pattern is not None:
            there = await self._client.topics()
            self._topics = {topic: numbers for topic, numbers in self._topics.items() if topic in there}
            self._before = {tp: at for tp, at in self._before.items() if tp in self}
        await self.look()
        unmoved = {tp: bounds.end for tp, bounds in self._ranges.items()} | self._before
        starts = unmoved | await resolve(self._client, self._start, self._before, self._ranges)
        if self._passage is None:
            return starts, Bounds()
        return starts, await bounds_of(self._client, self._passage, starts, self._ranges, self._now())
