"""Topics with their records from a file: JSON, a list of {"topic", "partitions", "config", "records"}."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import msgspec

from ktui.errors import ConfigError
from ktui.model import Header
from ktui.server.memory.log import Topics


class LoadedRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A record of the file; key and value are base64."""

    partition: int = 0
    key: bytes | None = None
    value: bytes | None = None
    timestamp: int | None = None
    headers: tuple[Header, ...] = ()
    transaction: str | None = None
    """"committed" or "aborted"; a marker follows each run of them."""


class LoadedTopic(msgspec.Struct, forbid_unknown_fields=True):
    """A topic of the file."""

    topic: str
    partitions: int = 1
    config: dict[str, str] = {}
    records: list[LoadedRecord] = []


def load_topics(topics: Topics, path: str | Path) -> None:
    """Make the topics of a file. What is wrong with it is told in a ConfigError."""
    try:
        loaded = msgspec.json.decode(Path(path).read_bytes(), type=list[LoadedTopic])
    except OSError as error:
        raise ConfigError(f"cannot read the topics file {path}: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise ConfigError(f"the topics file {path} is not as expected: {error}") from error
    for entry in loaded:
        try:
            add_topic(topics, entry)
        except (ValueError, IndexError) as error:
            raise ConfigError(f"the topics file {path}: topic {entry.topic}: {error}") from error


def add_topic(topics: Topics, entry: LoadedTopic) -> None:
    """Make one topic with its records and the gaps of its transactions."""
    topic = topics.create(entry.topic, entry.partitions, config=entry.config)
    for transaction, run in groupby(entry.records, key=lambda record: record.transaction):
        touched = set()
        for loaded in run:
            if loaded.partition not in range(entry.partitions):
                raise IndexError(f"there is no partition {loaded.partition}")
            record = topics.append(
                entry.topic,
                loaded.partition,
                loaded.key,
                loaded.value,
                timestamp=loaded.timestamp,
                headers=loaded.headers,
            )
            touched.add(record.partition)
            if transaction == "aborted":
                topic.partitions[record.partition].aborted.add(record.offset)
        for partition in touched if transaction else ():
            topic.partitions[partition].skip()
