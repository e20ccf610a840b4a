"""Topics by a pattern: which there are, and which join those that are read already."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from glob import escape

from ktui.errors import NotFound
from ktui.model import TopicDetail
from ktui.rest.client import ProxyClient

TOGETHER = 20
"""Topics that one stream reads at most."""


class Pattern:
    """Part of a name, or the whole of it where it has a `*`; in any case. Internal topics match when asked for."""

    def __init__(self, text: str, *, internal: bool = False) -> None:
        self.text = text
        self._internal = internal or text.startswith("_")
        folded = text.casefold()
        self._glob = folded if "*" in folded else f"*{escape(folded)}*"

    def of(self, names: Iterable[str]) -> list[str]:
        """Those that match, in their order."""
        return [name for name in names if self.matches(name, name.casefold())]

    def matches(self, name: str, folded: str) -> bool:
        """For who has many names, and their lower case, at hand."""
        return fnmatchcase(folded, self._glob) and (self._internal or not name.startswith("_"))


async def joining(client: ProxyClient, pattern: Pattern, read: Collection[str]) -> list[TopicDetail]:
    """Topics that match and are not among those that are `read`, as many as there is room for. Asks only; ProxyError
    when the proxy does not tell."""
    names = [name for name in pattern.of(await client.topics()) if name not in read]
    found = await asyncio.gather(
        *(client.topic(name) for name in names[: max(0, TOGETHER - len(read))]), return_exceptions=True
    )
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, NotFound):  # gone again already
            raise each
    return [each for each in found if isinstance(each, TopicDetail)]
