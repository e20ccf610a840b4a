"""The app under a flood: started in a terminal with its gauges, and what they said."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench.bodies import TOPIC
from tests.bench.keyboard import Keyboard, Latency
from tests.exit.terminal import ROOT


class Gauge(NamedTuple):
    """A tenth of a second of the app."""

    at: float
    """Seconds of some clock."""
    cpu: float
    records: int
    """Taken in so far."""
    kept: int
    bytes: int
    """What the log says that it takes."""
    resident: int
    lags: list[float]
    """Seconds that the loop was late, probe by probe."""
    own: list[float]
    """What of that was the app's own work."""


class Reading(NamedTuple):
    """Some seconds of the app."""

    rate: float
    """Records a second into the store."""
    cpu: float
    """Part of a core."""
    lags: Latency
    """Of the loop."""
    own: Latency
    """What of that was the app's own work."""

    @classmethod
    def of(cls, gauges: Sequence[Gauge]) -> Reading:
        first, last = gauges[0], gauges[-1]
        seconds = last.at - first.at
        rate, cpu = (last.records - first.records) / seconds, (last.cpu - first.cpu) / seconds
        lags, own = ([lag for gauge in gauges[1:] for lag in getattr(gauge, name)] for name in ("lags", "own"))
        return cls(rate, cpu, Latency.of(lags), Latency.of(own))


class Flooded(NamedTuple):
    """A running app."""

    keyboard: Keyboard
    path: Path

    def gauges(self) -> list[Gauge]:
        """All so far."""
        lines = self.path.read_text().splitlines(keepends=True)
        return [Gauge(**json.loads(line)) for line in lines if line.endswith("\n")]

    def watch(self, seconds: float) -> Reading:
        """Let it run, and say how it was."""
        start = len(self.gauges())
        self.keyboard.drain(seconds)
        return Reading.of(self.gauges()[start:])


@contextmanager
def server(module: str, *arguments: str) -> Iterator[str]:
    """A server in a process of its own, which prints its address."""
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def flood(rate: float | None) -> AbstractContextManager[str]:
    """The server that costs nothing; its address."""
    return server("tests.bench.flood", *([] if rate is None else [str(rate)]))


@contextmanager
def flooded(url: str, topic: str = TOPIC, size: tuple[int, int] = (160, 48)) -> Iterator[Flooded]:
    """The app on a server, following the end of a topic."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gauges"
        with Keyboard("-m", "tests.bench.subject", url, topic, str(path), size=size) as keyboard:
            keyboard.wait_for("live")
            yield Flooded(keyboard, path)
