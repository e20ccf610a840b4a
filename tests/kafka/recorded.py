"""A gateway over a broker as the cases of the recordings see it: their topics, and the steps of another client."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import confluent_kafka as librdkafka
import httpx
from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.conformance.endpoint import Endpoint
from tests.conformance.suite import FIRST_TIMESTAMP, Case, Json, Record, Topic

QUIET = {"log_level": 0}
PATIENCE = 20.0


class OnBroker(Endpoint):
    """The gateway in this process, in real time, and bare librdkafka beside it."""

    def __init__(self, bootstrap: str, client: httpx.AsyncClient) -> None:
        super().__init__("http://gateway", client)
        self._servers = {"bootstrap.servers": bootstrap, **QUIET}
        self._admin = AdminClient(self._servers)
        self._other: librdkafka.Consumer | None = None

    async def kafka(self, what: str, *arguments: Json) -> Json:
        return await asyncio.to_thread(getattr(self, f"_{what}"), *arguments)

    def load(self, case: Case, salt: str) -> None:
        """Make the topics of a case with their records."""
        for topic in case.topics:
            self._load(f"c{case.number}{salt}-{topic.name}", topic)

    def _load(self, name: str, topic: Topic) -> None:
        config = {"retention.ms": "-1", **topic.config}
        self._admin.create_topics([NewTopic(name, topic.partitions, 1, config=config)])[name].result()
        self._until(name, there=True)
        plain = librdkafka.Producer({**self._servers, "linger.ms": 0})
        run: list[tuple[int, Record]] = []
        for place, record in enumerate(topic.records):
            if run and run[0][1].transaction != record.transaction:
                self._transaction(name, run)
                run = []
            if record.transaction:
                run.append((place, record))
            else:
                _produce(plain, name, place, record)
                plain.flush(PATIENCE)
        if run:
            self._transaction(name, run)

    def _until(self, topic: str, *, there: bool) -> None:
        """Wait until the broker knows what its controller did."""
        until = time.monotonic() + PATIENCE
        while (topic in self._admin.list_topics(timeout=PATIENCE).topics) != there:
            assert time.monotonic() < until, topic
            time.sleep(0.02)

    def _transaction(self, name: str, run: list[tuple[int, Record]]) -> None:
        producer = librdkafka.Producer({**self._servers, "transactional.id": str(uuid4())})
        producer.init_transactions(PATIENCE)
        producer.begin_transaction()
        for place, record in run:
            _produce(producer, name, place, record)
        producer.flush(PATIENCE)
        committed = run[0][1].transaction == "committed"
        (producer.commit_transaction if committed else producer.abort_transaction)(PATIENCE)

    def _committed(self, group: str, topic: str) -> Json:
        future = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
        found = {str(each.partition): each.offset for each in future.result().topic_partitions if each.topic == topic}
        return dict(sorted(found.items())) or None

    def _delete_topic(self, topic: str) -> Json:
        self._admin.delete_topics([topic])[topic].result()
        return "deleted"

    def _create_topic(self, topic: str, records: int) -> Json:
        self._admin.delete_topics([topic])[topic].result()
        self._until(topic, there=False)
        again = tuple(Record(b'{"again":%d}' % number) for number in range(records))
        self._load(topic, Topic("again", 1, again))
        return "created"

    def _add_partition(self, topic: str, total: int) -> Json:
        self._admin.create_partitions([NewPartitions(topic, total)])[topic].result()
        producer = librdkafka.Producer({**self._servers, "linger.ms": 0})
        producer.list_topics(topic, timeout=PATIENCE)
        producer.produce(topic, b'{"new":true}', partition=total - 1)
        producer.flush(PATIENCE)
        return total

    def _join(self, group: str, topic: str) -> Json:
        self._other = librdkafka.Consumer({**self._servers, "group.id": group, "auto.offset.reset": "earliest"})
        given: list[int] = []
        self._other.subscribe([topic], on_assign=lambda _, places: given.extend(place.partition for place in places))
        until = time.monotonic() + PATIENCE
        while not given and time.monotonic() < until:
            self._other.poll(0.1)
        return sorted(given)

    def _leave(self) -> Json:
        if self._other is not None:
            self._other.close()
            self._other = None
        return "left"


def _produce(producer: librdkafka.Producer, topic: str, place: int, record: Record) -> None:
    producer.produce(
        topic,
        record.value,
        record.key,
        partition=record.partition,
        timestamp=FIRST_TIMESTAMP + 1000 * place,
        headers=list(record.headers),
    )
