"""Search: hits in a log, newest first, in bounded steps, while the log grows and drops its oldest rows."""

from __future__ import annotations

import random

import pytest

from ktui.jsontext import Role, Span
from ktui.model import Gap, Record
from ktui.records.log import Note, RecordLog
from ktui.records.needle import Needle
from ktui.records.search import Search
from ktui.ui.widgets.match_spans import matched


def record(value: bytes | None, key: bytes | None = b"k") -> Record:
    return Record("t", 0, 0, key, value)


def log_of(*values: bytes | None, key: bytes | None = b"k") -> RecordLog:
    log = RecordLog()
    log.extend([record(value, key) for value in values])
    return log


def numbers(search: Search) -> list[int]:
    while search.work():
        pass
    return [search.number(place) for place in range(search.first, search.end)]


def found(text: str, *values: bytes | None, sealed: bool = True) -> list[int]:
    """Which of the values have the text, searched as a segment or as the open end."""
    log = log_of(*values, *([b""] * 200 if sealed else []))
    return numbers(Search(log, text))


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("olga", b'{"name":"Olga"}'),
        ("Olga", b'{"name":"Olga"}'),
        ("strasse", "Hauptstraße".encode()),
        ("ärger", "ÄRGER".encode()),
        ("σοφοσ", "ΣΟΦΟΣ".encode()),
        ("日本", "いま日本に".encode()),
        ("🎉", "a🎉b".encode()),
        ("olga", b"\xff\xfe\x00\x01OLGA\x80"),
        ("ab", b"a\0ab"),
        ("a\0b", b"xa\0bx"),
        ("x", b"x" * 100_000),
    ],
)
def test_is_found(text: str, value: bytes, sealed: bool) -> None:
    assert found(text, b"nothing", value, b"", None, b"nothing", value, sealed=sealed) == [1, 5]


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    ("text", "value"),
    [("Olga", b"olga OLGA"), ("olga", b"olg"), ("null", None), ("null", b""), ("é", b"e"), ("ab", b"a\0b")],
)
def test_is_not_found(text: str, value: bytes | None, sealed: bool) -> None:
    assert found(text, value, sealed=sealed) == []


@pytest.mark.parametrize("text", ["ab", "AB", "a\0b"])
def test_nothing_is_found_across_two_records(text: str) -> None:
    assert found(text, b"xa", b"bx", b"XA", b"BX") == []


def test_keys_are_searched_too_and_a_record_counts_once() -> None:
    log = RecordLog()
    log.extend([record(b"olga", b"olga"), record(b"-", b"OLGA"), record(b"olga", None), record(None, b"-")] * 100)
    assert numbers(Search(log, "olga")) == [n for n in range(400) if n % 4 != 3]


@pytest.mark.parametrize("text", ["aa", "Aa", "b", "a b", "é"])
def test_finds_what_looking_at_each_record_finds(text: str) -> None:
    dice, log = random.Random(text), RecordLog()
    fields = [None, *("".join(dice.choice("aAbB é\0") for _ in range(dice.randrange(12))).encode() for _ in range(200))]
    for _ in range(60):
        log.extend([record(dice.choice(fields), dice.choice(fields)) for _ in range(dice.randrange(30))])
        if dice.random() < 0.5:
            log.mark(dice.choice([Note("aa Aa b"), Gap("t", 0, 1, 2)]))

    def has(data: bytes | None) -> bool:
        shown = (data or b"").decode()
        return text in shown if text != text.lower() else text in shown.lower()

    expected = [n for n, row in enumerate(log) if isinstance(row, Record) and (has(row.key) or has(row.value))]
    assert expected
    assert numbers(Search(log, text)) == expected


@pytest.mark.parametrize("text", ["ol", "Ol", "e"])
@pytest.mark.parametrize("odd", [b"-", b"ol\0Ol", b"OL\xff", "ÉL".encode()])
def test_many_hits_are_found_as_few_are(text: str, odd: bytes) -> None:
    values = [odd if n % 5 == 2 else b"Ol ol e" * (n % 3) for n in range(1000)]
    expected = [n for n, value in enumerate(values) if Needle(text).within(value)]
    assert 500 < len(expected) < 1000
    assert found(text, *values) == expected


