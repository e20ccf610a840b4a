"""What became of each record where a produce is answered partition by partition, with the first offset of each.

The others are counted from it where that is certain. Where it is not, a record was stored at a place that is not told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ktui.model import Draft, Produced

_WORDS = {
    1: "offset out of range",
    2: "the record arrived damaged",
    3: "unknown topic or partition",
    5: "the partition has no leader",
    6: "that broker does not lead the partition",
    7: "the broker did not answer in time",
    10: "the record is too large",
    17: "invalid topic",
    19: "not enough replicas",
    29: "not allowed to write to the topic",
    87: "the broker refuses the record",
}
"""Error numbers of Kafka's protocol."""


def share_out(reports: Sequence[Produced], drafts: Sequence[Draft]) -> list[Produced]:
    """One outcome for each draft, from one report for each partition that got some of them; there is one at least."""
    counts = Counter(report.partition for report in reports)
    by_partition = {report.partition: report for report in reports if counts[report.partition] == 1}
    only = reports[0] if len(reports) == 1 else None
    passed: Counter[int | None] = Counter()
    chosen_by_proxy = any(draft.partition is None for draft in drafts)
    outcomes: list[Produced] = []
    for draft in drafts:
        report = only or by_partition.get(draft.partition)
        if report is None or (draft.partition is None and only is None):
            outcomes.append(_untold(reports))
            continue
        if report.error is not None or report.error_code is not None:
            outcomes.append(_failed(report))
            continue
        if chosen_by_proxy and only is None:  # how many of those went before this one is not known
            outcomes.append(Produced(report.partition))
            continue
        outcomes.append(_at(report, passed[report.partition]))
        passed[report.partition] += 1
    return outcomes


def _at(report: Produced, place: int) -> Produced:
    return report if report.offset is None else Produced(report.partition, report.offset + place)


def _failed(report: Produced) -> Produced:
    words = _WORDS.get(report.error_code or 0, report.error or f"Kafka's error {report.error_code}")
    return Produced(report.partition, None, words, report.error_code)


def _untold(reports: Sequence[Produced]) -> Produced:
    """A record whose partition nobody knows: stored when everything was, otherwise perhaps."""
    failed = [report for report in reports if report.error is not None]
    if failed:
        return Produced(error=f"perhaps not stored: {_failed(failed[0]).error}", error_code=failed[0].error_code)
    return Produced()
