"""Headers in one line."""

import pytest

from ktui.headers import HeaderMistake, headers_text, parse_headers
from ktui.model import Header

EVIL = [
    Header("trace", b"abc"),
    Header("trace", b"again"),
    Header("", b""),
    Header("a=b; c", b'x; y = "z" \\ '),
    Header("null", b"null"),
    Header("n", None),
    Header("b", b"base64:AAE="),
    Header("raw", b"\xff\x00"),
    Header("esc \x1b[31m", "日本 \u202e\x9b\n".encode()),
    Header(" padded ", b" padded "),
]


@pytest.mark.parametrize("headers", [[], EVIL, *[[header] for header in EVIL]])
def test_headers_come_back_exactly(headers):
    assert parse_headers(headers_text(headers)) == tuple(headers)


def test_nothing_unprintable_is_written():
    assert headers_text(EVIL).isprintable()


def test_as_a_person_types_them():
    assert parse_headers(' trace-id = abc def ;retries=3; sum="a;b";') == (
        Header("trace-id", b"abc def"),
        Header("retries", b"3"),
        Header("sum", b"a;b"),
    )


@pytest.mark.parametrize("text", ["trace", "a=1; b", 'a="x', "=x", "a=base64:%%%", "a=1; =2", r'a="\ud800"'])
def test_a_line_that_makes_no_sense_is_refused(text):
    with pytest.raises(HeaderMistake):
        parse_headers(text)
