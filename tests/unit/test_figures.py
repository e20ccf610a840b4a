"""Figures: counts over a log, while it grows and drops its oldest rows, in bounded memory."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ktui.model import Gap, Record, TopicPartition
from ktui.records.figures import LEAST_SHARE, Figures, Sizes, TopKeys
from ktui.records.log import RecordLog
from ktui.ui.widgets.figures_lines import figures_lines, share
from ktui.ui.widgets.stream_status import StreamStatus

LONG = 60.0
"""Seconds of a slice that nothing interrupts: when one is not enough, the figures leave rows out."""


def record(offset: int, key: bytes | None, value: bytes | None, partition: int = 0, topic: str = "t") -> Record:
    return Record(topic, partition, offset, key, value)


def counted(log: RecordLog) -> Figures:
    figures = Figures(log)
    while figures.work(LONG):
        pass
    return figures


@pytest.mark.parametrize("count", [80, 1000, 2345])
def test_counts_sealed_rows_and_open_ones(count: int) -> None:
    log, dice = RecordLog(), random.Random(3)
    records = [
        record(
            n,
            dice.choice([None, b"", b"a\0b", b"k%d" % dice.randrange(5)]),
            dice.choice([None, b"", b"x" * dice.randrange(300)]),
            dice.randrange(3),
            dice.choice("tu"),
        )
        for n in range(count)
    ]
    for at in range(0, count, 90):
        log.extend(records[at : at + 90])
        log.mark(Gap("t", 0, at, at))
    figures = counted(log)
    assert figures.counted == count
    assert figures.partitions == Counter(each.tp for each in records)
    assert figures.without_key == sum(each.key is None for each in records)
    assert figures.without_value == sum(each.value is None for each in records)
    assert dict(figures.keys.most(9)) == Counter(each.key for each in records if each.key is not None)
    sizes = sorted(len(each.value) for each in records if each.value is not None)
    assert figures.sizes.quantiles(0, 1) == [sizes[0], sizes[-1]]
    assert sum(figures.sizes.spread(12)) == len(sizes)


def test_goes_on_where_it_was_and_counts_nothing_twice() -> None:
    log = RecordLog(max_rows=1000)
    figures = Figures(log)
    for start in range(0, 5000, 130):  # it looks in the middle of segments, and before any is dropped
        log.extend([record(n, b"k", b"v") for n in range(start, start + 130)])
        while figures.work(LONG):
            pass
    assert figures.counted == 5070
    assert log.first > 0


def test_counts_what_is_left_of_a_log_that_dropped_rows() -> None:
    log = RecordLog(max_rows=1000)
    figures = Figures(log)
    log.extend([record(n, b"k", b"v") for n in range(5000)])
    while figures.work(LONG):
        pass
    assert figures.counted == len(log) <= 1000


def test_of_a_record_that_the_log_has_no_room_for_nothing_is_counted() -> None:
    log = RecordLog(max_bytes=10_000)
    log.extend([record(0, b"k", b"v")])
    figures = counted(log)
    log.extend([record(1, b"k", b"x" * 20_000)])
    assert not len(log)
    assert not figures.work(LONG)
    log.extend([record(2, b"k", b"v")])
    figures.work(LONG)
    assert figures.counted == 2
    assert not figures.catching_up


def test_leaves_some_out_when_more_comes_than_there_is_time_for() -> None:
    log = RecordLog()
    figures = Figures(log)
    start = 0
    for _ in range(400):
        log.extend([record(n, b"k", b"v", n % 4) for n in range(start, start + 4000)])
        start += 4000
        figures.work(0.0)  # a segment at a time: four times too slow
        if log.end - figures.counted - figures.left_out > 50_000:
            figures.work(0.002)
    assert figures.left_out > 0
    seen = figures.counted + figures.left_out
    assert seen >= log.end - 100_000
    assert figures.counted >= seen * LEAST_SHARE / 2
    for partition in range(4):
        assert figures.partitions[TopicPartition("t", partition)] == seen / 4


def test_of_a_full_log_a_sample_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.records.figures.SAMPLE", 10_000)
    log = RecordLog()
    log.extend([record(n, b"k", b"v", n % 4) for n in range(100_000)])
    figures = counted(log)
    assert not figures.catching_up
    assert figures.counted == pytest.approx(10_000, rel=0.7)
    assert figures.counted + figures.left_out == 100_000
    before = figures.counted
    log.extend([record(n, b"k", b"v", n % 4) for n in range(3000)])
    figures.work(LONG)
    assert figures.counted == before + 3000


def test_top_keys_in_bounded_memory() -> None:
    keys, dice = TopKeys(capacity=20), random.Random(5)
    frequent = {b"hot-%d" % n: 4000 - 500 * n for n in range(5)}
    stream = [key for key, times in frequent.items() for _ in range(times)]
    stream += [b"once-%d" % n for n in range(30_000)]
    dice.shuffle(stream)
    for at in range(0, len(stream), 500):
        keys.add(stream[at : at + 500])
    assert [key for key, _ in keys.most(5)] == list(frequent)
    for key, times in keys.most(5):
        assert times <= frequent[key] <= times + keys.missed
    assert keys.missed <= len(stream) / 20


def test_of_many_keys_that_came_once_none_is_called_frequent() -> None:
    keys = TopKeys(capacity=20)
    for at in range(0, 1_000, 90):
        keys.add([b"once-%d" % n for n in range(at, at + 90)])
    assert keys.missed
    assert keys.most(9) == []
    log = RecordLog()
    log.extend([record(n, b"key-%d" % n, b"v") for n in range(9_000)])
    log.extend([record(n, b"key-%d" % n, b"v") for n in range(9_000, 9_300)])
    figures = counted(log)
    assert figures.keys.missed
    keys_line = figures_lines(figures, StreamStatus(), 100)[3].plain
    assert keys_line == "keys         none comes often  of 9,300 records"


def test_long_keys_are_looked_at_in_part() -> None:
    keys = TopKeys()
    keys.add([b"x" * 1_000_000, b"x" * 1_000_000])
    assert keys.most(1) == [(b"x" * 128, 2)]


def test_sizes_stay_right_to_one_percent() -> None:
    sizes, dice = Sizes(capacity=50), random.Random(5)
    all_sizes = [dice.randrange(1_000_000) for _ in range(5000)]
    for size in all_sizes:
        sizes.add([size])
    ordered = sorted(all_sizes)
    for part in (0.1, 0.5, 0.95):
        assert sizes.quantiles(part)[0] == pytest.approx(ordered[int(part * 5000)], rel=0.03)
    assert len(sizes) == 5000


def test_classes_grow_with_the_size() -> None:
    sizes = Sizes()
    assert sizes.spread(8) == []
    sizes.add([100] * 3)
    assert sizes.spread(8) == [3]
    sizes.add([101, 102, 150, 150])
    assert sizes.spread(10) == [5, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    sizes = Sizes()
    sizes.add([0, 1, 10, 100, 1000, 10_000])
    classes = sizes.spread(5)
    assert sum(classes) == 6
    assert all(classes)


def lines(*records: Record, width: int = 76) -> list[str]:
    log = RecordLog()
    log.extend(records)
    return [line.plain for line in figures_lines(counted(log), StreamStatus(), width)]


def test_says_what_there_is() -> None:
    rate, partitions, sizes, keys = lines(
        record(0, b"a", b"x" * 10),
        record(1, b"a", b"x" * 2000),
        record(0, b"\x1b[2J", b"y" * 10, 1),
        record(1, None, None, 1),
    )
    assert rate.endswith(" 0/s, most 0")
    assert partitions == "partitions   0 █ 50%  1 █ 50%"
    assert sizes.startswith("value sizes  10 B █")
    assert sizes.endswith(" 2.0 kB  half ≤ 10 B  null 25%  95% ≤ 2.0 kB")
    assert keys == "keys         null 25%  a 50%  of 4 records"
    assert lines()[1:] == [f"{name:13}no record yet" for name in ("partitions", "value sizes", "keys")]


def test_hostile_keys_are_cleaned() -> None:
    keys = lines(*[record(n, b"\x1b]52;c;x\x07", b"v") for n in range(2)])[3]
    assert "\x1b" not in keys
    assert "\x07" not in keys


@pytest.mark.parametrize("width", [30, 40, 53, 76, 150])
def test_fits(width: int) -> None:
    records = [record(n, b"customer-%d" % (n % 7), b"x" * (n * n), n % 37, "t" if n % 2 else "u") for n in range(300)]
    for line in lines(*records, width=width):
        assert len(line) <= width


def test_small_shares_are_more_than_nothing() -> None:
    assert [share(n, 10_000) for n in (0, 1, 90, 99, 3300, 10_000)] == ["0%", "0.1%", "0.9%", "1%", "33%", "100%"]
