"""Every call site of the client, and every fault that the sandbox has a switch for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from ktui.model import Draft
from ktui.records.following import Following
from ktui.records.moments import offsets_at
from ktui.records.opening import open_at
from ktui.records.target import SeekTarget
from ktui.rest.consumer import Consumer
from tests.client.scene import T0, T1, Scene

Act = Callable[[Scene], Awaitable[object]]


@dataclass(frozen=True)
class Site:
    """One call, and how the requests look that it is about."""

    path: str
    act: Act


@asynccontextmanager
async def assigned(at: Scene) -> AsyncIterator[Consumer]:
    async with at.client.consumer(group="g") as consumer:
        await open_at(consumer, {T0: 0})
        yield consumer


def on_consumer(what: Callable[[Consumer], Awaitable[object]]) -> Act:
    async def act(at: Scene) -> None:
        async with assigned(at) as consumer:
            await what(consumer)

    return act


def subscribed(what: Callable[[Consumer], Awaitable[object]]) -> Act:
    async def act(at: Scene) -> None:
        async with at.client.consumer(group="s") as consumer:
            await consumer.subscribe(["t"])
            await what(consumer)

    return act


async def follow(at: Scene) -> None:
    """What a person does who opens a topic at its last records and leaves again."""
    following = Following(at.client, {"t": [0, 1]}, SeekTarget.last(10), whole=True)
    async with asyncio.timeout(20), aclosing(following.batches()) as batches:
        async for batch in batches:
            if batch.records:
                return


async def search(at: Scene) -> None:
    ranges = await at.client.ranges("t", [0, 1])
    await offsets_at(at.client, int(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC).timestamp() * 1000), ranges)


async def produce(at: Scene) -> None:
    await at.client.produce("t", [Draft("t", b"k", b"v", partition=n) for n in (0, 1)])


SITES: Mapping[str, Site] = {
    "probe": Site("", lambda at: at.client.probe()),
    "topics": Site("GET /topics$", lambda at: at.client.topics()),
    "topic": Site("GET /topics/t$", lambda at: at.client.topic("t")),
    "partitions": Site("/partitions$", lambda at: at.client.partitions("t")),
    "partition": Site("/partitions/0$", lambda at: at.client.partition(T0)),
    "offsets": Site("/offsets$", lambda at: at.client.offsets(T0)),
    "ranges": Site("/offsets$", lambda at: at.client.ranges("t", [0, 1])),
    "brokers": Site("/brokers$", lambda at: at.client.brokers()),
    "produce": Site("POST /topics", produce),
    "commit": Site("POST .*/offsets$", lambda at: at.client.commit("g", {T0: 3, T1: 4})),
    "committed": Site("GET .*/offsets$", lambda at: at.client.committed("g", [T0, T1])),
    "create": Site("POST /consumers/[^/]+$", on_consumer(lambda consumer: consumer.poll())),
    "assign": Site("POST .*/assignments$", on_consumer(lambda consumer: consumer.assign([T0, T1]))),
    "assignments": Site("GET .*/assignments$", on_consumer(lambda consumer: consumer.assignments())),
    "seek": Site("/positions$", on_consumer(lambda consumer: consumer.seek({T0: 5}))),
    "seek beginning": Site("/beginning$", on_consumer(lambda consumer: consumer.seek_beginning([T0]))),
    "seek end": Site("/end$", on_consumer(lambda consumer: consumer.seek_end([T0]))),
    "seek time": Site("/positions$", on_consumer(lambda consumer: consumer.seek_time([T0], 1000))),
    "poll": Site("/records", on_consumer(lambda consumer: consumer.poll())),
    "commit all": Site("POST .*/offsets$", on_consumer(lambda consumer: consumer.commit())),
    "subscribe": Site("POST .*/subscription$", subscribed(lambda consumer: consumer.poll())),
    "subscription": Site("GET .*/subscription$", subscribed(lambda consumer: consumer.subscription())),
    "unsubscribe": Site("DELETE .*/subscription$", subscribed(lambda consumer: consumer.unsubscribe())),
    "delete": Site("DELETE .*/instances/[^/]+$", on_consumer(lambda consumer: consumer.poll())),
    "follow": Site("/consumers/", follow),
    "search by time": Site("/(consumers|topics)/", search),
}


def status(code: int, times: int = 1, body: str | None = None, **headers: str) -> Callable[[Scene, str], None]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda at, path: at.faults.fail_next(code, times=times, path=path, body=body, headers=named)


def lie(code: int, body: str) -> Callable[[Scene, str], None]:
    """Not for a DELETE: that something is gone which is not, nobody can find out who is told so again and again."""
    return lambda at, path: at.faults.fail_next(code, path=f"^(?!DELETE)(?=.*(?:{path}))", body=body)


def switch(name: str, value: object) -> Callable[[Scene, str], None]:
    return lambda at, path: setattr(at.faults, name, value)


PAGE = "<html><body><h1>Welcome</h1><form action=login></form></body></html>"
FAULTS: Mapping[str, Callable[[Scene, str], None]] = {
    "400": status(400),
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "404 page": lie(404, PAGE),
    "408": status(408, body=""),
    "409": status(409),
    "422": status(422),
    "429": status(429, Retry_After="3"),
    "500 three times": status(500, times=3),
    "502 page": status(502, times=2, body=PAGE),
    "503 for long": status(503, times=8),
    "504 empty": status(504, body=""),
    "200 page": status(200, body=PAGE),
    "200 half": status(200, body='[{"topic":"t","partition":0,"off'),
    "204": lie(204, ""),
    "302": status(302, body="", Location="http://elsewhere.example/login"),
    "cut": lambda at, path: at.faults.cut_bodies(2),
    "refused": switch("refuse", True),
    "stalled": switch("stall", True),
    "slow": switch("latency", 30.0),
    "base_uri": switch("base_uri", "http://kafka-rest.internal:8082"),
    "expired": lambda at, path: at.faults.expire(),
    "restarted": lambda at, path: at.faults.restart(),
    "seeks refused": lambda at, path: at.faults.refuse_seeks(6),
}


def heal(at: Scene) -> None:
    """All switches off."""
    faults = at.faults
    faults.failures.clear()
    faults.cuts = faults.refused_seeks = 0
    faults.refuse = faults.stall = False
    faults.latency = 0.004
    faults.base_uri = None
