"""A gateway as a server: behind its door, its gate and whoever looks on."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.types import ASGIApp

from ktui.server.door import Bounds, Door
from ktui.server.gate import Gate, Users
from ktui.server.gateway import IDLE_SECONDS, Gateway
from ktui.server.kafka import Kafka
from ktui.server.observed import Log, Numbers, Observed
from ktui.server.room import MIB, Room
from ktui.server.schemas.schemas import Schemas


@dataclass(frozen=True)
class Standing:
    """How a gateway serves others."""

    most_instances: int = 500
    largest_answer: int = 4 * MIB
    answers: int = 128 * MIB
    """Bytes of answers that nobody has taken yet, beyond which reads bring less."""
    idle_seconds: float = IDLE_SECONDS
    bounds: Bounds = field(default_factory=Bounds)
    users: Users = field(default_factory=Users)
    """Nobody in it: everybody may ask."""
    read_only: bool = False
    schemas: Schemas | None = None
    log: bool = False


class ServedGateway:
    """A gateway on a socket."""

    def __init__(self, kafka: Kafka, standing: Standing = Standing()) -> None:
        room = Room(standing.answers)
        self.gateway = Gateway(
            kafka,
            most_instances=standing.most_instances,
            largest_answer=standing.largest_answer,
            answers=room,
            idle_seconds=standing.idle_seconds,
            read_only=standing.read_only,
            schemas=standing.schemas,
        )
        self._log = Log() if standing.log else None
        door: ASGIApp = Door(self.gateway.app, room, standing.bounds)
        users = standing.users
        self.app: ASGIApp = Observed(
            door,
            Numbers(self.gateway.instances, self.gateway.proxy.traffic),
            self._log,
            lambda app: Gate(app, users) if users else app,
        )

    def leave_off(self) -> None:
        """End the reads that wait, with every consumer."""
        self.gateway.leave_off()

    async def aclose(self) -> None:
        """Close the gateway, and write the log to its end."""
        await self.gateway.aclose()
        if self._log is not None:
            self._log.close()
