"""Theme files (TOML, the fields of `textual.theme.Theme`) to themes, checked before Textual sees them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import fields
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from textual.color import Color, ColorParseError
from textual.theme import Theme

import ktui
from ktui.errors import ConfigError

DEFAULT_THEME = "ktui-dark"
_FIELDS = tuple(field.name for field in fields(Theme))


def load(path: Path) -> Theme:
    """The theme of a file. Raises ConfigError with the file and what is wrong in it."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"theme {path}: {error}") from None
    for name in values:
        if name not in _FIELDS:
            near = get_close_matches(name, _FIELDS, 1)
            raise ConfigError(f"theme {path}: {name} is not known" + (f"; {near[0]} is" if near else ""))
    for name in ("name", "primary"):
        if not isinstance(values.get(name), str):
            raise ConfigError(f"theme {path}: {name} is missing, or not a text")
    theme = Theme(**values)
    try:
        theme.to_color_system().generate()
        for name, value in theme.variables.items():
            if name.startswith("ktui-"):  # Textual does not look at variables until it draws with them
                Color.parse(value)
    except (ColorParseError, TypeError, AttributeError) as error:
        raise ConfigError(f"theme {path}: {error}") from None
    return theme


def shipped() -> Iterator[Theme]:
    """The themes that come with ktui."""
    for path in sorted(_shipped_folder().glob("*.toml")):
        yield load(path)


def _shipped_folder() -> Path:
    """In a wheel they are inside the package; an editable install leaves them at the top of the tree."""
    inside = Path(str(files("ktui") / "themes"))
    return inside if inside.is_dir() else Path(ktui.__file__).parents[1] / "themes"


def of_user(folder: Path) -> tuple[list[Theme], list[ConfigError]]:
    """The themes in a user's folder, and what is wrong with those that cannot be used."""
    themes: list[Theme] = []
    complaints: list[ConfigError] = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            themes.append(load(path))
        except ConfigError as error:
            complaints.append(error)
    return themes, complaints


def default_roles(theme: Theme) -> dict[str, str]:
    """Our own roles for a theme that does not name them. Textual wants them as colours, not as references."""
    if theme.ansi:
        return {
            "ktui-muted": "ansi_default",  # bright black is unreadable in some palettes
            "ktui-dim": "ansi_bright_black",
            "ktui-number": "ansi_yellow",
            "ktui-null": "ansi_magenta",
        }
    colours = theme.to_color_system().generate()
    foreground, background = Color.parse(colours["foreground"]), Color.parse(colours["background"])
    return {
        "ktui-muted": background.blend(foreground, 0.7).hex,
        "ktui-dim": background.blend(foreground, 0.3).hex,
        "ktui-number": Color.parse(colours["accent"]).hex,
        "ktui-null": Color.parse(colours["secondary"]).hex,
    }
