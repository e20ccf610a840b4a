"""Where settings come from, and what is said about wrong ones."""

from pathlib import Path

import pytest

from ktui.config import load
from ktui.errors import ConfigError

FILE = """
url = "staging"
theme = "ktui-light"

[keys]
"stream.hold" = "h"
offsets.seek = "S"

[proxy.staging]
url = "https://staging.example:8443/kafka/"
user = "ann"
password = "file-secret"
headers = { X-Token = "header-secret" }

[proxy.other]
url = "http://bob:url%20secret@other.example:8082"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))


@pytest.mark.usefixtures("nowhere")
def test_without_anything_all_is_default() -> None:
    config = load({})
    assert (config.url, config.user, config.theme, config.keep_mb) == ("http://localhost:8082", None, None, 256)
    assert not config.sources


def test_flags_beat_variables_beat_the_file(file: Path) -> None:
    from_file = load({}, path=file)
    assert (from_file.theme, from_file.sources["theme"]) == ("ktui-light", str(file))
    from_variable = load({"KTUI_THEME": "nord"}, path=file)
    assert (from_variable.theme, from_variable.sources["theme"]) == ("nord", "KTUI_THEME")
    from_flag = load({"KTUI_THEME": "nord"}, path=file, theme="dracula")
    assert (from_flag.theme, from_flag.sources["theme"]) == ("dracula", "command line")


def test_lanes_are_those_of_the_variable_the_profile_or_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("lanes = 2\n[proxy.a]\nurl = 'http://a'\nlanes = 1\n[proxy.b]\nurl = 'http://b'", encoding="utf-8")
    found = [load(environ, path=path, url=url) for environ, url in (({"KTUI_LANES": "8"}, "a"), ({}, "a"), ({}, "b"))]
    assert [(config.lanes, config.sources["lanes"]) for config in found] == [
        (8, "KTUI_LANES"),
        (1, f"[proxy.a] in {path}"),
        (2, str(path)),
    ]
    with pytest.raises(ConfigError, match=r"^KTUI_LANES: expected int"):
        load({"KTUI_LANES": "many"}, path=path, url="a")


def test_all_profiles_can_be_picked_from_without_their_secrets(file: Path) -> None:
    profiles = load({}, path=file, url="http://h").profiles
    assert profiles == {"staging": "https://staging.example:8443/kafka/", "other": "http://other.example:8082"}


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("url", ["htp:/x", "http:/ann:secret@host:8082"])
def test_a_scheme_that_is_misspelt_is_no_host(url: str) -> None:
    with pytest.raises(ConfigError, match="begins with http://") as caught:
        load({}, url=url)
    assert "secret" not in str(caught.value)


def test_the_file_can_be_named_by_a_variable(file: Path) -> None:
    assert load({"KTUI_CONFIG": str(file)}).profile == "staging"


def test_a_profile_brings_url_credentials_and_headers(file: Path) -> None:
    config = load({}, path=file)
    assert config.profile == "staging"
    assert config.url == "https://staging.example:8443/kafka"
    assert (config.user, config.password) == ("ann", "file-secret")
    assert config.headers == {"X-Token": "header-secret"}
    assert config.keys == {"stream.hold": "h", "offsets.seek": "S"}


def test_credentials_of_a_profile_stay_with_it(file: Path) -> None:
    config = load({}, path=file, url="http://elsewhere.example:8082")
    assert (config.profile, config.user, config.password, config.headers) == (None, None, None, {})


def test_credentials_are_taken_out_of_the_url(file: Path) -> None:
    config = load({}, path=file, url="other")
    assert config.url == "http://other.example:8082"
    assert (config.user, config.password) == ("bob", "url secret")


@pytest.mark.usefixtures("nowhere")
def test_a_typed_url_keeps_its_own_credentials() -> None:
    environ = {"KTUI_USER": "ann", "KTUI_PASSWORD": "pw"}
    assert load(environ, url="http://h:1").user == "ann"
    assert load(environ, url="http://bob:x@h:1").user == "bob"
    assert load(environ | {"KTUI_URL": "http://bob:x@h:1"}).user == "ann"


def test_secrets_are_not_in_the_repr(file: Path) -> None:
    shown = repr(load({}, path=file))
    assert "file-secret" not in shown
    assert "header-secret" not in shown


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("localhost", "http://localhost"),
        ("proxy.example:8082", "http://proxy.example:8082"),
        ("[::1]:8082", "http://[::1]:8082"),
        ("https://proxy.example/kafka/", "https://proxy.example/kafka"),
    ],
)
def test_a_host_will_do_for_a_url(typed: str, url: str) -> None:
    assert load({}, url=typed).url == url


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theem = 'x'", "unknown key theem; did you mean theme?"),
        ("zzz = 1", "unknown key zzz; known here: keep_mb, keys, lanes, proxy, theme, url"),
        ("[proxy.p]\nurl = 'http://h'\npasword = 'x'\n", "unknown key proxy.p.pasword; did you mean proxy.p.password?"),
        ("[proxy.p]\nuser = 'x'", "proxy.p.url is missing"),
        ("[proxy.p]\nurl = 'http://h'\nheaders = { a = 1 }", "proxy.p.headers: expected str, got int"),
        ("keys = 3", "keys: expected object, got int"),
        ("keep_mb = 'many'", "keep_mb: expected int, got str"),
        ("keep_mb = 0", "keep_mb: expected int >= 1"),
        ("lanes = 0", "lanes: expected int >= 1"),
        ("[proxy.p]\nurl = 'http://h'\nlanes = 99", "proxy.p.lanes: expected int <= 64"),
        ("theme = ", "not TOML: "),
    ],
)
def test_a_wrong_file_is_named_with_the_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load({}, path=path, url="p" if "proxy.p" in text else None)
    assert str(caught.value).startswith(f"{path}: {said}")


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load({}, path=tmp_path / "none.toml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load({}, path=tmp_path)


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"theme = '\xff'")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load({}, path=path)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://ann:secret@h", "ftp://h (command line) is not the URL of a proxy"),
        ("http://ann:secret@h:99999", "cannot be read"),
        ("http://ann:secret@", "http: (command line) is not the URL of a proxy"),
        ("http://[::1", "cannot be read"),
        ("demmo", "did you mean demo?"),
        ("wörld", "a URL begins with http://"),
    ],
)
def test_a_wrong_url_is_a_sentence_without_secrets(url: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load({}, url=url)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.usefixtures("nowhere")
def test_a_wrong_variable_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^KTUI_KEEP_MB: expected int"):
        load({"KTUI_KEEP_MB": "many"})


def test_a_wrong_url_in_the_file_names_its_profile(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[proxy.p]\nurl = 'h:8082'", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"\[proxy.p\] in .*config.toml\) is not the URL"):
        load({}, path=path, url="p")
