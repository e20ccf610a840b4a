"""librdkafka's errors as ours. The text stays Kafka's, with what librdkafka last complained of where that says more."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import KafkaError as Code
from confluent_kafka import KafkaException

from ktui.server.kafka import (
    BadRequest,
    Forbidden,
    InvalidTopic,
    KafkaError,
    RetriableError,
    TooLarge,
    TopicExists,
    UnknownPartition,
    UnknownTopic,
)

REBALANCED = (
    "Commit cannot be completed since the group has already rebalanced and assigned the partitions to another member."
)
_WORDS: dict[int, tuple[type[KafkaError], str]] = {
    Code.UNKNOWN_TOPIC_OR_PART: (UnknownTopic, "This server does not host this topic-partition."),
    Code._UNKNOWN_TOPIC: (UnknownTopic, "This server does not host this topic-partition."),
    Code._UNKNOWN_PARTITION: (UnknownPartition, "Partition not found."),
    Code.TOPIC_EXCEPTION: (InvalidTopic, ""),
    Code.TOPIC_ALREADY_EXISTS: (TopicExists, ""),
    Code.MSG_SIZE_TOO_LARGE: (TooLarge, ""),
    Code.RECORD_LIST_TOO_LARGE: (TooLarge, ""),
    Code.TOPIC_AUTHORIZATION_FAILED: (Forbidden, "Topic authorization failed."),
    Code.GROUP_AUTHORIZATION_FAILED: (Forbidden, "Group authorization failed."),
    Code.CLUSTER_AUTHORIZATION_FAILED: (Forbidden, "Cluster authorization failed."),
    Code.UNKNOWN_MEMBER_ID: (KafkaError, REBALANCED),
    Code.ILLEGAL_GENERATION: (KafkaError, REBALANCED),
    Code.REBALANCE_IN_PROGRESS: (KafkaError, REBALANCED),
}
_BAD = frozenset(
    (
        Code.INVALID_PARTITIONS,
        Code.INVALID_REPLICATION_FACTOR,
        Code.INVALID_REPLICA_ASSIGNMENT,
        Code.INVALID_CONFIG,
        Code.INVALID_REQUEST,
        Code.POLICY_VIOLATION,
    )
)
_AWAY = frozenset(
    (
        Code._TRANSPORT,
        Code._TIMED_OUT,
        Code._TIMED_OUT_QUEUE,
        Code._MSG_TIMED_OUT,
        Code._ALL_BROKERS_DOWN,
        Code._RESOLVE,
        Code._WAIT_COORD,
        Code._NOENT,
        Code._DESTROY_BROKER,  # of the connection to a broker that died
        Code._AUTHENTICATION,
        Code.LEADER_NOT_AVAILABLE,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.REQUEST_TIMED_OUT,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.NOT_COORDINATOR,
        Code.NOT_ENOUGH_REPLICAS,
        Code.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    )
)
"""What may be different in a moment."""
_SETTLING = frozenset(
    (
        Code._WAIT_COORD,
        Code.LEADER_NOT_AVAILABLE,
        Code.NOT_LEADER_FOR_PARTITION,
        Code.COORDINATOR_NOT_AVAILABLE,
        Code.COORDINATOR_LOAD_IN_PROGRESS,
        Code.NOT_COORDINATOR,
    )
)
"""What passes by itself within a second, mostly."""
RECENT = 30.0
"""Seconds for which a complaint explains what fails."""


class Complaints:
    """The last thing that librdkafka said on its own: why nothing is answered, where an answer just fails to come."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._text, self._at = "", -RECENT

    def __call__(self, error: Code) -> None:
        """librdkafka's error_cb."""
        if error.code() != Code._ALL_BROKERS_DOWN:  # that only follows from the others
            self._text, self._at = error.str(), self._clock()

    def __str__(self) -> str:
        return self._text if self._clock() - self._at < RECENT else ""


def settling(error: KafkaException) -> bool:
    """Whether to ask again at once."""
    found = error.args[0]
    return isinstance(found, Code) and found.code() in _SETTLING


def translated(error: Code | KafkaException, complaints: object = "") -> KafkaError:
    """An error of librdkafka's, to be raised."""
    found = error.args[0] if isinstance(error, KafkaException) else error
    if not isinstance(found, Code):
        return KafkaError(str(found))
    kind, text = _WORDS.get(found.code(), (None, ""))
    text = text or found.str()
    if kind is None:
        kind = BadRequest if found.code() in _BAD else KafkaError
        if found.code() in _AWAY or found.retriable():
            kind, said = RetriableError, str(complaints)
            text = f"{text} ({said})" if said else text
    return kind(text)
