"""Consumer instances: create, names, options, delete."""

from __future__ import annotations

from tests.conformance.cases.shared import EMPTY, TEN, case, create, entry, offsets
from tests.conformance.probe import BINARY, JSON, Instance, Probe
from tests.conformance.suite import Json


@case(33, "create consumer")
async def create_consumer(p: Probe) -> None:
    await create(p, {"name": "i1", "format": "json", "auto.offset.reset": "earliest"})


@case(34, "create generated name")
async def create_generated_name(p: Probe) -> None:
    await create(p, {"format": "json"})


@case(35, "create duplicate")
async def create_duplicate(p: Probe) -> None:
    await p.create()
    await p.create()
    await p.create(group=p.group("-other"))


@case(36, "create bad format")
async def create_bad_format(p: Probe) -> None:
    for data_format in ("xml", "JSON", "text", "avro"):
        await create(p, {"name": f"i-{data_format}", "format": data_format})


@case(37, "create bad reset")
async def create_bad_reset(p: Probe) -> None:
    for reset in ("bogus", "none", "latest"):
        await create(p, {"name": f"i-{reset}", "format": "json", "auto.offset.reset": reset})


@case(38, "create unknown field")
async def create_unknown_field(p: Probe) -> None:
    await create(p, {"name": "i1", "x": 1})


@case(39, "create wrong Content-Type")
async def create_wrong_content_type(p: Probe) -> None:
    for number, media in enumerate(("text/plain", "application/json", None, JSON)):
        await create(p, {"name": f"i{number}"}, content_type=media)


@case(40, "create empty body")
async def create_empty_body(p: Probe) -> None:
    await create(p, None)
    await create(p, {})
    await create(p, '{"name":')


@case(70, "delete")
async def delete(p: Probe) -> None:
    instance = await p.create()
    await p.delete(instance)
    await p.delete(instance)


@case(71, "use after delete", TEN)
async def use_after_delete(p: Probe) -> None:
    instance = await p.reader()
    await p.delete(instance)
    await p.read(instance)
    await p.subscribe(instance)
    await p.attach(instance, 0)
    await p.call("POST", f"{instance.path}/positions", body={"offsets": [entry(p, 1)]})
    await p.commit(instance, entry(p, 1))
    await p.committed(instance)
    await p.call("GET", f"{instance.path}/subscription")


@case(72, "odd names", TEN)
async def odd_names(p: Probe) -> None:
    instance = await p.reader(group=p.group(" b/\u00fc%"), name="x y")
    await p.read_all(instance, 10, keep=offsets)
    await p.delete(instance)


@case(103, "other flavours' create fields")
async def other_flavours_create_fields(p: Probe) -> None:
    fields: tuple[dict[str, Json], ...] = (
        {"enable.auto.commit": False},
        {"enable.auto.commit": "false"},
        {"auto.commit.enable": False},
        {"auto.commit.enable": "false"},
        {"fetch.min.bytes": 1},
        {"fetch.min.bytes": "1"},
        {"consumer.request.timeout.ms": 1000},
        {"consumer.request.timeout.ms": "1000"},
        {"isolation.level": "read_committed"},
    )
    for number, extra in enumerate(fields):
        await create(p, {"name": f"i{number}", "format": "binary", **extra})


@case(112, "create, connection closed before the answer")
async def create_connection_closed_before_the_answer(p: Probe) -> None:
    for ms in (0, 2, 50):
        instance = Instance(p.group(), f"i{ms}", "binary")
        body = {"name": instance.name, "format": "binary"}
        await p.abandon("POST", f"/consumers/{instance.group}", body=body, ms=ms)
        await p.wait(1)
        await p.delete(instance)


EITHER_FIRST = "the two requests race"


@case(
    115,
    "delete while a create is under way",
    unstable={flavour: dict.fromkeys((1, 2, 3), EITHER_FIRST) for flavour in "CKSR"},
)
async def delete_while_a_create_is_under_way(p: Probe) -> None:
    instance = Instance(p.group(), "i1", "binary")
    pending = p.later("POST", f"/consumers/{instance.group}", body={"name": "i1", "format": "binary"})
    await p.delete(instance)
    await p.together(pending)
    await p.delete(instance)


@case(116, "delete while a read waits", EMPTY)
async def delete_while_a_read_waits(p: Probe) -> None:
    instance = await p.reader(topic="empty")
    await p.read(instance, "timeout=300")
    pending = p.later("GET", f"{instance.path}/records", query="timeout=2000", accept=BINARY)
    await p.wait(0.3)
    await p.delete(instance)
    await p.together(pending)
    await p.delete(instance)


@case(126, "where reading starts by default", TEN)
async def where_reading_starts_by_default(p: Probe) -> None:
    await create(p, {"name": "i1", "format": "binary"})
    instance = Instance(p.group(), "i1", "binary")
    await p.attach(instance, 0)
    await p.read(instance, keep=offsets)
