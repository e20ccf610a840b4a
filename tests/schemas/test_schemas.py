"""Reading and writing by a registry: what is asked of it, and what becomes of data when it does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("jsonschema_rs")
pytest.importorskip("fastavro")

from ktui.errors import ConfigError
from ktui.server.schemas.codec import framed
from ktui.server.schemas.errors import BadSchema, Misfit, NoSchema, SchemaError, Unreachable
from ktui.server.schemas.registry import Registry
from ktui.server.schemas.schemas import Schemas
from ktui.server.schemas.settings import bare, divided, settings
from tests.schemas.registry import SchemaRegistry, served
from tests.schemas.test_protobuf import compiled, order

REFUSED = '{"type": "string", "doc": "refused"}'
ORDER = json.dumps({"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]})


class Time:
    """A clock that goes on when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def registry() -> SchemaRegistry:
    return SchemaRegistry()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def schemas(registry: SchemaRegistry, time: Time) -> AsyncIterator[Schemas]:
    async with served(registry) as url:
        found = Schemas(Registry({**settings(url), "retries.wait.ms": 1, "retries.max.wait.ms": 1}), time)
        yield found
        await found.aclose()


def told(results: list[Any]) -> list[Any]:
    return [type(result) if isinstance(result, SchemaError) else result and json.loads(result) for result in results]


@pytest.mark.parametrize(
    ("data_format", "text", "value"),
    [
        ("avro", ORDER, {"id": 2**63 - 1}),
        ("jsonschema", '{"type":"object"}', {"a": 12345678901234567890123}),
        ("protobuf", "message Order {…}", {"orderId": "5", "price": 1.5, "weight": 0.0, "rawBytes": "", "lines": []}),
    ],
)
async def test_what_was_written_is_read(
    schemas: Schemas, registry: SchemaRegistry, data_format: str, text: str, value: Any
) -> None:
    registry.compiled[text] = compiled(order())
    writer = await schemas.writer(data_format, "t-value", text=text)
    stored = await schemas.encode(writer, [value, None])
    assert stored[1] is None
    assert stored[0] is not None
    assert stored[0][:5] == b"\0\0\0\0\1"
    assert told(await schemas.decode(data_format, stored)) == [value, None]
    assert (await schemas.writer(data_format, "t-value", number=1)).id == 1
    assert (await schemas.writer(data_format, "t-value")).id == 1


async def test_a_schema_is_asked_for_once_however_many_want_it(schemas: Schemas, registry: SchemaRegistry) -> None:
    numbers = [registry.add("t-value", ORDER), registry.add("t-value", '"string"')]
    parts = [framed(numbers[0], b"\x0a"), framed(numbers[1], b"\2x")] * 500
    results = await asyncio.gather(*(schemas.decode("avro", parts) for _ in range(20)))
    assert all(told(result) == [{"id": 5}, "x"] * 500 for result in results)
    assert sorted(registry.asked) == ["GET /schemas/ids/1", "GET /schemas/ids/2"]


async def test_what_cannot_be_read_is_an_error_in_its_place(schemas: Schemas, registry: SchemaRegistry) -> None:
    good, other = registry.add("t-value", ORDER), registry.add("t-value", "{}", "JSON")
    parts = [
        b"",
        b"plain text",
        framed(99, b"\0"),
        framed(good, b"\x0a"),
        framed(good, b""),
        framed(other, b"{}"),
        None,
    ]
    found = await schemas.decode("avro", parts)
    assert told(found) == [NoSchema, NoSchema, NoSchema, {"id": 5}, Misfit, BadSchema, None]
    assert "carries no schema id" in str(found[0])
    assert "does not know schema 99" in str(found[2])
    assert "not as schema 1 says: EOFError" in str(found[4])
    assert "schema 2 is JSON, not AVRO" in str(found[5])


async def test_an_unknown_schema_is_asked_for_again_after_a_while(
    schemas: Schemas, registry: SchemaRegistry, time: Time
) -> None:
    for _ in range(3):
        assert told(await schemas.decode("avro", [framed(1, b"\x0a")])) == [NoSchema]
    assert len(registry.asked) == 1
    registry.add("t-value", ORDER)
    time.now += 11
    assert told(await schemas.decode("avro", [framed(1, b"\x0a")])) == [{"id": 5}]


async def test_a_schema_that_was_registered_here_is_known_at_once(schemas: Schemas) -> None:
    assert told(await schemas.decode("avro", [framed(1, b"\x0a")])) == [NoSchema]
    assert (await schemas.writer("avro", "t-value", text=ORDER)).id == 1
    assert told(await schemas.decode("avro", [framed(1, b"\x0a")])) == [{"id": 5}]


async def test_a_registry_that_is_away_is_left_alone_for_a_moment(
    schemas: Schemas, registry: SchemaRegistry, time: Time
) -> None:
    known = registry.add("t-value", ORDER)
    await schemas.decode("avro", [framed(known, b"\x0a")])
    registry.broken = 503
    registry.asked.clear()
    parts = [framed(number, b"\x0a") for number in range(known, 200)]
    found = told(await schemas.decode("avro", parts))
    assert found == [{"id": 5}, *[Unreachable] * 198]
    assert len(registry.asked) <= 16  # eight at once, each tried twice
    registry.broken = None
    time.now += 3
    assert told(await schemas.decode("avro", parts[:2])) == [{"id": 5}, NoSchema]


