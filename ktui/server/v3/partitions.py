"""Partitions of the v3 API: where they are, where they begin and end."""

from __future__ import annotations

from ktui.model import Partition
from ktui.server.errors import ApiError
from ktui.server.kafka import UnknownPartition
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import Entry, Here, here, listed


class V3Partitions:
    """The handlers of partitions."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    def handlers(self) -> dict[str, Handler]:
        """Paths below the cluster with their handlers."""
        partition = "/topics/{topic}/partitions/{partition}"
        return {
            "/topics/{topic}/partitions": self.partitions,
            partition: self.partition,
            f"{partition}/offset": self.offset,
            f"{partition}/replicas": self.replicas,
            f"{partition}/replicas/{{replica}}": self.replica,
        }

    async def partitions(self, call: Call) -> Answer:
        """All partitions of a topic."""
        at, topic = await here(call, self._kafka), call.path("topic")
        found = await self._kafka.partitions(topic)
        base = f"{at.base}/topics/{call.raw_path('topic')}/partitions"
        return listed("KafkaPartitionList", base, [_partition(at, topic, each) for each in found])

    async def partition(self, call: Call) -> Answer:
        """One partition."""
        at = await here(call, self._kafka)
        return _partition(at, call.path("topic"), await self._found(call))

    async def _found(self, call: Call) -> Partition:
        number = call.number("partition")
        for each in await self._kafka.partitions(call.path("topic")):
            if each.partition == number:
                return each
        raise UnknownPartition("Partition not found.")

    async def offset(self, call: Call) -> Answer:
        """Beginning and end of a partition."""
        at, topic, number = await here(call, self._kafka), call.path("topic"), call.number("partition")
        found = (await self._kafka.ranges(topic, [number]))[number]
        own = f"{at.base}/topics/{topic}/partitions/{number}/offset"
        crn = f"topic={topic}/partition={number}/offset_type=earliest_and_latest"
        return {
            **at.entry("KafkaPartitionWithOffsets", own, crn),
            "topic_name": topic,
            "partition_id": number,
            "earliest_offset": found.beginning,
            "latest_offset": found.end,
        }

    async def replicas(self, call: Call) -> Answer:
        """Where a partition is."""
        at, topic = await here(call, self._kafka), call.path("topic")
        found = await self._found(call)
        own = f"{at.base}/topics/{topic}/partitions/{found.partition}/replicas"
        return listed("KafkaReplicaList", own, [_replica(at, topic, found, broker) for broker in found.replicas])

    async def replica(self, call: Call) -> Answer:
        """One copy of a partition."""
        at, found, broker = await here(call, self._kafka), await self._found(call), call.number("replica")
        if broker not in found.replicas:
            raise ApiError("not_there")
        return _replica(at, call.path("topic"), found, broker)


def _partition(at: Here, topic: str, found: Partition) -> Entry:
    own = f"{at.base}/topics/{topic}/partitions/{found.partition}"
    leader = None if found.leader is None else {"related": f"{own}/replicas/{found.leader}"}
    return {
        **at.entry("KafkaPartition", own, f"topic={topic}/partition={found.partition}"),
        "topic_name": topic,
        "partition_id": found.partition,
        "leader": leader,
        "replicas": {"related": f"{own}/replicas"},
        "reassignment": {"related": f"{own}/reassignment"},
    }


def _replica(at: Here, topic: str, found: Partition, broker: int) -> Entry:
    own = f"{at.base}/topics/{topic}/partitions/{found.partition}/replicas/{broker}"
    return {
        **at.entry("KafkaReplica", own, f"topic={topic}/partition={found.partition}/replica={broker}"),
        "topic_name": topic,
        "partition_id": found.partition,
        "broker_id": broker,
        "is_leader": broker == found.leader,
        "is_in_sync": broker in found.in_sync,
        "broker": at.broker(broker),
    }
