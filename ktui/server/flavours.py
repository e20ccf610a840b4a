"""What differs between the proxies that the server can play, one frozen value each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flavour:
    """One make of proxy."""

    name: str
    letter: str
    records_per_poll: int
    """Records that one poll of Kafka gives."""
    request_timeout_ms: int
    """How long a read waits unless told otherwise."""
    default_reset: str
    """Where an instance starts that did not say."""
    commit_adds_one: bool
    """Whether a commit of n stores n + 1."""


CONFLUENT = Flavour(
    name="Confluent",
    letter="C",
    records_per_poll=30,
    request_timeout_ms=1000,
    default_reset="latest",
    commit_adds_one=True,
)

FLAVOURS = {flavour.letter: flavour for flavour in (CONFLUENT,)}
