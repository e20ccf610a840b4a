"""Six hundred thousand records through the gateway in this process, the broker killed in the middle: each once, in
order, with its bytes. And what was acknowledged meanwhile is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing

import confluent_kafka as librdkafka
import pytest
from confluent_kafka import TopicPartition as Place

from ktui.errors import ProxyError
from ktui.model import Draft, TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.within import GatewayTransport
from tests.kafka.broker import Broker, running

pytestmark = pytest.mark.kafka
RECORDS, PARTITIONS = 600_000, 6
EACH = RECORDS // PARTITIONS
LONGEST = 240.0


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running() as broker:
        yield broker


def value(partition: int, offset: int) -> bytes:
    return b"%d/%d" % (partition, offset)


def fill(bootstrap: str, topic: str) -> None:
    """As somebody else would: bare librdkafka."""
    producer = librdkafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 20, "log_level": 0})
    for begin in range(0, EACH, 10_000):
        for partition in range(PARTITIONS):
            batch = [{"value": value(partition, offset)} for offset in range(begin, begin + 10_000)]
            producer.produce_batch(topic, batch, partition=partition)
        producer.flush(LONGEST)


def written(bootstrap: str, topic: str) -> list[bytes | None]:
    """All values of a topic of one partition, as somebody else reads them."""
    reader = librdkafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "other", "log_level": 0})
    reader.assign([Place(topic, 0, 0)])
    end = reader.get_watermark_offsets(Place(topic, 0), timeout=30)[1]
    found: list[bytes | None] = []
    last = -1
    while last < end - 1:
        message = reader.poll(30)
        assert message is not None
        assert message.error() is None
        found.append(message.value())
        last = message.offset() or 0
    reader.close()
    return found


async def write(client: ProxyClient, topic: str, stop: asyncio.Event) -> list[bytes]:
    """Write numbers until told to stop, a hundred at a time; which were acknowledged."""
    acknowledged: list[bytes] = []
    number = 0
    while not stop.is_set():
        values = [b"%d" % each for each in range(number, number + 100)]
        number += 100
        try:
            reports = await client.produce(topic, [Draft(topic, None, each, 0) for each in values])
        except ProxyError:
            await asyncio.sleep(0.2)
            continue
        acknowledged += [each for each, report in zip(values, reports, strict=True) if report.error is None]
    return acknowledged


class Ledger:
    """Every record that comes, held against what must come."""

    def __init__(self) -> None:
        self.next = dict.fromkeys(range(PARTITIONS), 0)

    @property
    def count(self) -> int:
        return sum(self.next.values())

    async def read(self, stream: Stream, at: Mapping[int, asyncio.Event]) -> None:
        """Read to the end; set the events of `at` when so many records have come."""
        async with aclosing(stream.batches()) as batches:
            async for batch in batches:
                assert not batch.gaps
                for record in batch.records:
                    assert record.offset == self.next[record.partition], "lost, twice, or out of order"
                    assert record.value == value(record.partition, record.offset)
                    self.next[record.partition] += 1
                for count, event in at.items():
                    if self.count >= count:
                        event.set()
                if self.count == RECORDS:
                    return


async def test_each_record_once_though_the_broker_is_killed(broker: Broker) -> None:
    kafka = ClusterKafka({"bootstrap.servers": broker.address})
    await kafka.create_topic("big", PARTITIONS, {})
    await kafka.create_topic("small", 1, {})
    await asyncio.to_thread(fill, broker.address, "big")
    client = ProxyClient("http://gateway", transport=GatewayTransport(lambda: Gateway(kafka)))
    ledger, midway, stop = Ledger(), asyncio.Event(), asyncio.Event()
    begun = time.monotonic()
    async with asyncio.timeout(LONGEST):
        stream = Stream(client, {TopicPartition("big", number): 0 for number in range(PARTITIONS)})
        reading = asyncio.ensure_future(ledger.read(stream, {RECORDS // 3: midway}))
        writing = asyncio.ensure_future(write(client, "small", stop))
        await asyncio.wait([asyncio.ensure_future(midway.wait()), reading], return_when=asyncio.FIRST_COMPLETED)
        killed_at = ledger.count
        broker.kill()
        await asyncio.to_thread(broker.start)
        await reading
        took = time.monotonic() - begun
        await client.produce("small", [Draft("small", None, b"after", 0)])
        stop.set()
        acknowledged = await writing
    assert killed_at < RECORDS
    stored = await asyncio.to_thread(written, broker.address, "small")
    assert len(stored) == len(set(stored)), "written twice"
    assert set(acknowledged) <= set(stored), "acknowledged and lost"
    print(f"\n{RECORDS} records once, killed at {killed_at}, {took:.1f} s; {len(acknowledged)} acknowledged, none lost")
    await client.aclose()
