"""The way in and out of a gateway on a socket: bodies and answers within bounds, and nobody who is slow holds much.

A body is counted as it comes, whatever its headers say. An answer goes out in pieces, each when the one before was
taken; a client that takes none for a minute is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ktui.server.errors import ApiError
from ktui.server.room import MIB, Room

PIECE = 256 * 1024


@dataclass(frozen=True)
class Bounds:
    """What one request may take, and all of them together."""

    body: int = 16 * MIB
    bodies: int = 256 * MIB
    body_seconds: float = 60.0
    """In which a body must have come."""
    piece_seconds: float = 60.0
    """In which a client must take a piece of its answer."""


class Arriving:
    """A body on its way in. ApiError when there is too much of it, or it comes too slowly."""

    def __init__(self, receive: Receive, declared: int, bounds: Bounds, room: Room) -> None:
        self._receive, self._declared, self._bounds, self._room = receive, declared, bounds, room
        self._deadline = asyncio.get_running_loop().time() + bounds.body_seconds
        self.size = 0

    async def __call__(self) -> Message:
        self._check(self._declared)
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise ApiError("body_too_slow", headers={"connection": "close"}) from None
        came = len(message.get("body", b""))
        self._check(self.size + came)
        if came > self._room.left:
            raise ApiError("busy", headers={"retry-after": "1", "connection": "close"})
        self.size += came
        self._room.taken += came
        return message

    def _check(self, size: int) -> None:
        if size > self._bounds.body:
            raise ApiError("body_too_large", self._bounds.body, headers={"connection": "close"})

    def end(self) -> None:
        """The request was answered: its body is gone."""
        self._room.taken -= self.size


class Leaving:
    """An answer on its way out."""

    def __init__(self, send: Send, bounds: Bounds, room: Room) -> None:
        self._send, self._bounds, self._room = send, bounds, room

    async def __call__(self, message: Message) -> None:
        body = message.get("body", b"")
        if len(body) <= PIECE:
            async with asyncio.timeout(self._bounds.piece_seconds):
                await self._send(message)
            return
        waiting = len(body)
        self._room.taken += waiting
        try:
            for at in range(0, len(body), PIECE):
                piece = body[at : at + PIECE]
                more = at + PIECE < len(body) or message.get("more_body", False)
                async with asyncio.timeout(self._bounds.piece_seconds):
                    await self._send({"type": "http.response.body", "body": piece, "more_body": more})
                self._room.taken -= len(piece)
                waiting -= len(piece)
        finally:
            self._room.taken -= waiting


class Door:
    """An application within bounds. `answers` is the room that reads look at."""

    def __init__(self, app: ASGIApp, answers: Room, bounds: Bounds = Bounds()) -> None:
        self._app, self._bounds = app, bounds
        self._bodies, self._answers = Room(bounds.bodies), answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        length = Headers(scope=scope).get("content-length", "0")
        declared = int(length) if length.isdecimal() else 0
        arriving = Arriving(receive, declared, self._bounds, self._bodies)
        try:
            await self._app(scope, arriving, Leaving(send, self._bounds, self._answers))
        finally:
            arriving.end()
