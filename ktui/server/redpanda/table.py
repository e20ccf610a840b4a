"""The few paths that R has, each with its media types."""

from __future__ import annotations

from ktui.server.admission import Types
from ktui.server.media import EMBEDDED, V2
from ktui.server.metadata import Metadata
from ktui.server.proxy import Proxy
from ktui.server.redpanda.commits import RedpandaCommits
from ktui.server.redpanda.consumers import RedpandaConsumers
from ktui.server.redpanda.produce import RedpandaProduce
from ktui.server.redpanda.reading import RedpandaRecords
from ktui.server.resource import Handler

SHOWN = EMBEDDED[:2]
"""binary and json: what it reads and writes."""


def table(proxy: Proxy) -> dict[str, tuple[Types, dict[str, Handler]]]:
    """Every path with its media types and its handlers by method. Without a type for bodies none is looked at."""
    metadata, records, consumers = Metadata(proxy), RedpandaRecords(proxy), RedpandaConsumers(proxy)
    commits, produce = RedpandaCommits(proxy), RedpandaProduce(proxy)
    instance = "/consumers/{group}/instances/{instance}"
    look, control, shown = Types((V2,), ()), Types((V2,), (V2,)), Types(SHOWN, ())
    return {
        "/topics": (look, {"GET": metadata.topics}),
        "/brokers": (look, {"GET": metadata.brokers}),
        "/topics/{topic}": (Types((V2,), SHOWN), {"POST": produce.to_topic}),
        "/topics/{topic}/partitions/{partition}/records": (shown, {"GET": records.by_offset}),
        "/consumers/{group}": (control, {"POST": consumers.create}),
        instance: (control, {"DELETE": consumers.delete}),
        f"{instance}/subscription": (control, {"POST": consumers.subscribe}),
        f"{instance}/records": (shown, {"GET": records.of_instance}),
        f"{instance}/offsets": (control, {"POST": commits.commit, "GET": commits.committed}),
    }
