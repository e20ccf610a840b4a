"""Where a match is in what a row shows. Spans in, spans out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ktui.jsontext import Role, Span
from ktui.records.needle import NUL, Needle

FURTHEST = 256 * 1024
"""Bytes of a record that are looked through for a match to show: a screen of them in less than a frame."""
_BEFORE = 12
"""Characters at most that stand before it: in JSON most of the name of its field."""
_OURS = (Role.WORD, Role.MUTED)
"""Not of the record: tombstone, 12 bytes."""


def matched(spans: Sequence[Span], needle: Needle) -> list[Span]:
    """The spans with each match in a role of its own.

    JSON is shown with spaces that need not be in it: what is not found as it is shown is looked for without them.
    """
    for tight in (False, True):
        texts = [_bytes(span, tight) for span in spans]
        spots = list(needle.spots(b"".join(texts)))
        if spots:
            return [piece for span, text, start in _laid(spans, texts) for piece in _cut(span, text, start, spots)]
    return list(spans)


def around(data: bytes | None, needle: Needle, cells: int) -> list[Span]:
    """The first match with what stands around it, somewhat more than fits into so many cells; nothing without one."""
    data = (data or b"")[:FURTHEST]
    spot = needle.first(data)
    if spot is None:
        return []
    begin, end = spot
    match = data[begin:end].decode("utf-8", "replace")
    room = max(0, min(_BEFORE, cells // 3, cells - len(match) - 3))
    before = data[max(0, begin - 4 * _BEFORE) : begin].decode("utf-8", "ignore")
    before = before[max(0, len(before) - room) :]
    after = data[end : end + 4 * cells].decode("utf-8", "ignore")
    return [Span("… ", Role.MUTED), Span(before, Role.TEXT), Span(match, Role.MATCH), Span(after, Role.TEXT)]


def _bytes(span: Span, tight: bool) -> bytes:
    if span.role in _OURS:
        return NUL
    text = span.text.rstrip(" ") if tight and span.role is Role.PUNCTUATION else span.text
    return text.encode("utf-8", "surrogatepass")


def _laid(spans: Sequence[Span], texts: Sequence[bytes]) -> Iterator[tuple[Span, bytes, int]]:
    start = 0
    for span, text in zip(spans, texts, strict=True):
        yield span, text, start
        start += len(text)


def _cut(span: Span, text: bytes, start: int, spots: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """One span in pieces; it begins at `start` of what the spots are in."""
    if span.role in _OURS:
        yield span
        return
    done = 0
    for begin, end in spots:
        begin, end = max(done, begin - start), min(len(text), end - start)
        if begin < end:
            if done < begin:
                yield Span(_text(text[done:begin]), span.role)
            yield Span(_text(text[begin:end]), Role.MATCH)
            done = end
    rest = _text(text[done:]) + span.text[len(_text(text)) :]
    if rest:
        yield Span(rest, span.role)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")
