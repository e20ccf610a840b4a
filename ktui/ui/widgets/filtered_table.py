"""The stream's table when only some records are wanted: those with a text, as one types it."""

from __future__ import annotations

import asyncio

from textual import work
from textual.binding import Binding
from textual.message import Message

from ktui.records.search import Search
from ktui.ui.widgets.record_table import RecordTable

PAUSE = 0.002
"""Seconds between two slices of a search: a key takes thirty turns of the loop, and each had to wait for a slice."""


class FilteredTable(RecordTable):
    """Shows a log, or the records in it that match."""

    BINDINGS = [
        Binding("escape", "widen", "no filter", id="stream.show-all", tooltip="Take the filter away"),
        Binding("n", "match(1)", "next match", id="stream.next", tooltip="The next match below", show=False),
        Binding("N", "match(-1)", "match before", id="stream.before", tooltip="The next match above", show=False),
    ]

    class Filtered(Message):
        """Other records are shown now."""

    _search: Search | None = None
    """The last one: its matches can be gone to when all is shown again."""
    _home = -1
    """Number of the row the cursor had before; it gets it back as soon as it is found to match. There is none while
    the end is followed, nor once the user has done something with another row."""

    @property
    def filter(self) -> str:
        """The text that is filtered for; empty when everything is shown."""
        return "" if self.view.search is None else self.view.search.needle.text

    def narrow(self, text: str) -> None:
        """Show only records with this text; all of them without one. The first matches are there on return."""
        if text == self.filter:
            return
        if not text:
            self._look_at(None, self._home if self._home >= 0 else self.cursor)
            return
        home = self._home if self._home >= 0 else self.cursor
        self._search = Search(self.records, text, self.view.search)
        self._search.work()
        self._look_at(self._search, home)
        self._search_on()

    def widen(self) -> None:
        """Show everything. The cursor stays on its record."""
        if self.view.search is not None:
            self._look_at(None, self.cursor if len(self.view) else self._home)

    def forget(self) -> None:
        """Another topic is opened: neither filter nor matches."""
        self.widen()
        self._search = None

    def look(self) -> None:
        if self.view.search is not None:
            self.view.search.work()
        super().look()
        if self._home >= 0 and (place := self.view.place(self._home)) < self._cursor:  # a match nearer to it was found
            self._go(place)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.view.search is not None if action == "widen" else True

    def action_widen(self) -> None:
        self.widen()

    async def action_match(self, step: int) -> None:
        """Go to the match beside the cursor, searching as far as it takes."""
        search = self._search
        if search is None:
            self.notify("Nothing was looked for yet; / does.", markup=False)
            return
        number, more = None, True
        while more and number is None:
            more = search.work()
            number = search.beside(self.cursor, step)
            await asyncio.sleep(0)
        if number is None:
            where = "below" if step > 0 else "above"
            self.notify(f"No match {where}.", markup=False)
        else:
            self._walk(self.view.place(number))

    def choose(self) -> None:
        self._home = -1
        super().choose()

    def leave_end(self) -> None:
        self._home = -1
        super().leave_end()

    def watch_following(self, following: bool) -> None:
        self._home = -1 if following else self._home
        super().watch_following(following)

    def _walk(self, place: int) -> None:
        self._home = -1
        super()._walk(place)

    def _look_at(self, search: Search | None, home: int) -> None:
        self._home = -1 if search is None or self.following else home
        self.show(search, home)
        self.refresh_bindings()
        self.post_message(self.Filtered())

    @work(exclusive=True, group="search")
    async def _search_on(self) -> None:
        """The rest, a slice at a time; what it finds is drawn with the next frame. A worker that is cancelled keeps its
        arguments and its frame until garbage is looked through, and a search of a million records is megabytes: so it
        has none, and lets go of it."""
        search = self.view.search
        try:
            while search is not None and self.view.search is search and not search.done:
                search.work()
                await asyncio.sleep(PAUSE)
            if search is not None and self.view.search is search:
                self.look()
                self.post_message(self.Filtered())
        finally:
            del search
