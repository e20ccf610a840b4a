"""What is taken from librdkafka comes out whole, in order, within bounds, with the right positions behind it."""

from __future__ import annotations

import random

import pytest
from confluent_kafka import KafkaError, Message

from ktui.model import Header, Record, TopicPartition
from ktui.server.cluster.ahead import Ahead


def message(
    partition: int, offset: int, value: bytes | None = b"v", key: bytes | None = None, **more: object
) -> Message:
    return Message(topic="t", partition=partition, offset=offset, key=key, value=value, **{"timestamp": (1, 7), **more})


def end(partition: int, offset: int) -> Message:
    return Message(topic="t", partition=partition, offset=offset, error=KafkaError(KafkaError._PARTITION_EOF))


def offsets(ahead: Ahead, limit: int = 100, max_bytes: int | None = None) -> list[tuple[int, int]]:
    return [(each.partition, each.offset) for each in ahead.hand_out(limit, max_bytes)[0]]


@pytest.mark.parametrize("only_topic", [None, "t"])
def test_a_message_becomes_a_record(only_topic: str | None) -> None:
    ahead = Ahead()
    ahead.only_topic = only_topic
    assert ahead.take([]) == []
    ahead.take([message(0, 5, b"v", b"k", headers=[("h", b"1"), ("h", None)]), message(1, 6, None)])
    ahead.take([message(0, 6, b"", b"", timestamp=(0, 0))])
    found, positions = ahead.hand_out(10, None)
    assert found == [
        Record("t", 0, 5, b"k", b"v", 7, (Header("h", b"1"), Header("h", None))),
        Record("t", 1, 6, None, None, 7),
        Record("t", 0, 6, b"", b"", None),
    ]
    assert positions == {("t", 0): 7, ("t", 1): 7}
    assert ahead.hand_out(10, None) == ([], {})


def test_ends_are_positions_and_errors_come_back() -> None:
    ahead = Ahead()
    wrong = Message(topic="t", partition=2, offset=0, error=KafkaError(KafkaError._TRANSPORT))
    assert ahead.take([message(0, 0), end(0, 3), wrong, message(1, 0), end(1, 1)]) == [wrong]
    assert ahead.hand_out(1, None)[1] == {("t", 0): 3}
    found, positions = ahead.hand_out(9, None)
    assert [each.partition for each in found] == [1]
    assert positions == {("t", 1): 1}


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_or_exchanged(seed: int) -> None:
    chance = random.Random(seed)
    ahead, wanted, found = Ahead(), [], []
    for offset in range(100):
        partition, size = chance.randrange(3), chance.choice([0, 0, 1, 10, 500])
        ahead.take([message(partition, offset, b"v" * size)])
        wanted.append((partition, offset))
        if chance.random() < 0.1:
            ahead.take([end(partition, offset + 1)])
        if chance.random() < 0.3:
            limit, most = chance.randrange(1, 9), chance.choice([None, 0, 5, 100])
            records = ahead.hand_out(limit, most)[0]
            assert 1 <= len(records) <= limit or not len(ahead)
            assert most is None or len(records) == 1 or sum(each.size for each in records) <= most
            found += [(each.partition, each.offset) for each in records]
    assert found + offsets(ahead, 1000) == wanted


def test_what_is_moved_is_dropped() -> None:
    ahead = Ahead()
    ahead.take([message(0, 0, b"v" * 9), message(1, 0), end(0, 1), message(1, 1)])
    ahead.keep(lambda tp: tp != TopicPartition("t", 0))
    assert offsets(ahead, 9, 1) == [(1, 0)]
    ahead.clear()
    assert not len(ahead)
