"""The order in which records of several partitions are shown when they were all there before: by their times."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import merge

from ktui.model import Record, TopicPartition


def by_time(records: Sequence[Record]) -> Sequence[Record]:
    """Those of one partition stay in their order, whatever their times. All stay as they came where a time is not
    known: Confluent's proxy sends none."""
    runs: dict[TopicPartition, list[Record]] = {}
    for record in records:
        if record.timestamp is None:
            return records
        runs.setdefault(record.tp, []).append(record)
    return list(merge(*runs.values(), key=_time)) if len(runs) > 1 else records


def _time(record: Record) -> int:
    return record.timestamp or 0
