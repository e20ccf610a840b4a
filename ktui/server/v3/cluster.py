"""The cluster of the v3 API, its brokers, and the ACLs that it has not."""

from __future__ import annotations

from ktui.server.errors import ApiError
from ktui.server.kafka import Broker
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import Entry, Here, here, listed


class V3Cluster:
    """The handlers of what there is one of."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    def handlers(self) -> dict[str, Handler]:
        """Paths below the cluster with their handlers."""
        return {"": self.cluster, "/acls": self.acls, "/brokers": self.brokers, "/brokers/{broker}": self.broker}

    async def clusters(self, call: Call) -> Answer:
        """All clusters: this one."""
        return listed("KafkaClusterList", f"{call.base_url}/v3/clusters", [_cluster(await here(call, self._kafka))])

    async def cluster(self, call: Call) -> Answer:
        """One cluster."""
        return _cluster(await here(call, self._kafka))

    async def acls(self, call: Call) -> Answer:
        """There are none."""
        await here(call, self._kafka)
        raise ApiError("no_authorizer")

    async def brokers(self, call: Call) -> Answer:
        """All brokers."""
        at = await here(call, self._kafka)
        return listed("KafkaBrokerList", f"{at.base}/brokers", [_broker(at, each) for each in at.cluster.brokers])

    async def broker(self, call: Call) -> Answer:
        """One broker."""
        number, at = call.number("broker"), await here(call, self._kafka)
        for broker in at.cluster.brokers:
            if broker.id == number:
                return _broker(at, broker)
        raise ApiError("not_there")


def _cluster(at: Here) -> Entry:
    names = {
        "acls": "acls",
        "brokers": "brokers",
        "broker_configs": "broker-configs",
        "consumer_groups": "consumer-groups",
        "topics": "topics",
        "partition_reassignments": "topics/-/partitions/-/reassignment",
    }
    related = {name: {"related": f"{at.base}/{path}"} for name, path in names.items()}
    controller = at.broker(at.cluster.controller)
    return {**at.entry("KafkaCluster", at.base, ""), **({"controller": controller} if controller else {}), **related}


def _broker(at: Here, broker: Broker) -> Entry:
    own = f"{at.base}/brokers/{broker.id}"
    return {
        **at.entry("KafkaBroker", own, f"broker={broker.id}"),
        "broker_id": broker.id,
        "host": broker.host,
        "port": broker.port,
        "rack": broker.rack,
        "configs": {"related": f"{own}/configs"},
        "partition_replicas": {"related": f"{own}/partition-replicas"},
    }
