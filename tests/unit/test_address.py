"""Addresses as people give them, and names as path segments."""

from __future__ import annotations

import httpx
import pytest

from ktui.errors import ConfigError
from ktui.rest.address import parse, scrub, segment


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://localhost:8082", "http://localhost:8082"),
        ("http://localhost:8082/", "http://localhost:8082"),
        ("localhost:8082", "http://localhost:8082"),
        ("https://gateway.example/kafka/rest/", "https://gateway.example/kafka/rest"),
        ("http://[::1]:8082/x", "http://[::1]:8082/x"),
        ("HTTP://Host:80/Pfad ü", "http://host:80/Pfad%20%C3%BC"),
        ("http://bücher.example", "http://xn--bcher-kva.example"),
        ("http://user:p%40ss@host:1", "http://host:1"),
        ("user:pass@host:1", "http://host:1"),
    ],
)
def test_an_address_is_taken_apart(text: str, url: str) -> None:
    assert parse(text).url == url


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ftp://user:secret@host", "http://"),
        ("kafka://host:9092", "http://"),
        ("http://user:secret@host:99999", "not an address"),
        ("http://user:secret@host:port", "not an address"),
        ("http://", "no host"),
        ("", "no host"),
        ("http://host?user:secret", "?"),
        ("http://ho st:80", "host that cannot be"),
        ("htp:/x", "begins with http://"),
        ("http:/host:8082", "begins with http://"),
        ("http://[::1", "not an address"),
    ],
)
def test_a_bad_address_is_explained_without_its_secrets(text: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert word in str(caught.value)
    if "@" in text:
        assert "secret" not in str(caught.value)


def test_credentials_leave_the_address() -> None:
    place = parse("http://us%20er:p%40ss@host")
    assert (place.user, place.password) == ("us er", "p@ss")
    assert "p@ss" not in repr(place)
    assert "ss" not in place.url


def test_named_credentials_win_over_those_in_the_address() -> None:
    place = parse("http://one:two@host", user="three", password="four")
    assert (place.user, place.password) == ("three", "four")


@pytest.mark.parametrize("name", ["a/b", "50% off", "über", "..", ".", "a?b#c", "a b", "a%2Fb", "x.y", "\x00"])
def test_any_name_is_one_segment_that_httpx_leaves_alone(name: str) -> None:
    url = httpx.URL(f"http://host/pre/topics/{segment(name)}/partitions")
    assert url.raw_path == f"/pre/topics/{segment(name)}/partitions".encode()
    assert url.raw_path.count(b"/") == 4


def test_scrub_takes_user_and_password_out_of_any_text() -> None:
    assert scrub("see http://me:pw@host/x and https://k@h") == "see http://host/x and https://h"
