"""About how many records topics hold: asked for a few topics at a time, and not more often than needed. No UI."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator

import msgspec

from ktui.errors import NotFound, ProxyError, Unreachable
from ktui.model import TopicPartition
from ktui.rest.client import ProxyClient

AT_ONCE = 4
"""Requests under way at the same time."""
FRESH = 10.0
"""Seconds for which a topic counts as fresh after records arrived."""
AFTER_FAILURE = 30.0
"""Seconds before a topic that could not be counted is asked for again."""
DESCRIBED_SECONDS = 60.0
"""Between two questions which partitions a topic has: more may have been added."""
PARTITIONS_PER_ROUND = 8
"""A topic with more partitions, or a quiet one, is asked for less often: the wire is not to be full of counts."""


class Tally(msgspec.Struct):
    """What was found out about a topic."""

    partitions: tuple[int, ...] | None = None
    """Their numbers; None while unknown."""
    records: int | None = None
    """About how many: offsets are counted, and those that compaction took are among them."""
    ends: dict[int, int] = msgspec.field(default_factory=dict)
    """End per partition when last asked."""
    described: float = 0.0
    """When it was last asked which partitions there are."""
    due: float = 0.0
    """When to ask again."""
    grew: float | None = None
    """When records were seen to have arrived."""
    failed: bool = False
    """The last question was not answered."""


UNKNOWN = Tally()


class Tallies:
    """What is known of each topic that was asked for once."""

    def __init__(self, client: ProxyClient, every: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`every`: seconds between two looks at a topic in which something happens."""
        self._client, self._every, self._clock = client, every, clock
        self._tallies: dict[str, Tally] = {}

    def __getitem__(self, name: str) -> Tally:
        return self._tallies.get(name, UNKNOWN)

    def fresh(self, names: Iterable[str]) -> frozenset[str]:
        """Those to which records came lately."""
        since = self._clock() - FRESH
        return frozenset(name for name in names if (grew := self[name].grew) is not None and grew > since)

    def renew(self) -> None:
        """Ask for everything again when it is next in sight; what is known stays until then."""
        for tally in self._tallies.values():
            tally.partitions, tally.due = None, 0.0

    async def count(self, names: Iterable[str], counted: Callable[[], object]) -> None:
        """Ask for those that are due; `counted` is called after each. Failures become `failed`."""
        now = self._clock()
        due = iter([name for name in names if self[name].due <= now])
        async with asyncio.TaskGroup() as lanes:
            for _ in range(AT_ONCE):
                lanes.create_task(self._lane(due, counted))

    async def _lane(self, names: Iterator[str], counted: Callable[[], object]) -> None:
        for name in names:
            tally = self._tallies.setdefault(name, Tally())
            try:
                await self._count(name, tally)
            except ProxyError as error:
                if isinstance(error, NotFound):  # a topic that was made again may have fewer partitions
                    tally.partitions = None
                tally.failed, tally.due = True, self._clock() + AFTER_FAILURE
                if isinstance(error, Unreachable):
                    return  # the others would not be answered either
            counted()

    async def _count(self, name: str, tally: Tally) -> None:
        """Ask for the partitions now and then, and for the offsets of each, one after the other."""
        if tally.partitions is None or self._clock() - tally.described > DESCRIBED_SECONDS:
            tally.partitions = tuple(each.partition for each in await self._client.partitions(name))
            tally.described = self._clock()
        records, ends = 0, {}
        for partition in tally.partitions:
            beginning, end = await self._client.offsets(TopicPartition(name, partition))
            records += end - beginning
            ends[partition] = end
        now = self._clock()
        grew = any(end > tally.ends.get(partition, end) for partition, end in ends.items())
        rounds = max(1 if grew or not tally.ends else 2, len(ends) // PARTITIONS_PER_ROUND)
        tally.grew = now if grew else tally.grew
        tally.records, tally.ends, tally.failed = records, ends, False
        tally.due = now + self._every * rounds * 0.9  # a little early, so that a round is not missed by a hair
