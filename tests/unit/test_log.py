"""RecordLog: rows by number, a ring of columns."""

from __future__ import annotations

import random
import tracemalloc

import pytest

from ktui.model import Gap, Header, Record
from ktui.records.log import Note, RecordLog


def record(n: int, size: int = 10, **more: object) -> Record:
    return Record("t", n % 3, n, b"k%d" % n, b"%d" % n + b"x" * size, 1_700_000_000_000 + n, **more)  # type: ignore[arg-type]


def test_rows_come_back_as_they_went_in() -> None:
    log = RecordLog()
    rows: list[Record | Gap | Note] = []
    chance = random.Random(4)
    number = 0
    for _ in range(300):
        if chance.random() < 0.2:
            mark = chance.choice([Note(f"jumped {number}"), Gap("t", 0, number, number + 5)])
            log.mark(mark)
            rows.append(mark)
        batch = [
            Record(
                chance.choice(["t", "t", "other"]),
                chance.choice([0, 1, 8, 255, 255 + (number > 1000)]),
                number + n,
                chance.choice([None, b"", b"\0key\0"]),
                chance.choice([None, b"", b"v" * chance.randrange(3000)]),
                chance.choice([None, 0, 2**62]),
                chance.choice([(), (), (Header("h", None), Header("h", b"x"))]),
            )
            for n in range(chance.randrange(20))
        ]
        number += len(batch)
        log.extend(batch)
        rows += batch
    assert len(log) == len(rows) == log.end
    assert list(log) == rows
    assert log.kept == number
    for at in range(len(rows) + 2):
        assert log.records_since(at) == sum(isinstance(row, Record) for row in rows[at:])


@pytest.mark.parametrize("others", [(1, 2), (1, None), (None, None)])
def test_a_time_that_no_clock_has_is_none(others: tuple[int | None, ...]) -> None:
    log = RecordLog()
    times = [*others, 2**64, -(2**63) - 1, 2**63 - 1] * 100
    log.extend([Record("t", 0, n, b"k", b"v", time) for n, time in enumerate(times)])
    assert [row.timestamp for row in log if isinstance(row, Record)][:5] == [*others, None, None, 2**63 - 1]


def test_null_and_empty_are_told_apart() -> None:
    log = RecordLog()
    log.extend([Record("t", 0, n, None, b"") if n % 2 else Record("t", 0, n, b"", None) for n in range(500)])
    assert (log[1].key, log[1].value) == (None, b"")  # type: ignore[union-attr]
    assert (log[0].key, log[0].value) == (b"", None)  # type: ignore[union-attr]


def test_the_ring_is_bounded_by_bytes_and_numbers_stay() -> None:
    log = RecordLog(max_bytes=1_000_000)
    for start in range(0, 20_000, 50):
        log.extend([record(n, 200) for n in range(start, start + 50)])
        assert log.size_bytes <= 1_000_000
    assert log.end == 20_000
    assert log.first > 0
    assert log.kept == log.end - log.first
    assert log.records_since(log.first - 1) == log.records_since(0) == log.kept
    assert log[log.first] == record(log.first, 200)
    assert log[19_999] == record(19_999, 200)
    assert log.size_bytes > 700_000


def test_the_ring_is_bounded_by_count() -> None:
    log = RecordLog(max_rows=5_000)
    log.extend([record(n) for n in range(20_000)])
    assert 4_000 <= len(log) <= 5_000
    assert log[log.first] == record(log.first)


@pytest.mark.parametrize("number", [-1, 0, 20_000, 10**9])
def test_a_row_that_is_not_there_is_an_index_error(number: int) -> None:
    log = RecordLog(max_rows=5_000)
    log.extend([record(n) for n in range(20_000)])
    with pytest.raises(IndexError):
        log[number]


def test_clear_forgets_rows_and_goes_on_counting() -> None:
    log = RecordLog()
    log.extend([record(n) for n in range(1000)])
    log.clear()
    assert (len(log), log.kept, log.size_bytes, log.first, log.end) == (0, 0, 0, 1000, 1000)
    log.extend([record(n) for n in range(1000, 1300)])
    assert log[1299] == record(1299)
    assert log[1000] == record(1000)


def test_large_records_leave_one_by_one() -> None:
    log = RecordLog(max_bytes=10_000_000)
    for n in range(30):
        log.extend([record(n, 1_000_000)])
    assert 8 <= log.kept <= 10
    assert log[29] == record(29, 1_000_000)


def test_a_record_takes_little_more_than_its_bytes() -> None:
    text = [(b"%010d" % n, (b"%d" % n).rjust(320, b"x")) for n in range(20_000)]
    log = RecordLog()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for start in range(0, len(text), 2_000):
        log.extend([Record("t", 0, start + n, bytes(k), v, n) for n, (k, v) in enumerate(text[start : start + 2000])])
    taken = (tracemalloc.get_traced_memory()[0] - before) / len(text)
    tracemalloc.stop()
    assert taken <= 1.15 * 330
    assert abs(log.size_bytes / len(text) - taken) < 20
