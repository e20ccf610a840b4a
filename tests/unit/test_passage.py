"""From where to where: what may be typed, what it means in each partition, and what is said about it beforehand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ktui.model import OffsetRange, TopicPartition
from ktui.records.consequence import passage_consequence
from ktui.records.passage import HERE, Passage, bounds_of
from ktui.records.target import Kind, SeekTarget, TargetError
from ktui.rest.client import ProxyClient

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)
RANGES = {T0: OffsetRange(0, 1000), T1: OffsetRange(500, 700)}


def parse(text: str) -> Passage:
    return Passage.parse(text, now=NOW)


@pytest.mark.parametrize(
    ("text", "passage"),
    [
        ("181", Passage(SeekTarget.at(181))),
        ("181 until 2000", Passage(SeekTarget.at(181), SeekTarget.at(2000))),
        ("begin take 500", Passage(SeekTarget.beginning(), take=500)),
        ("take 1,000 records", Passage(HERE, take=1000)),
        ("begin UNTIL +10 take 3", Passage(SeekTarget.beginning(), SeekTarget(Kind.RELATIVE, 10), 3)),
        ("2:181 until end", Passage(SeekTarget.at(181, 2), SeekTarget.end())),
        (
            "begin until 14:00",
            Passage(SeekTarget.beginning(), SeekTarget(Kind.TIME, moment=NOW.replace(hour=14))),
        ),
        (
            "begin until 16:00",
            Passage(SeekTarget.beginning(), SeekTarget(Kind.TIME, moment=NOW.replace(hour=16))),
        ),
        (
            "until 14:00",
            Passage(HERE, SeekTarget(Kind.TIME, moment=NOW.replace(hour=14))),
        ),
        (
            "end until 16:00",
            Passage(SeekTarget.end(), SeekTarget(Kind.TIME, moment=NOW.replace(hour=16))),
        ),
        (
            "-5m until 15:01",
            Passage(
                SeekTarget(Kind.TIME, moment=NOW.replace(hour=14, minute=55)),
                SeekTarget(Kind.TIME, moment=NOW.replace(minute=1)),
            ),
        ),
        (
            "23:00 until 01:00",
            Passage(
                SeekTarget(Kind.TIME, moment=NOW.replace(day=19, hour=23)),
                SeekTarget(Kind.TIME, moment=NOW.replace(hour=1)),
            ),
        ),
    ],
)
def test_what_may_be_typed(text: str, passage: Passage) -> None:
    assert parse(text) == passage


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Type where to go"),
        ("begin until", "until what"),
        ("begin take", "no number of records"),
        ("begin take 0", "no number of records"),
        ("begin take all", "no number of records"),
        ("begin until 2:20", "for all partitions"),
        ("begin until 3 until 4", "one end of a kind"),
        ("nowhere take 3", "no place in a topic"),
    ],
)
def test_what_may_not_says_why(text: str, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        parse(text)


@pytest.mark.parametrize(
    ("text", "until", "take"),
    [
        ("begin until 2000", {T0: 2000, T1: 2000}, None),
        ("begin until +10", {T0: 10, T1: 510}, None),
        ("begin until end take 7", {T0: 1000, T1: 700}, 7),
        ("begin take 7", {}, 7),
    ],
)
async def test_an_end_in_each_partition(
    proxy: ProxyClient, text: str, until: dict[TopicPartition, int], take: int
) -> None:
    bounds = await bounds_of(proxy, parse(text), {T0: 0, T1: 500}, RANGES, NOW.timestamp())
    assert bounds.until == until
    assert bounds.left == take


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("181 until 200", "will start at 181 · 19 up to 200"),
        ("181 until 2000", "will start at 181 · 1,819 up to 2,000, some are still to come"),
        ("181 until 100", "will start at 181 · nothing: it ends before it begins, at 100"),
        ("begin take 500", "will start at 0 · ends after 500 records"),
        ("begin until 900 take 5", "will start at 0 · 900 up to 900, at most 5 records"),
        ("begin until 14:00", "will start at 0 · ends before 2026-11-20 14:00:00"),
        ("14:00 until 2026-11-20 13:00", "{} · nothing: it ends before it begins, at 2026-11-20 13:00:00"),
        ("begin", "will start at 0 · 1,000 to the end"),
    ],
)
def test_what_it_would_do(text: str, said: str) -> None:
    start = "will start at the first record since 2026-11-20 14:00:00: enter asks the proxy which"
    assert passage_consequence(parse(text), {T0: 50}, {T0: RANGES[T0]}) == said.format(start)


def test_what_it_would_do_in_several_partitions() -> None:
    said = passage_consequence(parse("begin until 600"), {}, RANGES)
    assert said == "2 partitions will start at the beginning · 700 up to 600"
