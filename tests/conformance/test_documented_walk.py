"""What Confluent's documentation shows, step by step with a plain HTTP client: it works unchanged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve

JSON = "application/vnd.kafka.json.v2+json"
BINARY = "application/vnd.kafka.binary.v2+json"
V2 = "application/vnd.kafka.v2+json"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a sandbox on a socket that makes topics as they are produced to."""
    sandbox = Sandbox(auto_create=True)
    opened: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(sandbox, "127.0.0.1", 0, say=opened.set_result))
    async with httpx.AsyncClient(base_url=await opened) as client:
        yield client
    serving.cancel()
    await asyncio.wait([serving])
    assert not sandbox.instances


async def test_produce_to_a_partition_and_read_by_a_subscription(client: httpx.AsyncClient) -> None:
    records = {"records": [{"value": {"foo": "bar"}}, {"key": "k", "value": "two"}]}
    produced = await client.post("/topics/helloTopic/partitions/0", json=records, headers={"content-type": JSON})
    assert produced.status_code == 200
    assert [entry["offset"] for entry in produced.json()["offsets"]] == [0, 1]

    body = '{"name": "my_instance", "format": "json", "auto.offset.reset": "earliest"}'
    created = await client.post("/consumers/my_group", content=body)  # without a Content-Type
    base = f"{client.base_url}/consumers/my_group/instances/my_instance".replace("//consumers", "/consumers")
    assert created.json() == {"instance_id": "my_instance", "base_uri": base}

    subscription = {"topics": ["helloTopic"]}
    subscribed = await client.post(f"{base}/subscription", json=subscription, headers={"content-type": V2})
    assert subscribed.status_code == 204
    await asyncio.sleep(0.05)
    read = await client.get(f"{base}/records", headers={"accept": JSON}, params={"timeout": 300})
    assert (read.status_code, read.headers["content-type"]) == (200, JSON)
    assert read.json() == [
        {"topic": "helloTopic", "key": None, "value": {"foo": "bar"}, "partition": 0, "offset": 0},
        {"topic": "helloTopic", "key": "k", "value": "two", "partition": 0, "offset": 1},
    ]
    assert (await client.delete(base)).status_code == 204
    assert (await client.get(f"{base}/records", headers={"accept": JSON})).status_code == 404


async def test_binary_records_by_assignment_position_and_commit(client: httpx.AsyncClient) -> None:
    headers = {"content-type": V2}
    records = {"records": [{"key": "a2V5", "value": "Y29uZmx1ZW50"}, {"value": "a2Fma2E="}, {"value": "bG9ncw=="}]}
    await client.post("/topics/binarytest", json=records, headers={"content-type": BINARY, "accept": V2})
    assert (await client.get("/topics/binarytest/partitions/0/offsets")).json() == {
        "beginning_offset": 0,
        "end_offset": 3,
    }
    create = {"name": "i", "format": "binary", "auto.commit.enable": "false", "fetch.min.bytes": "1"}
    instance = "/consumers/testgroup/instances/i"
    assert (await client.post("/consumers/testgroup", json=create, headers=headers)).status_code == 200
    partitions = {"partitions": [{"topic": "binarytest", "partition": 0}]}
    assert (await client.post(f"{instance}/assignments", json=partitions, headers=headers)).status_code == 204
    position = {"offsets": [{"topic": "binarytest", "partition": 0, "offset": 1}]}
    assert (await client.post(f"{instance}/positions", json=position, headers=headers)).status_code == 204
    read = await client.get(f"{instance}/records", headers={"accept": BINARY})
    assert [record["value"] for record in read.json()] == ["a2Fma2E=", "bG9ncw=="]
    commit = {"offsets": [{"topic": "binarytest", "partition": 0, "offset": 2}]}
    assert (await client.post(f"{instance}/offsets", json=commit, headers=headers)).json() == []
    committed = await client.request("GET", f"{instance}/offsets", json=partitions, headers=headers)
    assert committed.json() == {"offsets": [{"topic": "binarytest", "partition": 0, "offset": 3, "metadata": ""}]}
    assert (await client.delete(instance)).status_code == 204


async def test_metadata(client: httpx.AsyncClient) -> None:
    records = {"records": [{"value": "eA=="}]}
    await client.post("/topics/t", json=records, headers={"content-type": BINARY})
    assert (await client.get("/topics")).json() == ["t"]
    assert (await client.get("/brokers")).json() == {"brokers": [1]}
    partition = {"partition": 0, "leader": 1, "replicas": [{"broker": 1, "leader": True, "in_sync": True}]}
    assert (await client.get("/topics/t/partitions")).json() == [partition]
    assert (await client.get("/topics/t")).json()["partitions"] == [partition]
