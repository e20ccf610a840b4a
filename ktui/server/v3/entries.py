"""What the v3 resources have in common: kind, metadata, addresses, bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ktui.server.errors import ApiError
from ktui.server.javajson import Json
from ktui.server.resource import Call
from ktui.server.shapes import body

CLUSTER = "aW4gbWVtb3J5IG9ubHkuLg"
"""Kafka names clusters by 22 characters."""
Entry = dict[str, Any]


def address(call: Call) -> str:
    """The address of the cluster of the path."""
    if call.path("cluster") != CLUSTER:
        raise ApiError("not_there")
    return f"{call.base_url}/v3/clusters/{CLUSTER}"


def entry(kind: str, own: str, crn: str) -> Entry:
    """What every resource begins with."""
    name = f"crn:///kafka={CLUSTER}" + (f"/{crn}" if crn else "")
    return {"kind": kind, "metadata": {"self": own, "resource_name": name}, "cluster_id": CLUSTER}


def listed(kind: str, own: str, data: Sequence[Entry]) -> Entry:
    """A list of resources."""
    return {"kind": kind, "metadata": {"self": own, "next": None}, "data": data}


async def wanted(call: Call) -> Json:
    """The body of a request that needs one."""
    value = body(await call.body())
    if value is None:
        raise ApiError("payload", "Request body is empty. Data is required.")
    return value
