"""The command line as a person meets it: real processes for what matters at start, `main()` for the rest."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ktui import __version__
from ktui.cli import main
from tests.exit.terminal import Terminal, until


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


@pytest.mark.parametrize(
    "arguments", [["--help"], ["demo", "--help"], ["sandbox", "--help"], ["doctor", "--help"], ["config", "--help"]]
)
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


@contextmanager
def sandbox(*arguments: str) -> Iterator[str]:
    """`ktui sandbox` as a process, on a free port; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ktui", "sandbox", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            line = process.stdout.readline()
            assert line.startswith("listening on http://127.0.0.1:")
            yield line.split()[2]
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.wait()


def test_sandbox_serves_its_topics_and_ends_on_a_signal(tmp_path: Path) -> None:
    file = tmp_path / "topics.json"
    file.write_text('[{"topic": "filed", "records": [{"value": "aGk="}]}]', encoding="utf-8")
    with sandbox("--topic", "orders:6", "--topic", "plain", "--topics", str(file)) as url:
        assert httpx.get(f"{url}/topics").json() == ["filed", "orders", "plain"]
        assert len(httpx.get(f"{url}/topics/orders").json()["partitions"]) == 6
        assert httpx.get(f"{url}/topics/filed/partitions/0/offsets").json()["end_offset"] == 1


def test_sandbox_has_the_faults_it_was_told() -> None:
    with sandbox("--fail-next", "503:2", "--latency", "1", "--base-uri", "http://nowhere:1", "--auto-create") as url:
        assert [httpx.get(f"{url}/topics").status_code for _ in range(3)] == [503, 503, 200]
        made = httpx.post(f"{url}/consumers/g").json()
        assert made["base_uri"].startswith("http://nowhere:1/")
        body = {"records": [{"value": 1}]}
        media = {"Content-Type": "application/vnd.kafka.json.v2+json"}
        assert httpx.post(f"{url}/topics/new", json=body, headers=media).status_code == 200


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["sandbox", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"ktui: cannot listen on 127.0.0.1:{port}: Address already in use")
    assert said.count("\n") == 1


def test_without_uvicorn_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["sandbox", "--port", "0"]) == 2
    assert "pip install 'ktui[server]'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--topic", "a b"], ["--topic", "a", "--topic", "a"], ["--topics", "/none"]])
def test_wrong_topics_are_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--port", "0", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_first_line_is_drawn_at_once_and_taken_back_when_the_app_does_not_come() -> None:
    failing = r"from ktui.cli.terminal import curtain" "\n" r"with curtain('p\x1b]2;x\x07q'): raise SystemExit(3)"
    terminal = Terminal("-c", failing)
    try:
        assert terminal.wait() == 3
        terminal.wait_for("ktui  ● p]2;xq · opening")
        until(lambda: terminal.output.endswith(b"\x1b[?1049l"), "the screen of before")
        assert terminal.output.count(b"\x1b[?1049h") == 1
        assert b"\x1b]" not in terminal.output
    finally:
        terminal.close()
