"""An exchange as text: its line in the wire list, and request and answer in full. Drawing only."""

from __future__ import annotations

from http import HTTPStatus
from itertools import islice

from textual.content import Content

from ktui.jsontext import NotJson, Role, Span, json_lines, tokens
from ktui.model import Exchange
from ktui.records.causes import Diagnosis
from ktui.records.diagnosis import given_up
from ktui.ui.text import clean, plain

STYLES = {
    Role.NAME: "$secondary",
    Role.STRING: "$success",
    Role.NUMBER: "$ktui-number",
    Role.LITERAL: "$ktui-null",
    Role.PUNCTUATION: "$ktui-muted",
}
LINES = 400
"""Lines of a body that are laid out."""
SPAN = 2000
"""Characters of one string in a body."""
KEPT = 64 * 1024
"""Bytes of a body that an exchange keeps."""
_FIXED = 12 + 8 + 8 + 7 + 10
"""Columns of the list beside the path."""


def header(width: int) -> Content:
    """The head of the list."""
    path = f"{'PATH':<{max(4, width - _FIXED)}}"
    return Content.styled(f"{'WHEN':<12}{'METHOD':<8}{path}{'STATUS':>8}{'ms':>7}{'SIZE':>10}", "$ktui-muted")


def line(exchange: Exchange, width: int) -> Content:
    """One exchange in the list."""
    when = exchange.started.astimezone().strftime("%H:%M:%S.%f")[:10]
    path = _cut(exchange.path, max(4, width - _FIXED - 1)).truncate(max(4, width - _FIXED), pad=True)
    ms = "" if exchange.milliseconds is None else f"{exchange.milliseconds:,.0f}"
    return Content.assemble(
        (f"{when:<12}", "$ktui-muted"),
        (f"{exchange.method:<8}", "$secondary"),
        path,
        (f"{_status(exchange):>8}", _colour(exchange)),
        (f"{ms:>7}", "$foreground"),
        (f"{size(exchange.response_size) if exchange.response_size else '':>10}", "$ktui-muted"),
    )


def detail(exchange: Exchange, *, headers: bool = True) -> Content:
    """Request and answer in full, as they went over the wire; bodies laid out."""
    parts = [Content.assemble((f"{exchange.method} ", "$ktui-muted"), plain(exchange.path))]
    if headers:
        parts[0] += Content.styled(" HTTP/1.1", "$ktui-muted")
        parts += [_header(*pair) for pair in exchange.request_headers]
    parts += _body(exchange.request_body, exchange.request_size)
    parts += [Content(), _answer(exchange)]
    if headers and exchange.status is not None:
        parts += [_header(*pair) for pair in exchange.response_headers]
    parts += _body(exchange.response_body, exchange.response_size)
    return Content("\n").join(parts)


def diagnosis(found: Diagnosis) -> Content:
    """What an exchange shows: the likely cause, and under it what to do."""
    sign, colour = ("·", "$ktui-muted") if found.note else ("▲", "$warning")
    return Content("\n").join(
        [
            Content.assemble((f"{sign} ", colour), (found.title, f"bold {colour}")),
            plain(found.cause),
            Content.assemble(("→ ", colour), plain(found.next_step)),
        ]
    )


def _cut(path: str, width: int) -> Content:
    """What a path ends with says more than its middle."""
    begin = width // 3
    cut = path if len(path) <= width else f"{path[:begin]}…{path[begin + 1 - width :]}"
    return plain(cut).truncate(width, ellipsis=True)


def size(count: int) -> str:
    """Bytes in at most seven characters."""
    if count < 1000:
        return f"{count} B"
    scaled = count / 1000
    for unit in ("kB", "MB"):
        if scaled < 1000:
            return f"{scaled:.1f} {unit}" if scaled < 9.95 else f"{scaled:.0f} {unit}"
        scaled /= 1000
    return f"{scaled:.1f} GB"


def failed(exchange: Exchange) -> bool:
    """Whether it is one of those that are counted as failed: a refusal that was asked for is none of them."""
    return exchange.ok is False and not (exchange.expected or given_up(exchange))


def _status(exchange: Exchange) -> str:
    if exchange.milliseconds is None:
        return "waiting"
    if given_up(exchange):
        return "left"
    return "none" if exchange.status is None else str(exchange.status)


def _colour(exchange: Exchange) -> str:
    if exchange.ok is None:
        return "$warning"
    if exchange.ok:
        return "$success"
    return "$error" if failed(exchange) else "$ktui-muted"


def _answer(exchange: Exchange) -> Content:
    colour = _colour(exchange)
    if exchange.milliseconds is None:
        return Content.styled("◌ no answer yet", colour)
    took = Content.styled(f"  {exchange.milliseconds:,.0f} ms", "$ktui-muted")
    if exchange.status is None:
        return Content.styled("no answer", f"bold {colour}") + took + Content("\n") + plain(exchange.failure or "")
    try:
        words = HTTPStatus(exchange.status).phrase
    except ValueError:
        words = ""
    answer = Content.assemble((f"{exchange.status} ", colour), (words, "bold"), took)
    if exchange.response_size:
        answer += Content.styled(f" · {size(exchange.response_size)}", "$ktui-muted")
    if exchange.failure:
        answer += Content("\n") + plain(exchange.failure).stylize("$error")
    return answer


def _header(name: str, value: str) -> Content:
    return plain(name).stylize("$ktui-muted") + Content.styled(": ", "$ktui-muted") + plain(value)


def _body(body: bytes, whole: int) -> list[Content]:
    if not body:
        return []
    text = body.decode(errors="replace")
    lines = [Content()]
    try:
        for number, laid in enumerate(islice(json_lines(text), LINES + 1)):
            if number == LINES:
                lines.append(Content.styled(f"… more than {LINES} lines, not shown", "$warning"))
                return lines
            lines.append(Content("  " * laid.depth) + Content("").join(_span(span) for span in laid.spans))
    except NotJson:
        if len(lines) < 3:
            return [Content(), plain(text[: KEPT // 8])]
    if len(text) <= 100:
        lines = [Content(), _compact(text)]
    if whole > len(body):
        lines.append(Content.styled(f"… the first {len(body):,} of {whole:,} bytes were kept", "$warning"))
    return lines


def _compact(text: str) -> Content:
    """A short body in one line, spaced."""
    spaced = {",": ", ", ":": ": "}
    parts = [
        Span(spaced.get(token, token) if role is Role.PUNCTUATION else token, role) for role, token in tokens(text)
    ]
    return Content("").join(_span(part) for part in parts)


def _span(span: Span) -> Content:
    text = span.text if len(span.text) <= SPAN else f"{span.text[:SPAN]}…"
    return Content.styled(clean(text), STYLES.get(span.role, "$foreground"))
