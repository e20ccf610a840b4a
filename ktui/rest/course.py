"""How one request goes: when it may be sent, and who is told what of it while it is on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Course:
    """That of most requests: they go at once, and nobody listens."""

    async def turn(self) -> None:
        """Comes back when the request may be sent. All that can be done before is done by then. What is raised keeps
        it back. Asked once more when it is sent again, after a 401 or to where it was redirected."""

    def sent(self) -> None:
        """The whole request is written. May be told more than once."""

    def begun(self, size: int) -> bool:
        """An answer of success begins that says how many bytes it will have. True: another request has its turn by
        this, and is to be written before anything is done with the answer."""
        return False


AT_ONCE = Course()


class Sending:
    """One request, as its carrier sees it."""

    def __init__(self, course: Course, begin: Callable[[], None]) -> None:
        """`begin` is called when it is sent; what that raises keeps it back."""
        self._course, self._begin = course, begin
        self._told = False
        self.started = 0.0
        """When its turn came, by `perf_counter`."""

    async def turn(self) -> None:
        """To be awaited before anything is sent."""
        await self._course.turn()
        self.started = time.perf_counter()
        self._begin()

    def sent(self) -> None:
        """To be called when all of it is written."""
        self._course.sent()

    def answered(self, status: int, headers: Mapping[str, str]) -> bool:
        """To be called, once or twice, when the head of the answer is here. True: let the loop go once."""
        if self._told or status // 100 != 2 or not (size := _announced(headers)):
            return False
        self._told = True
        return self._course.begun(size)


def _announced(headers: Mapping[str, str]) -> int:
    """Bytes of the body, where they are told and are those that count."""
    size = headers.get("content-length", "")
    return int(size) if size.isdecimal() and "content-encoding" not in headers else 0
