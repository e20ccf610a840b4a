"""A user's keys: what can be used, and what is said about the rest."""

from __future__ import annotations

from collections import Counter

import pytest
from textual.binding import Binding

from ktui.ui import keys
from ktui.ui.keys import Place, all_places, check, is_key, is_printable


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return all_places()


def test_no_keys_of_ones_own_are_fine() -> None:
    assert check({}) == ({}, [])


def test_a_key_may_be_changed() -> None:
    assert check({"topics.internal": "I", "stream.hold": "p,ctrl+x"})[0]["topics.internal"] == "I"


def test_keys_are_written_as_textual_writes_them() -> None:
    usable, complaints = check({"topics.internal": "!", "topics.filter": "?"})
    assert usable == {"topics.internal": "exclamation_mark", "topics.filter": "question_mark"}
    assert not complaints


@pytest.mark.parametrize(
    ("id", "key", "words"),
    [
        ("topics.opne", "o", "did you mean topics.open?"),
        ("nonsense", "o", "nonsense is not known"),
        ("topics.open", "crtl+o", "there is no key crtl+o"),
        ("topics.open", "ctrl+O", "there is no key ctrl+O"),
        ("topics.open", "", "has no key"),
        ("topics.open", "o,", "has no key"),
        ("topics.open", "i", "i is topics.internal already (topics)"),
        ("topics.open", "j", "j is table.down already (topics)"),
        ("main.wire", "z", "z is main.zoom already (everywhere)"),
        ("composer.send", "s", "s could not be typed any more"),
        ("composer.leave", "q", "q could not be typed any more"),
        ("prompt.cancel", "question_mark", "could not be typed any more"),
        ("app.quit", "x", "x could not be typed any more"),
    ],
)
def test_what_cannot_be_used_is_said(id: str, key: str, words: str) -> None:
    usable, (complaint,) = check({id: key})
    assert usable == {}
    assert words in str(complaint)
    assert str(complaint).startswith("keys: ")


def test_what_is_wrong_leaves_the_rest_alone() -> None:
    usable, complaints = check({"topics.opne": "o", "topics.internal": "I"})
    assert usable == {"topics.internal": "I"}
    assert len(complaints) == 1


def test_two_may_swap_their_keys() -> None:
    wanted = {"topics.internal": "R", "topics.refresh": "i"}
    assert check(wanted) == (wanted, [])


def test_two_of_ones_own_on_one_key_are_one_too_many() -> None:
    usable, (complaint,) = check({"topics.internal": "u", "topics.refresh": "u"})
    assert len(usable) == 1
    assert "already (topics)" in str(complaint)


def test_a_pane_may_take_a_key_from_everywhere() -> None:
    assert check({"topics.internal": "w"}) == ({"topics.internal": "w"}, [])


@pytest.mark.parametrize("key", ["a", "A", "f5", "ctrl+s", "ctrl+shift+a", "alt+x", "shift+tab", "question_mark", "é"])
def test_names_of_keys(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("character", "!/?-+_@\\#é")
def test_characters_are_keys_that_fields_take(character: str) -> None:
    (binding,) = Binding.make_bindings([Binding(character, "")])
    assert is_key(binding.key)
    assert is_printable(binding.key)


def test_every_binding_of_ours_has_an_id_and_says_what_it_does(places: list[Place]) -> None:
    for place in places:
        for node in place.nodes:
            for binding in Binding.make_bindings(node.BINDINGS):
                assert binding.id, f"{node.__name__} {binding.key}"
                assert binding.tooltip, f"{node.__name__} {binding.key}"
                assert is_key(binding.key), f"{node.__name__} {binding.key}"


def test_no_key_means_two_things_in_one_place(places: list[Place]) -> None:
    for place in places:
        used = Counter(key for _, bound in keys._bound(place) for key in bound.keys)
        assert [key for key, times in used.items() if times > 1] == [], place.name
