"""Partitions of the v3 API: where they are, where they begin and end."""

from __future__ import annotations

from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import Entry, address, entry, listed


class V3Partitions:
    """The handlers of partitions."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    def handlers(self) -> dict[str, Handler]:
        """Paths below the cluster with their handlers."""
        partitions = "/topics/{topic}/partitions"
        return {
            partitions: self.partitions,
            f"{partitions}/{{partition}}": self.partition,
            f"{partitions}/{{partition}}/offset": self.offset,
            f"{partitions}/{{partition}}/replicas": self.replicas,
        }

    async def partitions(self, call: Call) -> Answer:
        """All partitions of a topic."""
        count = len((await self._kafka.describe(call.path("topic"))).partitions)
        base = f"{address(call)}/topics/{call.raw_path('topic')}/partitions"
        return listed("KafkaPartitionList", base, [_partition(call, number) for number in range(count)])

    async def partition(self, call: Call) -> Answer:
        """One partition."""
        number = call.number("partition")
        await self._kafka.ranges(call.path("topic"), [number])
        return _partition(call, number)

    async def offset(self, call: Call) -> Answer:
        """Beginning and end of a partition."""
        topic, number = call.path("topic"), call.number("partition")
        found = (await self._kafka.ranges(topic, [number]))[number]
        own = f"{address(call)}/topics/{topic}/partitions/{number}/offset"
        crn = f"topic={topic}/partition={number}/offset_type=earliest_and_latest"
        return {
            **entry("KafkaPartitionWithOffsets", own, crn),
            "topic_name": topic,
            "partition_id": number,
            "earliest_offset": found.beginning,
            "latest_offset": found.end,
        }

    async def replicas(self, call: Call) -> Answer:
        """Where a partition is."""
        topic, number, base = call.path("topic"), call.number("partition"), address(call)
        await self._kafka.ranges(topic, [number])
        own = f"{base}/topics/{topic}/partitions/{number}/replicas"
        replica = {
            **entry("KafkaReplica", f"{own}/1", f"topic={topic}/partition={number}/replica=1"),
            "topic_name": topic,
            "partition_id": number,
            "broker_id": 1,
            "is_leader": True,
            "is_in_sync": True,
            "broker": {"related": f"{base}/brokers/1"},
        }
        return listed("KafkaReplicaList", own, [replica])


def _partition(call: Call, number: int) -> Entry:
    topic = call.path("topic")
    own = f"{address(call)}/topics/{topic}/partitions/{number}"
    return {
        **entry("KafkaPartition", own, f"topic={topic}/partition={number}"),
        "topic_name": topic,
        "partition_id": number,
        "leader": {"related": f"{own}/replicas/1"},
        "replicas": {"related": f"{own}/replicas"},
        "reassignment": {"related": f"{own}/reassignment"},
    }
