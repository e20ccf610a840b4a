"""The app for a long time under a steady flood, used meanwhile: does its memory stay flat, does it ever stall?

    python -m tests.bench.soak --minutes 30 --rate 20000

A stall is the loop of the app being late. What of that was its own work is counted apart: on a busy
machine it waits for a core most of the time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from itertools import accumulate

from tests.bench.gauges import Flooded, Gauge, flood, flooded
from tests.bench.keyboard import Latency

STALL = 0.1
"""Seconds that somebody notices."""
FLAT = 1.1
"""How much more memory there may be at the end than before, beside what the store held when it was fullest."""
WARM = 0.15
"""The part of the time that filling the caches may take. What the store holds is counted apart."""
ROUND = 15.0
"""Seconds between two rounds of keys."""
MIB = 1 << 20


def use(app: Flooded, turn: int) -> list[float]:
    """A round of keys: up and down, back to the end, now and then a filter or the strip of figures. Seconds each."""
    took = app.keyboard.measure([("k", "▌"), ("j", "▌")], 5)
    app.keyboard.press("\x1b[F")
    if turn % 4 == 1:
        app.keyboard.press("/olga")
        app.keyboard.drain(3.0)
        app.keyboard.press("\x1b")
    elif turn % 4 == 3:
        app.keyboard.press("v")
        app.keyboard.drain(3.0)
        app.keyboard.press("v")
    return [took.median / 1000, took.p99 / 1000]


def report(gauges: list[Gauge], keys: list[float], began: float) -> bool:
    """Print what was seen and whether it is good."""
    gauges = [gauge for gauge in gauges if gauge.at >= began]
    warm = gauges[int(len(gauges) * WARM) :]
    tenth = max(1, len(warm) // 10)
    fullest = list(accumulate((gauge.bytes for gauge in gauges), max))[-len(warm) :]
    beside = [gauge.resident - most for gauge, most in zip(warm, fullest, strict=True)]
    first, last = statistics.median(beside[:tenth]), statistics.median(beside[-tenth:])
    seconds = gauges[-1].at - gauges[0].at
    flat = last <= FLAT * first
    print(f"{seconds / 60:.1f} minutes, {(gauges[-1].records - gauges[0].records) / seconds:,.0f} records/s taken in")
    print(f"cpu {(gauges[-1].cpu - gauges[0].cpu) / seconds:.0%} of a core")
    print(f"kept at the end {gauges[-1].kept:,} records, {gauges[-1].bytes / MIB:.0f} MiB by the log's own count")
    for part in range(10):
        sample = warm[len(warm) * part // 10]
        minutes, held = (sample.at - began) / 60, sample.bytes / MIB
        print(f"  after {minutes:4.1f} min  resident {sample.resident / MIB:6.1f} MiB, of which the log {held:6.1f}")
    print(f"memory beside the fullest log: {first / MIB:.1f} MiB when warm, {last / MIB:.1f} at the end:", end=" ")
    print("flat" if flat else "IT GROWS")
    print(f"keys: {Latency.of(keys)}, medians and worst of rounds of ten")
    lags, own = (sorted(lag for gauge in gauges for lag in getattr(gauge, name)) for name in ("lags", "own"))
    for words, each in (("loop late", lags), ("of its own work", own)):
        stalls = sum(lag > STALL for lag in each)
        print(f"{words}: {Latency.of(each)}, {stalls} over {STALL * 1000:.0f} ms, the longest {each[-1] * 1000:.0f} ms")
    good = flat and own[-1] <= STALL
    print("VERDICT:", "good" if good else "not good")
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=20_000.0)
    options = parser.parse_args()
    keys: list[float] = []
    with flood(options.rate) as url, flooded(url) as app:
        app.keyboard.drain(5.0)
        began = time.perf_counter()
        turn = 0
        while time.perf_counter() - began < options.minutes * 60:
            keys += use(app, turn)
            turn += 1
            app.keyboard.drain(ROUND)
        gauges = app.gauges()
    return 0 if report(gauges, keys, began) else 1


if __name__ == "__main__":
    sys.exit(main())
