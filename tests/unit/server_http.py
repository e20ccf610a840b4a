"""A plain HTTP client of the sandbox, for tests that look at the server and not at our client."""

from __future__ import annotations

import json
from typing import Any

import httpx

V2 = "application/vnd.kafka.v2+json"
BINARY = "application/vnd.kafka.binary.v2+json"


class Http:
    """Short forms of requests, with the headers that C wants."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, accept: str = V2) -> httpx.Response:
        return await self.client.get(path, headers={"accept": accept})

    async def post(self, path: str, body: Any = None, media: str = V2) -> httpx.Response:
        content = None if body is None else json.dumps(body)
        return await self.client.post(path, content=content, headers={"accept": V2, "content-type": media})

    async def delete(self, path: str) -> httpx.Response:
        return await self.client.delete(path, headers={"accept": V2})

    async def create(self, group: str, name: str, **options: str) -> httpx.Response:
        """An instance that reads from the beginning, at once, and commits nothing."""
        body = {
            "name": name,
            "auto.offset.reset": "earliest",
            "auto.commit.enable": "false",
            "fetch.min.bytes": "1",
            **options,
        }
        return await self.post(f"/consumers/{group}", body)

    async def assign(self, group: str, name: str, topic: str, *partitions: int) -> httpx.Response:
        entries = [{"topic": topic, "partition": partition} for partition in partitions]
        return await self.post(f"/consumers/{group}/instances/{name}/assignments", {"partitions": entries})

    async def records(self, group: str, name: str, query: str = "timeout=300") -> list[dict[str, Any]]:
        answer = await self.get(f"/consumers/{group}/instances/{name}/records?{query}", BINARY)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found
