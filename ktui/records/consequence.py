"""What a seek would do, in one sentence, before it is done. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ktui.model import OffsetRange, Positions, TopicPartition
from ktui.records.passage import Passage
from ktui.records.target import Kind, SeekTarget, last

NOTHING = "nothing: it ends before it begins"


def passage_consequence(passage: Passage, positions: Positions, ranges: Mapping[TopicPartition, OffsetRange]) -> str:
    """The same with an end."""
    where = consequence(passage.start, positions, ranges)
    if not passage.ends or not ranges:
        return where
    return f"{where.rpartition(' · ')[0] or where} · {_ending(passage, positions, ranges)}"


def _ending(passage: Passage, positions: Positions, ranges: Mapping[TopicPartition, OffsetRange]) -> str:
    """How much will come before the end, and that there is one."""
    until, most = passage.until, "" if passage.take is None else f"at most {passage.take:,} records"
    if until is None:
        which = "" if passage.start.partition is None else ", of whichever partition"
        return f"ends after {passage.take:,} record{'' if passage.take == 1 else 's'}{which}"
    if Kind.TIME in (until.kind, passage.start.kind):
        if passage.empty:
            return f"{NOTHING}, at {_where(until)}"
        return ", ".join(part for part in (f"ends before {_where(until)}", most) if part)
    starts = {tp: ranges[tp].clamp(at) for tp, at in _wanted(passage.start, positions, ranges).items()}
    stops = _wanted(until, starts, ranges)
    count = sum(max(0, stops[tp] - start) for tp, start in starts.items())
    waits = any(stops[tp] > ranges[tp].end for tp in starts)
    if len(stops) == 1:
        place = f"{stops[next(iter(stops))]:,}"
    else:
        place = f"{until.number:+,} from there" if until.kind is Kind.RELATIVE else _where(until)
    none = f"nothing up to {place}" if starts == dict(stops) and not passage.empty else f"{NOTHING}, at {place}"
    said = f"{count:,} up to {place}" if count else none
    return ", ".join(part for part in (said, most, "some are still to come" if waits else "") if part)


def consequence(target: SeekTarget, positions: Positions, ranges: Mapping[TopicPartition, OffsetRange]) -> str:
    """The target for these partitions; those it names itself are the caller's to choose."""
    if not ranges:
        return "the offsets are not known yet"
    if target.kind is Kind.TIME:
        return f"will start at the first record since {target.moment:%Y-%m-%d %H:%M:%S}: enter asks the proxy which"
    wanted = _wanted(target, positions, ranges)
    starts = {tp: ranges[tp].clamp(offset) for tp, offset in wanted.items()}
    left = sum(ranges[tp].end - start for tp, start in starts.items())
    rest = f"{left:,} to the end" if left else "nothing there yet, only what is new"
    if len(ranges) == 1:
        (tp,) = ranges
        which = "" if target.partition is None else f"partition {tp.partition} "
        return f"{_why(wanted[tp], ranges[tp])}{which}will start at {starts[tp]:,} · {rest}"
    off = sum(starts[tp] != offset for tp, offset in wanted.items())
    sides = {_side(wanted[tp], held) for tp, held in ranges.items()}
    if off == len(ranges) and len(sides) == 1:
        return f"{_where(target)} is {sides.pop()} of all {off} partitions: they will start there · {rest}"
    nearest = f", {off} nearest to it" if off else ""
    return f"{len(ranges)} partitions will start at {_where(target)}{nearest} · {rest}"


def _wanted(
    target: SeekTarget, positions: Positions, ranges: Mapping[TopicPartition, OffsetRange]
) -> Mapping[TopicPartition, int]:
    match target.kind:
        case Kind.BEGINNING:
            return {tp: held.beginning for tp, held in ranges.items()}
        case Kind.END:
            return {tp: held.end for tp, held in ranges.items()}
        case Kind.RELATIVE:
            return {tp: positions.get(tp, held.end) + target.number for tp, held in ranges.items()}
        case Kind.LAST:
            return last(ranges, target.number)
        case _:
            return dict.fromkeys(ranges, target.number)


def _why(wanted: int, held: OffsetRange) -> str:
    return "" if held.clamp(wanted) == wanted else f"{wanted:,} is {_side(wanted, held)}: "


def _side(wanted: int, held: OffsetRange) -> str:
    return "before the beginning" if wanted < held.beginning else "past the end"


def _where(target: SeekTarget) -> str:
    match target.kind:
        case Kind.OFFSET:
            return f"{target.number:,}"
        case Kind.RELATIVE:
            return f"{target.number:+,} from their positions" if target.number else "their positions"
        case Kind.LAST:
            return f"the last {target.number:,}"
        case Kind.TIME:
            return str(target)
        case _:
            return f"the {target.kind.value}"
