"""Which gear the next read uses."""

from __future__ import annotations

from ktui.model import Record
from ktui.records.pace import FAR_BEHIND, LARGEST_READ, SMALLEST_READ, Pace
from ktui.rest.dialect import CONFLUENT, KARAPACE, MIB, STRIMZI


def some(count: int, size: int = 1) -> list[Record]:
    return [Record("t", 0, n, None, b"x" * size) for n in range(count)]


def test_far_behind_is_read_in_the_fast_gear() -> None:
    pace = Pace(CONFLUENT)
    assert pace.choose(FAR_BEHIND + 1)
    assert pace.gear is CONFLUENT.catch_up
    assert pace.choose(0)
    assert pace.gear is CONFLUENT.tail
    assert not pace.choose(FAR_BEHIND)


def test_confluent_asks_before_it_shifts_up() -> None:
    pace = Pace(CONFLUENT)
    assert [pace.after(some(30), 0) for _ in range(5)] == [False, False, False, False, True]
    assert pace.gear is CONFLUENT.tail
    assert [pace.after(some(n), 0) for n in (30, 30, 30, 30, 29, 30)] == [False] * 6


def test_confluent_asks_at_the_end_of_a_backlog() -> None:
    pace = Pace(CONFLUENT)
    pace.choose(5000)
    assert not pace.after(some(500), 4500)
    assert pace.after(some(500), 0)


def test_karapace_shifts_in_place_without_asking() -> None:
    pace = Pace(KARAPACE)
    assert not pace.after(some(1), 0)
    assert pace.gear is KARAPACE.tail
    assert not pace.after(some(1), 0)
    assert pace.gear is KARAPACE.catch_up
    assert not pace.after(some(1), 0)
    assert pace.gear is KARAPACE.catch_up
    assert not pace.after([], 0)
    assert pace.gear is KARAPACE.tail
    assert not pace.choose(5000)
    assert pace.gear is KARAPACE.catch_up


def test_karapace_stays_low_while_records_come_one_by_one() -> None:
    pace = Pace(KARAPACE)
    for seconds in (0.4, 0.3, 0.1, 0.3, 0.1, 0.4):
        pace.took(seconds, 90, 1)
        pace.after(some(1), 0)
        assert pace.gear is KARAPACE.tail
    for _ in range(2):
        pace.took(0.1, 90, 1)
        pace.after(some(1), 0)
    assert pace.gear is KARAPACE.catch_up


