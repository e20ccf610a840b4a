"""The routes of the API. Paths are matched as they came, still percent-encoded: a group may hold a slash."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ktui.server.admission import Types
from ktui.server.commits import Commits
from ktui.server.consumers import Consumers
from ktui.server.errors import ApiError
from ktui.server.flavours import Flavour
from ktui.server.media import EMBEDDED, V2
from ktui.server.metadata import Metadata
from ktui.server.produce import Produce
from ktui.server.produce_gateway import GatewayProduce
from ktui.server.produce_karapace import KarapaceProduce
from ktui.server.produce_strimzi import StrimziProduce
from ktui.server.proxy import Proxy
from ktui.server.records import Records
from ktui.server.redpanda.table import table as redpanda_table
from ktui.server.resource import Answer, Call, Handler, Resource, refusal
from ktui.server.seeking import Seeking
from ktui.server.v3.table import table as v3_table

PRODUCE: dict[str, Callable[[Proxy], Produce | GatewayProduce | KarapaceProduce | StrimziProduce]] = {
    "C": Produce,
    "G": GatewayProduce,
    "K": KarapaceProduce,
    "S": StrimziProduce,
}
_BOTH = (V2, *EMBEDDED)


class RawPaths:
    """Hands on the path as it was sent, without a trailing slash where the flavour does not mind it."""

    def __init__(self, app: ASGIApp, strips: bool) -> None:
        self._app, self._strips = app, strips

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["raw_path"].decode("latin-1")
            scope = {**scope, "path": (path.rstrip("/") or "/") if self._strips else path}
        await self._app(scope, receive, send)


def build(proxy: Proxy) -> ASGIApp:
    """The application of a proxy."""
    flavour = proxy.flavour

    async def unrouted(request: Request, error: Exception) -> Response:
        return refusal(ApiError("no_path"), flavour, V2)

    routes = []
    for path, (types, handlers) in _table(proxy).items():
        if offered := _offered(path, handlers, flavour, read_only=proxy.read_only):
            routes.append(Route(path, Resource(flavour, types, path, **offered)))
    app = Starlette(routes=routes, exception_handlers={HTTPException: unrouted})
    app.router.redirect_slashes = False
    return RawPaths(app, strips=flavour.rules != "R")


def _offered(path: str, handlers: dict[str, Handler], flavour: Flavour, *, read_only: bool) -> dict[str, Handler]:
    """The handlers that a flavour has at a path."""
    return {
        method: _refused if read_only and writes(method, path) else handler
        for method, handler in handlers.items()
        if f"{method} {path}" not in flavour.lacks
    }


def writes(method: str, path: str) -> bool:
    """Whether a call changes something in the cluster. An instance, what it reads and where is not of the cluster."""
    if method in ("GET", "HEAD") or path == "/":
        return False
    return not path.startswith("/consumers/") or path.endswith("/offsets")


async def _refused(call: Call) -> Answer:
    raise ApiError("read_only")


def _table(proxy: Proxy) -> dict[str, tuple[Types, dict[str, Handler]]]:
    """Every path with its media types and its handlers by method."""
    if proxy.flavour.rules == "R":
        return redpanda_table(proxy)
    metadata, produce = Metadata(proxy), PRODUCE[proxy.flavour.letter](proxy)
    topic, partition = "/topics/{topic}", "/topics/{topic}/partitions/{partition}"
    v2, anything = Types((V2,), (V2,)), Types((V2, "application/json"), (*_BOTH, "application/json"))
    produced = Types((V2,), EMBEDDED)
    v3 = v3_table(proxy) if proxy.flavour.rules == "C" else {}
    return {
        **_consumer_table(proxy),  # the reads first: paths are tried in this order
        "/admin/topics": (produced, {"POST": metadata.create}),
        "/": (anything, {"GET": metadata.root, "POST": metadata.root}),
        "/topics": (v2, {"GET": metadata.topics}),
        "/brokers": (v2, {"GET": metadata.brokers}),
        topic: (produced, {"POST": produce.to_topic, "GET": metadata.topic}),
        f"{topic}/partitions": (v2, {"GET": metadata.partitions}),
        partition: (produced, {"POST": produce.to_partition, "GET": metadata.partition}),
        f"{partition}/offsets": (v2, {"GET": metadata.offsets}),
        **v3,
    }


def _consumer_table(proxy: Proxy) -> dict[str, tuple[Types, dict[str, Handler]]]:
    consumers, moves, commits = Consumers(proxy), Seeking(proxy), Commits(proxy)
    instance, control = "/consumers/{group}/instances/{instance}", Types(_BOTH, _BOTH)
    own: dict[str, Handler] = {"DELETE": consumers.delete}
    if proxy.flavour.rules == "K":
        own["POST"] = consumers.create  # its pattern for groups matches across slashes
    return {
        f"{instance}/records": (Types((*EMBEDDED, V2), _BOTH), {"GET": Records(proxy).read}),
        "/consumers/{group}": (control, {"POST": consumers.create}),
        instance: (control, own),
        f"{instance}/subscription": (
            control,
            {"POST": consumers.subscribe, "GET": consumers.subscription, "DELETE": consumers.unsubscribe},
        ),
        f"{instance}/assignments": (control, {"POST": consumers.assign, "GET": consumers.assignments}),
        f"{instance}/positions": (control, {"POST": moves.to_offsets}),
        f"{instance}/positions/beginning": (control, {"POST": moves.to_beginning}),
        f"{instance}/positions/end": (control, {"POST": moves.to_end}),
        f"{instance}/offsets": (control, {"POST": commits.commit, "GET": commits.committed}),
    }
