"""The positions endpoints: to offsets, to times, to the edges of the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ktui.model import TopicPartition
from ktui.server import errors
from ktui.server.kafka import Consumer
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer
from ktui.server.shapes import Object, check_object, entries, number, text, topic_partition

_OFFSET = ("topic", "partition", "offset", "metadata")
_TIME = ("topic", "partition", "timestamp", "metadata")


class Seeking:
    """Moves consumers. Entries are applied in order: an error leaves the earlier ones applied."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    async def to_offsets(self, consumer: Consumer, value: object) -> Answer:
        """Offsets, then times. An entry without an offset goes to 0: C reads missing numbers so."""
        request = check_object(value, "ConsumerSeekRequest", ("offsets", "timestamps"))
        for entry in entries(request, "offsets", _OFFSET) or ():
            place(consumer.seek, _complete(entry), number(entry, "offset") or 0)
        for entry in entries(request, "timestamps", _TIME) or ():
            tp = _complete(entry)
            offset = await self._kafka.find_time(tp, milliseconds(text(entry, "timestamp")))
            if offset is None:
                raise errors.internal()
            place(consumer.seek, tp, offset)
        return None

    async def to_edges(self, seek: Callable[[TopicPartition], None], value: object) -> Answer:
        """The beginning or the end of each partition."""
        listed = entries(check_object(value, "ConsumerSeekToRequest", ("partitions",)), "partitions", _OFFSET[:2])
        if listed is None:
            raise errors.internal()
        for entry in listed:
            seek(topic_partition(entry))
        return None


def _complete(entry: Object) -> TopicPartition:
    return topic_partition({"partition": 0, **entry})


def place(seek: Callable[[TopicPartition, int], None], tp: TopicPartition, offset: int) -> None:
    """Seek; C has no words for a negative offset."""
    try:
        seek(tp, offset)
    except ValueError as error:
        raise errors.internal() from error


def milliseconds(moment: str | None) -> int:
    """An ISO-8601 time as milliseconds since the epoch."""
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError as error:
        raise errors.bad_body(f"Cannot deserialize value of type `java.time.Instant` from String {moment!r}") from error
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