def test_reads_grow_while_they_are_full_and_shrink_when_they_are_slow() -> None:
    pace = Pace(CONFLUENT)
    pace.choose(10**6)
    sizes = []
    for seconds, size in (
        (0.1, MIB),
        (0.1, MIB),
        (0.1, 1000),
        (0.1, 2 * MIB),
        (0.1, 4 * MIB),
        (0.1, 8 * MIB),
        (9, MIB),
    ):
        pace.took(seconds, size, pace.max_bytes)
        sizes.append(pace.max_bytes)
    assert sizes == [MIB // 2, MIB, MIB, 2 * MIB, 4 * MIB, 4 * MIB, 2 * MIB]
    for _ in range(20):
        pace.took(9, 10, pace.max_bytes)
    assert pace.max_bytes == SMALLEST_READ
    pace.choose(0)
    assert pace.max_bytes == CONFLUENT.tail.max_bytes


def test_strimzi_has_one_gear() -> None:
    pace = Pace(STRIMZI)
    assert not pace.choose(10**6)
    assert not any(pace.after(some(500), 10**6) for _ in range(20))
    assert pace.max_bytes is None


def test_a_record_larger_than_max_bytes_is_asked_for_with_more() -> None:
    pace = Pace(CONFLUENT)
    asked = []
    for _ in range(40):
        pace.after([], 1)
        asked.append(pace.max_bytes)
    assert asked[:6] == [256 * 1024, 256 * 1024, 512 * 1024, 512 * 1024, 512 * 1024, MIB]
    assert asked[-1] == LARGEST_READ
    pace.after(some(1), 1)
    assert pace.max_bytes == CONFLUENT.tail.max_bytes


def test_nothing_is_there_only_when_nothing_came_of_the_largest_read() -> None:
    pace = Pace(CONFLUENT)
    empty = []
    while not pace.exhausted:
        empty.append(pace.max_bytes)
        pace.took(0.3, 2, pace.max_bytes)
        pace.after([], 1)
    assert empty[-1] == LARGEST_READ
    assert len(empty) < 12


def test_at_the_end_empty_reads_ask_for_no_more() -> None:
    pace = Pace(CONFLUENT)
    for _ in range(40):
        pace.after([], 0)
    assert pace.max_bytes == CONFLUENT.tail.max_bytes


def test_karapace_is_not_asked_for_more() -> None:
    pace = Pace(KARAPACE)
    for _ in range(40):
        pace.after([], 1)
    assert pace.max_bytes == 1


def test_a_backlog_of_nothing_but_markers_is_left_for_the_tail() -> None:
    pace = Pace(CONFLUENT)
    pace.choose(5000)
    tried = []
    while True:
        tried.append(pace.max_bytes)
        pace.took(0.3, 2, pace.max_bytes)
        if pace.after([], 5000):
            break
        assert not pace.choose(5000)  # a record that large may be held back
    assert tried[-1] == LARGEST_READ
    assert pace.choose(5000)
    assert pace.gear is CONFLUENT.tail


def test_after_a_read_that_had_no_answer_in_time_less_is_asked_for_and_stays_so() -> None:
    pace = Pace(CONFLUENT)
    pace.choose(10**6)
    for _ in range(5):
        pace.took(0.1, 8 * MIB, pace.max_bytes)
    assert pace.max_bytes == 4 * MIB
    pace.broke()
    assert pace.max_bytes == 2 * MIB
    for _ in range(5):
        pace.took(0.1, 8 * MIB, pace.max_bytes)
    assert pace.max_bytes == 2 * MIB


def test_small_records_of_karapace_are_limited_by_their_number() -> None:
    pace = Pace(KARAPACE)
    pace.choose(5000)
    limit = KARAPACE.catch_up.max_bytes
    assert limit is not None
    assert pace.timeout_ms is None
    pace.after(some(1), 5000)
    assert (pace.max_bytes, pace.timeout_ms) == (limit, None)
    for size, larger in ((512, 2), (100, 4), (1024, 1), (3000, 1)):
        pace.after(some(200, size), 5000)
        assert pace.max_bytes == limit * larger
        assert pace.timeout_ms == KARAPACE.catch_up.flowing_timeout_ms
    pace.after(some(200, 512), 5000)
    pace.after(some(99, 512), 5000)  # few: it may take longer than that until some come
    assert (pace.max_bytes, pace.timeout_ms) == (limit, None)


def test_a_read_that_was_sent_before_the_last_one_was_known_to_be_full_or_slow_says_nothing_new() -> None:
    pace = Pace(CONFLUENT)
    pace.choose(5000)
    first = pace.max_bytes
    assert first is not None
    pace.took(0.1, first, first)
    assert pace.max_bytes == 2 * first
    pace.took(0.1, first, first)
    assert pace.max_bytes == 2 * first
    pace.took(0.1, 2 * first, 2 * first)
    assert pace.max_bytes == 4 * first
    pace.took(9, 10, 4 * first)
    pace.took(9, 10, 4 * first)
    assert pace.max_bytes == 2 * first


def test_only_a_read_that_reached_max_bytes_may_have_lost_something() -> None:
    pace = Pace(KARAPACE)
    assert not pace.beyond(some(1, 1000), 1)  # single records
    pace.choose(5000)
    assert not pace.beyond(some(7, MIB), 8 * MIB)
    assert pace.beyond(some(8, MIB), 8 * MIB)
    confluent = Pace(CONFLUENT)
    confluent.choose(5000)
    assert not confluent.beyond(some(8, MIB), MIB)
