"""The v3 API beyond the recordings: what makes, changes and deletes topics, and records that come in a row."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ktui.model import Header, TopicPartition
from ktui.server.memory.cluster import CLUSTER
from ktui.server.sandbox import Sandbox
from tests.clock import Clock

JSON = {"accept": "application/json", "content-type": "application/json"}
GOOD = {"value": {"type": "STRING", "data": "x"}}


@pytest.fixture
def server() -> Sandbox:
    clock = Clock()
    sandbox = Sandbox(clock=clock, sleep=clock.sleep)
    sandbox.topics.create("t", 2)
    return sandbox


@pytest.fixture
async def v3(server: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    base = f"http://sandbox/v3/clusters/{CLUSTER.id}"
    async with httpx.AsyncClient(transport=server.transport(), base_url=base, headers=JSON) as client:
        yield client
    await server.aclose()


def reports(answer: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.text.split("\r\n") if line]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "words"),
    [
        ("POST", "/topics", None, 422, 42206, "Payload error. Request body is empty. Data is required."),
        ("POST", "/topics", {}, 422, 42206, "Payload error. Null topic name."),
        ("POST", "/topics", {"topic_name": "a b"}, 422, 42206, "Payload error. Invalid topic name."),
        ("POST", "/topics", {"topic_name": "t"}, 400, 40002, "Topic 't' already exists."),
        ("POST", "/topics", {"topic_name": "n", "partitions_count": 0}, 400, 40002, "Number of partitions"),
        ("POST", "/topics", {"topic_name": "n", "replication_factor": 2}, 400, 40002, "Unable to replicate"),
        (
            "POST",
            "/topics",
            {"topic_name": "n", "configs": [{"name": "nope", "value": "1"}]},
            400,
            40002,
            "Unknown topic config name: nope",
        ),
        ("PATCH", "/topics/t", {"partitions_count": 2}, 400, 40002, "Topic already has 2 partition(s)."),
        ("PATCH", "/topics/none", {"partitions_count": 2}, 404, 40403, "This server does not host"),
        ("DELETE", "/topics/none", None, 404, 40403, "This server does not host"),
        ("PUT", "/topics/t/configs/nope", {"value": "1"}, 404, 404, "HTTP 404 Not Found"),
        ("PUT", "/topics/t/configs/cleanup.policy", {"value": "x"}, 400, 40002, "Invalid value x for configuration"),
        ("PUT", "/topics/none/configs/retention.ms", {"value": "1"}, 404, 40403, "This server does not host"),
        ("POST", "/topics/t/records:batch", {"entries": [GOOD]}, 422, 42208, "Batch entry IDs are not distinct."),
        (
            "POST",
            "/topics/t/records:batch",
            {"entries": [{"id": str(n), **GOOD} for n in range(11)]},
            422,
            42208,
            "Too many entries in batch.",
        ),
    ],
)
async def test_what_is_refused(
    v3: httpx.AsyncClient, method: str, path: str, body: Any, status: int, code: int, words: str
) -> None:
    answer = await v3.request(method, path, content=None if body is None else json.dumps(body))
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["message"].startswith(words)


async def test_nothing_is_made_when_it_is_only_validated(server: Sandbox, v3: httpx.AsyncClient) -> None:
    answer = await v3.post("/topics", json={"topic_name": "n", "partitions_count": 3, "validate_only": True})
    assert (answer.status_code, answer.json()["partitions_count"]) == (200, 3)
    assert "n" not in server.topics


async def test_a_topic_is_made_with_its_settings(server: Sandbox, v3: httpx.AsyncClient) -> None:
    configs = [{"name": "cleanup.policy", "value": "compact"}]
    assert (await v3.post("/topics", json={"topic_name": "n", "configs": configs})).status_code == 201
    assert server.topics["n"].config == {"cleanup.policy": "compact"}
    shown = (await v3.get("/topics/n/configs")).json()["data"]
    assert {each["name"] for each in shown if not each["is_default"]} == {"cleanup.policy"}
    assert (await v3.delete("/topics/n/configs/cleanup.policy")).status_code == 204
    assert server.topics["n"].config == {}


async def test_settings_are_altered_all_or_none(server: Sandbox, v3: httpx.AsyncClient) -> None:
    changes = [{"name": "retention.ms", "value": "1"}, {"name": "segment.bytes", "value": "many"}]
    assert (await v3.post("/topics/t/configs:alter", json={"data": changes})).status_code == 400
    dry = {"data": changes[:1], "validate_only": True}
    assert (await v3.post("/topics/t/configs:alter", json=dry)).status_code == 204
    assert server.topics["t"].config == {}
    unknown = await v3.post("/topics/t/configs:alter", json={"data": [{"name": "nope", "value": "1"}]})
    assert (unknown.status_code, unknown.json()["error_code"]) == (404, 404)


async def test_records_in_a_row_are_reported_in_a_row(server: Sandbox, v3: httpx.AsyncClient) -> None:
    first = {"partition_id": 1, "headers": [{"name": "h", "value": "aGk="}, {"name": "n", "value": None}], **GOOD}
    second = {"partition_id": 1, "timestamp": "2024-05-01T10:00:00.5Z", "key": {"type": "BINARY", "data": "AP8="}}
    answer = await v3.post("/topics/t/records", content=f"{json.dumps(first)}{json.dumps(second)} nonsense {{}}")
    told = reports(answer)
    assert [report["error_code"] for report in told] == [200, 200, 400]
    assert told[1]["timestamp"] == "2024-05-01T10:00:00.500Z"
    assert told[1]["key"] == {"type": "BINARY", "size": 2}
    one, two = server.topics["t"].partitions[1].read(0, 9)
    assert (one.headers, one.value) == ((Header("h", b"hi"), Header("n", None)), b"x")
    assert (two.key, two.value, two.timestamp) == (b"\x00\xff", None, 1_714_557_600_500)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ({"value": {"type": "STRING", "data": "x" * 1_100_000}}, 413),
        ({"value": {"type": "AVRO", "data": 1}}, 422),
        ({"value": {"type": "STRING", "data": 1}}, 400),
        ({"headers": [{"name": "h", "value": "%"}], **GOOD}, 400),
        ({"timestamp": "yesterday", **GOOD}, 400),
        ([], 400),
    ],
)
async def test_a_bad_record_does_not_end_the_stream(v3: httpx.AsyncClient, record: Any, code: int) -> None:
    answer = await v3.post("/topics/t/records", content=json.dumps(record) + json.dumps(GOOD))
    assert [report["error_code"] for report in reports(answer)] == [code, 200]
    assert answer.status_code == 200


async def test_groups_are_listed(server: Sandbox, v3: httpx.AsyncClient) -> None:
    server.groups.commit("a/b", {TopicPartition("t", 0): 0})
    data = (await v3.get("/consumer-groups")).json()["data"]
    assert [each["consumer_group_id"] for each in data] == ["a/b"]
    assert data[0]["lag_summary"]["related"].endswith("/consumer-groups/a%2Fb/lag-summary")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "HTTP 404 Not Found"),
        ("/consumers", "Consumer Group nobody does not exist."),
        ("/consumers/x/assignments", "Consumer Group nobody does not exist."),
        ("/lags", "Consumer Group nobody could not be found."),
        ("/lag-summary", "Consumer Group nobody could not be found."),
    ],
)
async def test_a_group_that_is_not_there(v3: httpx.AsyncClient, path: str, says: str) -> None:
    """In the words of 8.1.5, live."""
    answer = await v3.get(f"/consumer-groups/nobody{path}")
    assert (answer.status_code, answer.json()) == (404, {"error_code": 404, "message": says})
