"""Which partitions are read, as a person types it: "0,2-4" or "all"."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from textual import on
from textual.message import Message

from ktui.ui.widgets.prompt import Prompt

_DIGITS = 10
"""Of the largest partition number there can be. Python takes none of more than 4,300, and a paste may bring them."""


class PartitionsPrompt(Prompt):
    """Asks which partitions to read; posts `Chosen` with some that are there."""

    DEFAULT_CSS = ""

    @dataclass
    class Chosen(Message):
        """At least one partition was chosen."""

        prompt: PartitionsPrompt
        partitions: frozenset[int]

    def __init__(self, there: Collection[int], chosen: Collection[int], topics: int = 1) -> None:
        """Of several topics those that each has."""
        self._there, self._topics = there, topics
        now = partition_words(chosen)
        super().__init__("partitions", examples="all  0,2-4", value=now, anew=True, consequence=self._what_if)

    def _what_if(self, text: str) -> str:
        try:
            chosen = parse_partitions(text, self._there)
        except ChoiceError as error:
            return str(error)
        where = " of each topic that has them" if self._topics > 1 else ""
        return f"reads {len(chosen)} of {len(self._there)}{where}; the others keep their place"

    @on(Prompt.Submitted)
    def _take(self, event: Prompt.Submitted) -> None:
        event.stop()
        try:
            self.post_message(self.Chosen(self, parse_partitions(event.text, self._there)))
        except ChoiceError as error:
            self.complain(str(error))


class ChoiceError(ValueError):
    """What was typed chooses nothing. Its text says why."""


def parse_partitions(text: str, there: Collection[int]) -> frozenset[int]:
    """The chosen ones among those that are there. Raises ChoiceError."""
    words = text.replace(" ", "").lower()
    if words in ("", "all", "*"):
        return frozenset(there)
    chosen: set[int] = set()
    for part in words.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ChoiceError(f"“{part}” is no partition: type one like 3, some like 0,2-4, or all")
        if max(len(first), len(last)) > _DIGITS:
            raise ChoiceError("No partition has a number that long")
        low, high = int(first), int(last if dash else first)
        for end in (low, high):
            if end not in there:
                raise ChoiceError(f"There is no partition {end}")
        chosen.update(number for number in there if low <= number <= high)
    if not chosen:
        raise ChoiceError(f"{text.strip()} chooses no partition")
    return frozenset(chosen)


def partition_words(chosen: Iterable[int]) -> str:
    """The shortest way to type these."""
    runs = []
    for _, group in groupby(enumerate(sorted(chosen)), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in group]
        runs.append(str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}")
    return ",".join(runs)
