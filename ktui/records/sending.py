"""Sending one record that a person composed: exactly once at most, to a topic that exists, and an honest outcome."""

from __future__ import annotations

from enum import Enum
from time import perf_counter

import msgspec

from ktui.errors import Busy, KtuiError, NotFound, ProxyError, Unreachable, Unsupported
from ktui.model import Draft, Produced
from ktui.rest.client import ProxyClient
from ktui.rest.refusals import never_sent
from ktui.rest.wire import SUCCESS


class Outcome(Enum):
    """What is known afterwards."""

    STORED = "stored"
    NOT_SENT = "not sent"
    NOT_STORED = "not stored"
    UNKNOWN = "outcome unknown, look before sending it again"


class Sending(msgspec.Struct, frozen=True):
    """One attempt, over."""

    draft: Draft
    outcome: Outcome
    produced: Produced | None = None
    """Exactly when it was stored."""
    milliseconds: float = 0.0
    error: KtuiError | None = None
    """Why it was not stored, or why that is not known."""

    @property
    def place(self) -> str:
        """Where the record is now."""
        partition = self.produced.partition if self.produced else None
        offset = self.produced.offset if self.produced else None
        if offset is None:
            return f"{self.draft.topic}, its offset is not told"
        return f"{self.draft.topic}/{partition} @ {offset:,}"

    @property
    def took(self) -> str:
        return f"{self.milliseconds:,.0f} ms" if self.milliseconds >= 1 else "under 1 ms"


async def send(client: ProxyClient, draft: Draft) -> Sending:
    """Send it, never twice. Whoever cancels this does not learn the outcome, so nobody should."""
    try:  # producing to a name that is not there makes a topic of it on many clusters (reference 8.31)
        detail = await client.topic(draft.topic)
    except NotFound:
        return Sending(draft, Outcome.NOT_SENT, error=KtuiError(f"there is no topic {draft.topic}"))
    except ProxyError as error:
        return Sending(draft, Outcome.NOT_SENT, error=error)
    numbers = {each.partition for each in detail.partitions}
    if draft.partition is not None and draft.partition not in numbers:
        words = f"{draft.topic} has no partition {draft.partition}"
        return Sending(draft, Outcome.NOT_SENT, error=KtuiError(words))
    started = perf_counter()
    try:
        (produced,) = await client.produce(draft.topic, [draft])
    except ProxyError as error:
        return Sending(draft, _outcome(error), error=error)
    if produced.error is not None:
        return Sending(draft, Outcome.NOT_STORED, error=KtuiError(produced.error))
    return Sending(draft, Outcome.STORED, produced, (perf_counter() - started) * 1000)


def _outcome(error: ProxyError) -> Outcome:
    """What a failed call says about the record."""
    if error.exchange is None or isinstance(error, Unsupported) or never_sent(error.__cause__):
        return Outcome.NOT_SENT
    status = error.exchange.status
    if isinstance(error, Unreachable) or (isinstance(error, Busy) and status != 429):
        return Outcome.UNKNOWN  # who was waited for may have written it, or be about to
    if status in SUCCESS:  # said in no words of a proxy
        return Outcome.UNKNOWN
    return Outcome.NOT_STORED
