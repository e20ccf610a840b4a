"""Records of several partitions by time, each partition in its order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ktui.model import Record
from ktui.records.by_time import by_time


def records(*rows: tuple[int, int, int | None]) -> list[Record]:
    return [Record("t", partition, offset, None, b"v", time) for partition, offset, time in rows]


def places(records: list[Record]) -> list[tuple[int, int]]:
    return [(record.partition, record.offset) for record in records]


def test_partitions_are_woven_together() -> None:
    came = records((0, 5, 10), (0, 6, 30), (0, 7, 50), (1, 1, 20), (1, 2, 40), (2, 9, 5))
    assert places(by_time(came)) == [(2, 9), (0, 5), (1, 1), (0, 6), (1, 2), (0, 7)]


def test_a_time_that_is_not_known_leaves_all_as_they_came() -> None:
    came = records((0, 5, 30), (1, 1, None), (1, 2, 10))
    assert by_time(came) is came
    assert by_time([]) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), max_size=30))
def test_a_partition_keeps_its_order(rows: list[tuple[int, int]]) -> None:
    """Also when times run backwards, as producers may have them."""
    came = records(*[(partition, offset, time) for offset, (partition, time) in enumerate(rows)])
    woven = by_time(came)
    assert sorted(places(woven)) == sorted(places(came))
    for partition in range(4):
        offsets = [record.offset for record in woven if record.partition == partition]
        assert offsets == sorted(offsets)
