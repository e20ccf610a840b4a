"""The demo: the same seed and clock bring the same traffic, and every topic holds what it is there to show."""

import json
from collections.abc import Mapping
from itertools import pairwise

import pytest

from ktui.model import OffsetRange, Record, TopicPartition
from ktui.server.demo import STUCK, Demo, demo
from ktui.server.demo_topics import BEYOND_DOUBLES, EMPTY, FEEDS, LONGEST

NOON = 1_795_262_400.0


def frozen(seed: int = 1) -> Demo:
    return demo(seed, lambda: NOON)


def records(running: Demo, topic: str) -> list[Record]:
    logs = running.sandbox.topics[topic].partitions
    return [record for log in logs for record in log.read(log.beginning, 1_000_000)]


def everything(running: Demo) -> tuple[list[Record], Mapping[str, Mapping[TopicPartition, int]]]:
    topics = running.sandbox.topics
    return [record for name in topics for record in records(running, name)], running.sandbox.groups.committed


def test_the_same_seed_and_clock_bring_the_same() -> None:
    assert everything(frozen()) == everything(frozen())


def test_another_seed_brings_other_records() -> None:
    assert records(frozen(1), "orders") != records(frozen(2), "orders")


def test_how_often_it_is_advanced_does_not_matter() -> None:
    often, once = frozen(), frozen()
    for step in range(1, 91):
        often.advance(NOON + step / 10)
    once.advance(NOON + 9)
    assert everything(often) == everything(once)


def test_traffic_comes_at_its_rate_with_times_that_rise() -> None:
    running = frozen()
    before = {feed.name: len(records(running, feed.name)) for feed in FEEDS}
    running.advance(NOON + 7)
    for feed in FEEDS:
        came = len(records(running, feed.name)) - before[feed.name]
        assert abs(came - 7 * feed.rate) <= 1  # one wave
    for log in running.sandbox.topics["clicks"].partitions:
        times = [record.timestamp or 0 for record in log.read(log.beginning, 1_000_000)]
        assert times == sorted(times)
        assert NOON - 60 < times[-1] / 1000 < NOON + 7.1


def test_a_clock_that_jumps_a_day_brings_seconds_of_traffic() -> None:
    running = frozen()
    before = len(records(running, "clicks"))
    running.advance(NOON + 86_400)
    assert 0 < len(records(running, "clicks")) - before <= 3_600
    running.advance(NOON)  # and back
    running.advance(NOON + 86_401)
    assert len(records(running, "clicks")) - before <= 4_100


def test_every_record_lies_where_its_key_belongs() -> None:
    running = frozen()
    for name in ("orders", "payments", "clicks", "users", "sensors"):
        topic = running.sandbox.topics[name]
        for record in records(running, name)[:200]:
            assert record.key is None or record.partition == topic.choose(record.key)


def test_orders_are_nested_json_with_exact_totals_and_some_guests() -> None:
    orders = records(frozen(), "orders")
    values = [json.loads(record.value or b"", parse_float=str) for record in orders]
    assert all(isinstance(value["customer"]["name"], str) for value in values)
    assert all(len(value["total"].partition(".")[2]) == 2 for value in values)
    assert any(value["id"] > BEYOND_DOUBLES for value in values)
    assert any(record.key is None for record in orders)
    assert {record.partition for record in orders} == set(range(6))


def test_orders_have_a_gap_among_the_latest() -> None:
    log = frozen().sandbox.topics["orders"].partitions[3]
    latest = [record.offset for record in log.read(log.end - 40, 100)]
    assert any(after - before > 1 for before, after in pairwise(latest))


def test_payments_hold_numbers_that_no_double_holds() -> None:
    for record in records(frozen(), "payments"):
        exact = json.loads(record.value or b"", parse_float=str)
        assert float(exact["entry"]) != exact["entry"] or exact["entry"] < BEYOND_DOUBLES
        assert int(float(exact["ledger"])) != exact["ledger"] or exact["ledger"] % 2**20 == 0
        assert str(float(exact["rate"])) != exact["rate"]


def test_logs_hold_what_terminals_and_markup_choke_on() -> None:
    text = b"\n".join(record.value or b"" for record in records(frozen(), "app-logs"))
    for trap in (b"\x1b[32m", b"\x1b]52;", b"\x1b]0;", b"\x07", b"\xc2\x9b", b"[/]", b"\r", b"\n\t", "\u202e".encode()):
        assert trap in text


def test_users_are_compacted() -> None:
    running = frozen()
    users = records(running, "users")
    assert any(record.value is None for record in users)
    for log in running.sandbox.topics["users"].partitions:
        assert len(log) < log.end - log.beginning


def test_sensors_are_binary() -> None:
    assert all(len(record.value or b"") == 14 for record in records(frozen(), "sensors"))


def test_dead_letters_cannot_be_read() -> None:
    bad = 0
    for record in records(frozen(), "orders.DLQ"):
        try:
            json.loads(record.value or b"")
        except ValueError:  # not UTF-8, or not JSON
            bad += 1
    assert bad >= 20


def test_there_is_an_empty_topic_an_internal_one_and_one_with_the_longest_name() -> None:
    running = frozen()
    assert [records(running, name) for name in EMPTY] == [[]]
    assert len(LONGEST) == 249
    assert LONGEST in running.sandbox.topics.names()
    assert running.sandbox.topics["__consumer_offsets"].internal
    assert "_schemas" in running.sandbox.topics.names()


def lag(running: Demo, group: str) -> dict[TopicPartition, int]:
    topics = running.sandbox.topics
    return {
        tp: topics[tp.topic].partitions[tp.partition].end - offset
        for tp, offset in running.sandbox.groups.committed[group].items()
    }


@pytest.mark.parametrize(("group", "partitions"), [("billing", 9), ("shipping", 6)])
def test_groups_have_lag_that_moves(group: str, partitions: int) -> None:
    running = frozen()
    before = lag(running, group)
    running.advance(NOON + 9)
    after = lag(running, group)
    assert len(before) == partitions
    assert before != after
    assert all(count >= 0 for count in after.values())


def test_billing_is_stuck_until_somebody_commits_past_it() -> None:
    running = frozen()
    stuck = running.sandbox.groups.committed["billing"][STUCK]
    running.advance(NOON + 9)
    assert running.sandbox.groups.committed["billing"][STUCK] == stuck
    running.sandbox.groups.commit("billing", {STUCK: stuck + 1})
    running.advance(NOON + 18)
    assert running.sandbox.groups.committed["billing"][STUCK] > stuck + 1


def test_retention_bounds_what_is_kept() -> None:
    running = frozen()
    log = running.sandbox.topics["clicks"].partitions[0]
    assert log.keep is not None
    assert isinstance(log.range, OffsetRange)
    assert log.beginning > 300_000
