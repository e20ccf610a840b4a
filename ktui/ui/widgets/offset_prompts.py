"""What the offsets pane asks: where to seek to, and which group to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from ktui.records.standings import Standing, Standings
from ktui.ui.widgets.prompt import Prompt

EXAMPLES = "181  +10  -100  begin  end  14:00  -2h"


def seek_prompt(rows: Standings, chosen: Sequence[Standing]) -> Prompt:
    """Says underneath what seeking there would do to the chosen ones."""
    label = f"seek {rows.called(chosen)} to"
    return Prompt(label, examples=EXAMPLES, consequence=partial(rows.consequence, chosen=chosen), id="offsets-seek")


def group_prompt(name: str) -> Prompt:
    return Prompt("compare with group", examples="empty: none", value=name, anew=True, id="offsets-group")
