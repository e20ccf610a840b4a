"""What is seen of requests from outside: a line of log each, and numbers for Prometheus. No record, no secret."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ktui.server.instances import Instances
from ktui.server.proxy import Traffic

PATH = "/metrics"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
WAITING_LINES = 10_000
"""Lines of log that may wait to be written; beyond that they are dropped."""


class Numbers:
    """What Prometheus is told."""

    def __init__(self, instances: Instances, traffic: Traffic) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the text, and say for each series since when
        self._registry = CollectorRegistry()
        labels = ["method", "route", "status"]
        self.requests = Counter("ktui_gateway_requests", "Requests answered.", labels, registry=self._registry)
        self.seconds = Histogram(
            "ktui_gateway_request_seconds",
            "Time until a request was answered; reads wait for records.",
            ["method", "route"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self.bytes = Counter("ktui_gateway_bytes", "Bytes of bodies.", ["direction"], registry=self._registry)
        self._registry.register(_Live(instances, traffic))

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self._registry)


class _Live(Collector):
    """What is counted elsewhere, looked at when it is asked for."""

    def __init__(self, instances: Instances, traffic: Traffic) -> None:
        self._instances, self._traffic = instances, traffic

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("ktui_gateway_instances", "Consumer instances.", value=len(self._instances))
        records = CounterMetricFamily("ktui_gateway_records", "Records by what became of them.", labels=["direction"])
        traffic = self._traffic
        for direction, count in (("read", traffic.read), ("written", traffic.written), ("refused", traffic.refused)):
            records.add_metric([direction], count)
        yield records


class Observed:
    """An application whose requests are counted and, if wanted, logged. Answers `/metrics` itself, inside `gate`."""

    def __init__(
        self, app: ASGIApp, numbers: Numbers, log: Callable[[str], object] | None, gate: Callable[[ASGIApp], ASGIApp]
    ) -> None:
        self._numbers, self._log = numbers, log
        self._inner = app
        self._guarded = gate(self._answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope["state"] = seen = {"route": "", "user": "-"}
        started, status, came, went = time.perf_counter(), 0, 0, 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message

        async def noted(message: Message) -> None:
            nonlocal status, went
            status = message.get("status", status)
            went += len(message.get("body", b""))
            await send(message)

        try:
            await self._guarded(scope, counted, noted)
        finally:
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            route = seen["route"] or "none"
            self._numbers.requests.labels(method, route, status or "cut").inc()
            self._numbers.seconds.labels(method, route).observe(seconds)
            self._numbers.bytes.labels("in").inc(came)
            self._numbers.bytes.labels("out").inc(went)
            if self._log is not None:
                self._log(_line(scope, seen["user"], status, seconds, came, went))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH:
            await self._inner(scope, receive, send)
            return
        scope["state"]["route"] = PATH
        await Response(self._numbers.text(), media_type=CONTENT_TYPE_LATEST)(scope, receive, send)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def _line(scope: Scope, user: str, status: int, seconds: float, came: int, went: int) -> str:
    """One request: who, what, how it went. As it was sent, with nothing in it that a terminal would obey."""
    client = scope["client"][0] if scope.get("client") else "-"
    path = scope["raw_path"].decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    what = f"{scope['method']} {path}{'?' if query else ''}{query}"
    text = f"{client} {user} {what} {status or 'cut'} {seconds * 1000:.1f} ms in {came} out {went}"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


class Log:
    """Lines on standard error, written by a thread of their own: a pipe that nobody empties halts no request."""

    def __init__(self) -> None:
        lines: queue.Queue[logging.LogRecord] = queue.Queue(WAITING_LINES)
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self._queue = _Dropping(lines)
        self._listener = logging.handlers.QueueListener(lines, handler)
        self._listener.start()

    def __call__(self, line: str) -> None:
        self._queue.handle(logging.LogRecord("ktui.gateway", logging.INFO, "", 0, line, None, None))

    def close(self) -> None:
        """Write what waits."""
        self._listener.stop()


class _Dropping(logging.handlers.QueueHandler):
    """Drops lines when too many wait."""

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            return
