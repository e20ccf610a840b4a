"""Topics that a stream follows by a pattern: those made later join it, those deleted leave it.

Told by the list of topics alone. To ask for a topic that is not there can make one: brokers create what a client asks
the metadata of (auto.create.topics.enable is true by default).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ktui.errors import Forbidden, ProxyError
from ktui.records.edges import Edges
from ktui.records.pattern import TopicPattern
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient

TOGETHER = 20
"""Topics that one stream reads at most."""
LIST_SECONDS = 10.0
"""How often the list is asked for."""
CONFIRM_SECONDS = 0.5
"""After which a topic that is missing is missed again: a broker that has just started may not know all of them yet, and
to read a topic anew that was there all the time would show its records twice."""


class Roster:
    """The topics of one stream. Its positions and ranges are changed here."""

    def __init__(
        self,
        client: ProxyClient,
        pattern: TopicPattern,
        edges: Edges,
        *,
        joins: bool,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        """`joins`: whether topics that are made later are read; not, where the stream has an end."""
        self._client = client
        self._pattern = pattern
        self._edges = edges
        self._joins = joins
        self._sleep = sleep
        self._clock = clock
        self._left_out: set[str] = set()
        """Topics that match and are not read, which was said."""
        self._missing = False
        """Something that is read was not found."""
        self._listed: float = clock() if edges.ranges else float("-inf")

    @property
    def overdue(self) -> bool:
        """It is time to ask for the list."""
        return self._clock() - self._listed >= LIST_SECONDS

    def doubt(self, *, missing: bool = False) -> None:
        """There may be other topics than was heard; some that are read, or partitions of them, are `missing`."""
        self._listed = float("-inf")
        self._missing |= missing

    async def look(self) -> list[Note]:
        """Ask for the list, and change positions by what is new in it and what is gone."""
        names = await self._client.topics()
        read = {tp.topic for tp in self._edges.positions}
        if missing := read.difference(names):
            await self._sleep(CONFIRM_SECONDS)
            missing.difference_update(await self._client.topics())
        notes = [self._leave(name) for name in sorted(missing)]
        if self._missing:
            self._missing = False
            for name in sorted(read - missing):
                notes += await self._count_again(name)
        self._left_out.intersection_update(names)
        if self._joins:
            for name in self._pattern.among(names):
                if name not in read and name not in self._left_out:
                    notes += await self._join(name, len(read) - len(missing))
                    read.update(tp.topic for tp in self._edges.positions)
        self._listed = self._clock()
        return notes

    def _leave(self, name: str) -> Note:
        self._edges.forget([tp for tp in self._edges.positions if tp.topic == name])
        return Note(f"{name} was deleted: the stream goes on without it")

    async def _count_again(self, name: str) -> list[Note]:
        """Leave partitions that are not there any more: a topic that was made again may have fewer."""
        try:
            there = {each.partition for each in await self._client.partitions(name)}
        except ProxyError:
            self._missing = True  # what is known already is not lost with it
            return []
        gone = [tp for tp in self._edges.positions if tp.topic == name and tp.partition not in there]
        self._edges.forget(gone)
        return [Note(f"{tp} is no longer there: made again with fewer partitions") for tp in gone]

    async def _join(self, name: str, others: int) -> list[Note]:
        """Read a topic that was not there before from its beginning."""
        if others >= TOGETHER:
            self._left_out.add(name)
            return [Note(f"{name} is new, but not read: {TOGETHER} topics are at most")]
        try:
            numbers = [each.partition for each in await self._client.partitions(name)]
            ranges = await self._client.ranges(name, numbers)
        except Forbidden as error:
            self._left_out.add(name)
            return [Note(f"{name} is new, but not read: {error}")]
        except ProxyError:
            return []  # gone again, or its partitions have no leader yet: the next look tells
        self._edges.ranges.update(ranges)
        self._edges.positions.update((tp, bounds.beginning) for tp, bounds in ranges.items())
        return [Note(f"{name} is a new topic: read from its start")] if ranges else []
