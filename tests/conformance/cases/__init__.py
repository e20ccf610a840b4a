"""The conformance cases, by subject.

A case names its topics and is a function over a `Probe`. It states no expectation: what is right is what the real
servers did, which is in `golden/`. Numbers 74 and 75 are missing: they need a server of special configuration.
"""

from tests.conformance.cases import commits, instances, metadata, positions, producing, reading, subscribing, v3
from tests.conformance.cases.shared import SUITE

__all__ = ["SUITE", "commits", "instances", "metadata", "positions", "producing", "reading", "subscribing", "v3"]
