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
from ktui.server.v3.entries import Entry, Here, here, listed, wanted

INTERNAL = ("__consumer_offsets", "__transaction_state")
"""What Kafka calls so; names that merely begin like these are anybody's."""
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
        at = await here(call, self._kafka)
        topics = [await self._topic(at, name) for name in await self._kafka.names()]
        return listed("KafkaTopicList", f"{at.base}/topics", topics)

    async def topic(self, call: Call) -> Answer:
        """One topic."""
        return await self._topic(await here(call, self._kafka), call.path("topic"))

    async def _topic(self, at: Here, name: str) -> Entry:
        partitions = await self._kafka.partitions(name)
        return _shown(at, name, len(partitions), max((len(each.replicas) for each in partitions), default=0))

    async def create(self, call: Call) -> Answer:
        """Make a topic; with `validate_only` just look whether it could be made."""
        at = await here(call, self._kafka)
        request = self._shapes.object(await wanted(call), "CreateTopicRequest", _CREATE)
        name, count = self._shapes.text(request, "topic_name"), self._shapes.number(request, "partitions_count")
        if name is None:
            raise ApiError("payload", "Null topic name.")
        copies = self._shapes.number(request, "replication_factor")
        dry = request.get("validate_only") is True
        count = 1 if count is None else count
        try:
            await self._kafka.create_topic(name, count, self._settings(request), copies=copies, dry=dry)
        except InvalidTopic as error:
            raise ApiError("payload", "Invalid topic name.") from error
        shown = _shown(at, name, count, copies or 1)
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
        at, name = await here(call, self._kafka), call.path("topic")
        request = self._shapes.object(await wanted(call), "UpdatePartitionCountRequest", ("partitions_count",))
        total = self._shapes.number(request, "partitions_count")
        if total is None:
            raise ApiError("payload", "Null partitions count.")
        await self._kafka.grow_topic(name, total)
        return await self._topic(at, name)

    async def delete(self, call: Call) -> Answer:
        """Delete a topic with its records."""
        await here(call, self._kafka)
        await self._kafka.delete_topic(call.path("topic"))
        return None


def _shown(at: Here, name: str, partitions: int, copies: int) -> Entry:
    own = f"{at.base}/topics/{quote(name, safe='')}"
    return {
        **at.entry("KafkaTopic", own, f"topic={name}"),
        "topic_name": name,
        "is_internal": name in INTERNAL,
        "replication_factor": copies,
        "partitions_count": partitions,
        "partitions": {"related": f"{own}/partitions"},
        "configs": {"related": f"{own}/configs"},
        "partition_reassignments": {"related": f"{own}/partitions/-/reassignment"},
        "authorized_operations": [],
    }
