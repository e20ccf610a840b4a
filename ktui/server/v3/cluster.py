"""The cluster of the v3 API, its brokers, and the ACLs that it has not."""

from __future__ import annotations

from ktui.server.errors import ApiError
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import CLUSTER, Entry, address, entry, listed


class V3Cluster:
    """The handlers of what there is one of."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    def handlers(self) -> dict[str, Handler]:
        """Paths below the cluster with their handlers."""
        return {"": self.cluster, "/acls": self.acls, "/brokers": self.brokers, "/brokers/{broker}": self.broker}

    async def clusters(self, call: Call) -> Answer:
        """All clusters: this one."""
        return listed("KafkaClusterList", f"{call.base_url}/v3/clusters", [_cluster(call)])

    async def cluster(self, call: Call) -> Answer:
        """One cluster."""
        address(call)
        return _cluster(call)

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


def _cluster(call: Call) -> Entry:
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
