"""Topics of the v3 API: looked at, made, grown, deleted."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from starlette.responses import Response

from ktui.server.errors import ApiError
from ktui.server.kafka import InvalidTopic
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes
from ktui.server.v3.entries import Entry, address, entry, listed, wanted

_CREATE = (
    "topic_name",
    "partitions_count",
    "replication_factor",
    "replicas_assignments",
    "configs",
    "validate_only",
)


class V3Topics:
    """The handlers of topics."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes = proxy.kafka, Shapes(proxy.flavour)

    async def topics(self, call: Call) -> Answer:
        """All topics."""
        base = f"{address(call)}/topics"
        return listed("KafkaTopicList", base, [await self._topic(base, name) for name in await self._kafka.names()])

    async def topic(self, call: Call) -> Answer:
        """One topic."""
        return await self._topic(f"{address(call)}/topics", call.path("topic"))

    async def _topic(self, base: str, name: str) -> Entry:
        return _shown(base, name, len((await self._kafka.describe(name)).partitions))

    async def create(self, call: Call) -> Answer:
        """Make a topic; with `validate_only` just look whether it could be made."""
        base = f"{address(call)}/topics"
        request = self._shapes.object(await wanted(call), "CreateTopicRequest", _CREATE)
        name, count = self._shapes.text(request, "topic_name"), self._shapes.number(request, "partitions_count")
        if name is None:
            raise ApiError("payload", "Null topic name.")
        copies = self._shapes.number(request, "replication_factor")
        brokers = len(await self._kafka.brokers())
        if copies is not None and copies > brokers:
            raise ApiError(
                "bad_request",
                f"Unable to replicate the partition {copies} time(s): The target replication factor of {copies} "
                f"cannot be reached because only {brokers} broker(s) are registered.",
            )
        dry = request.get("validate_only") is True
        count = 1 if count is None else count
        try:
            await self._kafka.create_topic(name, count, self._settings(request), dry=dry)
        except InvalidTopic as error:
            raise ApiError("payload", "Invalid topic name.") from error
        shown = _shown(base, name, count)
        headers = {"content-type": call.media, "location": shown["metadata"]["self"]}
        return Response(msgspec.json.encode(shown), 200 if dry else 201, headers=headers)

    def _settings(self, request: Object) -> dict[str, str]:
        """The settings of a create; null ones are left to the broker."""
        found: dict[str, str] = {}
        for each in self._shapes.entries(request, "configs", ("name", "value")) or ():
            name, value = self._shapes.text(each, "name"), self._shapes.text(each, "value")
            if name is not None and value is not None:
                found[name] = value
        return found

    async def grow(self, call: Call) -> Answer:
        """More partitions."""
        base, name = f"{address(call)}/topics", call.path("topic")
        request = self._shapes.object(await wanted(call), "UpdatePartitionCountRequest", ("partitions_count",))
        total = self._shapes.number(request, "partitions_count")
        if total is None:
            raise ApiError("payload", "Null partitions count.")
        await self._kafka.grow_topic(name, total)
        return await self._topic(base, name)

    async def delete(self, call: Call) -> Answer:
        """Delete a topic with its records."""
        address(call)
        await self._kafka.delete_topic(call.path("topic"))
        return None


def _shown(base: str, name: str, partitions: int) -> Entry:
    own = f"{base}/{quote(name, safe='')}"
    return {
        **entry("KafkaTopic", own, f"topic={name}"),
        "topic_name": name,
        "is_internal": False,
        "replication_factor": 1,
        "partitions_count": partitions,
        "partitions": {"related": f"{own}/partitions"},
        "configs": {"related": f"{own}/configs"},
        "partition_reassignments": {"related": f"{own}/partitions/-/reassignment"},
        "authorized_operations": [],
    }
