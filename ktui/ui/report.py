"""Errors in words: what happened, and what to do next. The only place that shows an error toast."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len
from textual.widget import Widget

from ktui.errors import (
    Busy,
    Conflict,
    ConsumerGone,
    Forbidden,
    KtuiError,
    NotAProxy,
    NotFound,
    ProxyError,
    Refused,
    Unacceptable,
    Unreachable,
    Unsupported,
)
from ktui.records.diagnosis import of_error
from ktui.ui.text import cell_cut, clean

LONGEST = 300
"""Characters of a server's own words that are shown."""


class Described(NamedTuple):
    """An error for a person. All texts are clean."""

    title: str
    sentence: str
    next_step: str


_KINDS: tuple[tuple[type[KtuiError], str, str], ...] = (
    (Unreachable, "No answer", "The connection is tried again by itself."),
    (NotAProxy, "Not a REST proxy", "Check the address: it has to be the proxy's, with its path if it has one."),
    (Unsupported, "Not offered by this proxy", ""),
    (Forbidden, "Forbidden", "Give user and password in KTUI_USER and KTUI_PASSWORD, or a token in KTUI_TOKEN."),
    (NotFound, "Not there", "R refreshes the list of topics."),
    (ConsumerGone, "The consumer instance is gone", "It expired, or the proxy restarted; a new one is opened."),
    (Conflict, "In another state", "Try again."),
    (Unacceptable, "Not accepted", ""),
    (Busy, "The proxy is in trouble", "Wait a little, then try again."),
)


def describe(error: KtuiError) -> Described:
    """Title, sentence and next step, by the exchange that shows more than the error. The next step may be empty."""
    if (found := of_error(error)) is not None:
        return Described(found.title[0].upper() + found.title[1:], sentence(error), found.next_step)
    title, step = next(((title, step) for kind, title, step in _KINDS if isinstance(error, kind)), ("Not done", ""))
    return Described(title, sentence(error), step)


def sentence(error: KtuiError) -> str:
    """The error in one line: with its status where the proxy gave one."""
    text = clean(str(error))
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    if isinstance(error, Refused) and error.status:  # 0: refused by us, before anything was sent
        code = f"{error.status}" if error.code in (error.status, 0) else f"{error.status}/{error.code}"
        return f"{text} ({code})" if text else f"the proxy answered {code}"
    return text


def brief(error: KtuiError) -> str:
    """The error in a few words, for a line that has room for no more."""
    found = of_error(error)
    if found is None or found.vague:
        return sentence(error)
    return f"{found.title} ({error.status})" if isinstance(error, Refused) else found.title


def within(room: int, error: KtuiError) -> str:
    """The error in so many cells: in full, else in a few words, and cut only where those are too many."""
    words = sentence(error)
    return words if cell_len(words) <= room else cell_cut(brief(error), room)


def report(widget: Widget, doing: str, error: KtuiError) -> None:
    """Tell the user that what was asked for did not happen. `doing` completes "Could not ..."."""
    described = describe(error)
    lines = [f"Could not {clean(doing)}: {described.sentence}", described.next_step]
    if isinstance(error, ProxyError) and error.exchange is not None:
        lines.append("w shows the request and its answer.")
    text = "\n".join(line for line in lines if line)
    widget.notify(text, title=described.title, severity="error", timeout=8, markup=False)
