"""Consumers that ask and read nothing: each question goes to whichever broker lives, and makes no topic.

The admin client asks the broker that it takes for the controller. When that one dies it waits for it, for minutes, and
tries to connect 30,000 times a second meanwhile.
"""

from __future__ import annotations

import threading

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import KafkaError as Code
from confluent_kafka.admin import TopicMetadata

from ktui.server.cluster.connection import Connection


class Askers:
    """One for each isolation level, made when it is first needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._made: dict[str, Consumer] = {}
        self._making = threading.Lock()

    def get(self, level: str = "read_uncommitted") -> Consumer:
        """The one for a level. Called in threads."""
        with self._making:
            if level not in self._made:
                own = {"group.id": "ktui", "isolation.level": level, "error_cb": self._connection.complaints}
                self._made[level] = Consumer({**self._connection.properties, **own})
            return self._made[level]

    def topic(self, name: str, level: str = "read_uncommitted") -> TopicMetadata:
        """What the cluster says of a topic now, which the asker remembers. KafkaException. Called in threads."""
        found: dict[str, TopicMetadata] = self.get(level).list_topics(name, timeout=self._connection.answer).topics
        if (topic := found.get(name)) is None:
            raise KafkaException(Code(Code.UNKNOWN_TOPIC_OR_PART))
        if topic.error is not None:
            raise KafkaException(topic.error)
        return topic

    async def aclose(self) -> None:
        """Close them."""
        while self._made:
            await self._connection.later(self._made.popitem()[1].close)
