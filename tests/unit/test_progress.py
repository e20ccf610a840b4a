"""How far a stream has come, how fast it goes, and how long the rest takes."""

from __future__ import annotations

from ktui.model import TopicPartition
from ktui.records.progress import Progress


def at(place: int, topic: str = "t") -> dict[TopicPartition, int]:
    return {TopicPartition(topic, 0): place}


def test_the_way_is_measured_by_offsets() -> None:
    progress = Progress()
    progress.see(0.0, at(1000), 4000)
    assert (progress.done, progress.total, progress.seconds_left) == (0, 4000, None)
    progress.see(1.0, at(2000), 3000)
    progress.see(2.0, at(3000), 2000)
    assert (progress.done, progress.left, progress.total) == (2000, 2000, 4000)
    assert (progress.share, progress.rate, progress.seconds_left) == (0.5, 1000.0, 2.0)
    progress.see(3.0, at(3000), 4000)
    assert progress.total == 6000  # records were written meanwhile


def test_the_rate_is_that_of_the_last_seconds() -> None:
    progress = Progress()
    for second in range(20):
        progress.see(float(second), at(10_000 if second > 10 else 1000 * second), 50_000)
    assert progress.rate == 0
    assert progress.seconds_left is None


def test_at_the_end_a_new_way_begins() -> None:
    progress = Progress()
    progress.see(0.0, at(0), 100)
    progress.see(1.0, at(100), 0)
    assert (progress.done, progress.share) == (0, 1.0)
    progress.see(2.0, at(100), 50)
    assert (progress.done, progress.total) == (0, 50)


def test_a_topic_made_again_begins_a_new_way() -> None:
    progress = Progress()
    progress.see(0.0, at(5000), 100)
    progress.see(1.0, at(0), 300)
    assert (progress.done, progress.total, progress.rate) == (0, 300, 0.0)


def test_a_pause_is_no_measure() -> None:
    progress = Progress()
    progress.see(0.0, at(0), 5000)
    progress.see(1.0, at(1000), 4000)
    progress.resume()
    progress.see(601.0, at(1000), 4000)
    assert progress.seconds_left is None
    progress.see(602.0, at(2000), 3000)
    assert (progress.done, progress.seconds_left) == (2000, 3.0)


def test_where_a_topic_begins_that_joins_is_no_way() -> None:
    progress = Progress()
    progress.see(0.0, at(0), 5000)
    progress.see(1.0, at(1000), 4000)
    progress.see(2.0, at(1100) | at(2_000_000, "later"), 9000)
    assert (progress.done, progress.left, progress.rate) == (0, 9000, 0.0)
    progress.see(3.0, at(1200) | at(2_000_000, "later"), 8900)
    assert (progress.done, progress.rate) == (100, 100.0)
