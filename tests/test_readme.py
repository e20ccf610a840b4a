"""What the README promises in code blocks is tried here; its two commands are what a fresh clone is checked with."""

import re
from pathlib import Path

import pytest

from ktui.cli import parse
from ktui.config import load
from ktui.ui import keys, theming

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def block(kind: str) -> str:
    (text,) = (text for language, text in BLOCKS if language == kind)
    return str(text)


def test_the_configuration_is_taken_without_a_complaint(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(block("toml"), encoding="utf-8")
    config = load({}, path=path)
    assert config.profile == "staging"
    assert config.theme in {theme.name for theme in theming.shipped()}
    keymap, complaints = keys.check(config.keys)
    assert keymap == {"stream.pause": "h"}
    assert complaints == []


SHELL = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]


@pytest.mark.parametrize("line", [line for line in SHELL if re.match(r"(\w+=\S+ )*ktui\b", line)])
def test_every_command_line_is_understood(line: str) -> None:
    words = [word for word in line.partition("#")[0].split() if "=" not in word or word.startswith("-")]
    assert words[0] == "ktui"
    assert callable(parse(words[1:]))


def test_there_is_one_line_for_the_demo_and_one_for_the_tests() -> None:
    lines = [line for line in SHELL if line.startswith("python3 -m venv .venv && ")]
    assert [line.rpartition(" && ")[2] for line in lines] == [".venv/bin/ktui demo", ".venv/bin/pytest"]
