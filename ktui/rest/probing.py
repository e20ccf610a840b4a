"""Which make of proxy answers there: a vote over harmless requests, never one header alone (reference 5.1).

A gateway in between may strip headers, block paths or rewrite bodies, so each sign only votes, and what is said in a
body weighs more than a header. What was seen is kept: it is the evidence of `capabilities.py`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import msgspec

from ktui.errors import NotAProxy, Unreachable
from ktui.rest import codec, refusals
from ktui.rest.address import segment
from ktui.rest.capabilities import Capabilities, Seen, capabilities
from ktui.rest.dialect import CONFLUENT, DIALECTS, Dialect
from ktui.rest.wire import ANY, CONTROL, SUCCESS, Answer, Wire, refuse

PROBE_SECONDS = 5.0
"""Longest wait for a sign. A missing one says nothing."""
_INSTANCE = "/consumers/ktui-probe/instances/ktui-probe/records?timeout=1"
_BINARY = "application/vnd.kafka.binary.v2+json"
_OURS = 8
"""What a sign of our own gateway weighs: it answers as Confluent does in all else, which is worth 6."""
_V3_PATHS = ("/v3", "/kafka/v3")
"""The second is where Confluent's brokers serve it themselves."""

Votes = Mapping[str, int]
Judge = Callable[[Answer], tuple[Votes, str]]
"""From an answer to votes by letter, and what it says in a few words."""


class _Cluster(msgspec.Struct):
    cluster_id: str


class _Clusters(msgspec.Struct):
    kind: str
    data: list[_Cluster] = []


class _Ballot:
    """The votes of one probing and everything seen in it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.votes = Counter[str]()
        self.signs: dict[str, Seen] = {}

    async def ask(self, path: str, judge: Judge, *, accept: str = CONTROL, label: str | None = None) -> Answer | None:
        """One request and its votes. None without an answer: what a gateway swallows is no sign."""
        request = f"GET {label or path}"
        try:
            answer = await self._wire.request("GET", path, accept=accept, seconds=PROBE_SECONDS, expect=ANY)
        except Unreachable as error:
            self.signs[request] = Seen(request, None, error.message, error.exchange)
            return None
        votes, says = judge(answer)
        self.votes.update(votes)
        self.signs[request] = Seen(request, answer.status, says, answer.exchange)
        return answer

    @property
    def letter(self) -> str | None:
        """Who leads; Confluent among equals."""
        if not self.votes:
            return None
        return max(self.votes.items(), key=lambda vote: (vote[1], vote[0] == "C"))[0]


async def probe(wire: Wire, forced: Dialect | None = None) -> Capabilities:
    """What answers there and what it can do; Confluent when the signs do not tell. NotAProxy when it is none."""
    topics = await wire.request("GET", "/topics", seconds=15.0, expect=ANY)
    names = _names(wire, topics)
    ballot = _Ballot(wire)
    _, _, _, v3 = await asyncio.gather(
        ballot.ask("/", root_signs),
        ballot.ask(_INSTANCE, instance_signs, accept=_BINARY, label="/consumers/…/records"),
        ballot.ask("/brokers", brokers_signs),
        ballot.ask("/v3/clusters", v3_signs, accept="application/json"),
    )
    says = f"lists {len(names)} topic{'' if len(names) == 1 else 's'}"
    ballot.votes.update(topics_signs(topics))
    signs = [Seen("GET /topics", topics.status, says, topics.exchange)]
    if names and ballot.votes["R"] >= max(ballot.votes.values()) - 2:
        label = "/topics/{topic}/partitions"
        await ballot.ask(f"/topics/{segment(names[0])}/partitions", partitions_signs, label=label)
    letter = ballot.letter
    dialect = forced or (DIALECTS[letter] if letter else CONFLUENT)
    v3_path, cluster_id = await _v3(ballot, v3, dialect)
    return capabilities(
        dialect,
        forced=forced is not None,
        votes=dict(ballot.votes),
        signs=(*signs, *ballot.signs.values()),
        cluster_id=cluster_id,
        v3_path=v3_path,
    )


def _names(wire: Wire, topics: Answer) -> list[str]:
    """The list that every proxy has; what has none is no proxy."""
    if topics.status in (404, 405, 501):
        topics.exchange.expected = False
        text = refusals.error_body(topics.status, topics.exchange.response_body)[1]
        words = f"There is no list of topics at {wire.address.url}: does its path belong there? ({text})"
        raise NotAProxy(words, topics.exchange)
    if topics.status not in SUCCESS:
        raise refuse("GET", "/topics", topics)
    try:
        return codec.names(topics.body)
    except refusals.UNREADABLE as error:
        text = refusals.said(topics.exchange.response_body)
        raise NotAProxy(f"{wire.address.where} is not a Kafka REST proxy: it says “{text}”", topics.exchange) from error


async def _v3(ballot: _Ballot, first: Answer | None, dialect: Dialect) -> tuple[str | None, str | None]:
    """Where the v3 API begins and the id of its cluster, if there is one."""
    if (cluster := _cluster(first)) is not None:
        return _V3_PATHS[0], cluster
    if dialect is CONFLUENT:
        second = await ballot.ask(f"{_V3_PATHS[1]}/clusters", v3_signs, accept="application/json")
        if (cluster := _cluster(second)) is not None:
            return _V3_PATHS[1], cluster
    return None, None


def _cluster(answer: Answer | None) -> str | None:
    """The id of the one cluster."""
    if answer is None or answer.status != 200:
        return None
    try:
        found = msgspec.json.decode(answer.body, type=_Clusters)
    except refusals.UNREADABLE:
        return None
    return found.data[0].cluster_id if found.kind == "KafkaClusterList" and found.data else None


def topics_signs(answer: Answer) -> Votes:
    """Karapace gives everything the type of its records."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/vnd.kafka.json.v2+json"):
        return {"K": 1}
    return {"C": 1, "S": 1, "R": 1} if kind.startswith(CONTROL) else {}


