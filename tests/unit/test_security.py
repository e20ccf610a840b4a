"""Credentials and TLS as they are configured: which place wins, and that the command line brings them to the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktui.cli import main, open
from ktui.config import Config, load
from ktui.errors import ConfigError
from tests.unit.papers import Papers, papers

__all__ = ["papers"]

FILE = """
[proxy.token]
url = "https://token.example"
token = "s3cr3t-token"

[proxy.command]
url = "https://command.example"
token_command = "vault read s3cr3t-argument"
ca_file = "ca.pem"
cert_file = "~/ann.pem"
key_file = "/etc/ann.key"
key_password = "s3cr3t-key"

[proxy.password]
url = "https://ann@password.example"
password_command = "pass show kafka"

[proxy.two]
url = "https://two.example"
token = "s3cr3t-token"
password = "s3cr3t-password"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE, encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))
    return path


def proof(config: Config) -> dict[str, str]:
    """What of the credentials is set."""
    names = ("user", "password", "password_command", "token", "token_command")
    return {name: getattr(config, name) for name in names if getattr(config, name)}


def test_a_profile_brings_its_own(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert proof(load({}, path=file, url="token")) == {"token": "s3cr3t-token"}
    assert proof(load({}, path=file, url="password")) == {"user": "ann", "password_command": "pass show kafka"}
    config = load({}, path=file, url="command")
    assert proof(config) == {"token_command": "vault read s3cr3t-argument"}
    assert config.ca_file == file.parent / "ca.pem"  # beside the file that names it
    assert (config.cert_file, config.key_file) == (Path("/home/ann/ann.pem"), Path("/etc/ann.key"))
    assert config.key_password == "s3cr3t-key"
    assert not config.insecure
    assert proof(load({}, path=file, url="https://elsewhere.example")) == {}


@pytest.mark.parametrize(
    ("environ", "flags", "expected"),
    [
        ({}, {}, {"token": "s3cr3t-token"}),
        ({"KTUI_TOKEN": "other"}, {}, {"token": "other"}),
        ({"KTUI_TOKEN_COMMAND": "other"}, {}, {"token_command": "other"}),
        ({"KTUI_USER": "bob", "KTUI_PASSWORD": "x"}, {}, {"user": "bob", "password": "x"}),
        ({"KTUI_USER": "bob", "KTUI_PASSWORD_COMMAND": "x"}, {}, {"user": "bob", "password_command": "x"}),
        ({"KTUI_TOKEN": "other"}, {"token_command": "flag"}, {"token_command": "flag"}),
    ],
)
def test_one_proof_wins_whatever_its_kind(
    file: Path, environ: dict[str, str], flags: dict[str, str], expected: dict[str, str]
) -> None:
    config = load(environ, path=file, url="token", secured=flags)
    assert proof(config) == expected
    assert set(expected) <= set(config.sources)


def test_a_url_of_the_command_line_keeps_its_own_password(file: Path) -> None:
    config = load({"KTUI_TOKEN": "other"}, path=file, url="https://ann:mine@host.example")
    assert proof(config) == {"user": "ann", "password": "mine"}


def test_two_proofs_in_one_place_are_a_mistake(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load({}, path=file, url="two")
    assert str(caught.value) == f"password and token of [proxy.two] in {file}: only one of them can be used"
    with pytest.raises(ConfigError, match="KTUI_TOKEN and KTUI_TOKEN_COMMAND: only one"):
        load({"KTUI_TOKEN": "a", "KTUI_TOKEN_COMMAND": "b"}, path=file)


def test_a_certificate_of_a_stronger_place_does_not_get_the_key_of_a_weaker_one(file: Path) -> None:
    config = load({}, path=file, url="command", secured={"cert_file": "mine.pem"})
    assert (config.cert_file, config.key_file) == (Path("mine.pem"), None)
    config = load({"KTUI_KEY_FILE": "other.key", "KTUI_KEY_PASSWORD": "x"}, path=file, url="command")
    assert (config.key_file, config.key_password) == (Path("other.key"), "x")


def test_insecure_is_said_on_the_command_line_only(file: Path) -> None:
    assert load({"KTUI_INSECURE": "1"}, path=file, url="token").insecure is False
    assert load({}, path=file, url="token", insecure=True).insecure is True
    file.write_text('[proxy.x]\nurl = "https://x"\ninsecure = true\n')
    with pytest.raises(ConfigError, match=r"unknown key proxy\.x\.insecure"):
        load({}, path=file, url="x")


@pytest.mark.parametrize("short", ["-k", "--insec", "--insecur"])
def test_insecure_has_no_short_name(short: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["https://host.example", short])
    assert left.value.code == 2
    with pytest.raises(SystemExit):
        main(["config", short])
    capsys.readouterr()


def test_no_repr_and_no_listing_holds_a_secret(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("token", "command", "password"):
        assert "s3cr3t" not in repr(load({"KTUI_KEY_PASSWORD": "s3cr3t"}, path=file, url=name))
        assert main(["config", name, "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert "s3cr3t" not in said
    assert "from a command" in said
    assert str(file.parent / "ca.pem") in said


def test_the_command_line_brings_all_to_the_client(file: Path, papers: Papers) -> None:
    arguments = ["--cacert", str(papers.ca), "--cert", str(papers.cert("ann")), "--key", str(papers.key("ann"))]
    work = open.parse(["token", "--config", str(file), "--token-command", "print it", *arguments])
    config = open.read_config(work.args[0])  # type: ignore[attr-defined]
    client = open.client_of(config)
    assert client.url == "https://token.example"
    assert repr(client._wire.credentials._command) == "<--token-command>"
    assert not client.unverified
    assert open.client_of(load({}, path=file, url="token", insecure=True)).unverified
    assert not open.client_of(load({}, url="http://host.example", insecure=True)).unverified


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["--cacert", "/no/ca.pem"], {}, "--cacert: /no/ca.pem cannot be read"),
        (["--key", "/no/ann.key"], {}, "--key is given without a certificate"),
        ([], {"KTUI_CERT_FILE": "/no/ann.pem"}, "KTUI_CERT_FILE: /no/ann.pem cannot be read"),
        (["command"], {}, "ca_file of [proxy.command] in "),
        (["--token-command", "a 'b"], {}, "--token-command cannot be read as a command"),
    ],
)
def test_what_is_wrong_is_named_as_the_person_named_it(
    file: Path, arguments: list[str], environ: dict[str, str], words: str
) -> None:
    url = [] if "command" in arguments else ["https://host.example"]
    work = open.parse([*url, *arguments, "--config", str(file)])
    options = work.args[0]  # type: ignore[attr-defined]
    secured = {name: getattr(options, name) for name in ("token_command", "ca_file", "cert_file", "key_file")}
    with pytest.raises(ConfigError) as caught:
        open.client_of(load(environ, path=file, url=options.url, secured=secured))
    assert str(caught.value).startswith(words)
