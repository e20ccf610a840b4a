"""The routes of the API. Paths are matched as they came, still percent-encoded: a group may hold a slash."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ktui.server import errors
from ktui.server.consumers import Consumers
from ktui.server.media import EMBEDDED, V2
from ktui.server.metadata import Metadata
from ktui.server.produce import Produce
from ktui.server.proxy import Proxy
from ktui.server.resource import Resource, refusal

_BOTH = (V2, *EMBEDDED)


class RawPaths:
    """Hands on the path as it was sent, without a trailing slash."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["raw_path"].decode("latin-1")
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)


def build(proxy: Proxy) -> ASGIApp:
    """The application of a proxy."""
    routes = [Route(path, resource) for path, resource in _resources(proxy).items()]
    return RawPaths(Starlette(routes=routes, exception_handlers={HTTPException: _unrouted}))


async def _unrouted(request: Request, error: Exception) -> Response:
    return refusal(errors.no_such_path(), V2)


def _resources(proxy: Proxy) -> dict[str, Resource]:
    metadata, produce, consumers = Metadata(proxy), Produce(proxy), Consumers(proxy)
    topic, instance = "/topics/{topic}", "/consumers/{group}/instances/{instance}"
    v2 = (V2,)
    return {
        "/": Resource((V2, "application/json"), (*_BOTH, "application/json"), GET=metadata.root, POST=metadata.root),
        "/topics": Resource(v2, v2, GET=metadata.topics),
        "/brokers": Resource(v2, v2, GET=metadata.brokers),
        topic: Resource(v2, EMBEDDED, POST=produce.to_topic, GET=metadata.topic),
        f"{topic}/partitions": Resource(v2, v2, GET=metadata.partitions),
        f"{topic}/partitions/{{partition}}": Resource(v2, EMBEDDED, POST=produce.to_partition, GET=metadata.partition),
        f"{topic}/partitions/{{partition}}/offsets": Resource(v2, v2, GET=metadata.offsets),
        "/consumers/{group}": Resource(_BOTH, _BOTH, POST=consumers.create),
        instance: Resource(_BOTH, _BOTH, DELETE=consumers.delete),
        f"{instance}/subscription": Resource(
            _BOTH, _BOTH, POST=consumers.subscribe, GET=consumers.subscription, DELETE=consumers.unsubscribe
        ),
        f"{instance}/assignments": Resource(_BOTH, _BOTH, POST=consumers.assign, GET=consumers.assignments),
        f"{instance}/positions": Resource(_BOTH, _BOTH, POST=consumers.seek),
        f"{instance}/positions/beginning": Resource(_BOTH, _BOTH, POST=consumers.seek_to_beginning),
        f"{instance}/positions/end": Resource(_BOTH, _BOTH, POST=consumers.seek_to_end),
        f"{instance}/offsets": Resource(_BOTH, _BOTH, POST=consumers.commit, GET=consumers.committed),
        f"{instance}/records": Resource((*EMBEDDED, V2), _BOTH, GET=consumers.records),
    }
