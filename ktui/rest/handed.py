"""Records that a proxy in this process handed over as they are: nothing went over a wire, and what is shown of it is
how it would have."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ktui.model import Record

TAKES = {"takes_records": True}
"""The extension of a request that says so. A transport to elsewhere does not look at it."""
_encode = msgspec.json.Encoder().encode


def shown(records: Sequence[Record], least: int) -> tuple[bytes, int]:
    """The JSON text of the first records, in at least so many bytes, and how long that of all would be, near enough."""
    count = 1
    while len(text := _encode(records[:count])) < least and count < len(records):
        count *= 2
    if count >= len(records):
        return text, len(text)
    return text, len(text) * _bytes(records) // (_bytes(records[:count]) or 1)


def _bytes(records: Sequence[Record]) -> int:
    """Of keys and values, and one for each record."""
    keys, values = [record.key for record in records], [record.value for record in records]
    return len(records) + sum(map(len, filter(None, keys))) + sum(map(len, filter(None, values)))
