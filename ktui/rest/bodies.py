"""Model to the JSON of requests. No network, no judgement."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from ktui.model import Draft, Positions, TopicPartition
from ktui.rest.dialect import Dialect


def partitions(tps: Iterable[TopicPartition]) -> bytes:
    return msgspec.json.encode({"partitions": [{"topic": t, "partition": p} for t, p in tps]})


def positions(positions: Positions) -> bytes:
    return msgspec.json.encode(
        {"offsets": [{"topic": t, "partition": p, "offset": offset} for (t, p), offset in positions.items()]}
    )


def times(tps: Iterable[TopicPartition], timestamp: str) -> bytes:
    return msgspec.json.encode({"timestamps": [{"topic": t, "partition": p, "timestamp": timestamp} for t, p in tps]})


def commit(positions: Positions, dialect: Dialect) -> bytes:
    """Resume offsets in the words of this make of proxy."""
    return msgspec.json.encode(
        {
            dialect.commit_key: [
                {"topic": t, "partition": p, "offset": dialect.commit_offset(offset)}
                for (t, p), offset in positions.items()
            ]
        }
    )


def produce(drafts: Sequence[Draft], format: str, dialect: Dialect) -> bytes:
    """Raises ValueError with a sentence for bytes that are not of the format."""
    return msgspec.json.encode({"records": [_outgoing(draft, format, dialect) for draft in drafts]})


def encode(value: Mapping[str, object]) -> bytes:
    return msgspec.json.encode(value)


def _outgoing(draft: Draft, format: str, dialect: Dialect) -> dict[str, object]:
    record: dict[str, object] = {}
    if draft.key is not None or not dialect.omits_nulls:
        record["key"] = _embedded(draft.key, format, "key")
    if draft.value is not None or not dialect.omits_nulls:
        record["value"] = _embedded(draft.value, format, "value")
    if draft.partition is not None:
        record["partition"] = draft.partition
    if draft.timestamp is not None:
        record["timestamp"] = draft.timestamp
    if draft.headers:
        record["headers"] = [
            {"key": key, "value": None if value is None else base64.b64encode(value).decode("ascii")}
            for key, value in map(msgspec.structs.astuple, draft.headers)
        ]
    return record


def _embedded(content: bytes | None, format: str, what: str) -> object:
    if content is None:
        return None
    if format == "binary":
        return base64.b64encode(content).decode("ascii")
    try:
        if format == "text":
            return content.decode("utf-8")
        msgspec.json.decode(content, type=msgspec.Raw)
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"The {what} is not UTF-8: byte {error.start} does not belong") from None
    except msgspec.DecodeError as error:
        raise ValueError(f"The {what} is not JSON: {error}") from None
    except RecursionError:
        raise ValueError(f"The {what} is nested too deep") from None
    return msgspec.Raw(content)
