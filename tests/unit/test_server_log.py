"""Topics in memory: offsets, gaps, compaction, truncation, times, the ring, and what a file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ktui.errors import ConfigError
from ktui.model import OffsetRange, Record
from ktui.server.memory.load import load_topics
from ktui.server.memory.log import PartitionLog, Topics


@pytest.fixture
def log() -> PartitionLog:
    """Ten records, one a second."""
    log = PartitionLog("t", 0)
    for n in range(10):
        log.append(b"k%d" % (n % 3), b"%d" % n, 1000 * n)
    return log


def offsets(records: list[Record]) -> list[int]:
    return [record.offset for record in records]


def test_offsets_count_from_zero(log: PartitionLog) -> None:
    assert log.range == OffsetRange(0, 10)
    assert offsets(log.read(7, 100)) == [7, 8, 9]
    assert offsets(log.read(0, 2)) == [0, 1]
    assert log.read(10, 5) == log.read(99, 5) == []


def test_a_marker_leaves_a_gap(log: PartitionLog) -> None:
    log.skip()
    after = log.append(None, b"after", 0)
    assert after.offset == 11
    assert offsets(log.read(10, 5)) == [11]
    assert offsets(log.read(9, 5)) == [9, 11]


def test_compaction_keeps_the_last_of_each_key_and_the_end(log: PartitionLog) -> None:
    log.compact()
    assert offsets(log.read(0, 100)) == [7, 8, 9]
    assert log.range == OffsetRange(0, 10)


def test_compaction_of_chosen_offsets(log: PartitionLog) -> None:
    log.compact({0, 4, 9})
    assert offsets(log.read(0, 100)) == [1, 2, 3, 5, 6, 7, 8]
    assert offsets(log.read(4, 1)) == [5]
    assert log.end == 10


def test_truncation_moves_the_beginning(log: PartitionLog) -> None:
    log.truncate(4)
    assert log.range == OffsetRange(4, 10)
    assert offsets(log.read(0, 2)) == [4, 5]
    log.truncate(2)
    assert log.beginning == 4
    log.truncate(99)
    assert log.range == OffsetRange(10, 10)
    assert log.append(None, None, 0).offset == 10


def test_a_ring_drops_the_oldest() -> None:
    log = PartitionLog("t", 0, keep=100)
    for n in range(1000):
        log.append(None, b"%d" % n, n)
        assert len(log) <= 125
    assert log.end == 1000
    assert offsets(log.read(0, 1)) == [log.beginning]
    assert 100 <= len(log) == log.end - log.beginning


def test_offsets_never_go_back(log: PartitionLog) -> None:
    with pytest.raises(ValueError, match="below the end"):
        log.extend([Record("t", 0, 3)])


@pytest.mark.parametrize(("moment", "expected"), [(0, 0), (3000, 3), (3001, 4), (9000, 9), (9001, None)])
def test_times_are_found(log: PartitionLog, moment: int, expected: int | None) -> None:
    assert log.find_time(moment) == expected


def test_times_out_of_order_are_found_by_the_first_offset() -> None:
    log = PartitionLog("t", 0)
    for timestamp in (5000, 1000, 7000, 6000):
        log.append(None, None, timestamp)
    assert [log.find_time(ms) for ms in (500, 5500, 6500, 8000)] == [0, 2, 2, None]


def test_keys_choose_partitions_as_java_does() -> None:
    topics = Topics()
    topics.create("t", 3)
    chosen = [topics.append("t", None, key.encode(), b"v").partition for key in "abcdefgh"]
    assert chosen == [1, 2, 1, 2, 2, 0, 0, 1]  # conformance case 80


def test_without_a_key_partitions_take_turns() -> None:
    topics = Topics(lambda: 12.5)
    topics.create("t", 3)
    records = [topics.append("t", None, None, b"v") for _ in range(4)]
    assert [record.partition for record in records] == [0, 1, 2, 0]
    assert {record.timestamp for record in records} == {12500}


def test_watchers_hear_of_every_append() -> None:
    topics = Topics()
    heard: list[str] = []
    topics.create("t").watchers.add(lambda: heard.append("t"))
    topics.append("t", 0, None, b"v")
    assert heard == ["t"]


def test_names_leave_out_internal_topics_and_follow_changes() -> None:
    topics = Topics()
    topics.create("b")
    topics.create("__consumer_offsets", internal=True)
    assert topics.names() == ["b"]
    topics.create("a")
    assert topics.names() == ["a", "b"]
    topics.delete("b")
    assert topics.names() == ["a"]


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "x" * 250, "ä"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a topic name"):
        Topics().create(name)


def test_a_longest_name_is_taken() -> None:
    assert Topics().create("x" * 249).name == "x" * 249


def test_topics_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "topics.json"
    records = [
        {"partition": 1, "key": None, "value": "YQ==", "timestamp": 5, "headers": [{"key": "h", "value": None}]},
        {"partition": 1, "key": "aw==", "value": "Yg==", "timestamp": 6, "headers": [], "transaction": "aborted"},
        {"partition": 1, "key": None, "value": None, "timestamp": 7},
    ]
    file.write_text(json.dumps([{"topic": "t", "partitions": 2, "config": {"a": "b"}, "records": records}]))
    topics = Topics()
    load_topics(topics, file)
    log = topics["t"].partitions[1]
    assert topics["t"].config == {"a": "b"}
    assert offsets(log.read(0, 9)) == [0, 1, 3]
    assert log.aborted == {1}
    assert log.read(0, 1)[0].headers[0].key == "h"
    assert log.read(3, 1)[0] == Record("t", 1, 3, None, None, 7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not as expected"),
        ('[{"topic": "t", "nope": 1}]', "nope"),
        ('[{"topic": "a b"}]', "not a topic name"),
        ('[{"topic": "t", "records": [{"partition": 4}]}]', "no partition 4"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "topics.json"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_topics(Topics(), file)


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the topics file"):
        load_topics(Topics(), tmp_path / "none.json")
