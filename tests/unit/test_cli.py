"""The command line as a person meets it: real processes for what matters at start, `main()` for the rest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ktui import __version__
from ktui.cli import main


def run(*arguments: str, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ktui", *arguments],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | (environ or {}),
        timeout=30,
        check=False,
    )


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("KTUI_")]:
        monkeypatch.delenv(name)


def test_version() -> None:
    ended = run("--version")
    assert (ended.returncode, ended.stdout) == (0, f"ktui {__version__}\n")


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_version_and_help_load_nothing_heavy(argument: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ktui", argument],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "ktui" in loaded
    assert not loaded & {"textual", "httpx", "msgspec", "starlette", "asyncio"}


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["sandbox", "--help"], ["config", "--help"]])
def test_help_of_every_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    assert "usage: ktui" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["demo"], ["http://localhost:1"]])
def test_without_a_terminal_it_says_so(arguments: list[str]) -> None:
    ended = run(*arguments)
    assert ended.returncode == 1
    assert ended.stderr == "ktui: a terminal is needed, and the standard input is not one\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ftp://ann:secret@h"], "ktui: ftp://h (command line) is not the URL of a proxy"),
        (["http://h", "--config", "/none/x.toml"], "ktui: /none/x.toml: there is no such file"),
    ],
)
def test_wrong_settings_are_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith(said)
    assert shown.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--theme", "x", "demo"], "the command comes first: ktui demo"),
        (["http://h", "--version"], "--version stands alone"),
        (["--keep-mb", "0"], "--keep-mb: 0 is not a number from 1 to 65536"),
        (["sandbox", "--topic", "orders:0"], "orders:0 is not NAME or NAME:PARTITIONS"),
        (["sandbox", "--port", "70000"], "70000 is not a port: 0 to 65535"),
        (["sandbox", "--fail-next", "200"], "200 is not STATUS or STATUS:N"),
        (["sandbox", "--flavour", "Z"], "invalid choice: 'Z'"),
    ],
)
def test_wrong_usage_is_explained(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_config_shows_where_values_come_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KTUI_THEME", "nord")
    monkeypatch.setenv("KTUI_PASSWORD", "secret")
    assert main(["config", "http://ann@h:1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "url http://h:1 (command line)" in shown
    assert "user ann (command line)" in shown
    assert "password set (KTUI_PASSWORD)" in shown
    assert "theme nord (KTUI_THEME)" in shown
    assert "keep_mb 256 (default)" in shown
    assert "secret" not in shown
