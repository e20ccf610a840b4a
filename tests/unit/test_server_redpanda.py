"""The sandbox as Redpanda, request by request, by what is documented of it; and our client against it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from ktui.model import Draft, OffsetRange, Produced, TopicPartition
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import REDPANDA
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock

V2, JSON, BINARY = (f"application/vnd.kafka.{middle}v2+json" for middle in ("", "json.", "binary."))
INSTANCE = "/consumers/g/instances/i"
READ = "/topics/t/partitions/0/records"
ALL = f"{READ}?offset=0&timeout=0&max_bytes=1000000"
T0, T1 = TopicPartition("t", 0), TopicPartition("t", 1)


@pytest.fixture
def server() -> Sandbox:
    clock = Clock()
    sandbox = Sandbox(clock=clock, sleep=clock.sleep, flavour=FLAVOURS["R"])
    sandbox.topics.create("t", 2)
    sandbox.topics.create("__consumer_offsets", internal=True)
    return sandbox


@pytest.fixture
async def http(server: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=server.transport(), base_url="http://sandbox") as client:
        yield client
    await server.aclose()


async def ask(
    http: httpx.AsyncClient, method: str, path: str, body: Any = None, media: str | None = None, accept: str = V2
) -> httpx.Response:
    content = body if isinstance(body, str) else None if body is None else json.dumps(body)
    headers = {"accept": accept, **({"content-type": media} if media else {})}
    return await http.request(method, path, content=content, headers=headers)


async def post(http: httpx.AsyncClient, path: str, body: Any = None, media: str = V2) -> httpx.Response:
    return await ask(http, "POST", path, body, media)


async def reader(http: httpx.AsyncClient, *topics: str, **options: str) -> None:
    await post(http, "/consumers/g", {"name": "i", **options})
    await post(http, f"{INSTANCE}/subscription", {"topics": topics or ("t",)})


LACKING = (
    *(("GET", path) for path in ("/", "/topics/t", "/topics/t/partitions", "/topics/t/partitions/0", "/topics/")),
    *(("GET", path) for path in ("/topics/t/partitions/0/offsets", "/v3/clusters", f"{INSTANCE}/subscription")),
    *(("POST", path) for path in ("/topics/t/partitions/0", f"{INSTANCE}/assignments", f"{INSTANCE}/positions")),
    *(("POST", f"{INSTANCE}/positions/{edge}") for edge in ("beginning", "end")),
    ("GET", f"{INSTANCE}/assignments"),
    ("DELETE", f"{INSTANCE}/subscription"),
    ("POST", "/admin/topics"),
)


@pytest.mark.parametrize(("method", "path"), LACKING)
async def test_what_it_lacks_is_not_found(http: httpx.AsyncClient, method: str, path: str) -> None:
    await reader(http)
    answer = await ask(http, method, path, media=V2)
    assert (answer.status_code, answer.json()["error_code"]) == (404, 404)
    assert answer.headers["content-type"] == "application/json"


async def test_it_lists_topics_and_brokers(http: httpx.AsyncClient) -> None:
    assert (await http.get("/topics")).json() == ["t"]
    assert (await ask(http, "GET", "/brokers")).json() == {"brokers": [1]}


CONTROL = (
    ("POST", "/consumers/g", {"name": "x"}, 200),
    ("POST", f"{INSTANCE}/subscription", {"topics": []}, 204),
    ("POST", f"{INSTANCE}/offsets", None, 204),
    ("GET", f"{INSTANCE}/offsets", {"partitions": []}, 200),
    ("DELETE", INSTANCE, None, 204),
)


@pytest.mark.parametrize(("method", "path", "body", "status"), CONTROL)
async def test_control_needs_a_content_type(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int
) -> None:
    await reader(http)
    for media in (None, "application/json", BINARY):
        answer = await ask(http, method, path, body, media)
        assert answer.status_code == 415
        assert answer.json() == {"error_code": 415, "message": "unsupported_media_type"}
    assert (await ask(http, method, path, body, V2)).status_code == status


@pytest.mark.parametrize("media", [None, V2, "application/json", "application/vnd.kafka.avro.v2+json"])
async def test_producing_needs_a_format(http: httpx.AsyncClient, media: str | None) -> None:
    answer = await ask(http, "POST", "/topics/t", {"records": []}, media)
    assert (answer.status_code, answer.json()["message"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/topics", V2, 200),
        ("/topics", "*/*", 200),
        ("/topics", "text/html", 406),
        ("/topics", JSON, 406),
        (ALL, BINARY, 200),
        (ALL, JSON, 200),
        (ALL, "*/*", 406),
        (ALL, V2, 406),
        (f"{INSTANCE}/records", JSON, 200),
        (f"{INSTANCE}/records", "*/*", 406),
    ],
)
async def test_accept(http: httpx.AsyncClient, path: str, accept: str, status: int) -> None:
    await reader(http, format="binary")
    answer = await ask(http, "GET", path, accept=accept)
    assert answer.status_code == status
    if status == 406:
        assert answer.json() == {"error_code": 406, "message": "not_acceptable"}
    elif accept != "*/*":
        assert answer.headers["content-type"] == accept


CREATES = (
    ({}, 200, None),
    ({"format": "json", "auto.offset.reset": "earliest", "auto.commit.enable": "false"}, 200, None),
    ({"fetch.min.bytes": "1", "consumer.request.timeout.ms": "5000"}, 200, None),
    ({"fetch.min.bytes": 1}, 422, 422),
    ({"auto.commit.enable": False}, 422, 422),
    ({"enable.auto.commit": "false"}, 422, 422),
    ({"id": "x"}, 422, 422),
    ("{", 422, 422),
    (None, 422, 422),
    ({"auto.offset.reset": "latest"}, 400, 40002),
    ({"auto.commit.enable": "true"}, 400, 40002),
    ({"format": "avro"}, 400, 40002),
)


@pytest.mark.parametrize(("body", "status", "code"), CREATES)
async def test_creating(http: httpx.AsyncClient, body: Any, status: int, code: int | None) -> None:
    answer = await post(http, "/consumers/g", body)
    assert (answer.status_code, answer.json().get("error_code")) == (status, code)


async def test_a_created_instance_is_told_at_an_address_that_nobody_reaches(http: httpx.AsyncClient) -> None:
    told = (await post(http, "/consumers/g", {"name": "i"})).json()
    assert told == {"instance_id": "i", "base_uri": f"http://0.0.0.0:8082{INSTANCE}"}
    again = await post(http, "/consumers/g", {"name": "i"})
    assert (again.status_code, again.json()["error_code"]) == (409, 40902)
    assert (await ask(http, "DELETE", INSTANCE, media=V2)).status_code == 204
    gone = await ask(http, "DELETE", INSTANCE, media=V2)
    assert (gone.status_code, gone.json()["error_code"]) == (404, 40403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"topics": ["t"]}, 204),
        ({"topics": []}, 204),
        ({"topics": ["nowhere"]}, 204),
        ({"topics": "t"}, 422),
        ({"topics": ["t"], "topic_pattern": "t"}, 422),
        ({"topic_pattern": "t.*"}, 422),
        ({}, 422),
        (None, 422),
    ],
)
async def test_subscribing(http: httpx.AsyncClient, body: Any, status: int) -> None:
    await post(http, "/consumers/g", {"name": "i"})
    assert (await post(http, f"{INSTANCE}/subscription", body)).status_code == status
    assert (await ask(http, "GET", f"{INSTANCE}/records", accept=BINARY)).json() == []


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("timeout=0&max_bytes=1", 400, "Missing mandatory parameter 'offset'"),
        ("offset=0&max_bytes=1", 400, "Missing mandatory parameter 'timeout'"),
        ("offset=0&timeout=0", 400, "Missing mandatory parameter 'max_bytes'"),
        ("offset=x&timeout=0&max_bytes=1", 400, "Invalid parameter: x"),
        ("offset=4&timeout=0&max_bytes=1", 400, "offset_out_of_range"),
        ("offset=0&timeout=0&max_bytes=1", 400, "offset_out_of_range"),
    ],
)
async def test_a_read_by_offset_is_refused(
    server: Sandbox, http: httpx.AsyncClient, query: str, status: int, message: str
) -> None:
    for _ in range(3):
        server.topics.append("t", 0, b"k", b"v")
    server.topics["t"].partitions[0].truncate(1)
    answer = await ask(http, "GET", f"{READ}?{query}", accept=BINARY)
    assert answer.json() == {"error_code": 40002, "message": message}
    assert answer.status_code == status


@pytest.mark.parametrize("place", ["t/partitions/2", "t/partitions/-1", "nowhere/partitions/0"])
async def test_nowhere_to_read(http: httpx.AsyncClient, place: str) -> None:
    answer = await ask(http, "GET", ALL.replace("t/partitions/0", place), accept=BINARY)
    assert (answer.status_code, answer.json()["error_code"]) == (404, 40402)


async def test_a_read_by_offset(server: Sandbox, http: httpx.AsyncClient) -> None:
    for value in (b"", b'{"n": 1}', b"[2]"):
        server.topics.append("t", 0, None, value)
    shown = (await ask(http, "GET", ALL, accept=JSON)).json()
    assert shown[0] == {"topic": "t", "key": None, "value": None, "partition": 0, "offset": 0}
    assert [record["value"] for record in shown] == [None, {"n": 1}, [2]]
    one = (await ask(http, "GET", f"{READ}?offset=1&timeout=0&max_bytes=1", accept=BINARY)).json()
    assert [(record["offset"], record["value"]) for record in one] == [(1, "eyJuIjogMX0=")]
    assert (await ask(http, "GET", f"{READ}?offset=3&timeout=50&max_bytes=1", accept=BINARY)).json() == []
    assert not server.instances


async def test_what_cannot_be_shown_is_lost_to_its_group(server: Sandbox, http: httpx.AsyncClient) -> None:
    for value in (b"1", b"nonsense"):
        server.topics.append("t", 0, None, value)
    await reader(http)
    for path in (ALL, f"{INSTANCE}/records"):
        answer = await ask(http, "GET", path, accept=JSON)
        assert (answer.status_code, answer.json()["error_code"]) == (408, 40801)
        assert answer.json()["message"] == "Unable to serialize value of record at offset 1 in topic:partition t:0"
    server.topics.append("t", 0, None, b"2")
    assert [record["offset"] for record in (await ask(http, "GET", f"{INSTANCE}/records", accept=JSON)).json()] == [2]


async def test_a_group_reads_each_record_once_within_max_bytes(server: Sandbox, http: httpx.AsyncClient) -> None:
    for number in range(10):
        server.topics.append("t", number % 2, None, b"v" * 400)
    await reader(http)
    seen: list[tuple[int, int]] = []
    sizes = []
    while len(seen) < 10:
        shown = (await ask(http, "GET", f"{INSTANCE}/records?max_bytes=1000", accept=BINARY)).json()
        seen += [(record["partition"], record["offset"]) for record in shown]
        sizes.append(len(shown))
    assert sorted(seen) == [(partition, offset) for partition in (0, 1) for offset in range(5)]
    assert set(sizes) == {2}
    assert (await ask(http, "GET", f"{INSTANCE}/records?timeout=x", accept=BINARY)).json()["error_code"] == 40002


COMMITS = (
    ({"partitions": [{"topic": "t", "partition": 0, "offset": 7}]}, 204, {T0: 7}),
    ({"partitions": [{"topic": "t", "partition": 9, "offset": 7}]}, 204, {}),
    ({"partitions": [{"topic": "t", "partition": 0, "offset": 2**31}]}, 422, {}),
    ({"partitions": [{"topic": "t", "partition": 0, "offset": "7"}]}, 422, {}),
    ({"partitions": [{"topic": "t", "partition": 0, "offset": 7, "metadata": ""}]}, 422, {}),
    ({"partitions": [{"topic": "t", "partition": 0}]}, 422, {}),
    ({"offsets": [{"topic": "t", "partition": 0, "offset": 7}]}, 422, {}),
    ({}, 422, {}),
    (None, 204, {}),
)


@pytest.mark.parametrize(("body", "status", "stored"), COMMITS)
async def test_committing(
    server: Sandbox, http: httpx.AsyncClient, body: Any, status: int, stored: dict[TopicPartition, int]
) -> None:
    await post(http, "/consumers/g", {"name": "i"})
    assert (await post(http, f"{INSTANCE}/offsets", body)).status_code == status
    assert server.groups.committed["g"] == stored


async def test_what_was_read_is_committed_without_a_body(server: Sandbox, http: httpx.AsyncClient) -> None:
    server.topics.append("t", 0, None, b"v")
    await reader(http)
    await ask(http, "GET", f"{INSTANCE}/records", accept=BINARY)
    assert (await post(http, f"{INSTANCE}/offsets")).status_code == 204
    assert server.groups.committed["g"][T0] == 1


async def test_committed_offsets(server: Sandbox, http: httpx.AsyncClient) -> None:
    server.groups.commit("g", {T0: 2**31 + 5})
    await post(http, "/consumers/g", {"name": "i"})
    wanted = {"partitions": [T0._asdict(), T1._asdict()]}
    told = (await ask(http, "GET", f"{INSTANCE}/offsets", wanted, V2)).json()["offsets"]
    assert [(each["offset"], each["metadata"]) for each in told] == [(5 - 2**31, ""), (-1, "")]
    assert (await ask(http, "GET", f"{INSTANCE}/offsets", media=V2)).status_code == 422


PRODUCES = (
    ([], JSON, 200, []),
    ([{"value": 1, "partition": 0}, {"value": 2, "partition": 0}], JSON, 200, [{"partition": 0, "offset": 0}]),
    ([{"value": 1, "partition": 9}], JSON, 200, [{"partition": 9, "error_code": 3, "offset": -1}]),
    ([{"value": 1, "partition": -1}], JSON, 200, [{"partition": -1, "error_code": 3, "offset": -1}]),
    ([{"value": "x" * 1_100_000, "partition": 0}], JSON, 200, [{"partition": 0, "error_code": 10, "offset": -1}]),
    ([{"value": "%%%"}], BINARY, 422, None),
    ([{"value": 1}], BINARY, 422, None),
    ([{"value": None}], BINARY, 422, None),
    ([{"value": "", "headers": []}], BINARY, 422, None),
    ([{"value": "", "partition": "0"}], BINARY, 422, None),
    (None, BINARY, 422, None),
)


@pytest.mark.parametrize(("records", "media", "status", "reports"), PRODUCES)
async def test_producing(http: httpx.AsyncClient, records: Any, media: str, status: int, reports: Any) -> None:
    answer = await post(http, "/topics/t", {"records": records} if records is not None else {}, media)
    assert (answer.status_code, answer.json().get("offsets")) == (status, reports)
    if status == 422:
        assert answer.json() == {"error_code": 422, "message": "parse error at offset 1"}


async def test_nulls_and_what_is_left_out(server: Sandbox, http: httpx.AsyncClient) -> None:
    records = [{"partition": 0, "value": None}, {"partition": 0, "key": False}]
    await post(http, "/topics/t", {"records": records}, JSON)
    stored = [(record.key, record.value) for record in server.topics["t"].partitions[0].read(0, 9)]
    assert stored == [(b"", b"null"), (b"false", None)]


async def test_an_unknown_topic_is_reported_by_kafkas_number(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/topics/nowhere", {"records": [{"value": ""}, {"value": ""}]}, BINARY)
    assert answer.json() == {"offsets": [{"partition": -1, "error_code": 3, "offset": -1}]}


async def test_control_characters_are_refused(http: httpx.AsyncClient) -> None:
    answer = await post(http, "/consumers/a%0Ab", {})
    assert (answer.status_code, answer.json()["error_code"]) == (400, 40002)


@pytest.fixture
async def client(server: Sandbox) -> AsyncIterator[ProxyClient]:
    client = ProxyClient("http://sandbox", transport=server.transport())
    await client.probe()
    yield client
    await client.aclose()
    assert not server.instances
    await server.aclose()


async def test_our_client_knows_it_and_finds_its_way(server: Sandbox, client: ProxyClient) -> None:
    assert client.dialect is REDPANDA
    for number in range(700):
        server.topics.append("t", number % 2, b"k", b"%d" % number)
    server.topics["t"].partitions[1].truncate(100)
    assert len((await client.topic("t")).partitions) == 2
    assert await client.ranges("t", (0, 1)) == {T0: OffsetRange(0, 350), T1: OffsetRange(100, 350)}
    seen: dict[TopicPartition, list[int]] = {T0: [], T1: []}
    stream = Stream(client, {T0: 340, T1: 100})
    async for batch in stream.batches():
        for record in batch.records:
            seen[record.tp].append(record.offset)
        if stream.positions == {T0: 350, T1: 350}:
            break
    assert seen == {T0: [*range(340, 350)], T1: [*range(100, 350)]}


async def test_our_client_writes_and_commits_there(server: Sandbox, client: ProxyClient) -> None:
    drafts = [Draft("t", b"k", b"a", 1), Draft("t", b"k", b"b", 0), Draft("t", b"k", None, 1)]
    assert await client.produce("t", drafts) == [Produced(1, 0), Produced(0, 0), Produced(1, 1)]
    await client.commit("g", {T0: 7})
    assert server.groups.committed["g"] == {T0: 7}
    assert await client.committed("g", [T0, T1]) == {T0: 7}
