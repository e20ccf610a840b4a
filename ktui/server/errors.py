"""What can be wrong with a request. How it is said is the flavour's: `words.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ktui.server.kafka import (
    BadRequest,
    Forbidden,
    IllegalState,
    InvalidTopic,
    KafkaError,
    NoAssignment,
    RetriableError,
    TopicExists,
    Unassigned,
    UnknownPartition,
    UnknownTopic,
)


class ApiError(Exception):
    """Ends a request. `kind` is a key of the flavour's words, `detail` goes into their text."""

    def __init__(
        self, kind: str, detail: object = "", *, allow: Sequence[str] = (), headers: Mapping[str, str] = {}
    ) -> None:
        super().__init__(kind, detail)
        self.kind, self.detail = kind, str(detail)
        self.allow = allow
        """Methods that there are, for the wrong one."""
        self.headers = headers
        """What else its answer carries."""


_KINDS: Mapping[type[KafkaError], str] = {
    UnknownTopic: "unknown_topic",
    UnknownPartition: "unknown_partition",
    InvalidTopic: "invalid_topic",
    TopicExists: "topic_exists",
    BadRequest: "bad_request",
    Forbidden: "forbidden",
    RetriableError: "retriable",
    NoAssignment: "no_assignment",
    Unassigned: "unassigned",
    IllegalState: "exclusive",
}


def translated(error: KafkaError) -> ApiError:
    """An error of Kafka's."""
    return ApiError(_KINDS.get(type(error), "kafka"), error)
