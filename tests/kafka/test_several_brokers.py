"""Two brokers with copies of everything, and one of them dies: its partitions are led by the other one, and who reads
and writes goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from ktui.errors import NotFound
from ktui.model import Draft, TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.kafka import RetriableError, TopicExists
from ktui.server.within import GatewayTransport
from tests.kafka.broker import Broker, running
from tests.kafka.world import until_so

pytestmark = pytest.mark.kafka
PARTITIONS, ROUND = 4, 400
QUICK = {
    "broker.session.timeout.ms": "2000",  # of 9000: how long the dead one is believed to live
    "broker.heartbeat.interval.ms": "500",
    "default.replication.factor": "2",
    "auto.create.topics.enable": "true",
    "offsets.topic.replication.factor": "2",
    "replica.lag.time.max.ms": "2000",
}
LONGEST = 60.0


@pytest.fixture
def brokers() -> Iterator[tuple[Broker, Broker]]:
    with running(more=QUICK) as first, running(more=QUICK, beside=first) as second:
        yield first, second


async def write(client: ProxyClient, numbers: range) -> None:
    """Write a round, each record until it is acknowledged."""
    left = list(numbers)
    while left:
        drafts = [Draft("t", None, b"%d" % number, number % PARTITIONS) for number in left]
        reports = await client.produce("t", drafts)
        left = [number for number, report in zip(left, reports, strict=True) if report.error is not None]


async def read(stream: Stream, count: int) -> list[int]:
    found: list[int] = []
    async with aclosing(stream.batches()) as batches:
        async for batch in batches:
            assert not batch.gaps
            found += [int(record.value or b"") for record in batch.records]
            if len(found) >= count:
                break
    return found


async def test_one_of_two_brokers_dies(brokers: tuple[Broker, Broker]) -> None:
    addresses = ",".join(broker.address for broker in brokers)
    kafka = ClusterKafka({"bootstrap.servers": addresses})
    client = ProxyClient("http://gateway", transport=GatewayTransport(lambda: Gateway(kafka)))
    await kafka.create_topic("t", PARTITIONS, {}, copies=2)
    assert sorted(await client.brokers()) == [1, 2]

    async def leaders() -> set[int | None]:
        return {each.leader for each in await client.partitions("t")}

    async def made() -> bool:
        """Make a topic, which the controller does, whichever broker that is believed to be."""
        try:
            await kafka.create_topic("new", 1, {}, copies=1)
        except RetriableError:
            return False
        except TopicExists:  # it was made, and the answer was lost
            pass
        return True

    tps = [TopicPartition("t", number) for number in range(PARTITIONS)]
    async with asyncio.timeout(LONGEST):
        await write(client, range(ROUND))
        await until_so(leaders, {1, 2})
        await client.commit("readers", dict.fromkeys(tps, 10))
        reading = asyncio.ensure_future(read(Stream(client, dict.fromkeys(tps, 0)), 2 * ROUND))
        brokers[1].kill()
        await write(client, range(ROUND, 2 * ROUND))
        found = await reading
        await until_so(leaders, {1})
        assert await client.committed("readers", tps) == dict.fromkeys(tps, 10)
        await until_so(made, True)
        with pytest.raises(NotFound):
            await client.partitions("nowhere")
        assert await client.topics() == ["new", "t"], "a question made a topic"
    assert sorted(found) == list(range(2 * ROUND)), "lost or twice"
    for number in range(PARTITIONS):
        of_one = [each for each in found if each % PARTITIONS == number]
        assert of_one == sorted(of_one), "out of order"
    await client.aclose()
