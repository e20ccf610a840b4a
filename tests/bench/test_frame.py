"""What a frame costs while every row of it is new: values on one line, and their fields as columns."""

from __future__ import annotations

import statistics
import time

import msgspec
import pytest

from ktui.columns import Columns
from ktui.fields import Survey
from ktui.model import Record
from ktui.records.log import RecordLog
from ktui.ui.widgets.stream_table import StreamTable
from tests.ui.host import Host

TIMES = 1.5
"""How much longer a frame of fields may take. As much again is left for a busy machine."""
FRAMES = 60
ROWS = 45


def full_log() -> RecordLog:
    log = RecordLog()
    for n in range(FRAMES * ROWS):
        value = (
            b'{"id":%d,"customer":{"name":"n%d","vip":%s},"status":"%s","total":%d.50,"items":[{"sku":"a"},{"sku":"b"}],'
            b'"ship_to":{"city":"M\xc3\xbcnchen","express":false},"voucher":null,"note":"%s"}'
            % (n, n % 9, (b"true", b"false")[n % 2], (b"new", b"paid")[n % 2], n % 400, b"x" * 80)
        )
        log.extend([Record("t", n % 6, n, b"cust-%05d" % (n % 500), value, 1_795_262_400_000 + n)])
    return log


@pytest.mark.bench
async def test_a_frame_of_fields_costs_little_more_than_one_of_lines() -> None:
    log = full_log()
    survey = Survey()
    for number in range(300):
        row = log[number]
        survey.look(row.value if isinstance(row, Record) else None)
    line = Columns().joined(survey.found())
    table = StreamTable(log)
    async with Host(table).run_test(size=(160, ROWS + 1)):
        table.look()
        took = {}
        for name, columns in {"lines": line, "fields": msgspec.structs.replace(line, as_fields=True)}.items():
            table.columns = columns
            table._painter.look_for(None)  # no row is known
            seconds = []
            for frame in range(FRAMES):
                table._go(table.view.first + frame * ROWS)
                table._go(table.view.first + (frame + 1) * ROWS - 1)
                begun = time.process_time()
                table.render_lines(table.size.region)
                seconds.append(time.process_time() - begun)
            took[name] = statistics.median(seconds[5:])
            again = time.process_time()
            table.render_lines(table.size.region)
            print(f"\n{name}: {took[name] * 1000:.2f} ms, again {(time.process_time() - again) * 1000:.2f} ms", end="")
            assert any(slot.column.field for slot in table.slots) == (name == "fields")
    print(f"   ratio {took['fields'] / took['lines']:.2f}")
    assert took["fields"] < took["lines"] * TIMES * 2
