"""A hundred clients of one gateway at once: some read what was assigned, some share topics as members of groups."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ktui.server.cluster.kafka import ClusterKafka
from ktui.server.gateway import Gateway
from ktui.server.within import GatewayTransport
from tests.kafka.world import until_so

pytestmark = pytest.mark.kafka
ALONE, GROUPS, MEMBERS, RECORDS = 60, 8, 5, 50
V2, BINARY = "application/vnd.kafka.v2+json", "application/vnd.kafka.binary.v2+json"
JSON = "application/json"
LONGEST = 90.0


class Client:
    """A plain HTTP client, as one would write it for any REST Proxy."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ask(self, method: str, path: str, body: object = None, media: str = V2) -> Any:
        accepted = V2 if media == BINARY and method != "GET" else media
        headers = {"accept": accepted} | ({"content-type": media} if body is not None else {})
        answer = await self._http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def write(self, topic: str, partition: int, values: list[bytes]) -> None:
        records = [{"value": base64.b64encode(value).decode(), "partition": partition} for value in values]
        stored = await self.ask("POST", f"/topics/{topic}", {"records": records}, BINARY)
        assert [each.get("error") for each in stored["offsets"]] == [None] * len(values)

    async def led(self, topic: str) -> int:
        """Partitions of a topic that can be written to."""
        answer = await self._http.get(f"/topics/{topic}/partitions")
        return sum(partition["leader"] >= 0 for partition in answer.json()) if answer.status_code == 200 else 0

    @asynccontextmanager
    async def instance(self, group: str) -> AsyncIterator[str]:
        made = {"format": "binary", "auto.offset.reset": "earliest", "auto.commit.enable": "false"}
        path = f"/consumers/{group}/instances/{(await self.ask('POST', f'/consumers/{group}', made))['instance_id']}"
        try:
            yield path
        finally:
            await self.ask("DELETE", path)

    async def read(self, instance: str) -> list[bytes]:
        records = await self.ask("GET", f"{instance}/records?timeout=200", media=BINARY)
        return [base64.b64decode(record["value"]) for record in records]


def values(name: object) -> list[bytes]:
    return [b"%s/%d" % (str(name).encode(), number) for number in range(RECORDS)]


async def alone(client: Client, topic: str, partition: int) -> None:
    """Write to a partition of one's own, and read exactly that from it."""
    await client.write(topic, partition, values(partition))
    async with client.instance(f"{topic}-alone-{partition}") as instance:
        await client.ask("POST", f"{instance}/assignments", {"partitions": [{"topic": topic, "partition": partition}]})
        found: list[bytes] = []
        while len(found) < RECORDS:
            found += await client.read(instance)
        assert found == values(partition)
        offsets = [{"topic": topic, "partition": partition, "offset": RECORDS - 1}]  # it adds 1, as Confluent's
        await client.ask("POST", f"{instance}/offsets", {"offsets": offsets})


async def member(client: Client, group: str, topic: str, found: list[bytes]) -> None:
    """Read with the others of a group until they have all of it."""
    async with client.instance(group) as instance:
        await client.ask("POST", f"{instance}/subscription", {"topics": [topic]})
        while len(set(found)) < MEMBERS * RECORDS:
            found += await client.read(instance)


async def test_a_hundred_clients_at_once(bootstrap: str) -> None:
    gateways: list[Gateway] = []

    def make() -> Gateway:
        gateways.append(Gateway(ClusterKafka({"bootstrap.servers": bootstrap})))
        return gateways[0]

    name = f"many-{uuid4().hex[:8]}"
    async with httpx.AsyncClient(transport=GatewayTransport(make), base_url="http://gateway", timeout=60) as http:
        client = Client(http)
        cluster = (await client.ask("GET", "/v3/clusters", media=JSON))["data"][0]["cluster_id"]
        for topic, partitions in [(name, ALONE), *((f"{name}-{number}", MEMBERS) for number in range(GROUPS))]:
            wanted = {"topic_name": topic, "partitions_count": partitions, "replication_factor": 1}
            await client.ask("POST", f"/v3/clusters/{cluster}/topics", wanted, JSON)
            await until_so(partial(client.led, topic), partitions)  # on a busy machine a broker takes its time
        shared = [list[bytes]() for _ in range(GROUPS)]
        async with asyncio.timeout(LONGEST), asyncio.TaskGroup() as tasks:
            for partition in range(ALONE):
                tasks.create_task(alone(client, name, partition))
            for number, found in enumerate(shared):
                topic = f"{name}-{number}"
                for partition in range(MEMBERS):
                    tasks.create_task(client.write(topic, partition, values(partition)))
                    tasks.create_task(member(client, f"{topic}-group", topic, found))
        everything = {value for partition in range(MEMBERS) for value in values(partition)}
        assert [set(found) for found in shared] == [everything] * GROUPS
        committed = await client.ask("GET", f"/v3/clusters/{cluster}/consumer-groups/{name}-alone-0/lags", media=JSON)
        assert [lag["current_offset"] for lag in committed["data"]] == [RECORDS]
        assert len(gateways) == 1
        assert len(gateways[0].instances) == 0
        for topic in [name, *(f"{name}-{number}" for number in range(GROUPS))]:
            await client.ask("DELETE", f"/v3/clusters/{cluster}/topics/{topic}", media=JSON)
    for thread in threading.enumerate():
        if thread.name.startswith("ktui-"):  # an idle one was told to end, and nobody has waited for it
            await asyncio.to_thread(thread.join, 10.0)
            assert not thread.is_alive(), thread.name
