"""The formats of a schema registry over HTTP, as a client written for Confluent's proxy asks for them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

pytest.importorskip("jsonschema_rs")
pytest.importorskip("fastavro")

from ktui.server.gateway import Gateway
from ktui.server.sandbox import Sandbox
from ktui.server.schemas.registry import Registry
from ktui.server.schemas.schemas import Schemas
from ktui.server.schemas.settings import settings
from tests.schemas.registry import SchemaRegistry, served
from tests.schemas.test_protobuf import compiled, order
from tests.unit.server_http import Http

ORDER = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "id", "type": ["null", "long"]}]})
REFUSED = '{"type": "string", "doc": "refused"}'
PROTO = 'syntax = "proto3"; …'


def media(data_format: str) -> str:
    return f"application/vnd.kafka.{data_format}.v2+json"


class Served:
    """A gateway over a topic in memory, with a registry beside it."""

    def __init__(self, gateway: Gateway, http: Http, registry: SchemaRegistry) -> None:
        self.gateway, self.http, self.registry = gateway, http, registry

    async def send(self, data_format: str, body: Any, topic: str = "t") -> httpx.Response:
        return await self.http.post(f"/topics/{topic}", body, media(data_format))

    async def read(self, data_format: str, name: str = "i") -> list[Any]:
        """Everything in the topic, by an instance of its own."""
        made = await self.http.create("g", name, format=data_format)
        assert made.status_code == 200, made.text
        await self.http.assign("g", name, "t", 0)
        answer = await self.http.get(f"/consumers/g/instances/{name}/records?timeout=300", media(data_format))
        assert answer.status_code == 200, answer.text
        found: list[Any] = answer.json()
        return found


@pytest.fixture
async def served_gateway() -> AsyncIterator[Served]:
    sandbox, registry = Sandbox(), SchemaRegistry()
    sandbox.topics.create("t", 1)
    async with served(registry) as url:
        schemas = Schemas(Registry({**settings(url), "max.retries": 0}))
        gateway = Gateway(sandbox.kafka, schemas=schemas)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(gateway.app), base_url="http://gateway", timeout=30
        ) as client:
            yield Served(gateway, Http(client), registry)
        await gateway.aclose()


@pytest.mark.parametrize(
    ("data_format", "schema", "value"),
    [
        ("avro", ORDER, {"id": {"long": 9007199254740993}}),
        ("jsonschema", '{"type": "object"}', {"id": 9007199254740993, "x": 1.5}),
        ("protobuf", PROTO, {"orderId": "9007199254740993", "price": 1.5, "weight": 0.0, "rawBytes": "", "lines": []}),
    ],
)
async def test_records_come_back_as_they_were_sent(
    served_gateway: Served, data_format: str, schema: str, value: Any
) -> None:
    served_gateway.registry.compiled[PROTO] = compiled(order())
    records = [{"value": value, "timestamp": 5, "headers": [{"key": "h", "value": None}]}, {"value": None}]
    answer = await served_gateway.send(data_format, {"value_schema": schema, "records": records})
    assert answer.json() == {
        "offsets": [{"partition": 0, "offset": n, "error_code": None, "error": None} for n in (0, 1)],
        "key_schema_id": None,
        "value_schema_id": 1,
    }
    again = await served_gateway.send(data_format, {"value_schema_id": 1, "records": records[:1]})
    assert again.json()["value_schema_id"] == 1
    found = await served_gateway.read(data_format)
    assert [record["value"] for record in found] == [value, None, value]
    assert found[0]["timestamp"] == 5
    assert found[0]["headers"] == [{"key": "h", "value": None}]
    assert served_gateway.registry.subjects == {"t-value": [1]}


async def test_numbers_keep_every_digit(served_gateway: Served) -> None:
    answer = await served_gateway.http.client.post(
        "/topics/t",
        content=b'{"value_schema":"true","records":[{"value":12345678901234567890123}]}',
        headers={"content-type": media("jsonschema")},
    )
    assert answer.status_code == 200, answer.text
    await served_gateway.read("jsonschema")
    answer = await served_gateway.http.create("g", "j", format="jsonschema")
    await served_gateway.http.assign("g", "j", "t", 0)
    text = (await served_gateway.http.get("/consumers/g/instances/j/records?timeout=300", media("jsonschema"))).text
    assert '"value":12345678901234567890123' in text


async def test_keys_have_schemas_of_their_own(served_gateway: Served) -> None:
    body = {"key_schema": '"string"', "value_schema": ORDER, "records": [{"key": "k", "value": {"id": None}}]}
    answer = (await served_gateway.send("avro", body)).json()
    assert (answer["key_schema_id"], answer["value_schema_id"]) == (1, 2)
    [record] = await served_gateway.read("avro")
    assert (record["key"], record["value"]) == ("k", {"id": None})
    assert "error" not in record


async def test_a_record_that_cannot_be_shown_is_an_error_in_its_place(served_gateway: Served) -> None:
    await served_gateway.send("json", {"records": [{"key": "plain", "value": 5}]})
    await served_gateway.send("avro", {"value_schema": ORDER, "records": [{"value": {"id": {"long": 7}}}]})
    await served_gateway.send("binary", {"records": [{"key": "YQ==", "value": "AAAAAAECDg=="}, {"value": "AAAAAGMA"}]})
    found = await served_gateway.read("avro")
    shown = [(record["key"], record["value"], record.get("error_code")) for record in found]
    seven = {"id": {"long": 7}}
    assert shown == [(None, None, 40801), (None, seven, None), (None, seven, 40801), (None, None, 40801)]
    errors = [record.get("error", "") for record in found]
    assert errors[0].startswith("key: it carries no schema id")
    assert "; value: it carries no schema id" in errors[0]
    assert "value" not in errors[2]
    assert "does not know schema 99" in errors[3]


@pytest.mark.parametrize(
    ("body", "status", "code", "text"),
    [
        ({"records": [{"value": 5}]}, 422, 42202, "Request includes values but does not include value schema"),
        ({"records": [{"key": 5}]}, 422, 42201, "Request includes keys but does not include key schema"),
        ({"value_schema": "{", "records": [{"value": 5}]}, 422, 42205, "Invalid schema: not an Avro schema"),
        ({"value_schema": REFUSED, "records": [{"value": 5}]}, 422, 42205, "Invalid schema: the schema registry"),
        ({"value_schema_id": 77, "records": [{"value": 5}]}, 422, 42207, "Error serializing message. the schema regi"),
        ({"value_schema": '"int"', "records": [{"value": 5}, {"value": "x"}]}, 400, 400, "record 1 does not fit"),
        ({"value_schema": '"int"', "value_schema_id": 1, "records": [{"value": 5}]}, 400, 400, "Either value_schema"),
        ({"value_schema": "a\ud800", "records": [{"value": 5}]}, 422, 42205, "Invalid schema"),
        ({"value_schema": '"int"', "records": []}, 422, 422, "produceAvro.arg2.records must not be empty"),
    ],
)
async def test_what_is_wrong_is_told_and_nothing_is_written(
    served_gateway: Served, body: Any, status: int, code: int, text: str
) -> None:
    answer = await served_gateway.send("avro", body)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)
    assert answer.json()["message"].startswith(text)
    assert await served_gateway.read("binary") == []
    assert "{" not in [schema["schema"] for schema in served_gateway.registry.schemas.values()]


async def test_a_registry_that_is_away(served_gateway: Served) -> None:
    served_gateway.registry.broken = 500
    answer = await served_gateway.send("avro", {"value_schema": ORDER, "records": [{"value": {"id": None}}]})
    assert (answer.status_code, answer.json()["error_code"]) == (422, 42207)
    assert "answers 500" in answer.json()["message"]


async def test_tombstones_need_no_schema(served_gateway: Served) -> None:
    assert (await served_gateway.send("avro", {"records": [{"value": None}]})).json()["value_schema_id"] is None


async def reports(served_gateway: Served, *records: Any) -> list[Any]:
    """What becomes of v3 records in one body."""
    clusters = (await served_gateway.http.get("/v3/clusters", "application/json")).json()["data"]
    answer = await served_gateway.http.client.post(
        f"/v3/clusters/{clusters[0]['cluster_id']}/topics/t/records",
        content="".join(json.dumps(record) for record in records),
        headers={"content-type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_v3_records_by_schema(served_gateway: Served) -> None:
    value = {"id": {"long": 7}}
    found = await reports(
        served_gateway,
        {"key": {"type": "STRING", "data": "k"}, "value": {"type": "AVRO", "schema": ORDER, "data": value}},
        {"value": {"schema_id": 1, "data": value}},
        {"value": {"schema_version": 1, "data": value}},
        {"value": {"data": value}},
        {"value": {"subject": "t-value", "data": value}, "key": {"type": "AVRO", "schema": '"string"', "data": "k"}},
    )
    told = {"type": "AVRO", "subject": "t-value", "schema_id": 1, "schema_version": 1, "size": 7}
    assert [(each["error_code"], each["value"]) for each in found] == [(200, told)] * 5
    assert found[4]["key"] == {"type": "AVRO", "subject": "t-key", "schema_id": 2, "schema_version": 1, "size": 7}
    assert [record["value"] for record in await served_gateway.read("avro")] == [value] * 5


async def test_v3_records_that_have_no_schema(served_gateway: Served) -> None:
    good = {"value": {"type": "AVRO", "schema": ORDER, "data": {"id": None}}}
    found = await reports(
        served_gateway,
        {"value": {"type": "AVRO", "data": 1}},
        {"value": {"schema": ORDER, "data": 1}},
        {"value": {"schema_id": 1, "schema_version": 1, "data": 1}},
        {"value": {"schema_id": 99, "data": 1}},
        good,
        {"value": {"type": "AVRO", "schema": ORDER, "data": {"id": "x"}}},
        {"value": {"type": "AVRO", "schema": REFUSED, "data": "x"}},
        {"value": {"subject_name_strategy": "RECORD_NAME", "data": 1}},
    )
    assert [each["error_code"] for each in found] == [400, 400, 400, 422, 200, 400, 422, 400]
    assert "does not know schema 99" in found[3]["message"]
    assert len(await served_gateway.read("avro")) == 1


@pytest.mark.parametrize("data_format", ["avro", "jsonschema", "protobuf"])
async def test_without_a_registry_it_says_what_to_do(data_format: str) -> None:
    gateway = Gateway(Sandbox().kafka)
    transport = httpx.ASGITransport(gateway.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        http = Http(client)
        created = await http.create("g", "i", format=data_format)
        assert (created.status_code, created.json()["error_code"]) == (500, 50002)
        assert "--schema-registry" in created.json()["message"]
        sent = await http.post("/topics/t", {"records": [{"value": 1}]}, media(data_format))
        assert (sent.status_code, sent.json()["error_code"]) == (422, 42207)
        assert "--schema-registry" in sent.json()["message"]
    await gateway.aclose()
