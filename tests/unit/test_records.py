"""Records as columns are those records, whatever is done with them."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ktui.model import Header, Record, Records, TopicPartition
from ktui.records.bounds import Bounds
from ktui.records.intake import Intake
from ktui.records.log import SEALED_ROWS, RecordLog

BYTES = st.one_of(st.none(), st.binary(max_size=6))
RECORD = st.builds(
    Record,
    st.sampled_from(["a", "b"]),
    st.integers(0, 2),
    st.integers(0, 9),
    BYTES,
    BYTES,
    st.one_of(st.none(), st.integers(0, 10**12)),
    st.sampled_from([(), (Header("h", b"1"),)]),
)
RECORDS = st.lists(RECORD, max_size=12)


@given(RECORDS, st.integers(0, 12), st.integers(0, 12), st.data())
def test_columns_are_the_records(records: list[Record], start: int, stop: int, data: st.DataObject) -> None:
    columns = Records.of(records)
    assert list(columns) == records == [columns[place] for place in range(len(columns))]
    assert list(columns[start:stop]) == records[start:stop]
    assert list(columns.sizes()) == [record.size for record in records]
    assert columns.size == sum(record.size for record in records)
    assert [tp for tp, begin, end in columns.runs() for _ in range(begin, end)] == [record.tp for record in records]
    runs = columns.runs()
    assert all(one[0] != other[0] and one[2] == other[1] for one, other in itertools.pairwise(runs))
    wanted = data.draw(st.lists(st.booleans(), min_size=len(records), max_size=len(records)))
    assert list(columns.where(wanted)) == [record for record, it in zip(records, wanted, strict=True) if it]


def test_runs_are_those_of_what_is_there_now() -> None:
    columns = Records.of([Record("t", 0, 0), Record("t", 1, 0)])
    assert columns.runs() == [(("t", 0), 0, 1), (("t", 1), 1, 2)]
    columns.topics.append("t")
    columns.partitions.append(1)
    columns.offsets.append(1)
    assert columns.runs() == [(("t", 0), 0, 1), (("t", 1), 1, 3)]


@st.composite
def reads(draw: st.DrawFn) -> list[Record]:
    """Mostly runs of what is next, sometimes with something else between."""
    records: list[Record] = []
    at = {("a", 0): 3, ("a", 1): 0, ("b", 0): 5}
    for _ in range(draw(st.integers(0, 5))):
        topic, partition = draw(st.sampled_from([*at, ("b", 7)]))
        begin = at.get((topic, partition), 0) + draw(st.sampled_from([0, 0, 0, 2, -1]))
        end = begin + draw(st.integers(1, 6))
        records += [Record(topic, partition, offset, b"k", None) for offset in range(max(0, begin), end)]
        at[topic, partition] = end
    return records


@given(reads(), st.sampled_from([None, 2, 6]), st.one_of(st.none(), st.integers(0, 12)), st.booleans())
def test_columns_are_taken_in_as_records_are(
    received: list[Record], until: int | None, take: int | None, suspect: bool
) -> None:
    seen = []
    for each in (received, Records.of(received)):
        positions = {TopicPartition("a", 0): 3, TopicPartition("a", 1): 0, TopicPartition("b", 0): 5}
        intake = Intake(positions, Bounds({TopicPartition("a", 0): until} if until else None, take))
        if suspect:
            intake.suspect(0.0)
        batch = intake.accept(each)
        seen.append(
            (list(batch.records), batch.gaps, positions, intake.reopen, dict(intake.outdated), intake.bounds.left)
        )
    assert seen[0] == seen[1]


def test_columns_are_kept_behind_what_came_before() -> None:
    records = [Record("t", 0, offset, b"k%d" % offset, None if offset % 3 else b"v", offset) for offset in range(900)]
    log = RecordLog()
    log.extend(records[:30])
    log.extend(Records.of(records[30:50]))
    log.extend(Records.of(records[50 : 50 + SEALED_ROWS]))
    log.extend(Records.of(records[50 + SEALED_ROWS :]))
    assert list(log) == records
    assert (log.end, log.kept) == (900, 900)
