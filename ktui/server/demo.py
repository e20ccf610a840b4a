"""The demo: a sandbox with a past and with living traffic, both a pure function of seed and clock.

Time is cut into ticks of a tenth of a second. Whoever advances the demo, and how often, the same tick brings the same
records and commits.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from math import ceil, cos, floor, pi

from ktui.model import Header, Record, TopicPartition
from ktui.server.demo_topics import EMPTY, FEEDS, Dice, Feed
from ktui.server.memory.log import PartitionLog, murmur2
from ktui.server.sandbox import Sandbox

TICK = 0.1
LONGEST_JUMP = 10.0
"""Seconds of traffic made up at most when the clock jumps (a laptop that slept): what lies before is left out."""
WAVE, SWELL = 7.0, 0.6
"""Every so many seconds the traffic swells to 1.6 times its rate and ebbs to 0.4."""
KEPT = 20_000
"""Records that a partition of the demo keeps: an hour of clicks must not fill the memory."""

STUCK = TopicPartition("orders", 2)
"""Group billing gave up here: its lag grows until somebody commits past it."""
GROUPS = {"billing": ("orders", "payments"), "shipping": ("orders",)}
COMMIT_EVERY = {"billing": 30, "shipping": 10}
"""Ticks between two commits."""
MOST_LAG = {"billing": 120, "shipping": 9}
"""Records per partition."""


def demo(
    seed: int = 1,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Demo:
    """A demo whose past ends now. The traffic goes on when `run` runs or `advance` is called."""
    return Demo(seed, clock, sleep)


class Demo:
    """A sandbox, and what happens in it."""

    def __init__(self, seed: int, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self.sandbox = Sandbox(clock=clock, sleep=sleep)
        self._seed, self._clock, self._sleep = seed, clock, sleep
        self._start = clock()
        self._tick = 0
        for name, partitions in EMPTY.items():
            self.sandbox.topics.create(name, partitions)
        compact = {"cleanup.policy": "compact"}
        self.sandbox.topics.create("__consumer_offsets", 1, internal=True, config=compact)
        self.sandbox.topics.create("_schemas", 1, config=compact)  # shown by proxies, hidden by the app until asked
        for feed in FEEDS:
            self._begin(feed)
        self._stuck_at = self.sandbox.topics[STUCK.topic].partitions[STUCK.partition].beginning + 31
        self.sandbox.groups.commit("billing", {STUCK: self._stuck_at})
        for group in GROUPS:
            self._commit(group)

    async def run(self) -> None:
        """Let time pass, until cancelled."""
        while True:
            self.advance(self._clock())
            await self._sleep(TICK)

    def advance(self, now: float) -> None:
        """Bring everything that was due up to `now`."""
        due = floor((now - self._start) / TICK + 1e-6)
        self._tick = max(self._tick, due - int(LONGEST_JUMP / TICK))
        while self._tick < due:
            for feed in FEEDS:
                first, end = first_number(feed, self._tick), first_number(feed, self._tick + 1)
                if first < end:
                    self._write(feed, range(first, end), self._tick * TICK, (self._tick + 1) * TICK)
            self._tick += 1
            for group, every in COMMIT_EVERY.items():
                if self._tick % every == 0:
                    self._commit(group)

    def _begin(self, feed: Feed) -> None:
        """Make a topic with its history."""
        config = {"cleanup.policy": "compact" if feed.compacted else "delete"}
        topic = self.sandbox.topics.create(feed.name, feed.partitions, config=config, keep=KEPT)
        for log in topic.partitions:
            log.skip(feed.deleted + Dice(self._seed, feed.name, log.partition).roll(1 + feed.deleted // 20))
            log.truncate(log.end)
        recent = -feed.history // 40
        self._write(feed, range(-feed.history, recent), -feed.history / feed.rate, recent / feed.rate)
        if feed.compacted:
            for log in topic.partitions:
                log.compact()
        elif feed.partitions > 1:
            topic.partitions[feed.partitions // 2].skip(6)  # as an aborted transaction leaves behind
        self._write(feed, range(recent, 0), recent / feed.rate, 0.0)

    def _write(self, feed: Feed, numbers: range, begin: float, end: float) -> None:
        """Write records, spread over a stretch of time; `begin` and `end` in seconds after the start."""
        topic = self.sandbox.topics[feed.name]
        batches: defaultdict[int, list[Record]] = defaultdict(list)
        ends = [log.end for log in topic.partitions]
        for place, number in enumerate(numbers):
            dice = Dice(self._seed, feed.name, number)
            key, value, headers = feed.make(dice, number)
            partition = number % len(ends) if key is None else choose(key, len(ends))
            moment = self._start + begin + (end - begin) * (place + dice.roll(1000) / 1000) / len(numbers)
            batches[partition].append(
                Record(
                    feed.name,
                    partition,
                    ends[partition],
                    key,
                    value,
                    int(moment * 1000),
                    tuple(Header(name, content) for name, content in headers),
                )
            )
            ends[partition] += 1
        for partition, records in batches.items():
            topic.partitions[partition].extend(records)
        topic.notify()

    def _commit(self, group: str) -> None:
        """The group commits, somewhat behind the end; never back, and not where it is stuck."""
        committed = self.sandbox.groups.committed[group]
        positions = {}
        for log in self._read_by(group):
            tp = TopicPartition(log.topic, log.partition)
            before = committed.get(tp, log.beginning)
            if group == "billing" and tp == STUCK and before == self._stuck_at:
                continue
            lag = Dice(self._seed, f"{group} {tp}", self._tick).roll(MOST_LAG[group])
            positions[tp] = max(before, log.end - lag)
        self.sandbox.groups.commit(group, positions)

    def _read_by(self, group: str) -> Iterator[PartitionLog]:
        for topic in GROUPS[group]:
            yield from self.sandbox.topics[topic].partitions


@lru_cache(4096)
def choose(key: bytes, partitions: int) -> int:
    """The partition a Java producer would choose; its hash in Python is worth remembering."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def first_number(feed: Feed, tick: int) -> int:
    """The first record of a feed that comes in this tick or later. Traffic swells and ebbs, topic by topic."""
    seconds = tick * TICK
    swell = cos(feed.partitions) - cos(feed.partitions + seconds * 2 * pi / WAVE)
    return ceil(feed.rate * (seconds + SWELL * WAVE / (2 * pi) * swell) - 1e-6)
