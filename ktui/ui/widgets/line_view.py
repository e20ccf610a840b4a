"""A view of lines that draws them itself, and its scrollbar: what moves many times a second costs what has changed."""

from __future__ import annotations

from typing import Self, cast

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget

from ktui.ui.widgets.painting import ROLE_CSS, ROLES, Palette, WholeStrip, changed_lines, cropped


class LineView(ScrollView, inherit_bindings=False):
    """Lines in the colours of `ROLES`, under a bar at the right."""

    DEFAULT_CSS = f"""
    LineView {{
        height: 1fr;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $ktui-dim;
        {ROLE_CSS}
    }}
    """
    COMPONENT_CLASSES = ROLES
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._palette: Palette | None = None

    @property
    def palette(self) -> Palette:
        """Its colours, made when first asked for after a change of theme."""
        if self._palette is None:
            self._palette = Palette(self)
        return self._palette

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._palette = None

    def resize_lines(self, height: int, top: int) -> None:
        """Give it so many lines and a scroll position. Nothing is drawn but the bar.

        Assigning `virtual_size` lays the whole screen out anew, twenty times a second; only the bar needs to know.
        """
        self.set_reactive(Widget.virtual_size, self.virtual_size.with_height(height))
        self.set_reactive(Widget.scroll_y, float(top))
        self.set_reactive(Widget.scroll_target_y, float(top))
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.move(height, top)

    @property
    def vertical_scrollbar(self) -> LineBar:
        """Made when first asked for, as Textual's."""
        if self._vertical_scrollbar is None:
            self._vertical_scrollbar = LineBar(vertical=True, name="vertical", thickness=self.scrollbar_size_vertical)
            self._vertical_scrollbar.display = False
            self.app._start_widget(self, self._vertical_scrollbar)
        return cast(LineBar, self._vertical_scrollbar)


class LineBar(ScrollBar):
    """Textual's bar, drawn line by line. The way through a renderable takes 4 ms a time, as long as all rows beside it,
    and its lines wait for the garbage collector."""

    def __init__(self, vertical: bool = True, name: str | None = None, *, thickness: int = 1) -> None:
        super().__init__(vertical, name, thickness=thickness)
        self._drawn: list[Strip] = []

    def move(self, height: int, top: float) -> None:
        """Show this place among `height` lines; what looks the same is not drawn again."""
        self.set_reactive(ScrollBar.window_virtual_size, height)
        self.set_reactive(ScrollBar.position, self.validate_position(top))
        before, self._drawn = self._drawn, self._lines()
        if len(before) != len(self._drawn):
            self.refresh()
        elif regions := changed_lines(before, self._drawn, self.size.width):
            super().refresh(*regions)

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Whoever asks for it means the whole bar."""
        self._drawn = []
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_lines(self, crop: Region) -> list[Strip]:
        if len(self._drawn) != self.size.height:
            self._drawn = self._lines()
        return cropped(self._drawn[crop.y : crop.bottom], crop, self.size.width)

    def _lines(self) -> list[Strip]:
        bar = self.render()
        assert isinstance(bar, ScrollBarRender)
        style = self.app.console.get_style(bar.style)
        assert style.color is not None
        assert style.bgcolor is not None
        segments = bar.render_bar(
            self.size.height,
            bar.virtual_size,
            bar.window_size,
            bar.position,
            self.size.width,
            back_color=style.bgcolor,
            bar_color=style.color,
        ).segments
        filters, (background, _) = self.get_line_filters(), self.background_colors
        drawn = {}
        for segment in segments:
            if segment not in drawn:
                line = [segment]
                for line_filter in filters:
                    line = line_filter.apply(line, background)
                drawn[segment] = WholeStrip(line, self.size.width)
        return [drawn[segment] for segment in segments]
