"""What the handlers of one proxy share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ktui.server.faults import Faults
from ktui.server.flavours import Flavour
from ktui.server.instances import LARGEST_READ, Instances
from ktui.server.kafka import Kafka


@dataclass
class Proxy:
    """A proxy without its HTTP."""

    kafka: Kafka
    flavour: Flavour
    instances: Instances
    faults: Faults
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    largest_answer: int = LARGEST_READ
    """Bytes of keys and values that a read has at most, whatever it asks for."""
    read_only: bool = False
    """Whether everything that would write to the cluster is refused, and no consumer commits by itself."""
