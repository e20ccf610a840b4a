"""What a person does is acted on in the order in which it was done: one key, click or paste after the other."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from textual import events
from textual.app import App
from textual.dom import DOMNode

ROUNDS = 5
"""Messages that one key may set off, each answering the one before: key, Submitted, Chosen, and what they do."""
OPENING, OPENING_SECONDS = "open", 1.0
"""Workers of this group move the focus when the proxy has answered: what is typed ahead is for where it goes. Longest
time that it waits for them."""
WAITING = (events.Key, events.Paste, events.MouseDown, events.MouseUp)
"""What has its turn. Moves and the wheel do not: there are many of them, and they change nothing that is typed."""


class InOrder(App[None]):
    """An app that hands out each when what the one before it did is done.

    Textual hands keys that arrive together (a slow link, a fast typist) to the widget that has the focus before the
    first of them is acted on: of "g", "1", "8", "1" the digits would be lost before the prompt is there, and of
    "enter", "2" the 2 would still go into the prompt. A click that overtook what was typed before it would close the
    prompt, and the rest of the text would be commands.
    """

    def __init__(self) -> None:
        self._typed: deque[events.Event] = deque()
        """Those that wait for their turn."""
        self._busy = True
        """Whether the next one has to wait: one is acted on, or there is nothing yet to act on."""
        self._acting: asyncio.Task[None] | None = None
        """Waits until one has been acted on."""
        self.touched = 0.0
        """When a key or a click came last, by `monotonic`."""
        super().__init__()

    def act(self) -> None:
        """From now on there is something to act on."""
        self.call_later(self._act)

    def act_no_more(self) -> None:
        """The app is at its end."""
        if self._acting is not None:
            self._acting.cancel()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent):
            self.touched = time.monotonic()
        if not isinstance(event, WAITING) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if not self._busy:
            await self._act()

    async def _act(self) -> None:
        self._busy = False
        if self._typed and not self._exit:  # what comes after the last key has nobody left to go to
            self._busy = True
            await super().on_event(self._typed.popleft())
            self._acting = asyncio.create_task(self._act_on())

    async def _act_on(self) -> None:
        await self._come_to_rest()
        opening = [worker._task for worker in self.workers if worker.group == OPENING and worker._task is not None]
        if opening:
            await asyncio.wait(opening, timeout=OPENING_SECONDS)  # whoever gives up Worker.wait cancels the worker
            await self._come_to_rest()
        self.call_later(self._act)

    async def _come_to_rest(self) -> None:
        for _ in range(ROUNDS):
            focused = self.focused or self.screen
            handled = asyncio.Event()
            _through([*focused.ancestors_with_self], handled.set)
            with suppress(TimeoutError):  # of a widget that was removed meanwhile nothing is heard
                async with asyncio.timeout(0.2):
                    await handled.wait()


def _through(nodes: list[DOMNode], then: Callable[[], object]) -> None:
    """Call when each of these has handled what it was told before, one after the other, as messages bubble."""
    for at, node in enumerate(nodes):
        if node.call_later(_through, nodes[at + 1 :], then):
            return
    then()
