"""Theme files: what is shipped works, what is wrong is said before Textual draws with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from ktui.errors import ConfigError
from ktui.ui import theming
from ktui.ui.theming import load, of_user, shipped

ROLES = ("ktui-muted", "ktui-dim", "ktui-number", "ktui-null")


def written(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def contrast(one: Color, other: Color) -> float:
    """As WCAG 2 counts it."""

    def light(colour: Color) -> float:
        parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_default_theme_is_shipped_with_a_light_one() -> None:
    names = {theme.name: theme for theme in shipped()}
    assert theming.DEFAULT_THEME in names
    assert {theme.dark for theme in names.values()} == {True, False}


@pytest.mark.parametrize("theme", list(shipped()), ids=lambda theme: theme.name)
def test_words_can_be_read_in_every_shipped_theme(theme: Theme) -> None:
    colours = theme.to_color_system().generate()
    for behind in (colours["background"], colours["panel"]):
        for role in ("foreground", "primary", "secondary", "accent", "success", "warning", "error"):
            assert contrast(Color.parse(colours[role]), Color.parse(behind)) >= 3, (role, behind)
    muted = Color.parse(theme.variables["ktui-muted"])
    assert contrast(muted, Color.parse(colours["background"])) >= 4.5
    assert contrast(Color.parse(colours["foreground"]), Color.parse(colours["background"])) >= 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "mine.toml"),
        ('primary = "#fff"', "name is missing"),
        ('name = "mine"', "primary is missing"),
        ('name = "mine"\nprimary = 7', "primary is missing, or not a text"),
        ('name = "mine"\nprimary = "#fff"\nforegruond = "#fff"', "foregruond is not known; foreground is"),
        ('name = "mine"\nprimary = "blurple"', "blurple"),
        ('name = "mine"\nprimary = "#fff"\n[variables]\nktui-muted = "blurple"', "blurple"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_theme_that_cannot_be_used_does_not_hide_the_others(tmp_path: Path) -> None:
    written(tmp_path, 'name = "good"\nprimary = "#123456"', "a.toml")
    written(tmp_path, "no", "b.toml")
    written(tmp_path, 'name = "also-good"\nprimary = "#123456"', "c.toml")
    (tmp_path / "d.toml").write_bytes(b"\xff")
    themes, complaints = of_user(tmp_path)
    assert [theme.name for theme in themes] == ["good", "also-good"]
    assert len(complaints) == 2


def test_no_folder_is_no_theme(tmp_path: Path) -> None:
    assert of_user(tmp_path / "not-there") == ([], [])


def test_a_theme_without_our_roles_gets_colours_for_them(tmp_path: Path) -> None:
    theme = load(written(tmp_path, 'name = "bare"\nprimary = "#336699"'))
    roles = theming.default_roles(theme)
    assert set(roles) == set(ROLES)
    for colour in roles.values():
        Color.parse(colour)
