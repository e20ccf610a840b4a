"""Proxies side by side, each by the same bare calls: what a client without ktui gets from them.

    python -m tests.bench.beside --topic big http://127.0.0.1:8080 http://127.0.0.1:8082 kafka://127.0.0.1:9092

All of them stand before the same broker, where the topic is. `kafka://` is `ktui gateway`, started for it. Prints a
table: records a second to a curl that asks again and again, milliseconds of a jump, of a record from produced to
delivered, of a thousand produced in one request, and the memory that the server takes after all that.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ktui.rest.client import ProxyClient
from tests.bench.raw import BINARY, Raw, by_curl, delays, jump, read_on
from tests.bench.test_gateway import gateway

ROUNDS = 12
HEADS = (
    "Proxy",
    "curl loop, rec/s",
    "jump, ms",
    "produced to delivered, ms",
    "1000 × 400 B produced, ms",
    "memory, MB",
)


@contextmanager
def served(url: str) -> Iterator[str]:
    """The address of a proxy; of a gateway, for a cluster."""
    if not url.startswith("kafka://"):
        yield url
        return
    with gateway(url.removeprefix("kafka://")) as (port, _, _):
        yield f"http://127.0.0.1:{port}"


def memory(port: int) -> float:
    """Megabytes of the process that listens there, on this machine."""
    sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    names = {f"socket:[{each[9]}]" for each in sockets if each[3] == "0A" and int(each[1].split(":")[1], 16) == port}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(file.readlink().name in names for file in (process / "fd").iterdir()):
                return int((process / "statm").read_text().split()[1]) * 4096 / 1e6
        except OSError:  # gone meanwhile, or not ours
            continue
    return float("nan")


async def produced(raw: Raw) -> float:
    """Milliseconds until a thousand records are acknowledged."""
    value = base64.b64encode(b"v" * 400).decode()
    body = json.dumps({"records": [{"value": value, "partition": n % 2} for n in range(1000)]})
    began = time.perf_counter()
    answer = await raw.http.post(f"/topics/{raw.topic}", content=body, headers={"Content-Type": BINARY})
    assert all(report.get("offset") is not None for report in answer.raise_for_status().json()["offsets"])
    return (time.perf_counter() - began) * 1000


async def measure(url: str, topic: str, quiet: str) -> tuple[str, ...]:
    client = ProxyClient(url)
    dialect = await client.probe()
    ends, still = [
        {tp: bounds.end for tp, bounds in (await client.ranges(name, range(count))).items()}
        for name in (topic, quiet)
        if (count := len(await client.partitions(name)))
    ]
    await client.aclose()
    raw, beside = Raw(url, dialect, topic), Raw(url, dialect, quiet)
    async with raw.http, beside.http:
        rates = [await by_curl(raw, ends) for _ in range(2)]
        jumps = [await jump(raw, {tp.partition: end // (n + 2) for tp, end in ends.items()}) for n in range(ROUNDS)]
        places = {tp.partition: end for tp, end in still.items()}
        took = await delays(beside, lambda answered: read_on(beside, places, answered), ROUNDS)
        await produced(beside)
        sent = [await produced(beside) for _ in range(ROUNDS)]
    figures = [max(rates), *map(statistics.median, (jumps, took, sent)), memory(urlsplit(url).port or 80)]
    return (dialect.name, *(f"{figure:,.0f}" for figure in figures))


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.beside", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("urls", nargs="+", metavar="URL")
    parser.add_argument("--topic", default="big", help="one with many records and no gaps (default: big)")
    parser.add_argument("--quiet", default="orders", help="one that nobody else writes to (default: orders)")
    options = parser.parse_args()
    print("| " + " | ".join(HEADS) + " |", "|--" * len(HEADS) + "|", sep="\n")
    for url in options.urls:
        with served(url) as address:
            row = asyncio.run(measure(address, options.topic, options.quiet))
        print("| " + " | ".join(("`ktui gateway`" if url != address else row[0], *row[1:])) + " |", flush=True)


if __name__ == "__main__":
    main()
