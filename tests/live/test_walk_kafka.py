"""The walk on a cluster without a proxy, beside somebody with bare librdkafka; and a gateway on a socket before it."""

from __future__ import annotations

import asyncio
import base64
import signal
import sys
from uuid import uuid4

import confluent_kafka as librdkafka
import httpx
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from ktui.cli.kafka import client_of
from ktui.config import load
from ktui.ui.app import KtuiApp
from tests.live.walk import Walk

pytestmark = pytest.mark.kafka
BINARY = {"content-type": "application/vnd.kafka.binary.v2+json"}


class Beside:
    """Somebody else at the cluster."""

    def __init__(self, bootstrap: str) -> None:
        self._settings = {"bootstrap.servers": bootstrap}
        self._admin = AdminClient(self._settings)

    async def make(self, topic: str) -> None:
        await asyncio.to_thread(self._admin.create_topics([NewTopic(topic, 2, 1)])[topic].result)

    async def delete(self, topic: str) -> None:
        await asyncio.to_thread(self._admin.delete_topics([topic])[topic].result)

    async def produce(self, topic: str, partition: int, text: str) -> int:
        """Write a JSON string; its offset."""
        written: list[int] = []
        producer = librdkafka.Producer(self._settings)
        producer.produce(
            topic, f'"{text}"'.encode(), partition=partition, on_delivery=lambda _, m: written.append(m.offset())
        )
        await asyncio.to_thread(producer.flush, 20)
        return written[0]

    async def instance_exists(self, path: str) -> bool:
        """Whether the group of an instance has a member, or anything committed."""
        group = path.split("/")[2]
        found = await asyncio.to_thread(self._admin.list_consumer_groups().result)
        return group in {each.group_id for each in found.valid}

    async def records(self, topic: str) -> dict[int, list[bytes]]:
        """All that is there, by partition."""
        return await asyncio.to_thread(self._records, topic)

    def _records(self, topic: str) -> dict[int, list[bytes]]:
        consumer = librdkafka.Consumer(
            {**self._settings, "group.id": f"beside-{uuid4()}", "enable.partition.eof": "true"}
        )
        consumer.assign([librdkafka.TopicPartition(topic, number, 0) for number in range(2)])
        found: dict[int, list[bytes]] = {0: [], 1: []}
        ends = 0
        while ends < 2:
            for message in consumer.consume(1000, 1.0):
                if message.error() is not None:
                    ends += 1
                else:
                    found[message.partition() or 0].append(message.value() or b"")
        consumer.close()
        return found


async def test_the_walk_without_a_proxy(bootstrap: str) -> None:
    topic, beside = f"walk-{uuid4().hex[:8]}", Beside(bootstrap)
    await beside.make(topic)
    config = load({}, url=f"kafka://{bootstrap}")
    proxy = client_of(config)
    await Walk(KtuiApp(proxy, config=config), proxy, beside, topic).run((120, 36))
    await beside.delete(topic)


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
async def test_what_was_accepted_is_written_when_the_gateway_is_told_to_end(bootstrap: str) -> None:
    """Clients send without a pause while SIGTERM comes: what was answered is there once, and it ends soon."""
    topic, beside = f"end-{uuid4().hex[:8]}", Beside(bootstrap)
    await beside.make(topic)
    command = [sys.executable, "-m", "ktui", "gateway", "--bootstrap-servers", bootstrap, "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().split()[2]
    acknowledged: list[bytes] = []

    async def send(name: int) -> None:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            for number in range(10_000):
                values = [b"%d-%d-%d" % (name, number, each) for each in range(20)]
                body = {"records": [{"value": base64.b64encode(value).decode()} for value in values]}
                try:
                    answer = await client.post(f"/topics/{topic}", json=body, headers=BINARY)
                except httpx.TransportError:
                    return
                assert answer.status_code == 200, answer.text
                assert all(report["error"] is None for report in answer.json()["offsets"])
                acknowledged.extend(values)

    sending = [asyncio.create_task(send(name)) for name in range(4)]
    async with asyncio.timeout(30):
        while len(acknowledged) < 400:  # noqa: ASYNC110  nobody tells us
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 20) == 0
    await asyncio.wait_for(asyncio.gather(*sending), 20)
    stored = [value for values in (await beside.records(topic)).values() for value in values]
    assert len(stored) == len(set(stored))
    assert set(acknowledged) <= set(stored)
    await beside.delete(topic)
