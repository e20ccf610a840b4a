"""Which resources a v3 API has. Each is seen on its own by asking what methods it takes: that reads and writes nothing,
and costs as little for a cluster of ten thousand topics as for one."""

from __future__ import annotations

import asyncio

from ktui.errors import ProxyError
from ktui.rest import refusals
from ktui.rest.address import segment
from ktui.rest.capabilities import Capabilities, Seen, with_v3
from ktui.rest.capability_rules import V3_RESOURCES, Resource
from ktui.rest.wire import ANY, SUCCESS, Answer, Wire

SECONDS = 5.0
"""Longest wait for each."""
_ANY_NAME = "ktui-probe"
"""Of a topic or group: what methods a path takes does not depend on it."""


async def probe_v3(wire: Wire, found: Capabilities) -> Capabilities:
    """What is known once each resource was asked; the same where there is no v3 API, or when it was done before."""
    if found.v3_path is None or found.cluster_id is None or any(_asked(sign) for sign in found.signs):
        return found
    base = f"{found.v3_path}/clusters/{segment(found.cluster_id)}"
    judged = await asyncio.gather(*(_see(wire, base, each) for each in V3_RESOURCES))
    return with_v3(found, {each.id: each_judged for each, each_judged in zip(V3_RESOURCES, judged, strict=True)})


def _asked(sign: Seen) -> bool:
    return sign.request.startswith("OPTIONS ")


async def _see(wire: Wire, base: str, resource: Resource) -> tuple[Seen, str]:
    """What was seen, and why it cannot be done when that is so."""
    request = f"OPTIONS /v3/…{resource.path}"
    path = base + resource.path.replace("{topic}", _ANY_NAME).replace("{group}", _ANY_NAME)
    try:
        answer = await wire.request("OPTIONS", path, accept="application/json", seconds=SECONDS, expect=ANY)
    except ProxyError as error:
        return Seen(request, None, f"{error.message}; the v3 API as such is there", error.exchange), ""
    says, why_not = _judged(answer, resource.method)
    return Seen(request, answer.status, says, answer.exchange), why_not


def _judged(answer: Answer, method: str) -> tuple[str, str]:
    """In a few words, and why not. What only a gateway would say leaves it at what is known of the v3 API."""
    takes = [each.strip().upper() for each in answer.headers.get("allow", "").split(",") if each.strip()]
    if answer.status in SUCCESS and takes:
        says = f"takes {', '.join(sorted(takes))}"
        return says, "" if method in takes else f"this proxy takes no {method} there"
    code, message = refusals.error_body(answer.status, answer.body)
    if answer.status in (401, 403):
        return f"“{message[:80]}”", "this part of the v3 API does not let us in"
    if answer.status == 404 and code == 404 and message == "HTTP 404 Not Found":
        return "“HTTP 404 Not Found”", "the v3 API of this proxy has no such part"
    return "does not tell; the v3 API as such is there", ""
