"""The life of a consumer instance, told by its exchanges: made, assigned, positioned, read, ended. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from ktui.model import Exchange
from ktui.rest.refusals import members

KEPT = 64
"""Ended lives that are remembered."""
EXPIRES_SECONDS = {"C": 300.0, "R": 300.0, "G": 300.0}
"""After how many idle seconds a proxy forgets an instance, by the letter of its make; the others never do."""
_CONSUMERS = r"/consumers/([^/?]+)(?:/instances/([^/?]+)(?:/([a-z/]+))?)?(?:\?|$)"


class Place(NamedTuple):
    """What a path under /consumers is about."""

    group: str
    name: str
    """Of the instance; empty where one is made."""
    verb: str
    """What is asked of it: "records", "positions/end" ...; empty for the instance itself."""


def place_of(path: str) -> Place | None:
    """Group, instance and verb of a path; None when it is about something else."""
    found = re.search(_CONSUMERS, path)
    return found and Place(unquote(found[1]), unquote(found[2] or ""), found[3] or "")


def ended_at(exchange: Exchange) -> datetime:
    """When its answer was complete, or nobody waited for it any more."""
    return exchange.started + timedelta(milliseconds=exchange.milliseconds or 0.0)


class Life(msgspec.Struct):
    """One instance. Times are of answers; None: not yet, or before we began to look."""

    group: str
    name: str
    created: datetime | None = None
    assigned: datetime | None = None
    positioned: datetime | None = None
    last_read: datetime | None = None
    last_call: datetime | None = None
    """The last call that it answered: idleness counts from there."""
    reads: int = 0
    ended: datetime | None = None
    """Deleted by us, or found gone."""
    gone: bool = False
    """Ended, but not by us."""
    format: str = "binary"

    @property
    def is_open(self) -> bool:
        return self.ended is None

    def idle(self, now: datetime) -> float | None:
        """Seconds since it answered a call."""
        return None if self.last_call is None else (now - self.last_call).total_seconds()

    def expires_in(self, letter: str, now: datetime) -> float | None:
        """Seconds until the proxy forgets it, 0 once it has; None: never, or not known."""
        idle, longest = self.idle(now), EXPIRES_SECONDS.get(letter)
        return None if idle is None or longest is None else max(0.0, longest - idle)


class Lives:
    """All instances that the exchanges speak of."""

    def __init__(self) -> None:
        self._lives: dict[tuple[str, str], Life] = {}

    def of(self, exchange: Exchange) -> Life | None:
        """The instance that an exchange is about."""
        place = place_of(exchange.path)
        return self._lives.get((place.group, place.name)) if place else None

    @property
    def open(self) -> list[Life]:
        """Those that should be there, the newest first."""
        return [life for life in reversed(self._lives.values()) if life.is_open]

    @property
    def current(self) -> Life | None:
        """The one that reads: of the open ones the one that was read last, else the newest there is."""
        read = [life for life in self.open if life.last_read is not None]
        newest = self.open or list(reversed(self._lives.values()))
        return max(read, key=lambda life: life.last_read or life.created) if read else next(iter(newest), None)  # type: ignore[arg-type,return-value]

    def follow(self, exchanges: Iterable[Exchange]) -> None:
        """Take in what was answered, in order."""
        for exchange in exchanges:
            self.take(exchange)

    def take(self, exchange: Exchange) -> None:
        """Take in one exchange that has ended."""
        place = place_of(exchange.path)
        if place is None or exchange.failure is not None or exchange.status is None:
            return
        when = ended_at(exchange)
        if not place.name:
            if exchange.method == "POST" and exchange.status < 300:
                self._made(place.group, exchange, when)
            return
        life = self._lives.get((place.group, place.name))
        if life is None:
            if exchange.status >= 300:
                return  # nobody's: a probe, or one that was made before we began to look
            life = self._keep(Life(place.group, place.name))
        self._answered(life, place.verb, exchange, when)

    def _made(self, group: str, exchange: Exchange, when: datetime) -> None:
        asked, told = members(exchange.request_body), members(exchange.response_body)
        name = told.get("instance_id") or asked.get("name")
        if isinstance(name, str):
            self._keep(
                Life(group, name, created=when, last_call=when, format=str(asked.get("format", "binary")).lower())
            )

    def _keep(self, life: Life) -> Life:
        self._lives.pop((life.group, life.name), None)
        self._lives[life.group, life.name] = life
        if len(self._lives) > KEPT:
            ended = [key for key, each in self._lives.items() if not each.is_open] or list(self._lives)
            del self._lives[ended[0]]
        return life

    def _answered(self, life: Life, verb: str, exchange: Exchange, when: datetime) -> None:
        if exchange.status == 404 and "assignment" not in exchange.response_body.decode(errors="replace").lower():
            if life.is_open and (exchange.method == "DELETE" or is_missing(exchange)):
                life.ended, life.gone = when, True
            return
        life.last_call = when
        if exchange.status is None or exchange.status >= 300:
            return
        match exchange.method, verb:
            case "DELETE", "":
                life.ended = when
            case "POST", "assignments":
                life.assigned = when
            case "POST", "positions" | "positions/beginning" | "positions/end":
                life.positioned = when
            case "GET", "records":
                life.last_read = when
                life.reads += 1


def is_missing(exchange: Exchange) -> bool:
    """Whether a 404 says that the instance is not there, and not something it was asked about."""
    words = str(members(exchange.response_body).get("message", "")).lower()
    return "partition" not in words and ("consumer" in words or "instance" in words)
