"""Where the partitions of a stream begin and end, asked now and then, and what that tells about the topic.

A topic that was made again or has more partitions now is never reported by a consumer (reference 2.13).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from ktui.errors import Busy, NotFound
from ktui.model import OffsetRange, Positions, TopicPartition, by_topic
from ktui.records.segment import Note
from ktui.rest.client import ProxyClient
from ktui.rest.together import together

LOOK_SECONDS = 10.0
"""How often a stream asks; half a second more for each partition beyond twenty."""


class Edges:
    """The ranges of what one stream reads. `positions` are the stream's own, and corrected here."""

    def __init__(
        self,
        client: ProxyClient,
        positions: dict[TopicPartition, int],
        ranges: Mapping[TopicPartition, OffsetRange],
        whole: bool | None,
        clock: Callable[[], float],
        until: Positions | None = None,
    ) -> None:
        self.ranges = dict(ranges)
        self._client = client
        self.positions = positions
        self._until = {} if until is None else until
        """Where partitions are read to, when that is known: what lies beyond is nobody's concern."""
        self._whole = whole
        self._barren: dict[TopicPartition, tuple[int, int]] = {}
        """Where reading again and again brought no record: the position, and the end up to which there is none. Markers
        of transactions take offsets too."""
        self._came: dict[TopicPartition, int] = {}
        """From where on records came that are before our positions, since the last look."""
        self._known: dict[str, frozenset[int]] = {}
        """Partitions that each topic was seen to have."""
        if whole:
            self._known = {topic: frozenset(numbers) for topic, numbers in by_topic(self.positions).items()}
        self._clock = clock
        self._looked = clock() if ranges and ranges.keys() >= positions.keys() else float("-inf")

    @property
    def behind(self) -> int:
        """Offsets between the positions and the ends last heard of; those that are no records count too, until they
        were read for nothing. Before an end that is there they count again: whether it is reached is looked into."""
        barren = {} if self.settled else self._barren
        return sum(
            max(0, min(bounds.end, self._until.get(tp, bounds.end)) - max(bounds.beginning, self._reached(tp, barren)))
            for tp, bounds in self.ranges.items()
            if tp in self.positions
        )

    @property
    def ahead(self) -> int:
        """The same up to the ends of the partitions, whatever of it is wanted: a broker sends what there is."""
        return sum(
            max(0, bounds.end - max(bounds.beginning, self.positions[tp]))
            for tp, bounds in self.ranges.items()
            if tp in self.positions
        )

    def nothing_there(self) -> None:
        """As far as the ends that are known no record can be had: there is nothing to be behind of. It holds until one
        comes all the same, as of a transaction that was open."""
        self._barren = {tp: (at, self.ranges[tp].end) for tp, at in self.positions.items() if tp in self.ranges}

    def _reached(self, tp: TopicPartition, barren: Mapping[TopicPartition, tuple[int, int]]) -> int:
        """Up to where there is nothing to be read, as far as it is known."""
        position = self.positions[tp]
        at, end = barren.get(tp, (position, position))
        return end if at == position else position

    @property
    def settled(self) -> bool:
        """Every partition is read up to where it has records already: what is added later does not matter."""
        return self._until.keys() >= self.positions.keys() and all(
            tp in self.ranges and self._until[tp] <= self.ranges[tp].end for tp in self.positions
        )

    @property
    def overdue(self) -> bool:
        """It is time to ask again; also where every end is known, once something came that is before our positions."""
        return (bool(self._came) or not self.settled) and self._clock() - self._looked >= max(
            LOOK_SECONDS, len(self.positions) / 2
        )

    def doubt(self, came: Positions | None = None) -> None:
        """Take what was heard for outdated. `came`: from where on records came that are before our positions."""
        self._looked = float("-inf")
        self._came = dict(came or {})

    def forget(self, tps: Iterable[TopicPartition]) -> None:
        """Read these no longer. Should they be there again, they are new."""
        for tp in tps:
            del self.positions[tp]
            self.ranges.pop(tp, None)
            self._known.pop(tp.topic, None)

    async def look(self, age: float = 0.0) -> list[Note]:
        """Ask, unless that was done within `age` seconds. NotFound when a topic or partition is gone."""
        if self._clock() - self._looked < age:
            return []
        found = await together(self._ask(topic, numbers) for topic, numbers in by_topic(self.positions).items())
        added = [tp for each in found for tp in each]
        self._looked = self._clock()
        notes = []
        for tp in added:
            self._known[tp.topic] |= {tp.partition}
            self.positions[tp] = self.ranges[tp].beginning
            notes.append(Note(f"{tp} is a new partition: read from its start"))
        return notes + self._start_over() + self._pass_gone()

    def _start_over(self) -> list[Note]:
        """Begin anew with topics that were made again. One that is longer now than the old one was tells it only by
        what it gives: an instance that stood past its end goes back to its start (conformance case 120)."""
        signs: dict[TopicPartition, str] = {}
        for tp, position in self.positions.items():
            end, came = self.ranges[tp].end, self._came.get(tp, position)
            if end < position:
                signs[tp] = f"{tp} ends at {end}, before our {position}: made again, so read from its start"
            elif came < position:
                signs[tp] = f"{tp} gives {came} after {position - 1}: made again, so read from its start"
        self._came = {}
        anew = {tp.topic for tp in signs}
        notes = []
        for tp, position in self.positions.items():
            beginning = self.ranges[tp].beginning
            if tp.topic in anew and position > beginning:
                notes.append(Note(signs.get(tp, f"{tp} is of a topic that was made again: read from its start")))
                self.positions[tp] = beginning
        return notes

    def _pass_gone(self) -> list[Note]:
        """Go over what was wanted and is deleted, up to where that ends: no record may come to tell it. Not where the
        beginning is searched for, and perhaps not found."""
        if not self._client.dialect.tells_offsets:
            return []
        notes = []
        for tp, position in self.positions.items():
            beginning, until = self.ranges[tp].beginning, self._until.get(tp, 0)
            if position < until <= beginning:
                notes.append(Note(f"{tp} begins at {beginning} now: {position} to {until - 1} are gone"))
                self.positions[tp] = until
        return notes

    async def _ask(self, topic: str, numbers: list[int]) -> list[TopicPartition]:
        """Bring the ranges of a topic up to date; the partitions that are new, when all of it is read."""
        if self._whole is False:
            self.ranges.update(await self._client.ranges(topic, numbers))
            return []
        describing = asyncio.ensure_future(self._client.partitions(topic))
        try:
            self.ranges.update(await self._client.ranges(topic, numbers))
            there = frozenset(each.partition for each in await describing)
        finally:
            describing.cancel()
            await asyncio.gather(describing, return_exceptions=True)
        before = self._known.setdefault(topic, frozenset(numbers) if self._whole else there)
        if self._whole is None and not before <= set(numbers):
            return []  # some were left out on purpose
        added = [TopicPartition(topic, number) for number in sorted(there - before - set(numbers))]
        try:
            self.ranges.update(await self._client.ranges(topic, [tp.partition for tp in added]))
        except (NotFound, Busy):
            return []  # not every broker knows it yet, or it has no leader: the next look tells
        return added
