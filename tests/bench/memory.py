"""What records take that are kept, as the system counts it and as Python does. In a process of its own.

python -m tests.bench.memory COUNT [trace]     prints the bytes of a record, and those of its key and value
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc

from ktui.records.log import RecordLog
from ktui.rest import codec
from tests.bench.bodies import FIRST, FULL, Bodies
from tests.bench.subject import resident
from tests.bench.table import Row, at_most
from tests.exit.terminal import ROOT


def fill(count: int, *, trace: bool) -> tuple[float, float]:
    """Bytes per record that the process grew by, and bytes of key and value."""
    bodies, log = Bodies(), RecordLog(max_bytes=1 << 40, max_rows=2 * count)
    for start in range(0, 4 * FULL, FULL):  # what stands ready for bodies is not of the log
        RecordLog().extend(codec.records(bodies.body(FIRST + start, FULL)))
    content = sum(record.size for record in codec.records(bodies.body(FIRST, FULL))) / FULL
    gc.collect()
    if trace:
        tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0] if trace else resident()
    for start in range(0, count, FULL):
        log.extend(codec.records(bodies.body(FIRST + start, FULL)))
    gc.collect()
    after = tracemalloc.get_traced_memory()[0] if trace else resident()
    tracemalloc.stop()
    assert log.kept == count
    return (after - before) / count, content


def measure(count: int = 1_000_000) -> list[Row]:
    rows = []
    for what, arguments in (("resident", [str(count)]), ("allocated", [str(count // 5), "trace"])):
        command = [sys.executable, "-m", "tests.bench.memory", *arguments]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        taken, content = map(float, said.split())
        rows.append(
            at_most(
                f"memory of a record, {what}, {int(arguments[0]):,} kept",
                f"{taken:.0f} B",
                f"key and value: {content:.0f} B",
                taken / content,
                1.15,
            )
        )
    return rows


if __name__ == "__main__":
    print(*fill(int(sys.argv[1]), trace="trace" in sys.argv))
