"""What can be wrong with a schema, or with data beside it. Each says it in a sentence."""

from __future__ import annotations


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
