"""Counting topics: what is asked, when again, and what a failure does."""

from __future__ import annotations

from ktui.records.tallies import AFTER_FAILURE, AT_ONCE, DESCRIBED_SECONDS, FRESH, Tallies
from ktui.rest.client import ProxyClient
from ktui.server.sandbox import Sandbox


class Hand:
    """A clock moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def nothing() -> None:
    pass


async def test_compaction_and_retention_are_seen_through_offsets(sandbox: Sandbox, proxy: ProxyClient) -> None:
    logs = sandbox.topics.create("orders", 2).partitions
    logs[0].skip(100)
    logs[0].truncate(40)
    logs[1].skip(5)
    tallies = Tallies(proxy, 5)
    await tallies.count(["orders"], nothing)
    assert tallies["orders"].records == 65
    assert tallies["orders"].partitions == (0, 1)


async def test_what_is_known_is_asked_again_only_when_it_is_due(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("busy")
    sandbox.topics.create("wide", 80)
    hand = Hand()
    tallies = Tallies(proxy, 5, hand)

    async def asked(seconds: float) -> set[str]:
        hand.now += seconds
        before = len(proxy.exchanges)
        await tallies.count(["busy", "wide"], nothing)
        return {exchange.path.split("/")[2] for exchange in list(proxy.exchanges)[before:]}

    assert await asked(0) == {"busy", "wide"}
    assert await asked(1) == set()
    assert await asked(4) == {"busy"}  # 80 partitions wait ten rounds
    assert await asked(5) == set()  # nothing came: every other round is enough
    sandbox.topics.append("busy", 0, None, b"x")
    assert await asked(5) == {"busy"}
    assert await asked(5) == {"busy"}
    assert await asked(30) == {"busy", "wide"}


async def test_fresh_is_what_grew_in_the_last_ten_seconds(sandbox: Sandbox, proxy: ProxyClient) -> None:
    logs = sandbox.topics.create("orders").partitions
    logs[0].skip(10)
    hand = Hand()
    tallies = Tallies(proxy, 5, hand)
    await tallies.count(["orders"], nothing)
    assert not tallies.fresh(["orders"])  # that they are there does not mean that they came
    hand.now += 5
    logs[0].skip(1)
    logs[0].truncate(8)  # fewer than before, and yet one came
    await tallies.count(["orders"], nothing)
    assert tallies.fresh(["orders", "unheard-of"]) == {"orders"}
    hand.now += FRESH
    assert not tallies.fresh(["orders"])


async def test_a_failure_is_kept_and_asked_again_later(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders")
    sandbox.faults.fail_next(500, path="/topics/orders")
    hand = Hand()
    tallies = Tallies(proxy, 5, hand)
    await tallies.count(["orders"], nothing)
    assert tallies["orders"].failed
    hand.now += AFTER_FAILURE - 1
    await tallies.count(["orders"], nothing)
    assert tallies["orders"].failed
    hand.now += 1
    await tallies.count(["orders"], nothing)
    assert not tallies["orders"].failed
    assert tallies["orders"].records == 0


async def test_where_nothing_answers_the_rest_is_not_asked(sandbox: Sandbox, proxy: ProxyClient) -> None:
    names = [f"topic-{number}" for number in range(50)]
    sandbox.faults.refuse = True
    await Tallies(proxy, 5).count(names, nothing)
    assert len(proxy.exchanges) == AT_ONCE


async def test_renewed_tallies_learn_of_new_partitions(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("orders")
    tallies = Tallies(proxy, 5)
    await tallies.count(["orders"], nothing)
    sandbox.topics.grow("orders", 3)
    tallies.renew()
    await tallies.count(["orders"], nothing)
    assert tallies["orders"].partitions == (0, 1, 2)


async def test_a_topic_that_was_made_again_or_has_grown_is_counted_whole(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.topics.create("t", 3)
    for number in range(3):
        sandbox.topics.append("t", number, None, b"x")
    hand = Hand()
    tallies = Tallies(proxy, 5, hand)
    await tallies.count(["t"], nothing)
    assert tallies["t"].records == 3
    sandbox.topics.delete("t")
    sandbox.topics.create("t", 1)
    for _ in range(2):
        hand.now += AFTER_FAILURE + 1
        await tallies.count(["t"], nothing)
    assert (tallies["t"].partitions, tallies["t"].failed) == ((0,), False)
    sandbox.topics.grow("t", 2)
    sandbox.topics.append("t", 1, None, b"x")
    hand.now += DESCRIBED_SECONDS + 1
    await tallies.count(["t"], nothing)
    assert tallies["t"].records == 1
