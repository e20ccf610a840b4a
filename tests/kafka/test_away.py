"""The cluster goes and comes back: every verb says so in time, and goes on without a new start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from ktui.model import Draft, TopicPartition
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.kafka import Committed, ConsumerOptions, KafkaError, RetriableError
from tests.kafka.broker import Broker, running
from tests.kafka.world import SOON, Reads, fill, reads

pytestmark = pytest.mark.kafka
ANSWER = 2.0
BOUND = ANSWER + 4.0
"""Seconds in which every verb must have answered."""


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running() as broker:
        yield broker


def verbs(kafka: ClusterKafka, topic: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that asks the cluster."""
    tp = TopicPartition(topic, 0)
    consumer = kafka.consumer("away", "m", ConsumerOptions(auto_commit=False))
    return {
        "names": kafka.names,
        "cluster": kafka.cluster,
        "describe": lambda: kafka.describe(topic),
        "ranges": lambda: kafka.ranges(topic, [0]),
        "find_time": lambda: kafka.find_time(tp, 0),
        "settings": lambda: kafka.settings(topic),
        "alter": lambda: kafka.alter_topic(topic, {"retention.ms": "1"}),
        "create": lambda: kafka.create_topic("new", 1, {}),
        "grow": lambda: kafka.grow_topic(topic, 9),
        "delete": lambda: kafka.delete_topic("other"),
        "group_names": kafka.group_names,
        "group": lambda: kafka.group("away"),
        "committed": lambda: consumer.committed([tp]),
        "commit": lambda: consumer.commit({tp: Committed(1)}),
        "produce": lambda: kafka.produce(topic, 0, None, b"v"),
        "produce elsewhere": lambda: kafka.produce("other", 0, None, b"v"),
    }


async def complaints(kafka: ClusterKafka, topic: str) -> dict[str, str]:
    """What each verb says when nobody answers."""

    async def failing(verb: Callable[[], Awaitable[object]]) -> str:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(BOUND):
                return f"answered: {await verb()}"
        except RetriableError as error:
            return str(error)
        except TimeoutError:
            return f"hangs: {time.monotonic() - begun:.1f} s"

    asked = verbs(kafka, topic)
    return dict(zip(asked, await asyncio.gather(*map(failing, asked.values())), strict=True))


async def back(kafka: ClusterKafka, topic: str) -> None:
    """Wait until it answers again."""
    until = time.monotonic() + SOON
    while True:
        try:
            await kafka.ranges(topic, [0])
            return
        except KafkaError:
            assert time.monotonic() < until


async def through(kafka: ClusterKafka, tail: Reads, topic: str, value: bytes) -> None:
    """Write a record and see it come to somebody who was reading all the time."""
    await fill(kafka, topic, [value])
    found: list[bytes | None] = []
    while value not in found:  # what was given up while the cluster stood still may have been stored after all
        found += [record.value for record in await tail.next()]
    assert found[-1] == value


@asynccontextmanager
async def connected(broker: Broker) -> AsyncIterator[ClusterKafka]:
    properties = {"bootstrap.servers": broker.address, "message.timeout.ms": "2000", "heartbeat.interval.ms": "200"}
    kafka = ClusterKafka(properties, answer=ANSWER, metadata_wait=0.5)
    try:
        yield kafka
    finally:
        async with asyncio.timeout(SOON):
            await kafka.aclose()


async def test_a_cluster_that_goes_and_comes_back(broker: Broker) -> None:
    async with connected(broker) as kafka:
        await there_and_away(kafka, broker)


async def there_and_away(kafka: ClusterKafka, broker: Broker) -> None:
    await kafka.create_topic("t", 1, {})
    tail, member = reads(kafka, "tail"), reads(kafka, "members")
    tail.consumer.assign([TopicPartition("t", 0)])
    member.consumer.subscribe(["t"])
    await through(kafka, tail, "t", b"before")
    await member.next()
    for gone, again in ((broker.kill, broker.start), (broker.pause, broker.resume)):
        gone()
        said = await complaints(kafka, "t")
        assert not [text for text in said.values() if text.startswith(("hangs", "answered"))], said
        assert await tail.consumer.poll(10) == []
        tail.consumer.seek(TopicPartition("t", 0), tail.consumer.positions()[TopicPartition("t", 0)])
        assert await tail.consumer.poll(10) == []
        if gone == broker.kill:
            assert "refused" in said["names"], said
        await asyncio.to_thread(again)
        await back(kafka, "t")
        await through(kafka, tail, "t", again.__name__.encode())
        seen: list[bytes | None] = []
        while again.__name__.encode() not in seen:
            seen += [record.value for record in await member.next()]


async def test_leaving_a_cluster_that_is_away_takes_no_time(broker: Broker) -> None:
    async with connected(broker) as kafka:
        await kafka.create_topic("t", 1, {})
        await fill(kafka, "t", [b"v"])
        reading, member = reads(kafka, "r", auto_commit=True), reads(kafka, "m", auto_commit=True)
        reading.consumer.assign([TopicPartition("t", 0)])
        member.consumer.subscribe(["t"])
        await asyncio.gather(reading.next(), member.next())
        broker.kill()
        writing = asyncio.ensure_future(kafka.produce_all([Draft("t", None, b"late", 0)]))
        await asyncio.sleep(0)
        begun = time.monotonic()
        await asyncio.gather(reading.consumer.close(), member.consumer.close())
        await kafka.aclose()
        assert time.monotonic() - begun < SOON / 2
        assert isinstance((await writing)[0], RetriableError)
    async with connected(broker) as kafka:
        with pytest.raises(RetriableError, match="refused"):
            await kafka.names()
        await asyncio.to_thread(broker.start)
        await back(kafka, "t")
        assert await kafka.names() == ["t"]
