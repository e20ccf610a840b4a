"""Which consumer instances of ours a proxy may hold, and how each one is taken away again, whatever happens.

An instance is noted before the POST that makes it and crossed out only when a DELETE was answered. Leaving never
awaits: a worker that is cancelled twice would not come to the end of it. The DELETE runs as a task of its own, and
`aclose` waits for those and tries once more what is left.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field

from ktui.errors import Busy, Conflict, ProxyError, Unreachable
from ktui.rest import refusals
from ktui.rest.address import segment
from ktui.rest.wire import SUCCESS, Wire

CLOSING_SECONDS = 3.0
"""Longest time that leaving may take."""
_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Before each request of a DELETE. One that overtakes its create is a 404, and the instance appears after it."""
_TRIES = 5
"""After which it is left alone until we leave: we may be allowed to make instances, but not to delete them."""

MOST_DOUBTED = 100
"""How many are kept of which nobody knows whether they were made. A night of 503s makes thousands, all of which would
be deleted at once when it is over, and those that are there would wait behind them."""


@dataclass(eq=False)
class Instance:
    """One consumer instance: made, being made, or perhaps made."""

    group: str
    name: str
    body: bytes
    delete_body: bytes | None = None
    """What its DELETE carries."""
    made: bool | None = None
    """None: nobody knows, the create may still be carried out."""
    refused: bool = False
    """The create was answered, though not with success: it is hardly carried out later."""
    left: bool = False
    """Nobody will use it any more."""
    tries: int = 0
    """How often its deletion was begun."""
    creating: asyncio.Task[None] | None = field(default=None, repr=False)
    deleting: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        return f"/consumers/{segment(self.group)}/instances/{segment(self.name)}"


class Instances:
    """The register of one client."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.open: dict[tuple[str, str], Instance] = {}
        """By group and name."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._closed = False

    async def create(self, instance: Instance) -> None:
        """Make it. Cancelled, the request goes on by itself: one that is given up is carried out all the same."""
        if self._closed:
            raise Unreachable("The connection was closed before")
        doubted = [each for each in self.open.values() if each.left and not each.made]
        for each in doubted[:-MOST_DOUBTED]:
            self._cross_out(each)
        self.open[instance.group, instance.name] = instance
        instance.creating = self._start(self._create(instance))
        await asyncio.shield(instance.creating)

    def leave(self, instance: Instance) -> None:
        """Delete it in the background. Does not wait, so it may be called while being cancelled."""
        instance.left = True
        if self.open.get((instance.group, instance.name)) is not instance or self._closed:
            return
        if instance.deleting is None or instance.deleting.done():
            instance.tries += 1
            instance.deleting = self._start(self._delete(instance))

    async def settle(self) -> int:
        """Wait for what is being deleted, at most 3 s. How many of those that were left may be there still."""
        deleting = {each.deleting for each in self.open.values() if each.left and each.deleting is not None}
        if deleting:
            await asyncio.wait(deleting, timeout=CLOSING_SECONDS)
        return sum(each.left for each in self.open.values())

    async def aclose(self) -> None:
        """Wait for the background, delete what is open; at most 3 s, even when cancelled meanwhile. A second call
        does nothing."""
        if self._closed:
            return
        deadline = time.monotonic() + CLOSING_SECONDS
        self._closing = True
        cancelled, rounds = False, 0
        while self.open and rounds < 2 and (seconds := deadline - time.monotonic()) > 0:
            for instance in list(self.open.values()):
                self.leave(instance)
            try:
                await asyncio.wait(self._tasks, timeout=seconds)
                rounds += 1
            except asyncio.CancelledError:
                cancelled = True
        self._closed = True
        left = list(self._tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        if cancelled:
            raise asyncio.CancelledError

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: whoever waited has it, and nobody waits for a create that was given up

    async def _create(self, instance: Instance) -> None:
        if instance.left:  # given up before anything was sent
            self._cross_out(instance)
            return
        try:
            await self._wire.request("POST", f"/consumers/{segment(instance.group)}", body=instance.body, seconds=15.0)
        except Unreachable as error:
            if refusals.never_sent(error.__cause__):
                self._cross_out(instance)
            raise
        except (Busy, Conflict):
            # Not crossed out: a gateway's 504 says nothing about what happens behind it, and a name that is taken is
            # ours, of a request that somebody on the way sent twice.
            instance.refused = True
            raise
        except ProxyError:
            self._cross_out(instance)
            raise
        instance.made = True
        for each in list(self.open.values()):  # the proxy answers again: those that could not be deleted can now
            if each.left and each.tries < _TRIES:
                self.leave(each)

    async def _delete(self, instance: Instance) -> None:
        if instance.creating is not None:
            await asyncio.wait({instance.creating})
        pauses = _PAUSES[: 2 if instance.refused else None]
        unknown = 0
        for pause in pauses:
            await asyncio.sleep(pause)
            try:
                answer = await self._wire.request(
                    "DELETE", instance.path, body=instance.delete_body, seconds=5.0, expect=(*SUCCESS, 404)
                )
            except ProxyError as error:
                if self._closing and refusals.never_sent(error.__cause__):
                    return  # the proxy is away, and ours with it if it comes back
                continue
            if answer.status != 404 and answer.body:
                continue  # a page of somebody on the way: what was deleted is answered with nothing
            unknown += answer.status == 404
            # Made and not known: expired, or another replica answered, and then the next one may be the right one.
            if answer.status != 404 or (instance.made and unknown == 2) or pause == pauses[-1]:
                self._cross_out(instance)
                return

    def _cross_out(self, instance: Instance) -> None:
        if self.open.get((instance.group, instance.name)) is instance:
            del self.open[instance.group, instance.name]
