"""Answers to read, as bytes: records of 416 bytes on the wire, in any number and from any offset on."""

from __future__ import annotations

import base64
import json

TOPIC = "flood"
FIRST = 1_000_000_000
"""Offset of the first record: all have ten digits, so all records are of one length."""
WIRE = 416
FULL = 2500
"""Records of a body of a megabyte."""
_CYCLE = 10_000
_MARK = b"000000"
"""Stands for the digits that differ between one cycle of records and the next."""


def value(number: int, size: int) -> bytes:
    """An order as JSON, of this size."""
    order = {
        "id": number,
        "customer": {"name": ("Olga", "Peter", "Zoë", "Mehmet")[number % 4], "vip": number % 7 == 0},
        "lines": [{"sku": f"A-{number * 7919 % 99991:05}", "quantity": number % 9, "price": number % 500}],
        "note": "",
    }
    text = json.dumps(order, separators=(",", ":"), ensure_ascii=False).encode()
    return text[:-2] + b"x" * (size - len(text)) + text[-2:]


def _binary(n: int) -> bytes:
    key = base64.b64encode(b"cust-%05d" % (n % 500)).decode()
    head = f'{{"topic":"{TOPIC}","key":"{key}","value":"'
    tail = f'","partition":0,"offset":{_MARK.decode()}{n:04},"timestamp":170{_MARK.decode()}{n:04}}}'
    room = (WIRE - 1 - len(head) - len(tail)) // 4 * 3
    record = f"{head}{base64.b64encode(value(n, room)).decode()}{tail}"
    return record.ljust(WIRE - 1).encode()


class Bodies:
    """Makes bodies of records that stand ready: a few microseconds for a megabyte, so that no server is the limit."""

    def __init__(self) -> None:
        self._records = [_binary(n) for n in range(_CYCLE)]
        self._cycles: dict[tuple[int, int], bytes] = {}

    def body(self, offset: int, count: int) -> bytes:
        """`count` records from `offset` on; at most as many as a cycle has."""
        cycle, start = divmod(offset, _CYCLE)
        stop = min(start + count, _CYCLE)
        pieces = [self._piece(start, stop).replace(_MARK, b"%06d" % cycle)]
        if start + count > _CYCLE:
            pieces.append(self._piece(0, start + count - _CYCLE).replace(_MARK, b"%06d" % (cycle + 1)))
        return b"[" + b",".join(pieces) + b"]"

    def _piece(self, start: int, stop: int) -> bytes:
        if stop - start < FULL or start % FULL:
            return b",".join(self._records[start:stop])
        if (start, stop) not in self._cycles:
            self._cycles[start, stop] = b",".join(self._records[start:stop])
        return self._cycles[start, stop]
