"""Marked records: walked through, kept when they leave the log, found again when they come back."""

from __future__ import annotations

import pytest

from ktui.model import Header, Record, Records
from ktui.records.log import RecordLog
from ktui.records.marked import Marked, MarkedRows, TooMany


def records(start: int, count: int, partition: int = 0) -> list[Record]:
    return [Record("t", partition, n, b"k", b"v%d" % n) for n in range(start, start + count)]


@pytest.fixture
def log() -> RecordLog:
    log = RecordLog(max_rows=1000)
    log.extend(records(0, 500))
    return log


def offsets(marked: Marked) -> list[int]:
    return [record.offset for record in marked.records]


def test_marks_and_takes_marks_away(log: RecordLog) -> None:
    marked = Marked(log)
    assert marked.toggle(300)
    assert marked.toggle(7)
    assert marked.toggle(50)
    assert offsets(marked) == [7, 50, 300]
    assert list(marked.rows) == [7, 50, 300]
    assert not marked.toggle(50)
    assert offsets(marked) == [7, 300]
    assert records(7, 1)[0] in marked
    assert records(50, 1)[0] not in marked
    assert records(7, 1, partition=1)[0] not in marked


def test_walks(log: RecordLog) -> None:
    marked = Marked(log)
    assert marked.beside(0, 1) is None
    for number in (7, 50, 300):
        marked.toggle(number)
    assert [marked.beside(at, 1) for at in (0, 7, 8, 299, 300)] == [7, 50, 50, 300, None]
    assert [marked.beside(at, -1) for at in (7, 8, 50, 499)] == [None, 7, 7, 300]


def test_those_that_leave_the_log_stay_to_be_copied(log: RecordLog) -> None:
    marked = Marked(log)
    marked.toggle(7)
    marked.toggle(499)
    log.extend(records(500, 1200))
    assert log.first > 7
    assert offsets(marked) == [7, 499]
    assert list(marked.rows) == [499] if log.first <= 499 else not marked.rows
    log.clear()
    assert not marked.rows
    assert offsets(marked) == [7, 499]


def test_those_that_come_again_are_marked(log: RecordLog) -> None:
    marked = Marked(log)
    marked.toggle(7)
    marked.toggle(8)
    log.clear()
    start = log.end
    again = records(5, 10, partition=1) + records(5, 3)
    log.extend(again)
    marked.came(start, again)
    assert list(marked.rows) == [start + 12]
    assert offsets(marked) == [8, 7]
    more = records(8, 5)
    log.extend(more)
    marked.came(start + 13, more)
    assert list(marked.rows) == [start + 12, start + 13]
    assert not marked.toggle(start + 12)
    assert offsets(marked) == [8]


def test_another_record_in_the_place_of_a_marked_one_is_not_marked(log: RecordLog) -> None:
    marked = Marked(log)
    marked.toggle(3)
    start = log.end
    others = [Record("t", 0, n, b"k", b"of a topic that was made again") for n in range(5)]
    log.extend(others)
    marked.came(start, Records.of(others))
    assert others[3] not in marked
    assert list(marked.rows) == [3]
    assert marked.toggle(start + 3)
    assert [record.value for record in marked.records] == [b"v3", others[3].value]


def test_headers_count(monkeypatch: pytest.MonkeyPatch) -> None:
    log = RecordLog(max_bytes=100_000)
    large = Record("t", 0, 0, b"k", b"v", headers=(Header("trace", b"x" * 5000),))
    log.extend([large] * 10)
    assert log.size_bytes > 50_000
    log.extend([large] * 100)
    assert len(log) < 30
    monkeypatch.setattr("ktui.records.marked.MOST_BYTES", 4000)
    marked = Marked(log)
    with pytest.raises(TooMany):
        marked.toggle(log.first)


def test_only_so_many(log: RecordLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.records.marked.MOST", 2)
    marked = Marked(log)
    marked.toggle(1)
    marked.toggle(2)
    with pytest.raises(TooMany, match="2 records are marked"):
        marked.toggle(3)
    assert not marked.toggle(1)
    assert marked.toggle(3)
    marked.clear()
    assert not marked.records
    assert not marked.rows


def test_rows_by_place(log: RecordLog) -> None:
    rows = MarkedRows(log, [7, 50, 300])
    assert (rows.first, rows.end) == (0, 3)
    assert [rows.number(place) for place in range(3)] == [7, 50, 300]
    assert [rows.place(number) for number in (0, 7, 8, 300, 301)] == [0, 0, 1, 2, 3]
    log.extend(records(500, 1200))
    assert rows.first == sum(number < log.first for number in (7, 50, 300))
