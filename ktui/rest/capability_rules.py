"""What a client may want of a proxy, call by call, and which habit of the server decides. Data, no judgement."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A call of the v2 API, and what decides whether a server has it."""

    id: str
    title: str
    call: str
    field: str
    """The field of the dialect that decides; empty: every make of proxy can."""
    why_not: str = ""
    probe: str = ""
    """The request of probing that shows it."""


_PARTITION = "/topics/{topic}/partitions/{partition}"
INSTANCE = "/consumers/{group}/instances/{name}"
BY_OFFSET = f"GET {_PARTITION}/records"
V2_RULES = (
    Rule("topics.list", "list topics", "GET /topics", "", probe="GET /topics"),
    Rule(
        "topics.describe",
        "describe a topic",
        "GET /topics/{topic}",
        "describes_topics",
        "this proxy does not describe topics: partitions are found by trying their numbers",
        "GET /topics/{topic}/partitions",
    ),
    Rule(
        "partitions.offsets",
        "beginning and end of a partition",
        f"GET {_PARTITION}/offsets",
        "tells_offsets",
        "this proxy does not tell where a partition begins and ends: both are found by reading",
    ),
    Rule(
        "brokers", "list brokers", "GET /brokers", "lists_brokers", "this proxy does not list brokers", "GET /brokers"
    ),
    Rule("produce", "send records", "POST /topics/{topic}", ""),
    Rule(
        "produce.partition",
        "send to a partition by its path",
        f"POST {_PARTITION}",
        "produces_to_path",
        "this proxy takes the partition in the record only",
    ),
    Rule(
        "produce.exact",
        "where each record went",
        "POST /topics/{topic}",
        "reports_each_record",
        "this proxy reports one offset per partition: the others are counted from it",
    ),
    Rule(
        "produce.headers", "send headers", "POST /topics/{topic}", "takes_headers", "this proxy does not take headers"
    ),
    Rule(
        "produce.timestamp",
        "send a timestamp",
        "POST /topics/{topic}",
        "takes_timestamp",
        "this proxy does not take timestamps: the broker sets them",
    ),
    Rule(
        "produce.tombstone",
        "send a tombstone",
        "POST /topics/{topic}",
        "writes_tombstones",
        "this proxy does not write null values: what arrives would not be a tombstone",
    ),
    Rule(
        "produce.null_key",
        "send a null key",
        "POST /topics/{topic}",
        "writes_null_key",
        "this proxy does not write null keys: what arrives would be an empty one",
    ),
    Rule("read.binary", "read records byte by byte", f"GET {INSTANCE}/records", "", probe="GET /consumers/…/records"),
    Rule(
        "read.timestamps",
        "timestamps in reads",
        f"GET {INSTANCE}/records",
        "sends_timestamps",
        "this proxy does not send timestamps",
    ),
    Rule(
        "read.headers",
        "headers in reads",
        f"GET {INSTANCE}/records",
        "sends_headers",
        "this proxy does not send headers",
    ),
    Rule(
        "read.aborted",
        "aborted transactions in reads",
        f"GET {INSTANCE}/records",
        "shows_aborted",
        "this proxy hides records of aborted transactions: they are seen as gaps",
    ),
    Rule(
        "assign",
        "read chosen partitions",
        f"POST {INSTANCE}/assignments",
        "assigns",
        "this proxy has no assignments: partitions are read by offset, without an instance",
    ),
    Rule(
        "assign.show",
        "show what is assigned",
        f"GET {INSTANCE}/assignments",
        "shows_assignments",
        "this proxy does not tell what is assigned",
    ),
    Rule(
        "seek",
        "seek to an offset",
        f"POST {INSTANCE}/positions",
        "assigns",
        "this proxy has no positions: every read names its offset instead",
    ),
    Rule(
        "seek.time",
        "seek to a time",
        f"POST {INSTANCE}/positions",
        "seeks_time",
        "this proxy does not seek to a time",
    ),
    Rule(
        "committed",
        "committed offsets of a group",
        f"GET {INSTANCE}/offsets",
        "reads_committed",
        "this proxy does not tell committed offsets",
    ),
    Rule("commit", "move the offsets of a group", f"POST {INSTANCE}/offsets", ""),
    Rule("subscribe", "subscribe to topics", f"POST {INSTANCE}/subscription", ""),
    Rule(
        "subscribe.show",
        "show a subscription",
        f"GET {INSTANCE}/subscription",
        "shows_subscription",
        "this proxy does not tell what is subscribed",
    ),
    Rule(
        "subscribe.pattern",
        "subscribe by a pattern",
        f"POST {INSTANCE}/subscription",
        "subscribes_by_pattern",
        "this proxy subscribes by names only",
    ),
)
FORMATS = ("binary", "json", "avro", "jsonschema", "protobuf", "text")
V3 = "GET /v3/clusters"


class Resource(NamedTuple):
    """A part of the v3 API."""

    id: str
    title: str
    method: str
    path: str
    """After `/v3/clusters/{id}`."""

    @property
    def call(self) -> str:
        return f"{self.method} {V3.removeprefix('GET ')}/{{id}}{self.path}"


V3_RESOURCES = (
    Resource("v3.topics", "make and delete topics", "POST", "/topics"),
    Resource("v3.configs", "settings of topics", "GET", "/topics/{topic}/configs"),
    Resource("v3.brokers", "hosts of brokers", "GET", "/brokers"),
    Resource("v3.groups", "list consumer groups", "GET", "/consumer-groups"),
    Resource("v3.lags", "lags of a group", "GET", "/consumer-groups/{group}/lags"),
    Resource("v3.produce", "send headers and timestamps by v3", "POST", "/topics/{topic}/records"),
)
