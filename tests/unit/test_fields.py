"""Paths as they are typed, what stands there, and which of them records share; on JSON that means no good too."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui.fields import (
    LARGEST,
    MOST_FOUND,
    Fields,
    Path,
    PathError,
    Survey,
    field_spans,
    parse_path,
    path_text,
)
from ktui.jsontext import Role

ODD = st.sampled_from('ab0.[]"\\ $é東\n\x1b\u202e')  # what a path is made of, and what it is not
STEPS = st.one_of(st.text(ODD, min_size=1, max_size=12), st.integers(-99, 999))


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("id", ("id",)),
        ("customer.id", ("customer", "id")),
        (" items[0].sku ", ("items", 0, "sku")),
        ("items[-1]", ("items", -1)),
        ("$.a.b", ("a", "b")),
        ("$[0].x", (0, "x")),
        ('["odd.name"].x', ("odd.name", "x")),
        ('a["b c"][1]', ("a", "b c", 1)),
        ("größe.東", ("größe", "東")),
    ],
)
def test_a_path_as_it_is_typed(typed: str, path: Path) -> None:
    assert parse_path(typed) == path


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Type a path"),
        ("a..b", "one value"),
        ("items[*].sku", "one value"),
        ("a.", "After a dot"),
        ("a[", "After ["),
        ("a b", "in the way"),
        ("[0]x", "in the way"),
        ('["x"', "bracket"),
        ("x" * 300, "at most"),
        (f'"{"x y" * 66}"', "at most"),  # it is longer as it is shown, and as it is remembered
    ],
)
def test_what_is_no_path_is_told_why(typed: str, why: str) -> None:
    with pytest.raises(PathError, match=why.replace("[", r"\[")):
        parse_path(typed)


@given(st.lists(STEPS, min_size=1, max_size=6).map(tuple))
def test_a_path_can_be_typed_as_it_is_shown(path: Path) -> None:
    text = path_text(path)
    if len(text) <= 200:
        assert parse_path(text) == path


def at(value: bytes, path: str) -> str | None:
    raw = Fields(value).at(parse_path(path))
    return None if raw is None else bytes(raw).decode()


def test_what_stands_there_keeps_its_text() -> None:
    value = b' {"a": {"n": 1.10, "big": 123456789012345678901234567890, "e": 0.1e400, "l": [1, {"c": null}]}}'
    assert at(value, "a.n") == "1.10"
    assert at(value, "a.big") == "123456789012345678901234567890"
    assert at(value, "a.e") == "0.1e400"
    assert at(value, "a.l[1].c") == "null"
    assert at(value, "a.l[-2]") == "1"
    assert at(value, "a.l[2]") is None
    assert at(value, "a.n.x") is None
    assert at(value, "b") is None
    assert at(b'\0\0\0\0\x07{"id":7}', "id") == "7"  # behind the id of a schema
    assert at(b'{"a":1,"a":2}', "a") == "2"  # the last of two, as every parser has it


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"text",
        b"1",
        b'{"a":',
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"\xff":1}',
        b'{"\\ud800":1}',
        b'{"a":"' + b"x" * LARGEST + b'"}',
    ],
)
def test_what_is_no_table_row_has_no_fields(value: bytes | None) -> None:
    fields, survey = Fields(value), Survey()
    survey.look(value)
    assert not fields.there
    assert fields.at(("a",)) is None
    assert not list(survey.found())


@pytest.mark.parametrize(
    ("raw", "text", "role"),
    [
        (b'"paid"', "paid", Role.STRING),
        (b'""', '""', Role.STRING),
        (b'"a\\n\\u00e9"', "a\né", Role.STRING),
        (b'"\xff"', "\ufffd", Role.STRING),
        (b"1.10", "1.10", Role.NUMBER),
        (b"true", "true", Role.LITERAL),
        (b"null", "null", Role.LITERAL),
        (b"[]", "0 items", Role.MUTED),
        (b'[{"a":1}]', "1 item", Role.MUTED),
        (b"[[1],[2]]", "2 items", Role.MUTED),
    ],
)
def test_a_field_on_one_line(raw: bytes, text: str, role: Role) -> None:
    assert field_spans(memoryview(raw), 40) == [(text, role)]


def test_small_things_are_shown_and_long_ones_cut() -> None:
    assert "".join(text for text, _ in field_spans(memoryview(b'["a","b"]'), 40)) == '["a", "b"]'
    assert "".join(text for text, _ in field_spans(memoryview(b'{"a":1}'), 40)) == '{"a": 1}'
    ((text, _),) = field_spans(memoryview(b'"' + b"x" * 100_000 + b'"'), 20)
    assert 20 < len(text) < 200


def surveyed(values: list[object]) -> list[tuple[str, bool]]:
    survey = Survey()
    for value in values:
        survey.look(json.dumps(value).encode())
    return [(path_text(each.path), each.numeric) for each in survey.found()]


def test_shared_paths_widest_variety_first() -> None:
    orders = [
        {"v": 1, "status": ["new", "paid"][n % 2], "customer": {"name": f"n{n % 9}"}, "id": n, "items": [{}] * (n % 3)}
        for n in range(100)
    ]
    assert surveyed([*orders, "no object", [1]]) == [
        ("id", True),
        ("customer.name", False),
        ("status", False),
        ("items", False),
        ("v", True),
    ]


def test_rare_paths_come_last_and_are_told_apart() -> None:
    survey = Survey()
    for n in range(100):
        survey.look(json.dumps({"v": 1} | ({"odd": n} if n < 10 else {})).encode())
    v, odd = survey.found()
    assert (v.path, v.share, odd.path, odd.share) == (("v",), 1.0, ("odd",), 0.1)


def test_a_path_through_an_array_is_told_of_when_it_is_asked_for() -> None:
    survey = Survey([("items", 0, "price"), ("id",)])
    for n in range(10):
        survey.look(b'{"id":%d,"items":[{"price":%d.5}]}' % (n, n))
    assert [(path_text(each.path), each.numeric, each.share) for each in survey.found()] == [
        ("items[0].price", True, 1.0),
        ("id", True, 1.0),
        ("items", False, 1.0),
    ]


def test_a_survey_of_hostile_records_stays_small() -> None:
    survey = Survey()
    for n in range(300):
        survey.look(json.dumps({f"k{n}-{m}": {"x" * 2500: 1, "deep": _nested(50)} for m in range(20)}).encode())
    found = list(survey.found())
    assert len(found) == MOST_FOUND
    assert all(len(path_text(each.path)) <= 200 for each in found)


def _nested(depth: int) -> object:
    return {"d": _nested(depth - 1)} if depth else 1
