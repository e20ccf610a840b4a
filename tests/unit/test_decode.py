"""What bytes read as: exact, whatever they are, and cheap."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktui import decode
from ktui.decode import Kind
from ktui.jsontext import NotJson, Role, first_spans, json_lines, tokens
from ktui.model import Header, Record


def text(spans: list) -> str:
    return "".join(span.text for span in spans)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, Kind.NULL),
        (b"", Kind.EMPTY),
        (b'{"a": 1}', Kind.JSON),
        (b" [1, 2]\n", Kind.JSON),
        (b"12.50", Kind.JSON),
        (b"null", Kind.JSON),
        (b"{'a': 1}", Kind.TEXT),
        (b'{"a": NaN}', Kind.TEXT),
        (b'{"a": 1', Kind.TEXT),
        (b"2026-11-20 14:03 INFO", Kind.TEXT),
        ("grüße 你好".encode(), Kind.TEXT),
        (b"\x1b[31mred\x1b[0m", Kind.TEXT),
        (b"caf\xe9 au lait, s'il vous plait", Kind.TEXT),
        (b"\xff\xfe\x80\x81", Kind.BINARY),
        (bytes(range(64)), Kind.BINARY),
        (b"[" * 100_000, Kind.TEXT),
    ],
)
def test_kinds(value: bytes | None, kind: Kind) -> None:
    assert decode.read(value).kind is kind


def test_a_schema_id_is_taken_off_the_front() -> None:
    reading = decode.read(b"\0\0\0\0\x2a" + b'{"a": 1}')
    assert reading == (Kind.JSON, 42, b'{"a": 1}')
    assert str(reading) == "schema id 42, JSON"
    assert text(decode.preview(b"\0\0\0\0\x2a" + b'{"a":1}', 80)) == 'schema id 42 {"a": 1}'


SCHEMA = b"\0\0\0\0\x2a"


def test_behind_a_schema_id_a_line_says_what_it_would_say_of_the_body_alone() -> None:
    cjk = '{"名前": "%s", "n": 1}' % ("東京" * 200)
    for body in (bytes(range(0x80, 0x100)) * 40, cjk.encode(), b"{\n" + b" " * 300 + b'"a": 1,' + b" " * 300 + b"}"):
        assert decode.preview(SCHEMA + body, 20) == [("schema id 42 ", Role.MUTED), *decode.preview(body, 20)]


def test_a_body_that_begins_like_a_schema_id_is_a_body() -> None:
    value = SCHEMA + b"\0\0\2\6\2" + b"\0" * 30
    assert text(decode.preview(value, 20)) == "schema id 42 35 bytes  00 00 02 06 02 00 00"
    assert decode.read(value).body == value[5:]
    many = text(decode.preview(SCHEMA * 10_000, 2_000))
    assert many.count("schema id") == 1


def test_five_zero_bytes_are_data() -> None:
    assert decode.read(bytes(8)).schema_id is None


@pytest.mark.parametrize("number", ["9007199254740993", "1.10", "1E2", "-0", "0.1e400", "1" * 40])
def test_numbers_stay_as_produced(number: str) -> None:
    value = f'{{"n":{number},"l":[{number}]}}'
    assert text(decode.preview(value.encode(), 200)) == f'{{"n": {number}, "l": [{number}]}}'
    whole = "".join(text(line.spans) for line in decode.lines(decode.read(value.encode())))
    assert whole == f'{{"n": {number},"l": [{number}]}}'
    assert (Role.NUMBER, number) in list(tokens(value))


def test_preview_is_compact_and_knows_names_from_strings() -> None:
    spans = decode.preview(b'{\n  "a": "b",\n  "c": [true, null]\n}', 80)
    assert text(spans) == '{"a": "b", "c": [true, null]}'
    assert [span.text for span in spans if span.role is Role.NAME] == ['"a"', '"c"']
    assert [span.text for span in spans if span.role is Role.STRING] == ['"b"']
    assert [span.text for span in spans if span.role is Role.LITERAL] == ["true", "null"]


def test_preview_of_a_value_that_goes_on() -> None:
    value = b'{"a": "' + b"x" * 1_000_000 + b'"}'
    shown = text(decode.preview(value, 40))
    assert 40 < len(shown) < 200
    assert shown.startswith('{"a": "xxx')


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_value_cut_anywhere_is_still_json(cut: int) -> None:
    whole = '{"a": [tr, "é\\"", -1.5e3, true'.replace("[tr", "[null") + "]}"
    assert "".join(token for _, token in tokens(whole[:cut], partial=True))


ODD = st.text(st.sampled_from('ab":,{}[]\\\n é😀t1'), max_size=12)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), ODD),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ODD, inner, max_size=4)),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 1, 4]), st.booleans(), st.integers(0, 60), st.integers(0, 300))
def test_spans_without_a_check_are_those_with_one(
    value: object, indent: int | None, ascii_only: bool, length: int, cut: int
) -> None:
    whole = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    for text, partial in ((whole, False), (whole[:cut], True)):
        spans = first_spans(text, length, partial=partial)
        assert partial or spans is not None
        if spans is not None:
            checked = [(token + " " * (token in ",:"), role) for role, token in tokens(text, partial=partial)]
            assert [tuple(span) for span in spans] == checked[: len(spans)]
            assert len(spans) == len(checked) or sum(len(token) for token, _ in spans) > length


def test_null_empty_and_binary_say_so() -> None:
    assert decode.preview(None, 20) == [("null", Role.WORD)]
    assert decode.preview(b"", 20) == [("empty", Role.WORD)]
    assert text(decode.preview(b"\xff\x00\x80", 20)) == "3 bytes  ff 00 80"


def test_text_that_begins_like_json_is_text() -> None:
    for value in (b"[INFO] started", b"[2026-11-20] x", b"{x}", b'"a" b', b"true story", b"1 2"):
        assert [span.role for span in decode.preview(value, 40)] == [Role.TEXT], value


@pytest.mark.parametrize("broken", ["", "{", "[1,]", '{"a" 1}', "[1 2]", '{"a":1,}', "}", "[}", "{1:2}", "01", "1 2"])
def test_broken_grammar(broken: str) -> None:
    with pytest.raises(NotJson):
        list(tokens(broken))


def test_lines_know_their_place() -> None:
    lines = list(json_lines('{"id": 7, "customer": {"name": "x", "tags": [1, 2], "none": {}}}'))
    assert [text(line.spans) for line in lines] == [
        "{", '"id": 7,', '"customer": {', '"name": "x",', '"tags": [', "1,", "2", "],", '"none": {}', "}", "}",
    ]  # fmt: skip
    assert [line.depth for line in lines] == [0, 1, 1, 2, 2, 3, 3, 2, 2, 1, 0]
    assert [line.step for line in lines] == [
        None, "id", "customer", "name", "tags", 0, 1, "tags", "none", "customer", None,
    ]  # fmt: skip
    assert [(line.close, line.size) for line in lines if line.opens] == [(10, 2), (9, 3), (7, 2)]
    assert lines[5].parent == 4
    assert lines[3].parent == 2


def test_text_and_hex_lines() -> None:
    assert [text(line.spans) for line in decode.lines(decode.read(b"a\r\n\nb"))] == ["a", "", "b"]
    dump = [text(line.spans) for line in decode.lines(decode.read(b"hello, world 12345"), Kind.BINARY)]
    assert dump[0] == "00000000  68 65 6c 6c 6f 2c 20 77 6f 72 6c 64 20 31 32 33  hello, world 123"
    assert dump[1].startswith("00000010  34 35 ")
    assert [text(line.spans) for line in decode.lines(decode.read(b"plain"), Kind.JSON)] == ["plain"]


def test_a_record_as_json_keeps_the_value() -> None:
    record = Record("t", 1, 2, b"k", b'{"n": 9007199254740993}', 5, (Header("h", b"\xff"),))
    line = decode.record_json(record)
    assert '"value": {"n": 9007199254740993}' in line
    assert json.loads(line)["headers"] == [{"key": "h", "value": {"base64": "/w=="}}]
    assert json.loads(decode.record_json(Record("t", 1, 2, None, None)))["value"] is None


def test_a_record_as_json_is_one_line_however_its_value_is_laid_out() -> None:
    value = b'{\r\n  "a b": "c\xe2\x80\xa8  d",\n\n\t"e": [1,\n  2]\n}\n'
    line = decode.record_json(Record("t", 1, 2, value, value))
    assert "\n" not in line
    assert "\r" not in line
    assert json.loads(line)["value"] == json.loads(line)["key"] == json.loads(value)


def test_for_the_clipboard() -> None:
    assert decode.for_clipboard("ä".encode()) == "ä"
    assert decode.for_clipboard(b"\xff") == "/w=="
    assert decode.for_clipboard(None) == ""


def test_preview_of_a_megabyte_costs_what_a_line_costs() -> None:
    """A ratio, taken in one run: the size of the value must not matter."""

    def cost(value: bytes) -> float:
        best = 1.0
        for _ in range(5):
            begun = time.perf_counter()
            for _ in range(20):
                decode.preview(value, 100)
            best = min(best, time.perf_counter() - begun)
        return best

    item = b'{"id": 12345, "name": "aiko", "vip": false}, '
    assert cost(b"[" + item * 25_000 + b"1]") < 20 * cost(b"[" + item * 20 + b"1]")
    assert cost(b'"' + b"x" * 1_000_000 + b'"') < 20 * cost(b'"' + b"x" * 1_000 + b'"')
    assert cost(b" " * 1_000_000) < 20 * cost(b" " * 1_000)
