"""What the stream pane says in words: its title, what an empty table suggests, and where it jumped."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.content import Content

from ktui.errors import ProxyError
from ktui.model import OffsetRange, Positions, TopicDetail, TopicPartition
from ktui.records.pattern import TopicPattern, topics_words
from ktui.ui.report import describe, sentence
from ktui.ui.text import even
from ktui.ui.widgets.partition_choice import partition_words
from ktui.ui.widgets.stream_status import StreamState


def title(
    topic: TopicDetail | None,
    read: Mapping[str, Collection[int]],
    there: Mapping[str, Collection[int]],
    columns: str = "",
    words: str = "",
    *,
    pattern: TopicPattern | None = None,
    numbered: bool,
) -> Content:
    """Topics, how many of their partitions (those `read` of those that are `there`), what is said of the columns, and
    the words that are filtered for; with the pane's number where no tab shows it."""
    number = "2 " if numbered else ""
    if topic is None:
        return Content(f"{number}Stream")
    total, chosen = (sum(map(len, each.values())) for each in (there, read))
    if pattern is not None:  # topics that went are not there any more
        total = chosen
    count = f"{total} partition{'' if total == 1 else 's'}"
    if chosen != total:
        count = f"{chosen} of {count} ({partition_words(frozenset().union(*read.values()))})"
    names = list(read)[:2] or [topic.name]
    topics = ", ".join(names) + (f" and {len(read) - 2} more" if len(read) > 2 else "")
    if pattern is not None:
        topics = f"{pattern.words} · {topics_words(len(read))}"
    name = Content(even(f"{number}{topics} · {count}{f' · {columns}' if columns else ''}"))
    return name + Content.styled(even(f" · /{words}"), "$warning") if words else name


def hint(
    state: StreamState,
    error: ProxyError | None,
    ranges: Mapping[TopicPartition, OffsetRange],
    behind: int,
    words: str = "",
) -> str:
    """What an empty table says: why it is empty, and what to do."""
    if words:
        said = f"No record that is kept has {even(words)} in key or value."
        match state:
            case StreamState.WAITING | StreamState.STOPPED:
                return f"{said} esc shows all. {_why_empty(state, error, ranges, behind)}"
            case StreamState.HELD | StreamState.AHEAD | StreamState.DONE:
                return f"{said} space reads on; esc shows all."
        return f"{said} Those that come are looked at too; esc shows all."
    return _why_empty(state, error, ranges, behind)


def _why_empty(
    state: StreamState, error: ProxyError | None, ranges: Mapping[TopicPartition, OffsetRange], behind: int
) -> str:
    match state:
        case StreamState.IDLE:
            return "No topic is open. 1 goes to the topics, enter opens one."
        case StreamState.OPENING:
            return "Opening…"
        case StreamState.HELD:
            return "Held before any record came. space goes on."
        case StreamState.DONE:
            return "Nothing was there up to the end that was asked for. space goes on, g goes elsewhere."
        case StreamState.WAITING if error is not None:
            return f"{sentence(error)}. R tries now; w shows the requests."
        case StreamState.STOPPED if error is not None:
            step = describe(error).next_step
            tried = "R tries again; 1 and enter open it anew." if step.startswith("R ") else f"{step} R tries again."
            return f"{sentence(error)}. {tried}"
    if state is StreamState.LIVE and behind > 0:  # Confluent's proxy takes seconds with many partitions
        return "Reading…"
    if any(bounds.end > bounds.beginning for bounds in ranges.values()):
        return "No new records yet. g and begin look at those that are there; c composes one."
    return "No records yet. This topic is empty: c composes one."


def jump_words(positions: Positions) -> str:
    """Where a seek went."""
    if len(positions) != 1:
        return f"jumped to other offsets in {len(positions)} partitions"
    ((tp, offset),) = positions.items()
    return f"jumped to {offset:,} in partition {tp.partition}"


def chosen_words(partitions: Collection[int], there: Mapping[str, Collection[int]]) -> str:
    """Which partitions are read from here on."""
    if all(set(partitions).issuperset(numbers) for numbers in there.values()):
        return "all partitions from here on"
    many = "s" if len(partitions) > 1 else ""
    return f"partition{many} {partition_words(partitions)} alone from here on"
