"""Everything that ktui promises about speed and memory, measured in one run and printed as a table.

python -m tests.bench                    # some minutes, on a machine that does nothing else
python -m tests.bench --only decoding    # one part
python -m tests.bench --readme           # and the table of the README is made from it
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable

from tests.bench import decoding, filtering, memory, peers, reading, starting, table, using
from tests.bench.table import Row


def conditions() -> str:
    """What it was measured on."""
    load = os.getloadavg()[0]
    return (
        f"Measured by `python -m tests.bench --readme` on {os.cpu_count()} cores of {platform.machine()}, "
        f"Python {platform.python_version()}, load {load:.1f} (ktui alone makes about 1). Ratios travel, times do not."
    )


PARTS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "decoding": lambda options: decoding.measure(),
    "reading": lambda options: reading.measure(proxy=options.proxy or "", topic=options.topic),
    "memory": lambda options: memory.measure(),
    "filtering": lambda options: filtering.measure(),
    "using": lambda options: using.measure(),
    "starting": lambda options: starting.measure(),
    "kaskade": lambda options: peers.measure() if options.kaskade else [],
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=PARTS, action="append", help="this part alone; may be repeated")
    parser.add_argument("--proxy", metavar="URL", help="also read a topic of this proxy")
    parser.add_argument("--topic", metavar="NAME", default="big", help="which one (default: big)")
    parser.add_argument("--kaskade", action="store_true", help="also install kaskade, into a folder of its own")
    parser.add_argument("--readme", action="store_true", help="write the table into README.md")
    options = parser.parse_args()
    rows: list[Row] = []
    for name, part in PARTS.items():
        if not options.only or name in options.only:
            print(f"{name} …", file=sys.stderr, flush=True)
            rows += part(options)
    print(conditions(), table.text(rows), sep="\n\n")
    if options.readme:
        table.into_readme(rows, conditions())
    return 1 if any(row.good is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
