"""Records written: where they go, with what, and what becomes of those that cannot be."""

from __future__ import annotations

import asyncio
import time

import pytest

from ktui.model import Draft, Header, TopicPartition
from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.kafka import Kafka, KafkaError, RetriableError, Stored, TooLarge
from tests.kafka.world import reads


async def test_a_record_comes_back_as_it_was_written(kafka: Kafka, topic: str) -> None:
    headers = (Header("h", b"1"), Header("h", b""), Header("null", None), Header("ä", b"\xff"))
    written = [
        await kafka.produce(topic, 1, b"k\x00\xff", b"v\xfe", timestamp=1_700_000_000_000, headers=headers),
        await kafka.produce(topic, 1, b"", b""),
        await kafka.produce(topic, 1, b"gone", None),
        await kafka.produce(topic, 1, None, None),
    ]
    assert [record.offset for record in written] == [0, 1, 2, 3]
    assert (written[0].timestamp, written[0].headers) == (1_700_000_000_000, headers)
    assert abs((written[1].timestamp or 0) / 1000 - time.time()) < 60
    consumer = reads(kafka, "reader")
    consumer.consumer.assign([TopicPartition(topic, 1)])
    assert await consumer.next(4) == written
    await consumer.consumer.close()


async def test_keys_choose_partitions_as_java_does(kafka: Kafka, name: str) -> None:
    await kafka.create_topic(name, 3, {})
    chosen = [(await kafka.produce(name, None, key.encode(), b"v")).partition for key in "abcdefgh"]
    assert chosen == [1, 2, 1, 2, 2, 0, 0, 1]  # recorded of Confluent's proxy
    assert (await kafka.produce(name, None, b"", b"v")).partition == (
        await kafka.produce(name, None, b"", b"")
    ).partition


async def test_many_are_answered_in_order_and_the_bad_ones_in_their_place(kafka: Kafka, topic: str) -> None:
    drafts = [Draft(topic, None, b"%d" % n, n % 2) for n in range(500)]
    drafts[100] = Draft(topic, None, b"x" * 1_048_577, 0)
    drafts[200] = Draft(topic, None, b"nowhere", 7)
    drafts[300] = Draft("a b", None, b"nowhere")
    results = await kafka.produce_all(drafts)
    bad = {place: result for place, result in enumerate(results) if isinstance(result, KafkaError)}
    assert [*bad] == [100, 200, 300]
    assert isinstance(bad[100], TooLarge)
    assert "1048665 bytes when serialized which is larger than 1048576" in str(bad[100])
    assert isinstance(bad[200], RetriableError)
    assert "Partition 7 of topic" in str(bad[200])
    for partition in (0, 1):
        offsets = [r.offset for r in results if isinstance(r, Stored) and r.partition == partition]
        assert offsets == [*range(len(offsets))]
    assert sum(isinstance(r, Stored) for r in results) == 497


async def test_nothing_to_write(kafka: Kafka) -> None:
    assert list(await kafka.produce_all([])) == []


async def test_a_record_of_the_largest_size_is_taken(kafka: Kafka, topic: str) -> None:
    stored = await kafka.produce(topic, 0, b"k", b"x" * (1_048_576 - 88 - 1))
    assert stored.offset == 0


async def test_writing_makes_no_topic(kafka: Kafka, name: str) -> None:
    with pytest.raises(RetriableError, match=f"Topic {name} not present in metadata after 500 ms."):
        await kafka.produce(name, None, None, b"v")
    assert name not in await kafka.names()


async def test_partitions_that_come_are_written_to(kafka: Kafka, topic: str) -> None:
    await kafka.produce(topic, 0, None, b"v")
    await kafka.grow_topic(topic, 3)
    assert (await kafka.produce(topic, 2, None, b"v")).offset == 0


async def test_a_write_that_is_given_up_is_still_carried_out(kafka: Kafka, topic: str) -> None:
    writing = asyncio.ensure_future(kafka.produce_all([Draft(topic, None, b"%d" % n, 0) for n in range(100)]))
    await asyncio.sleep(0)
    writing.cancel()
    async with asyncio.timeout(10):
        while (await kafka.ranges(topic, [0]))[0].end < 100:  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0.05)
    assert (await kafka.ranges(topic, [0]))[0].end == 100


@pytest.mark.kafka
@pytest.mark.parametrize("world", ["cluster"], indirect=True)
async def test_whoever_sets_linger_ms_has_records_wait_for_others(bootstrap: str, topic: str) -> None:
    kafka = ClusterKafka({"bootstrap.servers": bootstrap, "linger.ms": "700"})
    await kafka.produce(topic, 0, None, b"the first makes the connection")
    begun = time.monotonic()
    await kafka.produce(topic, 0, None, b"v")
    assert time.monotonic() - begun >= 0.7
    await kafka.aclose()
