"""Records that a proxy in this process handed over as they are: nothing went over a wire, and what is shown of it is
how it would have."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.model import Record, Records

TAKES = {"takes_records": True}
"""The extension of a request that says so. A transport to elsewhere does not look at it."""
_FRAME = 100
"""Bytes of a record's text beside key and value, near enough."""
_LOOKED_AT = 100
"""Records whose sizes are looked at: all of them would be a twentieth of what a record costs."""
_encode = msgspec.json.Encoder().encode


def shown(records: Sequence[Record], least: int) -> tuple[bytes, int]:
    """The JSON text of the first records, in at least so many bytes, and how long that of all would be, near enough."""
    count = least // (_FRAME + records[0].size) + 1 if records else 1
    while len(text := _encode(list(records[:count]))) < least and count < len(records):
        count *= 2
    if count >= len(records):
        return text, len(text)
    some = records[:: len(records) // _LOOKED_AT + 1]
    return text, int(len(text) * len(records) / count * _mean(some) / _mean(records[:count]))


def _mean(records: Sequence[Record]) -> float:
    """Bytes of a record, near enough."""
    return _FRAME + Records.of(records).size / len(records)
