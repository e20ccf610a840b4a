"""Where a stream ends: at an offset in each partition, after so many records, or never. Pure."""

from __future__ import annotations

from ktui.model import Positions, TopicPartition
from ktui.records.batch import Batch

NEVER = 2**63
"""An offset that no record has."""


class Bounds:
    """The end of one stream."""

    def __init__(self, until: Positions | None = None, take: int | None = None, *, later: float | None = None) -> None:
        """`until` is the first offset, per partition, that is not wanted any more; without one a partition has no
        end, or one that is set `later`, in seconds since 1970. `take`: how many records are wanted in all."""
        self.until = dict(until or {})
        self.left = take
        self.later = later

    def __bool__(self) -> bool:
        return bool(self.until) or self.left is not None or self.later is not None

    def stop(self, tp: TopicPartition) -> int:
        """The first offset that is not wanted any more."""
        return self.until.get(tp, NEVER)

    def due(self, positions: Positions) -> dict[TopicPartition, int]:
        """The positions from which there is something to read."""
        return {tp: position for tp, position in positions.items() if position < self.stop(tp)}

    def reached(self, positions: Positions) -> bool:
        """All that was wanted has come."""
        return self.left == 0 or (bool(self.until) and not self.due(positions))

    def count(self, batch: Batch, positions: dict[TopicPartition, int]) -> None:
        """Cut what is more than was wanted off a batch, and go back to before it."""
        if self.left is None:
            return
        surplus = batch.records[self.left :]
        batch.records = batch.records[: self.left]
        self.left -= len(batch.records)
        for record in reversed(surplus):
            positions[record.tp] = record.offset
        if surplus:
            batch.gaps = [gap for gap in batch.gaps if gap.last < positions[TopicPartition(gap.topic, gap.partition)]]
