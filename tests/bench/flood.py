"""A server of one topic that costs nothing: it sends bodies that stand ready, as fast as they are read or at a rate.

    python -m tests.bench.flood [RATE]     prints its address

It answers just what is asked by somebody who reads, as our own gateway would. Without a rate there is always more.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time

import msgspec

from tests.bench.bodies import FIRST, FULL, TOPIC, WIRE, Bodies

AHEAD = 900
"""Records that are said to lie ahead of a reader when there is always more: not far enough for another way to read."""
TICK = 0.05
"""Seconds of records that an answer waits for."""


class Flood:
    """What the partition holds by now, and who reads where."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._bodies = Bodies()
        self._started = time.monotonic()
        self._furthest = FIRST
        self.positions: dict[str, int] = {}

    @property
    def end(self) -> int:
        if self._rate is None:
            return self._furthest + AHEAD
        return FIRST + 200 + int((time.monotonic() - self._started) * self._rate)

    async def read(self, instance: str, timeout: float, max_bytes: int) -> bytes:
        """What the next read of an instance brings."""
        position = self.positions[instance]
        most = max(1, min(FULL, max_bytes // WIRE))
        if self._rate is not None:
            least = min(most, max(1, int(self._rate * TICK)))
            await asyncio.sleep(max(0.0, min((least - self.end + position) / self._rate, timeout)))
            most = max(0, min(most, self.end - position))
        self.positions[instance] = position + most
        self._furthest = max(self._furthest, position + most)
        return self._bodies.body(position, most) if most else b"[]"

    async def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        path, _, query = path.partition("?")
        encode = msgspec.json.encode
        match path.strip("/").split("/"):
            case ["topics"]:
                return 200, encode([TOPIC])
            case ["topics", name]:
                partition = {"partition": 0, "leader": 0, "replicas": [{"broker": 0, "leader": True, "in_sync": True}]}
                return 200, encode({"name": name, "configs": {}, "partitions": [partition]})
            case ["topics", _, "partitions"]:
                return 200, encode([{"partition": 0, "leader": 0, "replicas": []}])
            case ["topics", _, "partitions", _, "offsets"]:
                return 200, encode({"beginning_offset": FIRST, "end_offset": self.end})
            case ["consumers", group] if method == "POST":
                name = msgspec.json.decode(body)["name"]
                base = f"http://localhost/consumers/{group}/instances/{name}"
                return 200, encode({"instance_id": name, "base_uri": base})
            case ["consumers", _, "instances", name, "positions"]:
                self.positions[name] = max(FIRST, msgspec.json.decode(body)["offsets"][0]["offset"])
                return 204, b""
            case ["consumers", _, "instances", name, "records"] if name in self.positions:
                asked = dict(re.findall(r"(\w+)=(\d+)", query))
                wait, most = int(asked.get("timeout", 500)) / 1000, int(asked.get("max_bytes", 1 << 30))
                return 200, await self.read(name, wait, most)
            case ["consumers", _, "instances", name] if method == "DELETE":
                self.positions.pop(name, None)
                return 204, b""
            case ["consumers", _, "instances", _, "assignments"]:
                return 204, b""
        return 404, b'{"error_code":40403,"message":"Consumer instance not found."}'

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
                method, path, _ = head.split(" ", 2)
                length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                status, content = await self.answer(method, path, body)
                kind = "application/vnd.kafka.binary.v2+json"
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
                )
                writer.write(content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(rate: float | None) -> None:
    server = await asyncio.start_server(Flood(rate).serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else None))
