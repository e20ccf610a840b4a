"""Producing, R's way: the answer speaks of each partition that got records, and not of the records."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import NamedTuple

from ktui.server.consumers import required
from ktui.server.errors import ApiError
from ktui.server.javajson import write
from ktui.server.kafka import KafkaError, RetriableError, TooLarge
from ktui.server.media import FORMAT_OF
from ktui.server.produce import base64_bytes
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes

_RECORD = ("key", "value", "partition")
UNKNOWN, TOO_LARGE, UNEXPLAINED = 3, 10, -1
"""Error numbers of Kafka's protocol."""
Report = dict[str, int]


class Sent(NamedTuple):
    """A record of a request."""

    partition: int | None
    key: bytes | None
    value: bytes | None


class RedpandaProduce:
    """The handler that writes."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes = proxy.kafka, Shapes(proxy.flavour)
        self._turn = count()

    async def to_topic(self, call: Call) -> Answer:
        """POST /topics/{topic}"""
        request = self._shapes.object(await required(call), "produce", ("records",))
        listed = self._shapes.entries(request, "records", _RECORD)
        if listed is None:
            raise ApiError("no_records")
        data_format = FORMAT_OF[call.content_type or ""]
        sent = [self._sent(record, data_format) for record in listed]
        stored: dict[int, Report] = {}
        failed: dict[int, Report] = {}
        for record in sent:
            await self._send(call.path("topic"), record, stored, failed)
        reports = {**stored, **failed}
        return {
            "offsets": [reports[partition] for partition in sorted(reports, reverse=True)]
        }  # in no order to rely on

    def _sent(self, record: Object, data_format: str) -> Sent:
        """A record; what is left out is an empty key or no value at all, and null is a word of json."""
        parts: dict[str, bytes] = {}
        for part in ("key", "value"):
            if part in record:
                if data_format == "json":
                    parts[part] = write(record[part])
                elif (data := base64_bytes(record[part])) is not None:
                    parts[part] = data
                else:
                    raise ApiError("bad_shape")
        return Sent(self._shapes.number(record, "partition"), parts.get("key"), parts.get("value"))

    async def _send(self, topic: str, sent: Sent, stored: dict[int, Report], failed: dict[int, Report]) -> None:
        """Write one record, unless its partition has failed already."""
        partition = sent.partition
        if partition is None and sent.key is None:
            partition = await self._any(topic)
        place = -1 if partition is None else partition
        if place in failed:
            return
        try:
            if partition is not None and partition < 0:
                raise RetriableError(f"There is no partition {partition}")
            record = await self._kafka.produce(topic, partition, sent.key or b"", sent.value)
        except KafkaError as error:
            failed[place] = {"partition": place, "error_code": _number(error), "offset": -1}
        else:
            stored.setdefault(record.partition, {"partition": record.partition, "offset": record.offset})

    async def _any(self, topic: str) -> int | None:
        """The next partition in turn, for records without a key; None when the topic is not there."""
        with contextlib.suppress(KafkaError):
            return next(self._turn) % len(await self._kafka.partitions(topic))
        return None


def _number(error: KafkaError) -> int:
    return UNKNOWN if isinstance(error, RetriableError) else TOO_LARGE if isinstance(error, TooLarge) else UNEXPLAINED
