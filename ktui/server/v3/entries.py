"""What the v3 resources have in common: kind, metadata, addresses, bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.kafka import ClusterDetail, Kafka
from ktui.server.resource import Call
from ktui.server.shapes import body

Entry = dict[str, Any]


class Here(NamedTuple):
    """The cluster of a request, and the address at which its client finds it."""

    cluster: ClusterDetail
    base: str

    def entry(self, kind: str, own: str, crn: str) -> Entry:
        """What every resource begins with."""
        name = f"crn:///kafka={self.cluster.id}" + (f"/{crn}" if crn else "")
        return {"kind": kind, "metadata": {"self": own, "resource_name": name}, "cluster_id": self.cluster.id}

    def broker(self, number: int | None) -> Entry | None:
        """The link to a broker; None where there is none."""
        return None if number is None else {"related": f"{self.base}/brokers/{number}"}


async def here(call: Call, kafka: Kafka) -> Here:
    """The cluster of the path, where it has one. ApiError when that is another one."""
    cluster = await kafka.cluster()
    if not call.names("cluster", cluster.id):
        raise ApiError("not_there")
    return Here(cluster, f"{call.base_url}/v3/clusters/{cluster.id}")


def listed(kind: str, own: str, data: Sequence[Entry]) -> Entry:
    """A list of resources."""
    return {"kind": kind, "metadata": {"self": own, "next": None}, "data": data}


async def wanted(call: Call) -> Json:
    """The body of a request that needs one."""
    value = body(await call.body())
    if value is None:
        raise ApiError("payload", "Request body is empty. Data is required.")
    return value
