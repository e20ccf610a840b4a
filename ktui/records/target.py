"""Where to go in a topic, as a person types it: `181`, `-100`, `begin`, `end`, `last 50`, `14:00`, `-2h`, `2:181`.

Parsing is pure; `resolve` asks the proxy only for times.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum

import msgspec

from ktui.errors import KtuiError
from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.moments import offsets_at
from ktui.rest.client import ProxyClient

EXAMPLES = "181, +10, -100, begin, end, last 50, 14:00, 2026-11-20 14:00, -2h, 2:181"

_BEGINNING = {"begin", "beginning", "start", "first", "earliest", "oldest"}
_END = {"end", "now", "live", "latest", "newest"}
_PARTITION = r"(?P<partition>\d{1,9})\s*:\s*(?P<rest>.+)"
_CLOCK = r"\d\d:\d\d(:\d\d(\.\d+)?)?"
_DATE = r"\d{4}-\d\d-\d\d"
DIGITS = r"(?P<digits>\d{1,18}|\d{1,3}([ ,_']\d{3}){1,5})"
_NUMBER = rf"(?P<sign>[+-]?)\s*{DIGITS}"
_LAST = rf"last\s+{DIGITS}(\s+records?)?"
_AGO = r"-\s*((\d{1,12})\s*(ms|[smhdw])\s*){1,6}"
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class TargetError(KtuiError):
    """What was typed is no place to go to. Its text says why, with an example."""


class Kind(Enum):
    """What a target is measured from."""

    OFFSET = "offset"
    RELATIVE = "relative"
    BEGINNING = "beginning"
    END = "end"
    LAST = "last"
    TIME = "time"


class SeekTarget(msgspec.Struct, frozen=True):
    """A place in a topic, not yet looked up."""

    kind: Kind
    number: int = 0
    """The offset, the distance, or how many."""
    moment: datetime | None = None
    partition: int | None = None
    """Only this one; None is all of them."""

    @classmethod
    def parse(cls, text: str, *, now: datetime, after: datetime | None = None) -> SeekTarget:
        """Understand what was typed. `now` has a time zone, in which times are meant. A time of day is the last such,
        or the first after another time. Raises TargetError."""
        words = " ".join(text.split()).lower()
        if not words:
            raise TargetError(f"Type where to go: {EXAMPLES}")
        match = re.fullmatch(_PARTITION, words)
        if match is None or re.fullmatch(_CLOCK, words):
            return cls._parse(words, text.strip(), now, after)
        rest = match["rest"]
        if re.fullmatch(_PARTITION, rest) and not re.fullmatch(_CLOCK, rest):
            raise TargetError(f"{text.strip()[:40]} names two partitions: 2:181 is offset 181 of partition 2")
        inner = cls._parse(rest, rest, now, after)
        return msgspec.structs.replace(inner, partition=int(match["partition"]))

    @classmethod
    def _parse(cls, words: str, typed: str, now: datetime, after: datetime | None) -> SeekTarget:
        """A place without a partition."""
        if words in _BEGINNING:
            return cls(Kind.BEGINNING)
        if words in _END:
            return cls(Kind.END)
        if match := re.fullmatch(_LAST, words):
            return cls.last(_digits(match["digits"]))
        if match := re.fullmatch(_NUMBER, words):
            number = _digits(match["digits"])
            if match["sign"]:
                return cls(Kind.RELATIVE, -number if match["sign"] == "-" else number)
            return cls(Kind.OFFSET, number)
        return cls(Kind.TIME, moment=_moment(words, typed, now, after))

    @classmethod
    def beginning(cls) -> SeekTarget:
        return cls(Kind.BEGINNING)

    @classmethod
    def end(cls) -> SeekTarget:
        return cls(Kind.END)

    @classmethod
    def last(cls, count: int) -> SeekTarget:
        """The last so many records of the topic."""
        return cls(Kind.LAST, count)

    @classmethod
    def at(cls, offset: int, partition: int | None = None) -> SeekTarget:
        return cls(Kind.OFFSET, offset, partition=partition)

    @property
    def at_end(self) -> bool:
        """What is read from there is new, but for `old` records."""
        return self.kind in (Kind.LAST, Kind.END)

    @property
    def here(self) -> bool:
        """It is where we are."""
        return self.kind is Kind.RELATIVE and not self.number

    @property
    def old(self) -> int:
        """How many records it goes back from the end."""
        return self.number if self.kind is Kind.LAST else 0

    def __str__(self) -> str:
        place = "" if self.partition is None else f" of partition {self.partition}"
        match self.kind:
            case Kind.OFFSET:
                return f"offset {self.number}{place}"
            case Kind.RELATIVE if self.here:
                return f"here{place}"
            case Kind.RELATIVE:
                return f"{abs(self.number)} {'back' if self.number < 0 else 'on'}{place}"
            case Kind.LAST:
                return f"the last {self.number}{place}"
            case Kind.TIME:
                return f"{self.moment:%Y-%m-%d %H:%M:%S}{place}"
            case _:
                return f"the {self.kind.value}{place}"


async def resolve(
    client: ProxyClient,
    target: SeekTarget,
    positions: Positions,
    ranges: Mapping[TopicPartition, OffsetRange],
) -> dict[TopicPartition, int]:
    """The offsets a target means, within `ranges`, for the partitions it speaks of: all of `ranges`, or its own.

    A relative target counts from `positions`, from the end where there is none. Times are asked of the proxy.
    """
    if target.partition is not None:
        ranges = {tp: bounds for tp, bounds in ranges.items() if tp.partition == target.partition}
        if not ranges:
            raise TargetError(f"There is no partition {target.partition} here")
    match target.kind:
        case Kind.BEGINNING:
            return {tp: bounds.beginning for tp, bounds in ranges.items()}
        case Kind.END:
            return {tp: bounds.end for tp, bounds in ranges.items()}
        case Kind.OFFSET:
            return {tp: bounds.clamp(target.number) for tp, bounds in ranges.items()}
        case Kind.RELATIVE:
            return {tp: b.clamp(positions.get(tp, b.end) + target.number) for tp, b in ranges.items()}
        case Kind.LAST:
            return last(ranges, target.number)
        case Kind.TIME:
            assert target.moment is not None
            return await offsets_at(client, int(target.moment.timestamp() * 1000), ranges)


def last(ranges: Mapping[TopicPartition, OffsetRange], n: int) -> dict[TopicPartition, int]:
    """Where to start so that about the last `n` records come: the same share of every partition that has as many."""
    shares = dict.fromkeys(ranges, 0)
    left = max(0, n)
    waiting = sorted(ranges, key=lambda tp: ranges[tp].end - ranges[tp].beginning)  # those that have least, first
    for index, tp in enumerate(waiting):
        share = left // (len(waiting) - index)
        shares[tp] = min(share, ranges[tp].end - ranges[tp].beginning)
        left -= shares[tp]
    return {tp: bounds.end - shares[tp] for tp, bounds in ranges.items()}


def _digits(text: str) -> int:
    return int(re.sub(r"[ ,_']", "", text))


def _moment(words: str, typed: str, now: datetime, after: datetime | None) -> datetime:
    """A time of day (the last such, or the first after another), a date with or without one, or a span back from
    now."""
    if re.fullmatch(_AGO, words):
        seconds = sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)\s*(ms|[smhdw])", words))
        return _back(now, seconds, typed)
    if words.startswith("+") and re.fullmatch(_AGO, f"-{words[1:]}"):
        raise TargetError(f"{typed} is in the future: -2h is two hours ago")
    day, _, clock = words.partition("t" if re.match(r"\d{4}-\d\d-\d\dt", words) else " ")
    try:
        if re.fullmatch(_CLOCK, words):
            moment = datetime.fromisoformat(f"{after or now:%Y-%m-%d}T{words}").replace(tzinfo=now.tzinfo)
            if after is not None:
                return moment if moment > after else moment + timedelta(days=1)
            return moment if moment <= now else moment - timedelta(days=1)
        if re.match(_DATE, words):
            if clock and clock.find(":") == 1:
                clock = f"0{clock}"
            moment = datetime.fromisoformat(f"{day}T{clock.upper() or '00:00'}")
            moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
            moment.astimezone(UTC)  # which is what a proxy is asked for
            return moment
    except (ValueError, OverflowError) as error:
        raise TargetError(f"{typed} is no time ({error}): 14:00 or 2026-11-20 14:00 is one") from None
    raise TargetError(f"“{typed}” is no place in a topic. Type one like {EXAMPLES}")


def _back(now: datetime, seconds: float, typed: str) -> datetime:
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        raise TargetError(f"{typed} is before all records: begin is the beginning") from None
