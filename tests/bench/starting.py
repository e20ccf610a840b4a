"""How long it takes until something is there, against Python itself and the smallest app of Textual's."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.bodies import TOPIC
from tests.bench.gauges import flood
from tests.bench.keyboard import Keyboard
from tests.bench.table import Row, at_most, ms
from tests.exit.terminal import ROOT

TIMES = 7
KTUI = Path(sys.executable).with_name("ktui")
"""The command as it was installed: what pip writes there imports `re` before us."""
OURS = (sys.executable, "-c", "import sys; from ktui.cli import main; sys.exit(main(sys.argv[1:]))")
TRIVIAL = """
from textual.app import App
from textual.widgets import Static
class Trivial(App):
    def compose(self):
        yield Static("hello world")
Trivial().run()
"""


def processor_seconds(*command: str | Path) -> float:
    """What a command costs the processor."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return used.ru_utime + used.ru_stime


def drawn(text: str, *arguments: str) -> Callable[[], float]:
    """Seconds from the start of a program to a text of its on the terminal."""

    def once() -> float:
        began = time.perf_counter()
        with Keyboard(*arguments) as keyboard:
            keyboard.wait_for(text)
            return time.perf_counter() - began

    return once


def in_turn(works: Sequence[Callable[[], float]], times: int = TIMES) -> list[float]:
    """Medians of each, measured in turn."""
    took = [[work() for work in works] for _ in range(times)]
    return [statistics.median(each) for each in zip(*took, strict=True)]


def measure(times: int = TIMES) -> list[Row]:
    nothing, version, installed, usage = in_turn(
        [
            lambda: processor_seconds(sys.executable, "-c", "pass"),
            lambda: processor_seconds(*OURS, "--version"),
            lambda: processor_seconds(KTUI, "--version"),
            lambda: processor_seconds(*OURS, "--help"),
        ],
        times,
    )
    beside = f"python -c pass: {ms(nothing)}"
    rows = [
        at_most("--version", ms(version), beside, version / nothing, 1.5),
        Row("  as pip installs the command", ms(installed), beside, installed / nothing),
        Row("--help", ms(usage), beside, usage / nothing),
    ]
    with tempfile.TemporaryDirectory() as folder, flood(1000) as url:
        subject = ("-m", "tests.bench.subject", url, TOPIC, str(Path(folder) / "gauges"))
        trivial, line, panes, record = in_turn(
            [
                drawn("hello world", "-c", TRIVIAL),
                drawn("opening", "-m", "ktui", "demo"),
                drawn("Topics", "-m", "ktui", "demo"),
                drawn("cust-0", *subject),
            ],
            times,
        )
    beside = f"trivial Textual app: {ms(trivial)}"
    return [
        *rows,
        at_most("first paint: who and where", ms(line), beside, line / trivial, 1.25),
        at_most("  all panes of the demo", ms(panes), beside, panes / trivial, 1.25),
        Row("  first records of a topic", ms(record), beside, record / trivial),
    ]
