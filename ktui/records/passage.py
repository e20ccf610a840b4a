"""From where to where to read, as a person types it: a place, and after it an end: `181 until 2000`, `begin take 500`.

Without an end a stream stays live. An end is not read itself, like the end of a partition: until 2000 ends with 1999.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.bounds import Bounds
from ktui.records.moments import must_know_times
from ktui.records.target import DIGITS, Kind, SeekTarget, TargetError, resolve
from ktui.rest.client import ProxyClient

EXAMPLES = "begin until 14:00, 181 until 2000, begin take 500"
_END = r"(?i)\b(until|take)\b"
_COUNT = rf"(?i){DIGITS}(\s+records?)?"
HERE = SeekTarget(Kind.RELATIVE, 0)


class Passage(msgspec.Struct, frozen=True):
    """A place to begin, and where to end; None is: live."""

    start: SeekTarget
    until: SeekTarget | None = None
    """Of every partition that is read."""
    take: int | None = None
    """How many records in all."""

    @classmethod
    def parse(cls, text: str, *, now: datetime) -> Passage:
        """Understand what was typed; without a place before the end it begins where we are. Raises TargetError."""
        start, *ends = re.split(_END, text)
        found = dict(zip([word.lower() for word in ends[::2]], ends[1::2], strict=True))
        if len(found) < len(ends) // 2:
            raise TargetError(f"There can be one end of a kind: {EXAMPLES}")
        place = SeekTarget.parse(start, now=now) if start.strip() or not found else HERE
        until = _until(found["until"], now, place) if "until" in found else None
        return cls(place, until, _count(found["take"]) if "take" in found else None)

    @property
    def ends(self) -> bool:
        return self.until is not None or self.take is not None

    @property
    def empty(self) -> bool:
        """It ends before it begins, or there, wherever that is."""
        start, until = self.start, self.until
        if until is None:
            return False
        if until.kind is Kind.RELATIVE:
            return until.number <= 0
        if until.moment is not None and start.moment is not None:
            return until.moment <= start.moment
        return start.kind is until.kind is Kind.OFFSET and until.number <= start.number

    def __str__(self) -> str:
        end = "" if self.until is None else f" until {self.until}"
        most = "" if self.take is None else f", {self.take:,} record{'' if self.take == 1 else 's'}"
        return f"{self.start}{end}{most}"


def _until(text: str, now: datetime, start: SeekTarget) -> SeekTarget:
    """A time of day comes after the start, where that is one or now: 23:00 until 01:00, end until 18:00. After any
    other it is today's, that may be still to come."""
    if not text.strip():
        raise TargetError(f"until what? {EXAMPLES}")
    yesterday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(microseconds=1)
    until = SeekTarget.parse(text, now=now, after=now if start.at_end else start.moment or yesterday)
    if until.partition is not None:
        raise TargetError("An end is for all partitions: until 2000, not 2:2000. A time is 09:05, with all its digits")
    return until


def _count(text: str) -> int:
    match = re.fullmatch(_COUNT, text.strip())
    if match is None or not (count := int(re.sub(r"[ ,_']", "", match["digits"]))):
        raise TargetError(f"“take {text.strip()}” is no number of records: take 500 is")
    return count


async def bounds_of(
    client: ProxyClient, passage: Passage, starts: Positions, ranges: Mapping[TopicPartition, OffsetRange], now: float
) -> Bounds:
    """Where that is in each partition. An offset may lie beyond what there is: it is waited for. A time may be later
    than `now`, in seconds since 1970: where it is nobody knows yet."""
    until = passage.until
    if until is None:
        return Bounds(take=passage.take)
    if until.kind is Kind.OFFSET:
        return Bounds(dict.fromkeys(starts, until.number), passage.take)
    if until.kind is Kind.RELATIVE:
        return Bounds({tp: start + until.number for tp, start in starts.items()}, passage.take)
    if until.moment is not None and (moment := until.moment.timestamp()) > now:
        must_know_times(client)
        return Bounds(take=passage.take, later=moment)
    here = {tp: bounds for tp, bounds in ranges.items() if tp in starts}
    return Bounds(await resolve(client, until, starts, here), passage.take)