async def test_nobody_is_there() -> None:
    schemas = Schemas(Registry({**settings("http://127.0.0.1:9"), "max.retries": 0}))
    found = await schemas.decode("avro", [framed(1, b"")])
    assert told(found) == [Unreachable]
    assert "does not answer" in str(found[0])
    await schemas.aclose()


class Silent:
    """Takes connections, and says nothing."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.set()
        await reader.read()
        writer.close()


async def test_a_registry_that_never_answers_holds_up_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ktui.server.schemas.registry._PATIENCE", 0.2)
    async with await asyncio.start_server(Silent(), "127.0.0.1", 0) as server:
        schemas = Schemas(Registry(settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")))
        found = await schemas.decode("avro", [framed(number, b"") for number in range(100)])
        assert told(found) == [Unreachable] * 100
        assert "within 0.2 s" in str(found[0])
        await schemas.aclose()


async def test_who_waits_while_it_closes_is_told() -> None:
    silent = Silent()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        schemas = Schemas(Registry(settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")))
        waiting = asyncio.create_task(schemas.decode("avro", [framed(1, b"")]))
        await silent.asked.wait()
        await schemas.aclose()
        assert "is closing" in str((await waiting)[0])


async def test_who_gives_up_waiting_spoils_it_for_nobody(schemas: Schemas, registry: SchemaRegistry) -> None:
    part = framed(registry.add("t-value", ORDER), b"\x0a")
    first, second = (asyncio.create_task(schemas.decode("avro", [part])) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert told(await second) == [{"id": 5}]


async def test_what_does_not_fit_names_the_record(schemas: Schemas) -> None:
    writer = await schemas.writer("avro", "t-value", text=ORDER)
    with pytest.raises(Misfit, match="record 1 does not fit schema 1: id: wanted long"):
        await schemas.encode(writer, [{"id": 1}, {"id": "\ud800"}])


async def test_schemas_that_are_refused(schemas: Schemas, registry: SchemaRegistry) -> None:
    with pytest.raises(BadSchema, match=r"refuses it \(422\): Invalid schema"):
        await schemas.writer("avro", "t-value", text=REFUSED)
    with pytest.raises(BadSchema, match="not an Avro schema"):
        await schemas.writer("avro", "t-value", text="{}")
    with pytest.raises(NoSchema, match="does not know schema 77"):
        await schemas.writer("avro", "t-value", number=77)
    with pytest.raises(NoSchema, match="subject u-value"):
        await schemas.writer("avro", "u-value")
    rule = {"name": "hide", "kind": "TRANSFORM", "mode": "WRITEREAD", "type": "ENCRYPT"}
    guarded = registry.add("t-value", ORDER, ruleSet={"domainRules": [rule]})
    with pytest.raises(BadSchema, match="rules for its data"):
        await schemas.writer("avro", "t-value", number=guarded)


async def test_references_are_fetched(schemas: Schemas, registry: SchemaRegistry) -> None:
    registry.add("order", ORDER)
    fields = [{"name": "of", "type": "Order"}]
    outer = json.dumps({"type": "record", "name": "Outer", "fields": fields})
    number = registry.add("t-value", outer, references=[{"name": "Order", "subject": "order", "version": 1}])
    assert told(await schemas.decode("avro", [framed(number, b"\x0a")])) == [{"of": {"id": 5}}]


async def test_references_in_a_circle_end(schemas: Schemas, registry: SchemaRegistry) -> None:
    circle = [{"name": "Order", "subject": "circle", "version": 1}]
    number = registry.add("circle", ORDER, references=circle)
    assert told(await schemas.decode("avro", [framed(number, b"\x0a")])) == [{"id": 5}]


async def test_credentials_are_sent_and_not_shown(registry: SchemaRegistry) -> None:
    registry.password = "ann:s3cr:t@"
    number = registry.add("t-value", ORDER)
    async with served(registry) as url:
        for given, expected in (("ann:s3cr%3At%40@", {"id": 5}), ("ann:wr0ng@", NoSchema)):
            chosen = settings(url.replace("http://", f"http://{given}"))
            assert "ann" not in chosen["url"]
            schemas = Schemas(Registry(chosen))
            found = await schemas.decode("avro", [framed(number, b"\x0a")])
            assert told(found) == [expected]
            assert "wr0ng" not in str(found)
            await schemas.aclose()


@pytest.mark.parametrize("url", ["", "registry:8081", "ftp://x", "http://", "http://a,b"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError, match="a schema registry is named"):
        settings(url)


def test_settings_of_a_file_are_the_client_s() -> None:
    kafka, own = divided(
        {
            "acks": "all",
            "schema.registry.url": "https://x:y@one, https://two/",
            "schema.registry.ssl.ca.location": __file__,
            "basic.auth.credentials.source": "USER_INFO",
            "basic.auth.user.info": "a:b",
        }
    )
    url = own.pop("url")
    assert kafka == {"acks": "all"}
    assert bare(url) == "https://one,https://two"
    assert settings(url, own) == {
        "url": "https://one,https://two",
        "ssl.ca.location": __file__,
        "basic.auth.user.info": "a:b",
    }
    with pytest.raises(ConfigError, match=r"schema\.registry\.no\.such is not known"):
        settings(url, {"no.such": "x"})
    with pytest.raises(ConfigError, match="there is no /nowhere"):
        settings(url, {"ssl.ca.location": "/nowhere"})


async def test_a_setting_that_is_none_is_told() -> None:
    schemas = Schemas(Registry({**settings("http://127.0.0.1:9"), "no.such": "x"}))
    found = await schemas.decode("avro", [framed(1, b"")])
    assert "no.such" in str(found[0])
    await schemas.aclose()
