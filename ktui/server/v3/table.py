"""Every path of the v3 API with its handlers."""

from __future__ import annotations

from ktui.server.admission import Types
from ktui.server.proxy import Proxy
from ktui.server.resource import Handler
from ktui.server.v3.cluster import V3Cluster
from ktui.server.v3.configs import V3Configs
from ktui.server.v3.groups import V3Groups
from ktui.server.v3.partitions import V3Partitions
from ktui.server.v3.produce import V3Produce
from ktui.server.v3.topics import V3Topics

Handlers = dict[str, Handler]
JSON = Types(("application/json",), ("application/json",))


def table(proxy: Proxy) -> dict[str, tuple[Types, Handlers]]:
    """Paths, each with its media types and its handlers by method."""
    cluster = V3Cluster(proxy)
    below: dict[str, Handlers] = {
        **_looked_at(cluster.handlers()),
        **_looked_at(V3Groups(proxy).handlers()),
        **_of_topics(proxy),
    }
    return {
        "/v3/clusters": (JSON, {"GET": cluster.clusters}),
        **{f"/v3/clusters/{{cluster}}{path}": (JSON, handlers) for path, handlers in below.items()},
    }


def _looked_at(handlers: Handlers) -> dict[str, Handlers]:
    return {path: {"GET": handler} for path, handler in handlers.items()}


def _of_topics(proxy: Proxy) -> dict[str, Handlers]:
    topics, configs, produce = V3Topics(proxy), V3Configs(proxy), V3Produce(proxy)
    topic = "/topics/{topic}"
    return {
        "/topics": {"GET": topics.topics, "POST": topics.create},
        topic: {"GET": topics.topic, "PATCH": topics.grow, "DELETE": topics.delete},
        f"{topic}/configs": {"GET": configs.configs},
        f"{topic}/configs:alter": {"POST": configs.alter},
        f"{topic}/configs/{{config}}": {"GET": configs.config, "PUT": configs.put, "DELETE": configs.reset},
        f"{topic}/records": {"POST": produce.records},
        f"{topic}/records:batch": {"POST": produce.batch},
        **_looked_at(V3Partitions(proxy).handlers()),
    }
