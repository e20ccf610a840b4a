"""The script that draws the README's pictures works, and draws the same ones each time."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Every scene, drawn now."""
    return draw(tmp_path_factory.mktemp("run1"))


def draw(folder: Path) -> dict[str, bytes]:
    """Draw all scenes, in a process of its own."""
    command = [sys.executable, str(ROOT / "screenshots" / "take.py"), "--into", str(folder)]
    drawn = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, timeout=120)
    assert drawn.returncode == 0, drawn.stderr.decode()
    return content(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.svg"))}


def test_pictures_are_the_same_byte_for_byte(pictures: dict[str, bytes], tmp_path: Path) -> None:
    """As those that are kept, which some other process drew; where Textual draws otherwise by now, as drawn again."""
    kept = content(ROOT / "screenshots")
    other = kept if kept == pictures else draw(tmp_path)
    assert pictures.keys() == other.keys()
    assert [name for name in pictures if pictures[name] != other[name]] == []


def test_pictures_show_the_demo(pictures: dict[str, bytes]) -> None:
    for name, picture in pictures.items():
        assert b"orders" in picture, name


def test_the_readme_shows_only_pictures_that_are_drawn(pictures: dict[str, bytes]) -> None:
    shown = set(re.findall(r"\(screenshots/(\S+\.svg)\)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert shown
    assert shown <= pictures.keys()
    assert all((ROOT / "screenshots" / name).exists() for name in shown)
