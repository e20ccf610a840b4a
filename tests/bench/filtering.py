"""The filter over a full log against one pass over the same bytes in C: bytes.find for a text that is not there.

Seconds are those of the processor: what else runs on the machine does not count.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.records.search import Search
from tests.bench.table import Row, at_most, ms

SCREEN = 50
"""Hits that fill one."""


class Filtered(NamedTuple):
    """Seconds of one search."""

    hits: int
    screen: float
    complete: float
    slice: float
    """The longest time that the loop was held."""


def full_log(count: int) -> tuple[RecordLog, list[bytes]]:
    """Records of 330 bytes, and their values joined by the thousand."""
    log, joined = RecordLog(max_bytes=1 << 30, max_rows=count), []
    for start in range(0, count, 1000):
        values = [
            b'{"id":%d,"customer":{"name":"%s"},"x":"%s"}'
            % (n, b"Olga" if n % 8600 == 0 else "Peter Zoë".encode(), str(n).rjust(280, "y").encode())
            for n in range(start, start + 1000)
        ]
        log.extend([Record("t", 0, start + n, b"cust-%05d" % (n % 500), value, n) for n, value in enumerate(values)])
        joined.append(b"\0".join(values))
    return log, joined


def one_pass(joined: Sequence[bytes]) -> float:
    """Seconds of looking for what is not there, the best of three."""
    times = []
    for _ in range(3):
        began = time.process_time()
        for part in joined:
            part.find(b"olgb")
        times.append(time.process_time() - began)
    return min(times)


def search(log: RecordLog, text: str) -> Filtered:
    """Look for a text, slice by slice, as the app does; the best of three."""
    return min((_search(log, text) for _ in range(3)), key=lambda found: found.complete)


def _search(log: RecordLog, text: str) -> Filtered:
    found, screen, longest, more = Search(log, text), None, 0.0, True
    began = last = time.process_time()
    while more:
        more = found.work()
        now = time.process_time()
        longest, last = max(longest, now - last), now
        if screen is None and len(found) >= SCREEN:
            screen = now - began
    return Filtered(len(found), screen or now - began, now - began, longest)


def measure(counts: Sequence[int] = (100_000, 1_000_000)) -> list[Row]:
    rows = []
    for count in counts:
        log, joined = full_log(count)
        whole = one_pass(joined)
        for text in ("olga", "Olga", "zzzz", "peter", "y"):
            found = search(log, text)
            rows.append(
                at_most(
                    f"filter {count:,} for {text}, {found.hits:,} hits",
                    f"screen {ms(found.screen)}, all {ms(found.complete)}",
                    f"one pass of bytes.find: {ms(whole)}",
                    found.complete / whole,
                    5,
                )
            )
    return rows
