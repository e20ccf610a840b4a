"""The ruler of a partition."""

import pytest

from ktui.model import OffsetRange
from ktui.ui.widgets.ruler import ruler

HUNDRED = OffsetRange(100, 200)


@pytest.mark.parametrize(
    ("position", "committed", "drawn"),
    [
        (100, None, "◆──────────"),
        (200, None, "━━━━━━━━━━◆"),
        (150, None, "━━━━━◆─────"),
        (150, 120, "━━┃━━◆─────"),
        (150, 190, "━━━━━◆───┃─"),
        (None, 150, "─────┃─────"),
        (None, None, "───────────"),
        (200, 200, "━━━━━━━━━━◆"),
        (200, 199, "━━━━━━━━━┃◆"),
        (199, 200, "━━━━━━━━━◆┃"),
        (101, 100, "┃◆─────────"),
        (100, 101, "◆┃─────────"),
        (50, 999, "◆─────────┃"),
    ],
)
def test_marks_stand_in_their_order(position, committed, drawn):
    assert ruler(11, HUNDRED, position, committed).plain == drawn


@pytest.mark.parametrize("width", range(0, 20))
@pytest.mark.parametrize("held", [HUNDRED, OffsetRange(5, 5), OffsetRange(0, 1), OffsetRange(0, 2**62)])
def test_it_is_never_wider_than_its_room(width, held):
    for position, committed in ((held.beginning, held.end), (held.end, held.end - 1), (None, held.beginning)):
        assert ruler(width, held, position, committed).cell_length == width
