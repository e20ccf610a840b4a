"""One example on a real proxy: records are written and read through it, and what is known of them held against it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import httpx
from hypothesis import strategies as st

from ktui.errors import Conflict, ConsumerGone
from ktui.model import Draft, OffsetRange, Record, TopicPartition
from ktui.records.bounds import Bounds
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import Dialect
from tests.live.other import Other
from tests.property.plans import SCALE, SIZES, ReadPlan, Step, dialect
from tests.property.watching import Watching

LONGEST = 120.0
"""Seconds after which what has not come will not come."""
AT_ONCE = 400_000
"""Bytes of one produce, about."""
EARLIER = 40
"""Records of the examples before that may be read again."""


# Nothing on a shared server is restarted, truncated or compacted for an example.
KINDS = ("append", "append", "hollow", "expire", "expire", "cancelled", "cancelled", "jump", "paused", "calm")
PAUSES = (0.0, 0.01, 0.05, 0.2, 0.6, 1.2)
STEPS = st.builds(Step, st.sampled_from(KINDS), st.integers(0, 30), st.integers(0, 1000), st.sampled_from(PAUSES))
PLANS = st.builds(
    ReadPlan,
    partitions=st.integers(1, 4),
    sizes=st.lists(st.sampled_from((*SIZES, 70_000, 300_000)), max_size=20).map(tuple),
    bulk=st.sampled_from((0, 0, 40, 150, 400)),
    start=st.sampled_from((0, 0, 0, 100, 500, 990, 1000)),
    end=st.sampled_from((None, None, None, None, 1000, 900, 500, 0)),
    steps=st.lists(STEPS, max_size=10).map(tuple),
    json=st.sampled_from((False, False, False, True)),
    tight=st.booleans(),
    limited=st.sampled_from((False, False, False, True)),
    lanes=st.sampled_from((1, 2, 4, 8)),
)


class Topic:
    """A topic to which nobody else writes, and what this run has written to it."""

    def __init__(self, name: str, ranges: Mapping[TopicPartition, OffsetRange]) -> None:
        self.name = name
        self.ends = {tp: held.end for tp, held in ranges.items()}
        self.written: dict[TopicPartition, dict[int, Draft]] = {tp: {} for tp in ranges}
        self._count = 0

    def draft(self, make: Dialect, tp: TopicPartition, size: int) -> Draft:
        """A record that no other is like, if it is large enough; null and empty as this make can write them."""
        self._count += 1
        number = b"%d" % self._count
        if size > len(number) + 2:
            value: bytes | None = b'"' + number.rjust(size - 2, b"x") + b'"'
        else:
            value = b"7" * size if size or self._count % 2 or not make.writes_tombstones else None
        keys = [b"", b'"k"'] if not make.writes_null_key else [None, b"", b'"k"', None]
        return Draft(self.name, keys[self._count % len(keys)], value, tp.partition)

    async def write(self, client: ProxyClient, drafts: Sequence[Draft]) -> None:
        """All of them, some at a time."""
        some: list[Draft] = []
        for draft in drafts:
            some.append(draft)
            if sum(100 + len(each.value or b"") for each in some) > AT_ONCE:
                await self._send(client, some)
                some = []
        if some:
            await self._send(client, some)

    async def _send(self, client: ProxyClient, drafts: Sequence[Draft]) -> None:
        reports = await client.produce(self.name, drafts)
        assert not [report for report in reports if report.error is not None], "not written"
        for tp, book in self.written.items():
            mine = [(draft, report.offset) for draft, report in zip(drafts, reports, strict=True) if _of(draft) == tp]
            new = range(self.ends[tp], self.ends[tp] + len(mine))
            told = {offset for _, offset in mine if offset is not None}
            assert told <= set(new), "somebody else writes to this topic"
            untold = iter(offset for offset in new if offset not in told)  # Karapace, of empty values
            for draft, offset in mine:
                book[next(untold) if offset is None else offset] = draft
            self.ends[tp] = new.stop


def _of(draft: Draft) -> TopicPartition:
    assert draft.partition is not None
    return TopicPartition(draft.topic, draft.partition)


@dataclass
class Leg:
    """What was read from one place on, until the end or until a jump."""

    start: dict[TopicPartition, int]
    until: dict[TopicPartition, int] | None
    shown: dict[TopicPartition, list[Record]] = field(default_factory=dict)
    reached: dict[TopicPartition, int] = field(default_factory=dict)


class Example:
    """A client with a stream, what happens to it, and the reckoning."""

    def __init__(self, url: str, letter: str, topic: Topic, other: Other, plan: ReadPlan) -> None:
        self.plan, self.topic, self._other = plan, topic, other
        self.client = ProxyClient(url, dialect=dialect(letter, plan))
        self.watching = Watching()
        carriers = self.client._wire.carriers  # both ways, so that what is sent is as it is in the app
        make = carriers._client

        def watched(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
            http = make(transport)
            http._transport = self.watching.over(http._transport)
            return http

        carriers._client = watched  # type: ignore[method-assign]
        self.tps = list(topic.ends)[: plan.partitions]
        self.lowest = {tp: max(min(topic.written[tp], default=end), end - EARLIER) for tp, end in topic.ends.items()}
        self.legs: list[Leg] = []
        self.counts: Counter[str] = Counter()

    # the reader

    def _begin(self, start: int) -> None:
        """A new leg, from so many per mille on."""
        ends = {tp: self.topic.ends[tp] for tp in self.tps}
        places = {tp: low + (ends[tp] - low) * start // 1000 for tp, low in self.lowest.items() if tp in ends}
        end = self.plan.end
        until = None if end is None else {tp: at + (ends[tp] - at) * end // 1000 for tp, at in places.items()}
        self.legs.append(Leg(places, until))
        self._go_on(places)

    def _go_on(self, positions: Mapping[TopicPartition, int]) -> None:
        plan, leg = self.plan, self.legs[-1]
        self.stream = Stream(
            self.client,
            positions,
            bounds=Bounds(leg.until),
            format="json" if plan.json else "binary",
            lanes=plan.lanes,
            scale=SCALE,
        )
        self._task = asyncio.create_task(self._read(self.stream, leg))

    async def _read(self, stream: Stream, leg: Leg) -> None:
        while not stream.done:
            try:
                async with aclosing(stream.batches()) as batches:
                    async for batch in batches:
                        self.counts["troubles"] += batch.trouble is not None
                        self.counts["notes"] += len(batch.notes)
                        self.counts["gaps"] += len(batch.gaps)
                        for record in batch.records:
                            leg.shown.setdefault(record.tp, []).append(record)
            except (ConsumerGone, Conflict):  # one loss after the other: a person presses "again"
                self.counts["stopped and begun again"] += 1

    async def _stop(self) -> None:
        by_itself = self._task.done()
        self._task.cancel()
        ended = (await asyncio.gather(self._task, return_exceptions=True))[0]
        if isinstance(ended, Exception):
            raise ended
        leg = self.legs[-1]
        leg.reached = leg.until if by_itself and leg.until else dict(self.stream.positions)

    # what happens

    async def lived(self) -> None:
        """From beginning to end."""
        try:
            await self._write([8] * self.plan.bulk + list(self.plan.sizes))
            self._begin(self.plan.start)
            for step in self.plan.steps:
                await self._live(step)
                await asyncio.sleep(step.seconds)
            await self._finish()
        finally:
            if self.legs:
                self._task.cancel()
            await self.client.aclose()
            self.counts["instances left"] += sum([await self._other.instance_exists(p) for p in self.watching.made])

    async def _live(self, step: Step) -> None:
        match step.kind:
            case "append":
                await self._write([(n * 97 + step.amount * 31) % 2500 for n in range(step.amount)], step.where)
            case "hollow":
                await self._write([0] * (1 + step.amount % 4), step.where)
            case "expire":
                for path in self.watching.under_way or self.watching.made[-1:]:
                    self.counts["deleted behind its back"] += await self._other.instance_exists(path)
            case "cancelled":
                await self._stop()
                self._go_on(dict(self.stream.positions))
            case "jump":
                await self._stop()
                self._begin(step.where)
            case "paused":
                self.stream.pause()
                await asyncio.sleep(step.amount / 20)
                self.stream.resume()

    async def _write(self, sizes: Sequence[int], where: int = 0) -> None:
        make, tps = self.client.dialect, self.tps
        places = [tps[(where + n) % len(tps)] for n in range(len(sizes))]
        drafts = [self.topic.draft(make, tp, size) for tp, size in zip(places, sizes, strict=True)]
        await self.topic.write(self.client, drafts)

    async def _finish(self) -> None:
        """A last record with bytes in every partition; the stream reads to the end, or to where it was to end."""
        await self._write([5] * len(self.tps))
        deadline = asyncio.get_running_loop().time() + LONGEST
        ends = {tp: self.topic.ends[tp] for tp in self.tps}
        while self.stream.positions != ends and not self._task.done():
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.05)
        await self._stop()
        self.legs[-1].reached = self.legs[-1].until or ends
        ranges = await self.client.ranges(self.topic.name, [tp.partition for tp in self.tps])
        assert {tp: held.end for tp, held in ranges.items()} == ends, "somebody else writes to this topic"

    # the reckoning

    def reckon(self) -> None:
        """Count what is not as it must be."""
        counts = self.counts
        counts["examples"] += 1
        counts["requests"] += self.watching.requests.total()
        counts["instances"] += len(self.watching.made)
        counts["read by several at once"] += self.watching.at_once > 2
        counts["two reads of one at once"] += len(self.watching.offences)
        for leg in self.legs:
            for tp, start in leg.start.items():
                shown = [record.offset for record in leg.shown.get(tp, [])]
                wanted = range(start, leg.reached[tp])
                counts["records"] += len(shown)
                counts["lost"] += len(set(wanted) - set(shown))
                counts["twice"] += len(shown) - len(set(shown))
                counts["out of order"] += shown != sorted(shown)
                counts["beyond the end"] += len(set(shown) - set(wanted))
                counts["changed"] += sum(self._changed(tp, record) for record in leg.shown.get(tp, []))

    def _changed(self, tp: TopicPartition, record: Record) -> bool:
        """It is not what was written."""
        draft = self.topic.written[tp][record.offset]
        if self.plan.json:  # another spelling of the same
            return False
        if self.client.dialect.letter == "K":  # shows what is empty as null
            return (record.key or None, record.value or None) != (draft.key or None, draft.value or None)
        return (record.key, record.value) != (draft.key, draft.value)
