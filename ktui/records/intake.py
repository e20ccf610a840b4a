"""What of a read is next for us: nothing twice, nothing missing unless it is really not there. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ktui.model import Gap, Record, Records, TopicPartition
from ktui.records.batch import Batch
from ktui.records.bounds import Bounds

SUSPICION_SECONDS = 5.0
"""How long records that may have been thrown away are waited for while others come."""


class Intake:
    """The positions of one stream, moved by what its instances bring."""

    def __init__(self, positions: dict[TopicPartition, int], bounds: Bounds) -> None:
        self.positions = positions
        self.bounds = bounds
        self.reopen = False
        """A new instance is wanted at our positions."""
        self.outdated: dict[TopicPartition, int] = {}
        """From where on something came that is before our positions: the topic is another one now."""
        self._suspect_since: float | None = None
        """Since when records may have been thrown away between reads of this instance."""

    def opened(self) -> None:
        """A new instance stands at our positions: nothing is missing between them and what it will give."""
        self.reopen = False
        self.outdated.clear()
        self._suspect_since = None

    def accept(self, received: Sequence[Record]) -> Batch:
        """Move on over what is next."""
        if isinstance(received, Records) and (straight := self._straight(received)) is not None:
            self.positions.update(straight)
            batch = Batch(received)
            self.bounds.count(batch, self.positions)
            return batch
        records: list[Record] = []
        batch = Batch(records)
        positions, taken = self.positions, records.append
        tp, topic, partition = None, None, None
        position, stop, beyond = None, 0, 0
        for record in received:
            if record.partition != partition or record.topic != topic:
                if tp is not None and position is not None:  # once a run: it costs as much as a record
                    positions[tp] = position
                tp, topic, partition = record.tp, record.topic, record.partition
                position, stop = positions.get(tp), self.bounds.stop(tp)
            if position is None:
                continue
            offset = record.offset
            if offset != position:
                if offset < position:
                    self.outdated[record.tp] = min(offset, self.outdated.get(record.tp, offset))
                    continue
                if self._suspect_since is not None:  # what is still missing from a new instance is really missing
                    self.reopen = True
                    continue
                if position < stop:
                    batch.gaps.append(Gap(record.topic, record.partition, position, min(offset, stop) - 1))
            if offset >= stop:
                position = max(position, stop)
                beyond += 1
                continue
            position = offset + 1
            taken(record)
        if tp is not None and position is not None:
            positions[tp] = position
        self.reopen |= 2 * beyond > len(received)  # most of it is read for nothing: leave those partitions out
        self.bounds.count(batch, positions)
        return batch

    def _straight(self, received: Records) -> dict[TopicPartition, int] | None:
        """The positions behind them, if each is just what is next; by loops of C, as it mostly is."""
        found: dict[TopicPartition, int] = {}
        for tp, start, stop in received.runs():
            offsets = received.offsets[start:stop]
            position = found.get(tp, self.positions.get(tp))
            if position != offsets[0] or offsets[-1] >= self.bounds.stop(tp):
                return None
            found[tp] = offsets[-1] + 1
            if offsets != list(range(position, found[tp])):
                return None
        return found

    def suspect(self, now: float) -> None:
        """This read may have cost others."""
        if self._suspect_since is None:
            self._suspect_since = now

    def doubt(self, received: Sequence[Record], now: float) -> None:
        """With more to come: go back when what may have been thrown away is not missed by a later record."""
        since = self._suspect_since
        if since is not None:
            self.reopen |= not received or now - since >= SUSPICION_SECONDS
