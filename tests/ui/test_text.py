"""The gate to the terminal: nothing that passes it can be obeyed or parsed."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from ktui.ui.text import cell_cut, clean, plain

HOSTILE = [
    chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
]


@pytest.mark.parametrize("character", HOSTILE, ids=lambda character: f"U+{ord(character):04X}")
def test_control_codes_become_one_visible_character(character: str) -> None:
    shown = clean(f"a{character}b")
    assert len(shown) == 3
    assert shown.isprintable()
    assert character not in shown


def test_control_codes_are_told_apart() -> None:
    assert clean("\x1b\x00\n\t\x7f") == "␛␀␊␉␡"
    assert clean("\x9b") == "\ufffd"


def test_lone_surrogates_can_be_written_out() -> None:
    assert clean("a\ud800b\udfff").encode() == "a\ufffdb\ufffd".encode()


def test_everything_else_stays_as_it_is() -> None:
    text = "plain ~ é 日本 👩‍🚀 \u200b مرحبا ∑"
    assert clean(text) == text


def test_markup_is_text() -> None:
    assert plain("[/] [red]x[/red] [@click=app.quit]y[/]").plain == "[/] [red]x[/red] [@click=app.quit]y[/]"
    assert plain("[red]x").spans == []


@pytest.mark.parametrize("text", ["", "a", "abcdef", "日本語テキスト", "a日b本c", "👍👍👍", "x" * 300])
@pytest.mark.parametrize("width", range(8))
def test_what_is_cut_fits(text: str, width: int) -> None:
    shown = cell_cut(text, width)
    assert cell_len(shown) <= width
    assert text.startswith(shown.removesuffix("…"))
    if cell_len(text) <= width:
        assert shown == text
    elif width:
        assert shown.endswith("…")
