"""The settings of topics: their defaults, the broker's names for them, and what may be put into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ktui.server.kafka import BadRequest, Setting


class Kind(NamedTuple):
    """A setting as Kafka defines it."""

    default: str
    broker_name: str | None = None
    """What the broker calls its default, where it has one."""
    form: str = "LONG"
    """LONG, INT, DOUBLE, BOOLEAN, STRING, or the allowed words separated by |."""


KINDS: Mapping[str, Kind] = {
    "cleanup.policy": Kind("delete", "log.cleanup.policy", "compact|delete|compact,delete|delete,compact"),
    "compression.type": Kind("producer", "compression.type", "uncompressed|zstd|lz4|snappy|gzip|producer"),
    "delete.retention.ms": Kind("86400000", "log.cleaner.delete.retention.ms"),
    "file.delete.delay.ms": Kind("60000", "log.segment.delete.delay.ms"),
    "flush.messages": Kind("9223372036854775807", "log.flush.interval.messages"),
    "flush.ms": Kind("9223372036854775807"),
    "index.interval.bytes": Kind("4096", "log.index.interval.bytes", "INT"),
    "max.compaction.lag.ms": Kind("9223372036854775807", "log.cleaner.max.compaction.lag.ms"),
    "max.message.bytes": Kind("1048588", "message.max.bytes", "INT"),
    "message.timestamp.type": Kind("CreateTime", "log.message.timestamp.type", "CreateTime|LogAppendTime"),
    "min.cleanable.dirty.ratio": Kind("0.5", "log.cleaner.min.cleanable.ratio", "DOUBLE"),
    "min.compaction.lag.ms": Kind("0", "log.cleaner.min.compaction.lag.ms"),
    "min.insync.replicas": Kind("1", "min.insync.replicas", "INT"),
    "preallocate": Kind("false", "log.preallocate", "BOOLEAN"),
    "retention.bytes": Kind("-1", "log.retention.bytes"),
    "retention.ms": Kind("604800000"),
    "segment.bytes": Kind("1073741824", "log.segment.bytes", "INT"),
    "segment.ms": Kind("604800000"),
    "unclean.leader.election.enable": Kind("false", "unclean.leader.election.enable", "BOOLEAN"),
}
DEFAULTS: Mapping[str, str] = {name: kind.default for name, kind in KINDS.items()}
_PARSERS = {"LONG": int, "INT": int, "DOUBLE": float}


def shown(own: Mapping[str, str]) -> dict[str, Setting]:
    """All settings of a topic that has these of its own."""
    return {name: _setting(name, own) for name in sorted({*KINDS, *own})}


def _setting(name: str, own: Mapping[str, str]) -> Setting:
    kind = KINDS.get(name, Kind(""))
    return Setting(name, own.get(name, kind.default), name in own, kind.default, kind.broker_name)


def check(name: str, value: str) -> None:
    """BadRequest when a value does not fit."""
    if name not in KINDS:
        raise BadRequest(f"Unknown topic config name: {name}")
    form = KINDS[name].form
    refused = f"Invalid value {value} for configuration {name}: "
    if form in _PARSERS:
        try:
            _PARSERS[form](value.strip())
        except ValueError as error:
            raise BadRequest(f"{refused}Not a number of type {form}") from error
    elif form == "BOOLEAN" and value.lower() not in ("true", "false"):
        raise BadRequest(f"{refused}Expected value to be either true or false")
    elif "|" in form and value not in form.split("|"):
        raise BadRequest(f"{refused}String must be one of: {form.replace('|', ', ')}")
