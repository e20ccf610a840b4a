"""What the handlers of one proxy share."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from ktui.server.faults import Faults
from ktui.server.flavours import Flavour
from ktui.server.instances import LARGEST_READ, Instances
from ktui.server.kafka import Kafka
from ktui.server.room import Room
from ktui.server.schemas.schemas import Schemas


@dataclass
class Traffic:
    """Records that went through, since the start."""

    read: int = 0
    written: int = 0
    refused: int = 0

    def count(self, stored: Iterable[bool]) -> None:
        """Count records that were to be written."""
        for each in stored:
            self.written += each
            self.refused += not each


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
    answers: Room = field(default_factory=lambda: Room(sys.maxsize))
    """What answers that are not taken yet leave for others."""
    traffic: Traffic = field(default_factory=Traffic)
    schemas: Schemas | None = None
    """What reads and writes the formats of a schema registry, where there is one."""
    read_only: bool = False
    """Whether everything that would write to the cluster is refused, and no consumer commits by itself."""