def root_signs(answer: Answer) -> tuple[Votes, str]:
    """What `GET /` tells."""
    server = answer.headers.get("server", "").lower()
    votes = Counter[str]()
    if server.startswith("karapace"):
        votes["K"] += 2
    elif "aiohttp" in server:
        votes["K"] += 1
    elif server.startswith("seastar"):
        votes["R"] += 2
    elif server.startswith("ktui/"):
        votes["G"] += _OURS
    code, message = refusals.error_body(answer.status, answer.body)
    if answer.status == 200 and b"bridge_version" in answer.body:
        votes["S"] += 3
        return votes, "bridge_version, as only Strimzi says"
    if votes["G"]:
        return votes, f"server: {server[:20]}, our own gateway"
    if answer.status == 200 and answer.body.strip() == b"{}":
        votes.update(("C", "K"))
        return votes, "{}, as Confluent and Karapace say"
    if answer.status == 404 and code == 404:
        votes["R"] += 1
        return votes, "nothing there, as with Redpanda"
    return votes, _quoted(message)


def instance_signs(answer: Answer) -> tuple[Votes, str]:
    """How it says that an instance is not there."""
    code, message = refusals.error_body(answer.status, answer.body)
    if answer.status == 404:
        if message.startswith("Consumer for ("):
            return {"K": 3}, "“Consumer for (…) not found”, Karapace's words"
        if message.endswith("(ktui gateway)"):
            return {"G": _OURS}, "“… (ktui gateway)”, which says it"
        if message == "Consumer instance not found.":
            return {"C": 3}, "“Consumer instance not found.”, Confluent's words"
        if message.startswith("The specified consumer instance was not found"):
            return {"S": 3}, "“The specified consumer instance was not found.”, Strimzi's words"
        if code == 40403:
            return {"R": 2}, "40403 in words that only Redpanda would use"
    return {}, _quoted(message)


def brokers_signs(answer: Answer) -> tuple[Votes, str]:
    """Only Strimzi lists no brokers. A page or a body that is no proxy's tells nothing."""
    code, message = refusals.error_body(answer.status, answer.body)
    if answer.status == 404 and code == 404 and message == "Not Found":
        return {"S": 2}, "no such call, as with Strimzi"
    try:
        count = len(codec.brokers(answer.body)) if answer.status == 200 else None
    except refusals.UNREADABLE:
        count = None
    if count is None:
        return {}, _quoted(message)
    return {"C": 1, "K": 1, "R": 1}, f"lists {count} broker{'' if count == 1 else 's'}"


def partitions_signs(answer: Answer) -> tuple[Votes, str]:
    """Asked of a topic that is there: only Redpanda has no such call."""
    code, message = refusals.error_body(answer.status, answer.body)
    if answer.status == 404 and code == 404:
        return {"R": 2}, "no such call for a topic that is there, as with Redpanda"
    if answer.status == 200 and answer.body.lstrip().startswith(b"["):
        return {"C": 1, "K": 1, "S": 1}, "describes its partitions"
    return {}, _quoted(message)


def v3_signs(answer: Answer) -> tuple[Votes, str]:
    """Confluent has a v3 API, and our gateway; the others say each in its own way that they have none."""
    if _cluster(answer) is not None:
        return {"C": 3}, "the list of clusters, which Confluent has"
    _, message = refusals.error_body(answer.status, answer.body)
    if answer.status == 404 and message == "404: Not Found":
        return {"K": 1}, "“404: Not Found”, as aiohttp says, which Karapace is built on"
    if answer.status == 404 and message == "HTTP 404 Not Found":
        return {"C": 1}, "“HTTP 404 Not Found”, as Confluent says without its v3 API"
    return {}, _quoted(message)


def _quoted(message: str) -> str:
    return f"“{message[:80]}”, which tells nothing"
