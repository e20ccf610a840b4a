"""Our sandbox on a socket with a topic that is worth reading. Prints its address.

python -m tests.bench.full_sandbox RECORDS
"""

from __future__ import annotations

import asyncio
import sys

from ktui.model import Record
from ktui.server.sandbox import Sandbox
from ktui.server.serve import serve
from tests.bench.bodies import TOPIC, value


async def main(count: int) -> None:
    sandbox = Sandbox()
    topic = sandbox.topics.create(TOPIC, 1)
    topic.partitions[0].extend([Record(TOPIC, 0, n, b"cust-%05d" % (n % 500), value(n, 225), n) for n in range(count)])
    await serve(sandbox, "127.0.0.1", 0, say=lambda url: print(url, flush=True))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
