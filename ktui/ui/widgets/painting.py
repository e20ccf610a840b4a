"""Spans to segments: a colour per role, cut at the cell, cleaned. For widgets that draw their own lines.

`Widget.render_lines` of such widgets goes around Textual's line filters (NO_COLOR, 16 colours). They only ever change
styles, so they are applied here once per style instead of once per line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from ktui.jsontext import Role, Span
from ktui.ui.text import cell_cut, even

ROLES = {f"role--{role.value}" for role in Role} | {"role--cursor", "role--bar", "role--gap", "role--head"}
"""Component classes of a widget that paints."""

ROLE_CSS = """
    & > .role--name { color: $secondary; }
    & > .role--string { color: $success; }
    & > .role--number { color: $ktui-number; }
    & > .role--literal { color: $ktui-null; }
    & > .role--punctuation { color: $ktui-muted; }
    & > .role--text { color: $foreground; }
    & > .role--word { color: $ktui-null; text-style: italic; }
    & > .role--muted { color: $ktui-muted; }
    & > .role--match { color: $warning; text-style: reverse; }
    & > .role--head { color: $ktui-muted; }
    & > .role--gap { color: $warning; }
    & > .role--bar { color: $accent; }
    & > .role--cursor { background: $panel; }
"""
"""Their colours; goes into the widget's DEFAULT_CSS."""


class WholeStrip(Strip):
    """A line as wide as its widget. Textual's own keeps itself among its pieces when it stays whole, so that only the
    garbage collector ends it: with a thousand rows kept and others every frame it stood still for 0.7 s at a time."""

    __slots__ = ()

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        places = [cut for cut in cuts if cut <= self.cell_length]
        return [self] if places == [self.cell_length] else super().divide(places)


class Palette:
    """The styles of one widget under the present theme. Made anew when `notify_style_update` is called."""

    def __init__(self, widget: Widget) -> None:
        background, _ = widget.background_colors
        filters = widget.get_line_filters()

        def seen(style: Style) -> Style:
            segments = [Segment(" ", style)]
            for line_filter in filters:
                segments = line_filter.apply(segments, background)
            return segments[0].style or style

        styles = {name.removeprefix("role--"): widget.get_component_rich_style(name) for name in ROLES}
        lit = Style(bgcolor=styles["cursor"].bgcolor)
        self._plain = {name: seen(style) for name, style in styles.items()}
        self._lit = {name: seen(style + lit) for name, style in styles.items()}

    def style(self, name: str, lit: bool = False) -> Style:
        """The style of a role, on the cursor's background when `lit`."""
        return (self._lit if lit else self._plain)[name]

    def paint(self, spans: Iterable[Span], width: int, *, lit: bool = False, fill: bool = True) -> list[Segment]:
        """The spans as segments, at most `width` cells; cut with … when there is more, filled up when there is less."""
        styles = self._lit if lit else self._plain
        segments: list[Segment] = []
        used = 0
        for text, role in spans:
            if text.isascii() and text.isprintable():
                size = len(text)
            else:
                text = even(text)
                size = cell_len(text)
            style = styles[role]
            if used + size <= width:
                segments.append(Segment(text, style))
                used += size
                continue
            if used < width:
                text = cell_cut(text, width - used)
                segments.append(Segment(text, style))
                used += cell_len(text)
            elif segments:
                last, last_style, _ = segments[-1]
                cut = cell_cut(last + "…", cell_len(last))
                segments[-1] = Segment(cut, last_style)
                used += cell_len(cut) - cell_len(last)
            break
        if fill and used < width:
            segments.append(Segment(" " * (width - used), styles["text"]))
        return segments

    @staticmethod
    def fill(text: str, width: int, style: Style) -> list[Segment]:
        """Clean text in one style, cut or filled to `width` cells."""
        size = cell_len(text)
        if size > width:
            text = cell_cut(text, width)
            size = cell_len(text)
        return [Segment(text + " " * (width - size), style)]


def changed_lines(before: Sequence[object], after: Sequence[object], width: int) -> list[Region]:
    """Where lines are not what they were, for `Widget.refresh`: what has not changed is not drawn again."""
    regions: list[Region] = []
    for y, (old, new) in enumerate(zip(before, after, strict=True)):
        if old is new or old == new:
            continue
        if regions and regions[-1].bottom == y:
            regions[-1] = regions[-1].grow((0, 0, 1, 0))
        else:
            regions.append(Region(0, y, width, 1))
    return regions


def cropped(lines: Sequence[Strip], crop: Region, width: int) -> list[Strip]:
    """What is asked for of lines as wide as `width`."""
    if crop.x or crop.width != width:
        return [line.crop(crop.x, crop.right) for line in lines]
    return list(lines)
