"""The script that draws the README's pictures works, and draws the same ones each time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    """Every scene, drawn by two processes at the same time, whose hashes of texts differ."""
    folders = [tmp_path_factory.mktemp(f"run{seed}") for seed in (1, 2)]
    processes = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "screenshots" / "take.py"), "--into", str(folder)],
            env=os.environ | {"PYTHONHASHSEED": folder.name[3], "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for folder in folders
    ]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    return [{path.name: path.read_bytes() for path in sorted(folder.glob("*.svg"))} for folder in folders]


def test_pictures_are_the_same_byte_for_byte(pictures: list[dict[str, bytes]]) -> None:
    first, second = pictures
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_pictures_show_the_demo(pictures: list[dict[str, bytes]]) -> None:
    for name, picture in pictures[0].items():
        assert b"orders" in picture, name


def test_the_readme_shows_only_pictures_that_are_drawn(pictures: list[dict[str, bytes]]) -> None:
    shown = set(re.findall(r"\(screenshots/(\S+\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown
    assert shown <= pictures[0].keys()
    assert all((ROOT / "screenshots" / name).exists() for name in shown)
