"""Every call site x every fault, while a stream reads: no record lost or shown twice, no instance left, no surprise.

By default each pair meets one flavour. KTUI_CHAOS=3 lets every pair meet every flavour three times, each time with
another fault on top and the call given up at another moment, and prints the counts (with -s).
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections import Counter
from itertools import product

import pytest

from ktui.errors import KtuiError
from tests.chaos.sites import FAULTS, SITES, heal
from tests.client.scene import LETTERS, T0, T1, Reading, Scene
from tests.property.virtual import run

ROUNDS = int(os.environ.get("KTUI_CHAOS", "0"))
BEFORE, AFTER = 30, 20
BAD = ("instances left", "lost", "shown twice", "two reads at once", "told without words")
PATIENCE = 90.0
"""Seconds of virtual time after which a person leaves."""


class Meeting:
    """One call site and its faults, with a stream beside them."""

    def __init__(self, letter: str, site: str, faults: list[str], patience: float) -> None:
        self.letter, self.site, self.faults, self.patience = letter, SITES[site], faults, patience
        self.counts: Counter[str] = Counter()
        self.uncaught: list[str] = []

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self.uncaught.append(repr(context)))
        at = Scene(self.letter)
        at.fill(BEFORE)
        reading = at.read()
        await reading.come(BEFORE // 2)
        for fault in self.faults:
            FAULTS[fault](at, self.site.path)
        await self._call(at)
        at.fill(AFTER // 2)
        await asyncio.sleep(1)
        heal(at)
        at.fill(AFTER // 2)
        await self._reckon(at, reading)
        await at.client.aclose()
        self.counts["instances left"] += len(at.sandbox.instances)
        self.counts["two reads at once"] += len(at.watching.offences)
        await at.sandbox.aclose()

    async def _call(self, at: Scene) -> None:
        try:
            async with asyncio.timeout(self.patience):
                await self.site.act(at)
            self.counts["done"] += 1
        except KtuiError as error:
            self.counts[f"told: {type(error).__name__}"] += 1
            self.counts["told without words"] += not str(error)
        except TimeoutError:
            self.counts["given up"] += 1
        except Exception as error:
            self.uncaught.append(repr(error))

    async def _reckon(self, at: Scene, first: Reading) -> None:
        """Let the stream come to the end; one that stopped with a sentence is begun again where it was."""
        readings = [first]
        logs = at.topics["t"].partitions

        def there() -> bool:
            return all(readings[-1].stream.positions[tp] >= logs[tp.partition].end for tp in (T0, T1))

        deadline = asyncio.get_running_loop().time() + 600
        while not there() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.25)
            if readings[-1].error is not None:
                self.counts["streams begun again"] += 1
                readings.append(at.read(readings[-1].stream.positions))
            elif readings[-1].over:
                self.uncaught.append("the stream died")
                break
        for each in readings:
            await each.stop()
        shown = Counter((record.tp, record.offset) for each in readings for record in each.records)
        held = {(record.tp, record.offset) for log in logs for record in log.read(0, log.end)}
        self.counts["lost"] += len(held - shown.keys())
        self.counts["shown twice"] += sum(times - 1 for times in shown.values())
        self.counts["shown"] += len(shown)


def meet(letter: str, site: str, faults: list[str], patience: float = PATIENCE) -> Counter[str]:
    """Run one, and hold it to its promises."""
    meeting = Meeting(letter, site, faults, patience)
    run(meeting.run())
    meeting.counts["meetings"] += 1
    meeting.counts["uncaught"] += len(meeting.uncaught)
    bad = {what: meeting.counts[what] for what in BAD}
    assert not any(bad.values()), (letter, site, faults, patience, bad)
    assert not meeting.uncaught, (letter, site, faults, patience, meeting.uncaught)
    return meeting.counts


@pytest.mark.parametrize("site", SITES)
def test_every_fault_at(site: str) -> None:
    counts: Counter[str] = Counter()
    for number, fault in enumerate(FAULTS):
        counts.update(meet(LETTERS[(number + list(SITES).index(site)) % len(LETTERS)], site, [fault]))
    gc.collect()
    assert counts["meetings"] == len(FAULTS)
    assert counts["shown"] >= len(FAULTS) * (BEFORE + AFTER)
    assert sum(n for what, n in counts.items() if what.startswith("told")) >= 5


@pytest.mark.skipif(not ROUNDS, reason="KTUI_CHAOS=1 runs it")
def test_every_pair_on_every_flavour() -> None:
    chance = random.Random(ROUNDS)
    counts: Counter[str] = Counter({"lost": 0, "shown twice": 0, "instances left": 0, "uncaught": 0})
    for _ in range(ROUNDS):
        for letter, site, fault in product(LETTERS, SITES, FAULTS):
            faults = sorted({fault, chance.choice(list(FAULTS))})
            patience = chance.choice((0.0, 0.002, 0.006, 0.011, 0.017, 0.04, 0.3, 2.0, PATIENCE))
            counts.update(meet(letter, site, faults, patience))
    gc.collect()
    print("\n" + ", ".join(f"{what} {number}" for what, number in counts.items()))
