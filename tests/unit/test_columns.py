"""Columns as a person changes them, and how they fit into the cells there are."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ktui.columns import MOST, OWN, WIDEST, Column, Columns
from ktui.fields import Found
from ktui.model import Header
from ktui.ui.widgets.column_fit import Slot, fit
from ktui.ui.widgets.record_row import header_spans

NEEDS = {"partition": 1, "offset": 7, "time": 12, "key": 10, "value": 5, "headers": 20, ".id": 16, ".status": 8}


def found(*names: str, share: float = 1.0) -> list[Found]:
    return [Found((name,), share, 5, name == "id") for name in names]


def names(columns: Columns) -> list[str]:
    return [column.id for column in columns.in_play if column.shown]


def of(columns: Columns, id: str) -> Column:
    return next(column for column in columns.columns if column.id == id)


def test_fields_take_the_place_of_the_value() -> None:
    line = Columns().joined(found("id", "status"))
    assert names(line) == ["partition", "offset", "time", "key", "value"]
    table = Columns(line.columns, as_fields=True)
    assert names(table) == ["partition", "offset", "time", "key", ".id", ".status"]
    assert of(table, ".id").right
    assert names(Columns(as_fields=True)) == names(Columns())  # nothing is known: the value stands for them


def test_what_is_found_later_comes_after_and_changes_nothing_else() -> None:
    columns = Columns(as_fields=True).joined(found("b", "a"))
    columns = columns.toggled(of(columns, ".b")).moved(of(columns, ".a"), -2)
    again = columns.joined([*found("a", "b", "c"), *found("rare", share=0.01)])
    assert names(again) == ["partition", "offset", "time", ".a", "key", ".c"]
    assert of(again, ".rare").hidden is True


def test_moving_is_over_what_can_be_seen() -> None:
    columns = Columns(as_fields=True).joined(found("id", "status"))
    assert names(columns.moved(of(columns, ".id"), 1))[-2:] == [".status", ".id"]
    assert names(columns.moved(of(columns, "key"), -100))[0] == "key"
    assert columns.moved(of(columns, "partition"), -1) == columns
    assert names(Columns().moved(Column("key"), 1)) == ["partition", "offset", "time", "value", "key"]


def test_a_path_by_hand_is_first_and_shown() -> None:
    columns = Columns(as_fields=True).joined(found("id")).added(("a", "b"))
    assert names(columns)[-2:] == [".a.b", ".id"]
    hidden = columns.toggled(of(columns, ".id"))
    assert names(hidden.added(("id",)))[-2:] == [".id", ".a.b"]
    assert len(columns.added(("a", "b")).columns) == len(columns.columns)


def test_widths_have_bounds() -> None:
    columns = Columns()
    assert of(columns.sized(Column("key"), 10_000), "key").width == WIDEST
    assert of(columns.sized(Column("key"), -5), "key").width == 3
    assert of(columns.sized(Column("key"), None), "key").width is None


def test_what_a_file_may_hold_is_made_sane() -> None:
    odd = Columns((Column("nonsense"), Column("key", width=9), Column("key"), Column("a..b", field=True)))
    assert [column.id for column in odd.sane().columns] == ["key", *(name for name in OWN if name != "key")]
    assert of(odd.sane(), "key").width == 9


def test_what_every_record_has_stays_however_many_fields_there_are() -> None:
    fields = tuple(Column(f"field-{number}", field=True) for number in range(MOST))
    columns = Columns(fields).sane()
    assert {column.name for column in columns.columns if not column.field} == set(OWN)
    for number in range(MOST):
        columns = columns.added((f"more-{number}",))
    assert {column.name for column in columns.columns if not column.field} == set(OWN)
    assert len(columns.joined([Found(("id",), 1.0, 1, True)]).columns) == MOST


def fitted(columns: Columns, width: int, **needs: int) -> list[Slot]:
    return fit([column for column in columns.in_play if column.shown], NEEDS | needs, width)


@pytest.mark.parametrize("as_fields", [False, True])
def test_columns_never_overlap_nor_leave_the_table(as_fields: bool) -> None:
    columns = Columns(Columns().joined(found("id", "status")).columns, as_fields=as_fields)
    columns = columns.toggled(of(columns, "headers"))
    for width in range(4, 220):
        slots = fitted(columns, width)
        assert all(slot.stop + 2 == after.start for slot, after in pairwise(slots))
        assert all(slot.width > 0 for slot in slots)
        assert not slots or slots[-1].stop <= width


def test_the_value_gets_what_is_left_and_the_time_gives_way() -> None:
    wide = fitted(Columns(), 118)
    assert [slot.column.id for slot in wide] == ["partition", "offset", "time", "key", "value"]
    assert wide[-1].stop == 118
    assert [slot.column.id for slot in fitted(Columns(), 77)] == ["partition", "offset", "key", "value"]
    assert [slot.column.id for slot in fitted(Columns(), 36)] == ["offset", "key", "value"]
    asked = Columns().replaced(Column("time"), Column("time", hidden=False))
    assert "time" in [slot.column.id for slot in fitted(asked, 77)]
    assert "time" not in [slot.column.id for slot in fitted(Columns(), 118, time=0)]


def test_fields_are_cut_from_the_right_and_numbers_are_whole_or_not_there() -> None:
    columns = Columns(as_fields=True).joined(found("status", "id"))
    ids = [slot.column.id for slot in fitted(columns, 60)]
    assert ids == ["partition", "offset", "key", ".status", ".id"]
    assert [slot.column.id for slot in fitted(columns, 44)] == ["offset", "key", ".status"]


def test_spare_cells_go_to_fields_that_have_more_to_say() -> None:
    columns = Columns(as_fields=True).joined(found("status"))
    assert fitted(columns, 120, **{".status": 60})[-1].width == 60
    wide = columns.sized(of(columns, ".status"), 12)
    assert fitted(wide, 120, **{".status": 60})[-1].width == 12


def test_headers_on_one_line() -> None:
    headers = (Header("trace", b"t-1"), Header("none"), Header("empty", b""), Header("bin", b"\x00\xff\x01\x02\xfe"))
    text = "".join(text for text, _ in header_spans(headers, 80))
    assert text == "trace=t-1  none=null  empty=  bin=5 bytes  00 ff 01 02 fe"
    assert header_spans((), 80) == []
    assert len(header_spans([Header("h", b"v")] * 10_000, 20)) < 200
