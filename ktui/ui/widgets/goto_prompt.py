"""The prompt for a place in the topic: understands it while it is typed and says what would happen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textual import on
from textual.message import Message

from ktui.records.consequence import consequence
from ktui.records.following import Following
from ktui.records.target import SeekTarget, TargetError
from ktui.ui.widgets.prompt import Prompt


class GoToPrompt(Prompt):
    """Asks where to go; posts `Chosen` with a place that can be gone to."""

    DEFAULT_CSS = ""

    @dataclass
    class Chosen(Message):
        """A place was named."""

        prompt: GoToPrompt
        target: SeekTarget

    def __init__(self, following: Following) -> None:
        examples = "181  +10  -100  begin  end  14:00  -2h" + ("  2:181" if len(following.partitions) > 1 else "")
        super().__init__("go to", examples=examples, consequence=self._what_if)
        self._following = following

    def _target(self, text: str) -> SeekTarget:
        """Raises TargetError."""
        target = SeekTarget.parse(text, now=datetime.now().astimezone())
        if target.partition is not None and target.partition not in self._following.partitions:
            raise TargetError(f"Partition {target.partition} is not among those that are read")
        return target

    def _what_if(self, text: str) -> str:
        if not text:
            return ""
        try:
            target = self._target(text)
        except TargetError as error:
            return str(error)
        following = self._following
        ranges = {tp: bounds for tp, bounds in following.ranges.items() if target.partition in (None, tp.partition)}
        return consequence(target, following.positions, ranges)

    @on(Prompt.Submitted)
    def _take(self, event: Prompt.Submitted) -> None:
        event.stop()
        try:
            self.post_message(self.Chosen(self, self._target(event.text)))
        except TargetError as error:
            self.complain(str(error))
