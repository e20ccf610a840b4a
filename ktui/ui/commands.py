"""The command palette: topics to go to, places in them, and every key that works right now, by its name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import NamedTuple

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.types import IgnoreReturnCallbackType

from ktui.records.pattern import TopicPattern, topics_words
from ktui.records.target import SeekTarget, TargetError
from ktui.ui.panes.topics import TopicsPane
from ktui.ui.text import clean, plain
from ktui.ui.widgets.key_line import key_name

MOST = 50
"""Topics that are offered at once: one more letter leaves fewer."""
AT_A_TIME = 500
"""Names looked at before others get their turn."""
_NOT_OFFERED = ("table.", "prompt.", "columns.", "app.commands", "app.quit-too")
"""Ids that make no sense as a command."""


class Palette(CommandPalette):
    """Textual's, for keys that come before its list is drawn."""

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # how long a page is is not known then, and Textual asks all the same
            super()._action_command_list(action)


class Command(NamedTuple):
    """One line of the palette."""

    text: str
    """Clean."""
    help: str
    run: IgnoreReturnCallbackType


class KtuiCommands(Provider):
    """Made anew each time the palette opens, for the screen beneath it."""

    async def discover(self) -> Hits:
        for command in self._of_keys():
            yield DiscoveryHit(Content(command.text), command.run, text=command.text, help=command.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in (*self._of_keys(), *self._place(query), *self._pattern(query)):
            score = matcher.match(command.text)
            if score > 0:
                yield Hit(score, _lit(matcher, command.text), command.run, text=command.text, help=command.help)
        found = 0
        words = query.casefold().split()
        pane = self._topics_pane
        for number, name in enumerate(pane.names if pane else ()):
            if not number % AT_A_TIME:
                await asyncio.sleep(0)
            text = f"go to {clean(name)}"
            if pane is None or not all(word in text.casefold() for word in words):
                continue
            yield Hit(
                matcher.match(text) or 0.01,
                _lit(matcher, text),
                partial(pane.choose, name),
                text=text,
                help="Open the topic: its last 100 records, then live",
            )
            found += 1
            if found == MOST:
                return

    @property
    def _topics_pane(self) -> TopicsPane | None:
        return next(iter(self.screen.query(TopicsPane)), None)

    def _of_keys(self) -> Iterator[Command]:
        """What can be done by a key where the focus is, the focused pane's first."""
        told = set()
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if binding.id is None or binding.id in told or binding.id.startswith(_NOT_OFFERED) or not active.enabled:
                continue
            told.add(binding.id)
            run = partial(self.app.run_action, binding.action, active.node)
            name = binding.description or binding.id
            yield Command(f"{binding.id.partition('.')[0]}: {name}", _help(active.tooltip, key_name(binding)), run)

    def _place(self, query: str) -> Iterator[Command]:
        """`orders 2:181`: a topic and where in it."""
        name, _, place = query.removeprefix("go to ").strip().partition(" ")
        pane = self._topics_pane
        if pane is None or name not in pane.names or not place:
            return
        try:
            target = SeekTarget.parse(place.removeprefix("at "), now=datetime.now().astimezone())
        except TargetError:
            return
        yield Command(clean(query), f"Open {clean(name)} there", partial(pane.choose, name, target))

    def _pattern(self, query: str) -> Iterator[Command]:
        """`pay*` or `follow pay`: topics that are read as one stream. And the way to be asked for one."""
        if (pane := self._topics_pane) is None:
            return
        words = query.strip().removeprefix("go to ").removeprefix("follow ").strip()
        if words and ("*" in words or query.startswith("follow ")):
            count = len(TopicPattern(words).among(pane.names))
            help = (
                f"{topics_words(count)} as one stream, and those that are made later" if count else "No topic matches"
            )
            yield Command(clean(query), help, partial(pane.follow, words))
        yield Command("follow a pattern of topics…", "All that match as one stream, later ones too", pane.action_follow)


def _help(tooltip: str, key: str) -> str:
    """What the palette says under a command. It reads markup, hence the detour."""
    return plain(f"{tooltip}  ({key})" if tooltip else key).markup


def _lit(matcher: Matcher, text: str) -> Content:
    """The text with what matched; the matcher's own way parses markup."""
    content = Content(text)
    for offset in matcher.fuzzy_search.match(matcher.query, text)[1]:
        content = content.stylize(matcher.match_style, offset, offset + 1)
    return content
