"""Typed text to bytes and back."""

import pytest

from ktui.encode import Kind, Mistake, encode, kind_of


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "id": 1,\n  "total": 12.50 "note": "x"\n}', "line 3, column 17: a comma or } is missing"),
        ('{\n  "a": 1\n  "b": 2\n}', "line 2, column 9: a comma or } is missing"),
        ("[1 2]", "line 1, column 3: a comma or ] is missing"),
        ('{"a": 1,}', "line 1, column 8: a comma too many, nothing follows it"),
        ("[1,\n]", "line 1, column 3: a comma too many, nothing follows it"),
        ('{"a" 1}', "line 1, column 5: a colon is missing"),
        ("{a: 1}", "line 1, column 2: a name in double quotes is missing"),
        ("{", "line 1, column 2: a name in double quotes is missing, the text ends before }"),
        ('{"a": }', "line 1, column 7: a value is missing"),
        ("{\"a\": 'x'}", "line 1, column 7: strings take double quotes"),
        ('{"a": True}', "line 1, column 7: True is Python: write true"),
        ('{"a": None}', "line 1, column 7: None is Python: write null"),
        ('{"a": "x}', "line 1, column 7: this string is not closed"),
        ("{} {}", "line 1, column 4: there is more after the end of the value"),
        ('{"a": NaN}', "line 1, column 7: NaN is not JSON: numbers are finite"),
        ("", "line 1, column 1: nothing is typed yet"),
        ("[" * 100_000, "line 1, column 1: nested too deeply to be checked"),
    ],
)
def test_a_mistake_in_json_says_where_and_what_to_type(text, said):
    with pytest.raises(Mistake) as caught:
        encode(Kind.JSON, text)
    assert str(caught.value) == said


def test_json_is_stored_exactly_as_typed():
    text = '{ "id": 9007199254740993,\n\t"total": 12.50, "big": ' + "7" * 5000 + "}"
    assert encode(Kind.JSON, text) == text.encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("aGk", "column 4: four characters make three bytes: 1 = at the end would complete it"),
        ("aG-_", "column 3: - is not in the base64 alphabet (the URL-safe alphabet is another one)"),
        ("a=Gk", "column 2: = may only stand at the end"),
    ],
)
def test_base64_is_checked_strictly(text, said):
    with pytest.raises(Mistake, match=r"^line 1, ") as caught:
        encode(Kind.BASE64, text)
    assert str(caught.value).endswith(said)


def test_base64_may_be_broken_into_lines():
    assert encode(Kind.BASE64, "aGVs\nbG8=\n") == b"hello"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (None, Kind.NULL),
        (b"", Kind.EMPTY),
        (b"cust-1", Kind.TEXT),
        (b"12.50", Kind.TEXT),
        (b'{"id": 9007199254740993}', Kind.JSON),
        (b'{"id": \n', Kind.TEXT),
        (b"\xff\x00", Kind.BASE64),
        (b"colour \x1b[31m", Kind.BASE64),
        (b"a\r\nb", Kind.BASE64),
        ("\u202eevil".encode(), Kind.BASE64),
        ("日本 🚀".encode(), Kind.TEXT),
    ],
)
def test_bytes_come_back_exactly(data, kind):
    found, text = kind_of(data)
    assert found is kind
    assert encode(found, text) == data


def test_a_line_break_in_a_one_line_field_is_base64():
    assert kind_of(b"a\nb")[0] is Kind.TEXT
    assert kind_of(b"a\nb", one_line=True) == (Kind.BASE64, "YQpi")
