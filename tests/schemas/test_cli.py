"""How a schema registry is named on the command line, in the environment and in a profile."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ktui.cli import main
from ktui.cli.kafka import properties_of, registry_of
from ktui.config import load
from ktui.errors import ConfigError

URL = "https://ann:s3cret@registry:8081"
KAFKA = "kafka://broker:9092"
FILE = """
[proxy.prod]
url = "kafka://broker:9092"
schema_registry = "http://registry"
properties = { "schema.registry.basic.auth.user.info" = "bob:s3cret", "acks" = "all" }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    return path


def test_the_command_line_beats_the_environment_and_that_the_profile(file: Path) -> None:
    variables = {"KTUI_SCHEMA_REGISTRY": "http://other"}
    assert load({}, path=file, url="prod").schema_registry == "http://registry"
    assert load(variables, path=file, url="prod").schema_registry == "http://other"
    assert load(variables, path=file, url="prod", schema_registry="http://flag").schema_registry == "http://flag"


def test_its_properties_are_not_the_kafka_client_s(file: Path) -> None:
    config = load({}, path=file, url="prod")
    registry = registry_of(config)
    assert registry is not None
    assert (registry["url"], registry["basic.auth.user.info"]) == ("http://registry", "bob:s3cret")
    assert properties_of(config) == {"acks": "all", "bootstrap.servers": "broker:9092"}


def test_a_properties_file_may_name_it(file: Path) -> None:
    properties = file.with_name("client.properties")
    properties.write_text(f"schema.registry.url={URL}\nbasic.auth.credentials.source=URL\n")
    config = load({}, path=file, url=KAFKA, properties_file=properties)
    registry = registry_of(config)
    assert registry is not None
    assert (registry["url"], registry["basic.auth.user.info"]) == ("https://registry:8081", "ann:s3cret")
    assert properties_of(config) == {"bootstrap.servers": "broker:9092"}


def test_without_one_there_is_none(file: Path) -> None:
    assert registry_of(load({}, path=file, url=KAFKA)) is None


def test_what_is_missing_is_said_before_anything_is_done(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load({}, path=file, url="prod")
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "fastavro" else real(name))
    with pytest.raises(ConfigError, match=r"pip install 'ktui\[schemas\]'"):
        registry_of(config)


def test_secrets_are_not_shown(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "s3cret" not in repr(load({}, path=file, url=KAFKA, schema_registry=URL))
    assert main(["config", "prod", "--config", str(file)]) == 0
    assert main(["config", KAFKA, "--config", str(file), "--schema-registry", URL]) == 0
    assert main(["config", KAFKA, "--config", str(file), "-X", f"schema.registry.url={URL}"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("schema_registry") == 3
    assert shown.count("https://registry:8081") == 2
    assert "s3cret" not in shown