@pytest.mark.parametrize("text", ["o", "s", "ss", "sse", "st", "kif", "kel", "i", "fi", "n", "j", "ha"])
def test_many_hits_are_found_among_letters_that_are_ascii_in_part(text: str) -> None:
    odd = [
        each.encode() for each in ("Maße", "\u212aelvin", "\ufb01n", "\ufb05", "\u0130x", "Zoë", "\u01f0", "\u1e96a")
    ]
    values = [odd[n // 3 % len(odd)] if n % 3 == 2 else b"OSSE stkifinjha kel" for n in range(1000)]
    expected = [n for n, value in enumerate(values) if Needle(text).within(value)]
    assert found(text, *values) == expected
    assert Needle(text)._asking_all(b"\0".join(values), text.encode()) == [n in expected for n in range(1000)]


def test_where_all_match_nothing_is_kept_for_each() -> None:
    log = log_of(*[b"olga"] * 10_000, key=None)
    search = Search(log, "olga")
    assert numbers(search) == list(range(10_000))
    assert all(isinstance(run, range) for run in search._old.runs)


@pytest.mark.parametrize("text", ['"a": 1', '"a":1', '"a":  1, "b"', '1,"b":2', '"a": 1,"b": 2}'])
@pytest.mark.parametrize("value", [b'{"a":1,"b":2}', b'{"a": 1, "b": 2}'])
@pytest.mark.parametrize("sealed", [True, False])
def test_blanks_between_members_need_not_be_typed_as_they_are(text: str, value: bytes, sealed: bool) -> None:
    assert found(text, b"-", value, b'{"a":2}', sealed=sealed) == [1]


def test_blanks_within_strings_count() -> None:
    assert found("Smith, 2", b'"Smith,2"', b'"Smith, 2"') == [1]
    assert found('\\": x', b'"\\":x"', b'"\\": x"') == [1]


def test_a_text_that_may_have_blanks_covers_only_what_has_them_too() -> None:
    assert Needle('"a"').covers(Needle('"a": 1'))
    assert Needle('"a":').covers(Needle('"a": 1'))
    assert Needle('a":1').covers(Needle('"a": 1'))
    assert not Needle(": 1").covers(Needle('"a": 1'))


def test_places_stay_while_older_hits_are_found_and_new_ones_come() -> None:
    log = log_of(*[b"olga" if n % 10 == 0 else b"-" for n in range(3000)])
    search = Search(log, "olga")
    search.work(0)
    newest = search.number(-1)
    log.extend([record(b"-"), record(b"OLGA")])
    assert numbers(search) == [*range(0, 3000, 10), 3001]
    assert (search.number(-1), search.number(0)) == (newest, 3001) == (2990, 3001)
    assert (search.first, search.end, len(search)) == (-300, 1, 301)
    assert [search.place(number) for number in (0, 1, 2990, 2991, 3002)] == [-300, -299, -1, 0, 1]


def test_rows_that_are_sealed_during_the_search_are_not_missed() -> None:
    log = log_of(*[b"olga"] * 150)
    search = Search(log, "olga")
    log.extend([record(b"olga")] * 30)
    search.work(0)
    log.extend([record(b"olga")] * 100)
    assert numbers(search) == list(range(280))


@pytest.mark.parametrize("between", [0, 1, 3])
def test_hits_that_leave_the_log_leave_the_search(between: int) -> None:
    log = RecordLog(max_rows=2_000)
    log.extend([record(b"olga" if n % 3 == 0 else b"-") for n in range(2_000)])
    search = Search(log, "olga")
    for start in range(2_000, 12_000, 250):
        log.extend([record(b"olga" if n % 3 == 0 else b"-") for n in range(start, start + 250)])
        for _ in range(between):
            search.work(0)
        assert search.first == search.end or search.number(search.first) >= log.first
    assert numbers(search) == [n for n in range(log.first, log.end) if n % 3 == 0]


def test_a_log_that_is_cleared_leaves_no_hits() -> None:
    log = log_of(*[b"olga"] * 1000)
    search = Search(log, "olga")
    search.work(0)
    log.clear()
    assert numbers(search) == []
    log.extend([record(b"olga"), record(b"-")])
    assert numbers(search) == [1000]


def test_a_step_searches_one_segment_and_the_newest_first() -> None:
    log = RecordLog()
    for _ in range(100):
        log.extend([record(b"olga")] * 1000)
    search = Search(log, "olga")
    for step in range(1, 100):
        assert search.work(0)
        assert (search.looked_at, search.end, search.number(-1), len(search)) == (step, 0, 99_999, step * 1000)
    assert not search.work(0)
    assert not search.work()
    assert search.looked_at == 100


def test_what_comes_is_all_that_is_searched_again() -> None:
    log = log_of(*[b"-"] * 100_000)
    search = Search(log, "olga")
    numbers(search)
    before = search.looked_at
    log.extend([record(b"olga")] * 1000)
    assert len(numbers(search)) == 1000
    assert search.looked_at == before + 1


def test_a_longer_text_is_looked_for_where_the_shorter_one_was() -> None:
    log = log_of(*[{5_000: b"olga", 90_000: b"oleg"}.get(n, b"-") for n in range(100_000)])
    shorter = Search(log, "ol")
    assert numbers(shorter) == [5_000, 90_000]
    longer = Search(log, "olg", shorter)
    assert numbers(longer) == [5_000]
    assert longer.looked_at == 2
    assert numbers(Search(log, "o", longer)) == [5_000, 90_000]
    assert numbers(Search(log, "OLG", longer)) == []


def test_a_longer_text_before_the_shorter_one_was_through() -> None:
    log = log_of(*[b"olga" if n % 1000 == 0 else b"-" for n in range(50_000)])
    shorter = Search(log, "ol")
    shorter.work(0)
    assert numbers(Search(log, "olga", shorter)) == list(range(0, 50_000, 1000))


def test_the_hit_beside_a_row_is_told_when_no_nearer_one_can_be_found() -> None:
    log = log_of(*[b"olga" if n % 1000 == 500 else b"-" for n in range(10_000)])
    search = Search(log, "olga")
    search.work(0)
    assert search.beside(0, 1) is None
    numbers(search)
    assert [search.beside(0, 1), search.beside(500, 1), search.beside(9_500, 1)] == [500, 1500, None]
    assert [search.beside(10_000, -1), search.beside(1500, -1), search.beside(500, -1)] == [9_500, 500, None]


def test_the_hit_above_is_not_told_before_all_that_came_is_searched() -> None:
    log = log_of(b"olga", *[b"-"] * 2_999)
    search = Search(log, "olga")
    numbers(search)
    log.extend([record(b"olga" if n == 9_000 else b"-") for n in range(10_000)])
    assert log.stretch(3_000)[0] < log.stretch(12_999)[0]
    search.work(0)
    assert search.beside(12_999, -1) is None
    numbers(search)
    assert search.beside(12_999, -1) == 12_000


def test_a_record_with_very_many_hits_costs_little() -> None:
    needle, spots = Needle("e"), 0

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(zilla, name)

        def utf8_uncased_matches(self, *arguments: object) -> object:
            nonlocal spots
            for match in zilla.utf8_uncased_matches(*arguments):
                spots += 1
                yield match

    zilla, needle._zilla = needle._zilla, Counting()
    values = [b"e" * 100_000, b"e", b"-"]
    joined, nexts = b"\0".join(values), [100_001, 100_003, 100_005]
    assert list(needle.parts(joined, nexts)) == [0, 1]
    assert spots < 20


NAME, STRING, DOTS = Role.NAME, Role.STRING, Role.PUNCTUATION


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("olga", ["Olga"]),
        ("Olga", ["Olga"]),
        ("OLGA", []),
        ('name": "o', ['name"', ": ", '"O']),
        ('name":"o', ['name"', ": ", '"O']),
        ("a", ["a", "a"]),
        ("é", ["É"]),
        ("tombstone", []),
    ],
)
def test_matches_are_marked_in_what_is_shown(text: str, marked: list[str]) -> None:
    spans = [
        Span("tombstone ", Role.MUTED), Span('"name"', NAME), Span(": ", DOTS), Span('"Olga"', STRING), Span("É", NAME),
    ]  # fmt: skip
    pieces = matched(spans, Needle(text))
    assert "".join(piece.text for piece in pieces) == "".join(span.text for span in spans)
    assert [piece.text for piece in pieces if piece.role is Role.MATCH] == marked
