"""What can be wrong with a schema, or with data beside it. Each says it in a sentence."""

from __future__ import annotations

from ktui.server.javajson import NotJson


class SchemaError(Exception):
    """A key or a value cannot be read or written.

    SchemaError
    ├── NoSchema          no schema could be had
    │   └── Unreachable   because the registry does not answer
    ├── BadSchema         what was given is no schema of the format, or one that is not used here
    └── Misfit            the data is not as its schema wants it
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence.encode("utf-8", "backslashreplace").decode())  # it may quote half a character


class NoSchema(SchemaError):
    """There is no schema: the data names none, or the registry does not know it or does not give it out."""


class Unreachable(NoSchema):
    """The registry does not answer, or only with an error of its own."""


class BadSchema(SchemaError):
    """Not a schema of the format."""


class Misfit(SchemaError):
    """Data that is not as its schema wants it."""


_LONGEST = 300
"""Characters of what a library says of data."""


def said(error: Exception) -> str:
    """What an error says, in a line; with its kind, where it may be no sentence: a KeyError says its key alone."""
    text = str(error).partition("\n")[0]
    if not isinstance(error, SchemaError | NotJson):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
