"""The filter over a full log against one pass of bytes.find over the same bytes."""

from __future__ import annotations

import time

import pytest

from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.records.search import Search

TIMES = 5.0
"""How much longer than one pass a rare text may take, case and all. A common one has its hits to note."""


def full_log(count: int) -> tuple[RecordLog, list[bytes]]:
    """Records of 330 bytes, and their values joined by the thousand."""
    log, joined = RecordLog(max_bytes=1 << 30, max_rows=count), []
    for start in range(0, count, 1000):
        values = [
            b'{"id":%d,"customer":{"name":"%s"},"x":"%s"}'
            % (n, b"Olga" if n % 8600 == 0 else b"Peter", str(n).rjust(280, "y").encode())
            for n in range(start, start + 1000)
        ]
        log.extend([Record("t", 0, start + n, b"cust-%05d" % (n % 500), value, n) for n, value in enumerate(values)])
        joined.append(b"\0".join(values))
    return log, joined


@pytest.mark.bench
@pytest.mark.parametrize("count", [100_000, 1_000_000])
def test_filter(count: int) -> None:
    log, joined = full_log(count)
    begun = time.perf_counter()
    for part in joined:
        part.find(b"olgb")
    one_pass = time.perf_counter() - begun
    print(f"\n{count:,} records, one pass of bytes.find {one_pass * 1000:.0f} ms")
    for text, bound in (("olga", TIMES), ("Olga", TIMES), ("zzzz", TIMES), ("peter", None)):
        search, slices, worst = Search(log, text), 0, 0.0
        begun = time.perf_counter()
        more, first = True, 0.0
        while more:
            slice_begun = time.perf_counter()
            more = search.work()
            slices += 1
            worst = max(worst, time.perf_counter() - slice_begun)
            if len(search) >= 50 and not first:
                first = time.perf_counter() - begun
        took = time.perf_counter() - begun
        print(
            f"  {text:6} {len(search):9,} hits, screen {(first or took) * 1000:5.0f} ms, complete {took * 1000:5.0f} ms"
            f" = {took / one_pass:4.1f} passes, {slices} slices, longest {worst * 1000:.1f} ms"
        )
        assert bound is None or took <= bound * one_pass
