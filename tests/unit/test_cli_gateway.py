"""`ktui gateway` and `ktui kafka://`: what they are told, what they refuse, and that no secret is shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ktui.cli import main
from ktui.cli.kafka import properties_of
from ktui.config import load
from ktui.errors import ConfigError

FILE = """
[proxy.prod]
url = "kafka://ann:url-secret@a.example,b.example:9093"
properties_file = "client.properties"

[proxy.prod.properties]
"fetch.max.bytes" = 1000
"enable.ssl.certificate.verification" = true
"sasl.mechanism" = "SCRAM-SHA-512"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("KTUI_USER", "KTUI_PASSWORD", "KTUI_GATEWAY_USERS", "KTUI_GATEWAY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "client.properties").write_text("ssl.key.password=file-secret\nfetch.max.bytes = 7\nclient.id: x\n")
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def test_a_profile_may_be_a_cluster(file: Path) -> None:
    config = load({}, path=file, url="prod", properties={"fetch.max.bytes": "2000"})
    assert config.url == "kafka://a.example:9092,b.example:9093"
    assert properties_of(config) == {
        "bootstrap.servers": "a.example:9092,b.example:9093",
        "sasl.username": "ann",
        "sasl.password": "url-secret",
        "security.protocol": "SASL_SSL",  # who names a user and no protocol means one that hides the password
        "sasl.mechanism": "SCRAM-SHA-512",
        "ssl.key.password": "file-secret",
        "client.id": "x",
        "enable.ssl.certificate.verification": "true",
        "fetch.max.bytes": "2000",
    }
    assert "secret" not in repr(config)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("kafka://host", "kafka://host:9092"),
        ("kafka://host:1,[::1]:2,other/", "kafka://host:1,[::1]:2,other:9092"),
        ("kafka://", None),
        ("kafka://host:port", None),
        ("kafka://a,,b", None),
        ("kafka://host/path", None),
        ("kafka://ann:secret@ho st", None),
    ],
)
def test_addresses_of_clusters(url: str, known: str | None, file: Path) -> None:
    if known is not None:
        assert load({}, path=file, url=url).url == known
        return
    with pytest.raises(ConfigError, match="kafka://HOST:PORT") as told:
        load({}, path=file, url=url)
    assert "secret" not in str(told.value)


def test_a_password_from_a_command(file: Path) -> None:
    command = f"{sys.executable} -c \"print('from-command')\""
    config = load({"KTUI_PASSWORD_COMMAND": command, "KTUI_USER": "ann"}, path=file, url="kafka://h")
    found = properties_of(config)
    assert (found["sasl.username"], found["sasl.password"], found["sasl.mechanism"]) == ("ann", "from-command", "PLAIN")
    failing = load({"KTUI_PASSWORD_COMMAND": "false s3cret", "KTUI_USER": "ann"}, path=file, url="kafka://h")
    with pytest.raises(ConfigError) as told:
        properties_of(failing)
    assert "s3cret" not in str(told.value)


def test_the_settings_are_shown_without_their_secrets(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "prod", "--config", str(file), "-X", "sasl.password=s3cret", "-X", "linger.ms=5"]) == 0
    shown = capsys.readouterr().out
    assert "linger.ms=5" in shown
    assert "sasl.password=***" in shown
    assert "s3cret" not in shown
    assert "secret" not in shown.replace("s3cret", "")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gateway"], "which cluster?"),
        (["gateway", "http://localhost:8082"], "which cluster?"),
        (["gateway", "kafka://h", "--host", "0.0.0.0"], "--users or --token-file"),
        (["gateway", "kafka://h", "--host", ""], "every address can be reached"),
        (["gateway", "kafka://h", "--users", "/nowhere/users"], "/nowhere/users: No such file"),
        (["gateway", "kafka://h", "-X", "no.such.property=s3cret"], "no.such.property"),
        (["gateway", "kafka://h", "-X", "group.id=x"], "group.id cannot be set"),
        (["gateway", "kafka://h", "--properties", "/nowhere/p"], "/nowhere/p: No such file"),
        (["doctor", "kafka://h", "-X", "security.protocol=s3cret"], "Kafka properties"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    arguments: list[str], says: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--config", str(file)]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["gateway", "kafka://h", "--bootstrap-servers", "h"],
        ["gateway", "kafka://h", "--tls-key", "k"],
        ["gateway", "kafka://h", "--port", "70000"],
        ["kafka://h", "-X", "s3cret"],
        ["gateway", "kafka://h", "--max-instances", "0"],
    ],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "s3cret" not in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["doctor", "kafka://h"], ["gateway", "kafka://h"]])
def test_without_the_library_it_says_what_to_install(
    arguments: list[str], file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    assert main([*arguments, "--config", str(file)]) == 2
    assert "pip install 'ktui[kafka]'" in capsys.readouterr().err


def test_a_gateway_for_others_may_be_told_to_stand_open(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import argparse

    from ktui.cli.gateway import check_open, users_of

    options = argparse.Namespace(host="0.0.0.0", open=False, client_ca=None)
    check_open(argparse.Namespace(**{**vars(options), "open": True}), False)
    check_open(options, True)
    for host in ("127.0.0.1", "localhost", "::1"):
        check_open(argparse.Namespace(**{**vars(options), "host": host}), False)
    monkeypatch.setenv("KTUI_GATEWAY_USERS", "ann:secret")
    monkeypatch.setenv("KTUI_GATEWAY_TOKEN", "t0ken")
    assert users_of(None, None).admitted("Bearer t0ken")
