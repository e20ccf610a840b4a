"""What the cases share: the suite they register in, common topics, short forms of requests."""

from __future__ import annotations

import base64
from typing import Any

from tests.conformance.probe import JSON, Probe
from tests.conformance.suite import Json, Record, Suite, Topic

SUITE = Suite()
case = SUITE.case


def numbered(count: int, *, size: int = 0, partitions: int = 1) -> tuple[Record, ...]:
    """Records {"n":0}, {"n":1}, … with keys "k0", … in each partition; `size` pads the value to that many bytes."""
    return tuple(
        Record(_padded(b'{"n":%d' % n, size), b'"k%d"' % n, partition)
        for partition in range(partitions)
        for n in range(count)
    )


def _padded(start: bytes, size: int) -> bytes:
    if not size:
        return start + b"}"
    return start + b',"pad":"' + b"x" * (size - len(start) - 10) + b'"}'


def b64(text: str | bytes) -> str:
    """Standard base64, as the binary format carries it."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def offsets(records: Json) -> Json:
    """Only the offsets of a read: for long ones."""
    return [r["offset"] for r in records]


TEN = Topic("t", records=numbered(10))
THREE_PARTITIONS = Topic("t", 3, numbered(4, partitions=3))
EMPTY = Topic("empty")
NEW = Topic("t")
BAD = Topic("bad", records=(*numbered(2), Record(b"not json", b'"k2"'), *numbered(5)[3:]))


async def produce(p: Probe, *records: Any, media: str = JSON, path: str = "", **options: Any) -> None:
    """POST records to the topic (or partition path) of the case."""
    await p.call("POST", f"/topics/{p.topic()}{path}", body={"records": list(records)}, content_type=media, **options)


async def create(p: Probe, body: Any, **options: Any) -> None:
    """POST a raw create body for the group of the case."""
    await p.call("POST", f"/consumers/{p.group()}", body=body, **options)


def partitions(p: Probe, *numbers: int, topic: str = "t") -> dict[str, Json]:
    """The body of assignments, positions/beginning and positions/end."""
    return {"partitions": [{"topic": p.topic(topic), "partition": n} for n in numbers]}


def entry(p: Probe, offset: Json, **fields: Json) -> dict[str, Json]:
    """One entry of a commit or seek body."""
    return {"topic": p.topic(), "partition": 0, "offset": offset, **fields}
