"""From the body of an answer to records that can be searched, against what one would do first: json.loads into a list.

Seconds are those of the processor: what else runs on the machine does not count.
"""

from __future__ import annotations

import base64
import gc
import json
import time
from collections.abc import Callable, Iterator, Sequence

from ktui.records.log import RecordLog
from ktui.rest import codec
from tests.bench.bodies import FIRST, FULL, WIRE, Bodies, value
from tests.bench.table import Row, at_least, thousands

TIMES = 5


def binary_bodies(count: int) -> list[bytes]:
    """Answers as reads in binary bring them."""
    bodies = Bodies()
    return [bodies.body(FIRST + FULL * n, FULL) for n in range(count)]


def json_bodies(count: int) -> list[bytes]:
    """The same where the proxy decodes: values are JSON within JSON, of as many bytes on the wire."""
    return [b"[" + b",".join(map(_json, range(FULL * n, FULL * (n + 1)))) + b"]" for n in range(count)]


def _json(n: int) -> bytes:
    head = b'{"topic":"flood","key":"cust-%05d","value":' % (n % 500)
    tail = b',"partition":0,"offset":%d,"timestamp":1700000000000}' % (FIRST + n)
    return head + value(n, WIRE - 1 - len(head) - len(tail)) + tail


def into_log(bodies: Sequence[bytes], format: str) -> RecordLog:
    log = RecordLog()
    for body in bodies:
        log.extend(codec.records(body, format))
    return log


def into_dicts(bodies: Sequence[bytes], *, decoded: bool = False) -> list[dict[str, object]]:
    kept: list[dict[str, object]] = []
    for body in bodies:
        records = json.loads(body)
        if decoded:
            for record in records:
                record["key"] = base64.b64decode(record["key"])
                record["value"] = base64.b64decode(record["value"])
        kept.extend(records)
    return kept


def rates(works: Sequence[Callable[[], object]], records: int, times: int = TIMES) -> Iterator[float]:
    """Records per second of the processor, the best of some rounds in which each has its turn."""
    best = [float("inf")] * len(works)
    for _ in range(times):
        for place, work in enumerate(works):
            gc.collect()
            began = time.process_time()
            work()
            best[place] = min(best[place], time.process_time() - began)
    return (records / seconds for seconds in best)


def sustained(bodies: Sequence[bytes], log: RecordLog, seconds: float) -> float:
    """Records per second of the processor into a log that goes on: once it is full, in memory that is used again."""
    came, began = log.end, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for body in bodies:
            log.extend(codec.records(body))
    return (log.end - came) / spent


def measure(count: int = 40) -> list[Row]:
    binary, embedded = binary_bodies(count), json_bodies(count)
    records = count * FULL
    ours, dicts, decoded, ours_json, dicts_json = rates(
        (
            lambda: into_log(binary, "binary"),
            lambda: into_dicts(binary),
            lambda: into_dicts(binary, decoded=True),
            lambda: into_log(embedded, "json"),
            lambda: into_dicts(embedded),
        ),
        records,
    )
    return [
        at_least(
            "decode and store, json read",
            thousands(ours_json),
            f"json.loads, list of dicts: {thousands(dicts_json)}",
            ours_json / dicts_json,
            5,
        ),
        at_least(
            "decode and store, binary read",
            thousands(ours),
            f"json.loads and base64, list of dicts: {thousands(decoded)}",
            ours / decoded,
            5,
        ),
        Row(
            "  the same",
            thousands(ours),
            f"json.loads alone, base64 left as it is: {thousands(dicts)}",
            ours / dicts,
        ),
    ]
