"""Which make of proxy answers there: a vote over four harmless requests, never one header alone (reference 5.1).

A gateway in between may strip headers, block paths or rewrite bodies, so each sign only votes.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from ktui.errors import NotAProxy
from ktui.rest import codec, refusals
from ktui.rest.dialect import CONFLUENT, DIALECTS, Dialect
from ktui.rest.wire import ANY, SUCCESS, Answer, Wire, refuse

_INSTANCE = "/consumers/ktui-probe/instances/ktui-probe/records?timeout=1"
_BINARY = "application/vnd.kafka.binary.v2+json"


async def probe(wire: Wire) -> Dialect:
    """The make of proxy, Confluent when the signs do not tell. NotAProxy when it is none."""
    topics = await wire.request("GET", "/topics", seconds=15.0, expect=ANY)
    root, instance, brokers = await asyncio.gather(
        wire.request("GET", "/", expect=ANY),
        wire.request("GET", _INSTANCE, accept=_BINARY, expect=ANY),
        wire.request("GET", "/brokers", expect=ANY),
    )
    votes = Counter[str]()
    for signs in (root_signs(root), instance_signs(instance), brokers_signs(brokers)):
        votes.update(signs)
    if topics.status not in SUCCESS:
        raise refuse("GET", "/topics", topics)
    try:
        codec.names(topics.body)
    except msgspec.DecodeError as error:
        text = refusals.said(topics.exchange.response_body)
        raise NotAProxy(f"{wire.address.where} is not a Kafka REST proxy: it says “{text}”", topics.exchange) from error
    if not votes:
        return CONFLUENT
    letter, _ = max(votes.items(), key=lambda vote: (vote[1], vote[0] == "C"))
    return DIALECTS[letter]


def root_signs(answer: Answer) -> dict[str, int]:
    """What `GET /` tells."""
    server = answer.headers.get("server", "").lower()
    votes = Counter[str]()
    if server.startswith("karapace"):
        votes["K"] += 2
    elif "aiohttp" in server:
        votes["K"] += 1
    elif server.startswith("seastar"):
        votes["R"] += 2
    if answer.status == 200:
        if b"bridge_version" in answer.body:
            votes["S"] += 3
        elif answer.body.strip() == b"{}":
            votes.update(("C", "K"))
    return votes


def instance_signs(answer: Answer) -> dict[str, int]:
    """How it says that an instance is not there."""
    if answer.status != 404:
        return {}
    code, message = refusals.error_body(answer.status, answer.body)
    if message.startswith("Consumer for ("):
        return {"K": 3}
    if message == "Consumer instance not found.":
        return {"C": 3}
    if message.startswith("The specified consumer instance was not found"):
        return {"S": 3}
    return {"R": 1} if code == 40403 else {}


def brokers_signs(answer: Answer) -> dict[str, int]:
    """Only Strimzi lists no brokers."""
    if answer.status == 404 and refusals.error_body(answer.status, answer.body)[0] is not None:
        return {"S": 2}
    try:
        codec.brokers(answer.body)
    except msgspec.DecodeError:
        return {}
    return {"C": 1, "K": 1, "R": 1} if answer.status == 200 else {}
