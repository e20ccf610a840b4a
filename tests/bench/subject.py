"""The app, measured from inside while it is used from outside: what came in, how late its loop was, what it takes.

    python -m tests.bench.subject URL TOPIC GAUGES [DIALECT]

A line of JSON goes to the file GAUGES every tenth of a second.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ktui.cli.terminal import prepare_terminal

PROBE = 0.01
"""Seconds that the loop is asked to sleep: what it oversleeps is its lag."""
EVERY = 0.1


def resident() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def queue() -> Callable[[], float]:
    """Seconds that this thread has stood in the queue for a core: what others on the machine cost it."""
    try:
        file = os.open("/proc/self/schedstat", os.O_RDONLY)
    except OSError:  # not every kernel tells
        return lambda: 0.0
    return lambda: int(os.pread(file, 100, 0).split()[1]) / 1e9


def main(url: str, topic: str, gauges: str, dialect: str = "G") -> None:
    link = prepare_terminal()
    from ktui.rest.client import ProxyClient
    from ktui.rest.dialect import named
    from ktui.ui.app import KtuiApp

    async def watch() -> None:
        app.main_screen.open_topic(topic)
        log = app.main_screen.stream_pane.records
        queued = queue()
        with open(gauges, "w", buffering=1) as out:  # noqa: ASYNC230
            lags: list[float] = []
            own: list[float] = []
            next_line = time.perf_counter() + EVERY
            while True:
                before, waited, worked = time.perf_counter(), queued(), time.thread_time()
                await asyncio.sleep(PROBE)
                now = time.perf_counter()
                lags.append(round(max(0.0, now - before - PROBE), 5))
                ours = min(lags[-1] - (queued() - waited), time.thread_time() - worked)
                own.append(round(max(0.0, ours), 5))
                if now >= next_line:
                    next_line = now + EVERY
                    line = {"at": now, "cpu": time.process_time(), "records": log.end, "kept": log.kept}
                    line |= {"bytes": log.size_bytes, "resident": resident()}
                    print(json.dumps(line | {"lags": lags, "own": own}), file=out)
                    lags, own = [], []

    app = KtuiApp(ProxyClient(url, dialect=named(dialect)), title="bench", background=watch, link=link)
    app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
