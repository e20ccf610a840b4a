"""The sandbox on a socket as a process of its own: it tells where it is, and signals end it soon."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys

import httpx
import pytest

from ktui.errors import ConfigError
from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve

PROGRAM = """
import asyncio
from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve

async def main():
    sandbox = Sandbox()
    sandbox.topics.create("t")
    await serve(sandbox, "127.0.0.1", 0)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_even_while_a_read_waits(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", PROGRAM, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().strip()
    async with httpx.AsyncClient(base_url=address) as client:
        await client.post("/consumers/g", content='{"name":"i","consumer.request.timeout.ms":60000}')
        partitions = {"partitions": [{"topic": "t", "partition": 0}]}
        media = {"content-type": "application/vnd.kafka.v2+json"}
        await client.post("/consumers/g/instances/i/assignments", json=partitions, headers=media)
        waiting = asyncio.create_task(client.get("/consumers/g/instances/i/records", timeout=30))
        await asyncio.sleep(0.1)
        process.send_signal(number)
        _, said = await asyncio.wait_for(process.communicate(), timeout=5)
        await asyncio.wait([waiting])
        waiting.exception()
    assert process.returncode == 0
    assert said == b""


async def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            await serve(Sandbox(), "127.0.0.1", port)
