"""Somebody else at the same proxy: raw httpx, nothing of ours, so that the app is not its own witness."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

JSON = {"Content-Type": "application/vnd.kafka.json.v2+json"}
V2 = {"Content-Type": "application/vnd.kafka.v2+json"}
DEADLINE = 30.0


class Other:
    """Makes the topic, writes records, and looks whether an instance is still there."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def ensure_topic(self, name: str) -> None:
        """Make the topic unless it is there, by whatever way this proxy has."""
        if name in (await self._get("/topics")):
            return
        root = await self._http.get("/")
        if "bridge_version" in root.text:
            body = {"topic_name": name, "partitions_count": 2, "replication_factor": 1}
            made = await self._http.post("/admin/topics", json=body, headers=JSON)
        else:
            clusters = await self._http.get("/v3/clusters")
            if clusters.status_code != 200:
                pytest.fail(f"this proxy has no topic {name} and cannot make one: make it with two partitions")
            cluster = clusters.json()["data"][0]["cluster_id"]
            body = {"topic_name": name, "partitions_count": 2, "replication_factor": 1}
            made = await self._http.post(f"/v3/clusters/{cluster}/topics", json=body)
        assert made.status_code in (200, 201), made.text
        deadline = time.monotonic() + DEADLINE
        while name not in await self._get("/topics"):
            assert time.monotonic() < deadline, f"{name} was made and is not listed"
            await asyncio.sleep(0.1)

    async def _get(self, path: str) -> list[str]:
        answer = await self._http.get(path)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert isinstance(found, list)
        return found

    async def produce(self, topic: str, partition: int, value: str) -> int:
        """Write one record; its offset."""
        body = {"records": [{"value": value, "partition": partition}]}
        answer = await self._http.post(f"/topics/{topic}", json=body, headers=JSON)
        assert answer.status_code == 200, answer.text
        offset = answer.json()["offsets"][0]["offset"]
        assert isinstance(offset, int), answer.text
        return offset

    async def instance_exists(self, path: str) -> bool:
        """Whether the proxy knows the instance at this path. Deleting is the one question that all makes answer."""
        answer = await self._http.delete(path, headers=V2)
        assert answer.status_code in (204, 404), answer.text
        return answer.status_code == 204


@asynccontextmanager
async def somebody_else(url: str) -> AsyncIterator[Other]:
    async with httpx.AsyncClient(base_url=url, timeout=DEADLINE) as http:
        yield Other(http)
