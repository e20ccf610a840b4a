"""Where partitions stand, and what a seek would do to them."""

import pytest

from ktui.model import OffsetRange, TopicPartition
from ktui.records.standings import Standings, known


def tp(partition: int) -> TopicPartition:
    return TopicPartition("orders", partition)


@pytest.fixture
def rows() -> Standings:
    rows = Standings("orders", [2, 0, 1])
    rows.update_held({tp(0): OffsetRange(0, 100), tp(1): OffsetRange(512, 8110)})
    rows.update_positions({tp(0): 40, TopicPartition("other", 0): 7})
    return rows


def test_what_is_not_known_is_none(rows):
    assert [row.partition for row in rows] == [0, 1, 2]
    assert (rows[0].behind, rows[1].behind, rows[2].behind) == (60, None, None)
    assert (rows[0].last_seen, rows[1].last_seen, rows[2].last_seen) == (40, 512, None)
    assert rows.lag is None
    assert known(rows) == ({tp(0): 40}, {tp(0): OffsetRange(0, 100), tp(1): OffsetRange(512, 8110)})


def test_lag_counts_from_what_was_committed(rows):
    rows.update_committed([tp(0), tp(1)], {tp(0): 90})
    assert (rows[0].lag, rows[1].lag, rows[1].asked, rows[2].asked) == (10, None, True, False)
    assert rows.lag == 10


def test_the_same_topic_described_again_keeps_what_was_known(rows):
    again = Standings("orders", [0, 1, 2, 3])
    again.adopt(rows)
    again.update_positions({tp(0): 41})
    assert (again[0].position, again[3].held) == (41, None)


@pytest.mark.parametrize(
    ("text", "chosen", "said"),
    [
        ("", [1], ""),
        ("181", [1], "181 is before the beginning: will start at 512 · 7,598 to the end"),
        ("9000", [1], "9,000 is past the end: will start at 8,110 · nothing there yet, only what is new"),
        ("600", [1], "will start at 600 · 7,510 to the end"),
        ("+10", [0], "will start at 50 · 50 to the end"),
        ("-10", [1], "will start at 8,100 · 10 to the end"),
        ("1:600", [0], "partition 1 will start at 600 · 7,510 to the end"),
        ("begin", [0, 1], "2 partitions will start at the beginning · 7,698 to the end"),
        ("600", [0, 1], "2 partitions will start at 600, 1 nearest to it · 7,510 to the end"),
        (
            "9000",
            [0, 1],
            "9,000 is past the end of all 2 partitions: they will start there · nothing there yet, only what is new",
        ),
        ("last 50", [0, 1], "2 partitions will start at the last 50 · 50 to the end"),
        ("7:1", [0], "There is no partition 7 here"),
        ("5", [2], "the offsets are not known yet"),
    ],
)
def test_the_consequence_is_one_sentence(rows, text, chosen, said):
    assert rows.consequence(text, [rows[number] for number in chosen]) == said


def test_a_time_is_asked_of_the_proxy(rows):
    said = rows.consequence("2026-11-20 14:00", [rows[0]])
    assert said == "will start at the first record since 2026-11-20 14:00:00: enter asks the proxy which"
