"""Where the partitions of one topic stand: what they hold, where we read, where a group resumes. Pure state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import overload

import msgspec

from ktui.errors import Unsupported
from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.consequence import consequence
from ktui.records.target import SeekTarget, TargetError
from ktui.rest.client import ProxyClient


class Standing(msgspec.Struct):
    """One partition. None is not known, or not there."""

    tp: TopicPartition
    held: OffsetRange | None = None
    position: int | None = None
    committed: int | None = None
    asked: bool = False
    """Whether the group's offset is known: then no `committed` means that it never committed here."""
    marked: bool = False

    @property
    def partition(self) -> int:
        return self.tp.partition

    @property
    def behind(self) -> int | None:
        """Offsets from our position to the end."""
        return None if self.held is None or self.position is None else max(0, self.held.end - self.position)

    @property
    def lag(self) -> int | None:
        """Offsets from the committed one to the end."""
        return None if self.held is None or self.committed is None else max(0, self.held.end - self.committed)

    @property
    def last_seen(self) -> int | None:
        """Where there can be a record to look at: at our position, or the last one when that is the end."""
        if self.held is None or self.held.beginning == self.held.end:
            return None
        offset = self.held.beginning if self.position is None else self.position
        return min(self.held.clamp(offset), self.held.end - 1)


class Standings(Sequence[Standing]):
    """The partitions of a topic, in order."""

    def __init__(self, topic: str = "", partitions: Sequence[int] = ()) -> None:
        self.topic = topic
        self._rows = [Standing(TopicPartition(topic, number)) for number in sorted(partitions)]
        self._by_tp = {row.tp: row for row in self._rows}

    @overload
    def __getitem__(self, index: int) -> Standing: ...

    @overload
    def __getitem__(self, index: slice) -> list[Standing]: ...

    def __getitem__(self, index: int | slice) -> Standing | list[Standing]:
        return self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def marked(self) -> list[Standing]:
        return [row for row in self._rows if row.marked]

    @property
    def lag(self) -> int | None:
        """Of all partitions whose lag is known; None when none is."""
        lags = [row.lag for row in self._rows if row.lag is not None]
        return sum(lags) if lags else None

    def adopt(self, before: Standings) -> None:
        """Keep what was known of the same topic."""
        self._rows = [before._by_tp.get(row.tp, row) for row in self._rows]
        self._by_tp = {row.tp: row for row in self._rows}

    def update_positions(self, positions: Positions) -> None:
        for tp, position in positions.items():
            if row := self._by_tp.get(tp):
                if row.held and position > max(row.held.end, row.position or 0):
                    row.held = row.held._replace(end=position)  # what was read was there
                row.position = position

    def update_held(self, ranges: Mapping[TopicPartition, OffsetRange]) -> None:
        for tp, held in ranges.items():
            if row := self._by_tp.get(tp):
                row.held = held

    def update_committed(self, asked: Sequence[TopicPartition], committed: Positions) -> None:
        for tp in asked:
            if row := self._by_tp.get(tp):
                row.committed, row.asked = committed.get(tp), True

    def forget_group(self) -> None:
        for row in self._rows:
            row.committed, row.asked = None, False

    def mark_all(self, marked: bool) -> None:
        for row in self._rows:
            row.marked = marked

    def called(self, rows: Sequence[Standing]) -> str:
        """Some of these partitions in words."""
        if len(rows) == 1:
            return f"partition {rows[0].partition}"
        return f"{'all ' if len(rows) == len(self) else ''}{len(rows)} partitions"

    def understand(self, text: str, chosen: Sequence[Standing]) -> tuple[SeekTarget, Sequence[Standing]]:
        """What was typed, and the partitions it is for: the chosen ones unless it names one. Raises TargetError."""
        target = SeekTarget.parse(text, now=datetime.now().astimezone())
        if target.partition is None:
            return target, chosen
        rows = [row for row in self._rows if row.partition == target.partition]
        if not rows:
            raise TargetError(f"There is no partition {target.partition} here")
        return target, rows

    def consequence(self, text: str, chosen: Sequence[Standing]) -> str:
        """What seeking there would do, or why it cannot be done."""
        if not text:
            return ""
        try:
            target, rows = self.understand(text, chosen)
        except TargetError as error:
            return str(error)
        return consequence(target, *known(rows))


class Group(msgspec.Struct):
    """The consumer group that the positions are compared with, if any."""

    name: str = ""
    refusal: Unsupported | None = None
    """Why this proxy cannot tell anything about it."""

    @property
    def compared(self) -> bool:
        return bool(self.name) and self.refusal is None

    async def load(self, client: ProxyClient, standings: Standings, rows: Sequence[Standing]) -> None:
        """Its committed offsets, which neither joins nor moves it."""
        if not self.compared:
            return
        tps = [row.tp for row in rows]
        try:
            standings.update_committed(tps, await client.committed(self.name, tps))
        except Unsupported as error:
            self.refusal = error


def known(rows: Sequence[Standing]) -> tuple[dict[TopicPartition, int], dict[TopicPartition, OffsetRange]]:
    """Positions and ranges, of those that are known."""
    positions = {row.tp: row.position for row in rows if row.position is not None}
    return positions, {row.tp: row.held for row in rows if row.held is not None}
