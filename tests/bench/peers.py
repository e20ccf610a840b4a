"""What else there is: kaskade, installed into a folder that is thrown away."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.starting import KTUI, in_turn, processor_seconds
from tests.bench.table import Row, ms


def measure(times: int = 5) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", "kaskade"], check=True, capture_output=True)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"kaskade is left out: {error}", file=sys.stderr)
            return []

        kaskade = Path(folder) / "bin" / "kaskade"
        ours, theirs = in_turn(
            [lambda: processor_seconds(KTUI, "--version"), lambda: processor_seconds(kaskade, "--version")], times
        )
    return [Row("--version", ms(ours), f"kaskade: {ms(theirs)}", ours / theirs)]
