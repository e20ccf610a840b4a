"""What the topics pane asks: which names to list, and which pattern of them to follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from ktui.records.pattern import TopicPattern, topics_words
from ktui.records.roster import TOGETHER
from ktui.ui.widgets.prompt import Prompt


def filter_prompt(words: str, narrow: Callable[[str], None]) -> Prompt:
    """Narrows the list while it is typed in."""

    def consequence(words: str) -> Content:
        narrow(words)
        return Content.styled("enter keeps, esc shows all", "$ktui-muted")

    return Prompt("filter", value=words, keeps=True, consequence=consequence, id="topics-filter")


def follow_prompt(words: str, names: Callable[[], Sequence[str]]) -> Prompt:
    """Says underneath which of the topics that there are would be read."""

    def consequence(words: str) -> str:
        if not words:
            return "pay* for all that begin so"
        count = len(TopicPattern(words).among(names()))
        if count > TOGETHER:
            return f"{count:,} topics: at most {TOGETHER}"
        return f"{topics_words(count)}, later ones too" if count else no_match(words)

    return Prompt("follow", value=words, consequence=consequence, id="topics-follow")


def no_match(words: str) -> str:
    return f"No topic matches “{words}”."
