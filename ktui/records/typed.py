"""A record as it is typed, field by field, and the draft it amounts to for one make of proxy. Pure."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ktui.encode import Kind, Mistake, encode
from ktui.errors import KtuiError
from ktui.headers import HeaderMistake, parse_headers
from ktui.model import Draft, Header
from ktui.records.partitioner import MURMUR2, partition_of
from ktui.rest.dialect import Dialect


class FieldMistake(KtuiError):
    """One field is not right: `field` is its name in Typed."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class Typed(msgspec.Struct, frozen=True):
    """What stands in the fields."""

    dialect: Dialect
    topic: str
    partition: int | None
    """None: automatic."""
    key_kind: Kind
    key: str
    value_kind: Kind
    value: str
    headers: str = ""
    timestamp: str = ""

    def draft(self) -> Draft:
        """Raises FieldMistake for the first field that is not right."""
        if not self.topic.strip():
            raise FieldMistake("a topic is missing", "topic")
        return Draft(
            topic=self.topic.strip(),
            key=self.key_bytes(),
            value=self.value_bytes(),
            partition=self.partition,
            timestamp=self.milliseconds() if self.dialect.takes_timestamp else None,
            headers=self.header_list() if self.dialect.takes_headers else (),
        )

    def key_bytes(self) -> bytes | None:
        """Nothing typed is no key."""
        if self.key_kind.typed and not self.key:
            return None
        try:
            return encode(self.key_kind, self.key)
        except Mistake as mistake:
            raise FieldMistake(f"column {mistake.column}: {mistake.reason}", "key") from mistake

    def value_bytes(self) -> bytes | None:
        if self.value_kind is Kind.NULL and not self.dialect.writes_tombstones:
            words = f"{self.dialect.name}'s proxy cannot write a tombstone: null would be stored as something else"
            raise FieldMistake(words, "value-kind")
        try:
            return encode(self.value_kind, self.value)
        except Mistake as mistake:
            raise FieldMistake(str(mistake), "value") from mistake

    def header_list(self) -> tuple[Header, ...]:
        try:
            return parse_headers(self.headers)
        except HeaderMistake as mistake:
            raise FieldMistake(str(mistake), "headers") from mistake

    def milliseconds(self) -> int | None:
        """The timestamp since the epoch; None leaves it to the server."""
        text = self.timestamp.strip()
        if not text:
            return None
        try:
            return int(text) if text.isdecimal() else round(datetime.fromisoformat(text).timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise FieldMistake("milliseconds, or a time like 2026-11-20 14:00:00", "timestamp") from error

    def key_words(self) -> str:
        """What the key amounts to. These raise FieldMistake like the fields they speak of."""
        key = self.key_bytes()
        if key is None:
            return "null" if self.key_kind is Kind.NULL else "no key"
        if self.key_kind in (Kind.JSON, Kind.BASE64):
            return f"✓ {count(len(key), 'byte')}"
        return "" if key else "no bytes"

    def value_words(self) -> str:
        if self.value_kind is Kind.JSON and not self.value.strip():
            return "nothing typed yet"
        value = self.value_bytes()
        if value is None:
            return "a tombstone: deletes the key where the topic is compacted"
        size = count(len(value), "byte")
        return {Kind.JSON: f"✓ valid, {size}", Kind.BASE64: f"✓ {size}"}.get(self.value_kind, size)

    def header_words(self) -> str:
        return count(len(self.header_list()), "header")

    def timestamp_words(self) -> str:
        milliseconds = self.milliseconds()
        return "" if milliseconds is None else f"{milliseconds:,} ms"

    def partition_words(self, partitions: int) -> str:
        """Where the proxy will put it; nothing when that was chosen, or is not known."""
        try:
            key = self.key_bytes()
        except FieldMistake:
            return ""
        if self.partition is not None or not partitions:
            return ""
        if key is None:
            return "→ any, no key"
        if self.dialect.letter not in MURMUR2:
            return "→ by its key"
        return f"→ {partition_of(key, partitions)} by its key"


def count(number: int, noun: str) -> str:
    """`1 byte`, `2 bytes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
