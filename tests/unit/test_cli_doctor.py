"""`ktui doctor` as a person or a script meets it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktui.cli import main
from ktui.cli.doctor import safe
from tests.unit.test_cli import sandbox


@pytest.fixture(autouse=True)
def nothing_configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("KTUI_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with sandbox("--topic", "orders:2", "--flavour", "K") as address:
        yield address


def test_a_healthy_proxy_leaves_with_0(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", url, "--send", "orders"]) == 0
    shown = capsys.readouterr().out
    assert "ok       server: Karapace" in shown
    assert "read back byte by byte" in shown
    assert "GET /brokers → 200: lists 1 broker" in shown
    assert "this proxy does not send headers" in shown


def test_as_json_for_programs(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["server"], told["forced"]) == ("Karapace", False)
    assert {step["result"] for step in told["steps"]} <= {"ok", "note"}
    assert told["capabilities"]["read.timestamps"]["available"] is True
    assert told["capabilities"]["seek.time"]["why_not"] == "this proxy does not seek to a time"


def test_a_problem_leaves_with_1(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", url, "--send", "nowhere"]) == 1
    assert "problem  send to nowhere and read back: not sent" in capsys.readouterr().out
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert main(["doctor", f"127.0.0.1:{port}"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("problem  reachable: Nothing listens at")
    assert "What it can do" not in shown


@pytest.mark.parametrize("name", ["K", "karapace", "Karapace"])
def test_the_make_can_be_named(url: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", url, "--dialect", name]) == 0
    assert "server: Karapace, as you say" in capsys.readouterr().out


def test_the_make_can_be_named_in_every_place(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(f'[proxy.here]\nurl = "{url}"\ndialect = "karapace"\n', encoding="utf-8")
    assert main(["doctor", "here", "--config", str(file)]) == 0
    assert "as you say" in capsys.readouterr().out
    monkeypatch.setenv("KTUI_DIALECT", "kafka")
    assert main(["doctor", "here", "--config", str(file)]) == 2
    assert capsys.readouterr().err.startswith("ktui: kafka (KTUI_DIALECT) is no make of proxy")


def test_wrong_usage_leaves_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "ftp://h"]) == 2
    with pytest.raises(SystemExit) as left:
        main(["doctor", "--send"])
    assert left.value.code == 2


def test_what_a_server_says_cannot_command_the_terminal() -> None:
    assert safe("a\x1b[2J\u202eb\ud800") == "a\N{REPLACEMENT CHARACTER}[2J" + "\N{REPLACEMENT CHARACTER}b" + "\ufffd"
