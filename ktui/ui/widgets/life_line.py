"""The life line of a consumer instance: what it went through, from creation to expiry. Drawing only."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from ktui.records.lifeline import Life
from ktui.ui.text import cell_cut, clean


def drawn(life: Life, letter: str, now: datetime, width: int) -> Content:
    """Its stations in order, and under them who it is. `letter`: the make of proxy, which decides when it expires."""
    stations = Content("  ").join(_station(*each) for each in _stations(life, letter, now))
    who = f"group {clean(life.group)} · instance {clean(life.name)} · {life.format}"
    if stations.cell_length <= width:
        return Content("\n").join([stations, Content.styled(cell_cut(who, width), "$ktui-muted")])
    rows: list[Content] = []
    for each in (_station(*each) for each in _stations(life, letter, now)):
        if rows and rows[-1].cell_length + 2 + each.cell_length <= width:
            rows[-1] = Content("  ").join([rows[-1], each])
        else:
            rows.append(each)
    return Content("\n").join([*rows, Content.styled(cell_cut(who, width), "$ktui-muted")])


def _stations(life: Life, letter: str, now: datetime) -> list[tuple[bool, str, str, str]]:
    """Whether it was reached, its name, when, and the colour of its dot."""
    found = [
        (life.created is not None, "created", _clock(life.created), "$success"),
        (life.assigned is not None, "assigned", _after(life.created, life.assigned), "$success"),
        (life.positioned is not None, "positioned", _after(life.assigned, life.positioned), "$success"),
        (life.last_read is not None, "last read", _reads(life, now), "$success"),
    ]
    if life.gone:
        found.append((True, "gone", _clock(life.ended), "$error"))
    elif life.ended is not None:
        found.append((True, "deleted", _clock(life.ended), "$ktui-muted"))
    else:
        left = life.expires_in(letter, now)
        if left == 0:
            found.append((True, "expired", "a new one is opened when reading goes on", "$warning"))
        else:
            found.append((False, "expires", "never" if left is None else f"in {left:.0f} s", "$ktui-muted"))
    return found


def _station(reached: bool, name: str, when: str, colour: str) -> Content:
    dot = ("●", colour) if reached else ("○", "$ktui-muted")
    text = Content.assemble(dot, " ", (name, "$ktui-muted"))
    return text + Content.assemble(" ", (when, "$foreground")) if when else text


def _clock(when: datetime | None) -> str:
    return "" if when is None else when.astimezone().strftime("%H:%M:%S")


def _after(before: datetime | None, when: datetime | None) -> str:
    """How long after the station before."""
    if when is None:
        return "not yet"
    if before is None or when < before:
        return _clock(when)
    return f"+{(when - before).total_seconds() * 1000:,.0f} ms"


def _reads(life: Life, now: datetime) -> str:
    if life.last_read is None:
        return "not yet"
    count = f"{life.reads:,} read{'' if life.reads == 1 else 's'}"
    return f"{max(0.0, (now - life.last_read).total_seconds()):,.1f} s ago, {count}"
