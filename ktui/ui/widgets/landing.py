"""Which of the records that come in gets the cursor: the first of a new place, or one that is waited for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ktui.model import Record, TopicPartition


class Landing:
    """What the cursor waits for; nothing, to begin with."""

    def __init__(self) -> None:
        self._first = False
        self._of: Collection[TopicPartition] = ()
        self._awaited: tuple[TopicPartition, int] | None = None

    def forget(self) -> None:
        """Wait for nothing."""
        self._first, self._awaited = False, None

    def on_first(self, of: Collection[TopicPartition] = ()) -> None:
        """Wait for the first record that comes now; of these partitions, if any are named: what others are behind with
        may come before."""
        self._first, self._of = True, of

    def gone_elsewhere(self) -> None:
        """The user did not wait for the first."""
        self._first = False

    def on_record(self, tp: TopicPartition, offset: int) -> None:
        """Wait for this record."""
        self._awaited = (tp, offset)

    def among(self, records: Sequence[Record], *, fits: bool) -> int | None:
        """Which of these gets the cursor. The first needs none where all that comes `fits` on the screen."""
        found: int | None = None
        if self._first and records:
            of = self._of
            found = next((index for index, record in enumerate(records) if not of or record.tp in of), None)
            self._first = found is None
            if fits and not of:
                found = None
        if self._awaited is not None:
            tp, offset = self._awaited
            for index, record in enumerate(records):
                if record.offset == offset and record.tp == tp:
                    self._awaited, found = None, index
        return found
