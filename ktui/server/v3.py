"""The v3 resources that look: clusters, brokers, topics, partitions. C has them."""

from __future__ import annotations

from urllib.parse import quote

from ktui.server.admission import Types
from ktui.server.errors import ApiError
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3_entries import CLUSTER, Entry, address, entry, listed
from ktui.server.v3_groups import V3Groups

JSON = Types(("application/json",), ("application/json",))


class V3:
    """The handlers under /v3."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._groups = proxy.kafka, V3Groups(proxy)

    def table(self) -> dict[str, tuple[Types, dict[str, Handler]]]:
        """Every path with its handler."""
        root, topic = "/v3/clusters/{cluster}", "/topics/{topic}"
        handlers: dict[str, Handler] = {
            "": self.cluster,
            "/acls": self.acls,
            "/brokers": self.brokers,
            "/brokers/{broker}": self.broker,
            "/topics": self.topics,
            topic: self.topic,
            f"{topic}/configs/{{config}}": self.config,
            f"{topic}/partitions": self.partitions,
            f"{topic}/partitions/{{partition}}": self.partition,
            f"{topic}/partitions/{{partition}}/offset": self.offset,
            f"{topic}/partitions/{{partition}}/replicas": self.replicas,
            **self._groups.handlers(),
        }
        return {
            "/v3/clusters": (JSON, {"GET": self.clusters}),
            **{root + path: (JSON, {"GET": handler}) for path, handler in handlers.items()},
        }

    # the cluster

    async def clusters(self, call: Call) -> Answer:
        """All clusters: this one."""
        return listed("KafkaClusterList", f"{call.base_url}/v3/clusters", [self._cluster(call)])

    async def cluster(self, call: Call) -> Answer:
        """One cluster."""
        address(call)
        return self._cluster(call)

    def _cluster(self, call: Call) -> Entry:
        base = f"{call.base_url}/v3/clusters/{CLUSTER}"
        names = {
            "controller": "brokers/1",
            "acls": "acls",
            "brokers": "brokers",
            "broker_configs": "broker-configs",
            "consumer_groups": "consumer-groups",
            "topics": "topics",
            "partition_reassignments": "topics/-/partitions/-/reassignment",
        }
        related = {name: {"related": f"{base}/{path}"} for name, path in names.items()}
        return {**entry("KafkaCluster", base, ""), **related}

    async def acls(self, call: Call) -> Answer:
        """There are none."""
        address(call)
        raise ApiError("no_authorizer")

    async def brokers(self, call: Call) -> Answer:
        """All brokers."""
        base = f"{address(call)}/brokers"
        return listed("KafkaBrokerList", base, [_broker(base, number) for number in await self._kafka.brokers()])

    async def broker(self, call: Call) -> Answer:
        """One broker."""
        number = call.number("broker")
        if number not in await self._kafka.brokers():
            raise ApiError("not_there")
        return _broker(f"{address(call)}/brokers", number)

    # topics

    async def topics(self, call: Call) -> Answer:
        """All topics."""
        base = f"{address(call)}/topics"
        return listed("KafkaTopicList", base, [await self._topic(base, name) for name in await self._kafka.names()])

    async def topic(self, call: Call) -> Answer:
        """One topic."""
        return await self._topic(f"{address(call)}/topics", call.path("topic"))

    async def _topic(self, base: str, name: str) -> Entry:
        found, own = await self._kafka.describe(name), f"{base}/{quote(name, safe='')}"
        return {
            **entry("KafkaTopic", own, f"topic={name}"),
            "topic_name": name,
            "is_internal": False,
            "replication_factor": 1,
            "partitions_count": len(found.partitions),
            "partitions": {"related": f"{own}/partitions"},
            "configs": {"related": f"{own}/configs"},
            "partition_reassignments": {"related": f"{own}/partitions/-/reassignment"},
            "authorized_operations": [],
        }

    async def config(self, call: Call) -> Answer:
        """One setting of a topic."""
        topic, name = call.path("topic"), call.path("config")
        configs = (await self._kafka.describe(topic)).configs
        if name not in configs:
            raise ApiError("not_there")
        setting = {"name": name, "value": configs[name], "source": "DYNAMIC_TOPIC_CONFIG"}
        return {
            **entry(
                "KafkaTopicConfig", f"{address(call)}/topics/{topic}/configs/{name}", f"topic={topic}/config={name}"
            ),
            **setting,
            "is_read_only": False,
            "is_sensitive": False,
            "synonyms": [setting],
            "topic_name": topic,
            "is_default": False,
        }

    async def partitions(self, call: Call) -> Answer:
        """All partitions of a topic."""
        count = len((await self._kafka.describe(call.path("topic"))).partitions)
        base = f"{address(call)}/topics/{call.raw_path('topic')}/partitions"
        return listed("KafkaPartitionList", base, [self._partition(call, number) for number in range(count)])

    async def partition(self, call: Call) -> Answer:
        """One partition."""
        number = call.number("partition")
        await self._kafka.ranges(call.path("topic"), [number])
        return self._partition(call, number)

    def _partition(self, call: Call, number: int) -> Entry:
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


def _broker(base: str, number: int) -> Entry:
    own = f"{base}/{number}"
    return {
        **entry("KafkaBroker", own, f"broker={number}"),
        "broker_id": number,
        "host": "127.0.0.1",
        "port": 9092,
        "rack": None,
        "configs": {"related": f"{own}/configs"},
        "partition_replicas": {"related": f"{own}/partition-replicas"},
    }
