"""The prompt for a place in the topic: understands it while it is typed and says what would happen."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.message import Message

from ktui.records.consequence import passage_consequence
from ktui.records.following import Following
from ktui.records.passage import Passage
from ktui.records.target import TargetError
from ktui.ui.widgets.prompt import Prompt


class GoToPrompt(Prompt):
    """Asks where to go, and to which end; posts `Chosen` with a place that can be gone to."""

    DEFAULT_CSS = """
    GoToPrompt {
        & Input { min-width: 24; max-width: 46; }
        & Examples { width: auto; max-width: 60%; }
    }
    """

    @dataclass
    class Chosen(Message):
        """A place was named."""

        prompt: GoToPrompt
        passage: Passage

    def __init__(self, following: Following) -> None:
        examples = "181  14:00  -2h  begin" + ("  2:181" if len(following.partitions) > 1 else "")
        examples += "  181 until 2000  begin take 500  +10  end"
        super().__init__("go to", examples=examples, consequence=self._what_if)
        self._following = following

    def _passage(self, text: str) -> Passage:
        """Raises TargetError."""
        passage = Passage.parse(text, now=datetime.now().astimezone())
        number = passage.start.partition
        if number is not None and number not in self._following.partitions:
            raise TargetError(f"Partition {number} is not among those that are read")
        return passage

    def _what_if(self, text: str) -> str:
        if not text:
            return ""
        clock = f" · the time is 0{text}" if re.fullmatch(r"\d:\d\d", text) else ""
        try:
            return self._consequence_of(self._passage(text)) + clock
        except TargetError as error:
            return str(error) + clock

    def _consequence_of(self, passage: Passage) -> str:
        one = passage.start.partition
        ranges = {tp: bounds for tp, bounds in self._following.ranges.items() if one in (None, tp.partition)}
        return passage_consequence(passage, self._following.positions, ranges)

    @on(Prompt.Submitted)
    def _take(self, event: Prompt.Submitted) -> None:
        event.stop()
        try:
            passage = self._passage(event.text)
        except TargetError as error:
            self.complain(str(error))
            return
        if passage.empty:
            self.complain(self._consequence_of(passage))
        else:
            self.post_message(self.Chosen(self, passage))
