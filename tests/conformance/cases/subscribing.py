"""Subscriptions and assignments, and topics that change under them."""

from __future__ import annotations

from tests.conformance.cases.shared import TEN, THREE_PARTITIONS, case, entry, numbered, offsets, produce
from tests.conformance.probe import Probe
from tests.conformance.suite import Json, Topic


def in_order(body: dict[str, list[Json]]) -> Json:
    """Subscriptions and assignments name topics and partitions in any order."""
    return {name: sorted(entries, key=str) for name, entries in body.items()}


@case(42, "subscribe and read", THREE_PARTITIONS)
async def subscribe_and_read(p: Probe) -> None:
    instance = await p.create(data_format="json")
    await p.subscribe(instance)
    await p.read_all(instance, 12)


@case(43, "first reads empty", TEN)
async def first_reads_empty(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.read(instance, "timeout=1", keep=lambda records: "a list")


@case(44, "subscription get", TEN)
async def subscription_get(p: Probe) -> None:
    instance = await p.create()
    await p.call("GET", f"{instance.path}/subscription")
    await p.subscribe(instance)
    await p.call("GET", f"{instance.path}/subscription")
    await p.read_all(instance, 10)
    await p.call("GET", f"{instance.path}/subscription")
    await p.call("GET", f"{instance.path}/assignments")


@case(45, "subscribe both", TEN)
async def subscribe_both(p: Probe) -> None:
    instance = await p.create()
    body = {"topics": [p.topic()], "topic_pattern": p.topic()}
    await p.call("POST", f"{instance.path}/subscription", body=body)


@case(46, "subscribe neither")
async def subscribe_neither(p: Probe) -> None:
    instance = await p.create()
    bodies: tuple[Json, ...] = ({}, {"topics": []}, {"topics": "t"})
    for body in bodies:
        await p.call("POST", f"{instance.path}/subscription", body=body)


@case(
    47, "pattern", Topic("ta", records=numbered(2)), Topic("tb", records=numbered(2)), Topic("u", records=numbered(2))
)
async def pattern(p: Probe) -> None:
    instance = await p.create()
    await p.call("POST", f"{instance.path}/subscription", body={"topic_pattern": f"{p.topic('t')}.*"})
    await p.read_all(instance, 4)
    await p.call("GET", f"{instance.path}/subscription", keep=in_order)


@case(48, "unsubscribe", TEN)
async def unsubscribe(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.read_all(instance, 10)
    await p.call("DELETE", f"{instance.path}/subscription")
    await p.call("GET", f"{instance.path}/subscription")
    await p.read(instance, "timeout=300")


@case(49, "assign and get", THREE_PARTITIONS)
async def assign_and_get(p: Probe) -> None:
    instance = await p.create()
    await p.call("GET", f"{instance.path}/assignments")
    await p.attach(instance, 0, 2)
    await p.call("GET", f"{instance.path}/assignments", keep=in_order)
    await p.read_all(instance, 8)


@case(50, "assign after subscribe", TEN)
async def assign_after_subscribe(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.attach(instance, 0)


@case(51, "subscribe after assign", TEN, flavours="CSR")
async def subscribe_after_assign(p: Probe) -> None:
    """Not for K: mixing the two on one instance can end the whole server process."""
    instance = await p.create()
    await p.attach(instance, 0)
    await p.subscribe(instance)


@case(97, "does assigning again keep the position?", THREE_PARTITIONS)
async def does_assigning_again_keep_the_position(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 4, keep=offsets)
    await p.attach(instance, 0, 1)
    await p.read_all(instance, 8, seconds=3)


@case(98, "assign nothing", TEN)
async def assign_nothing(p: Probe) -> None:
    instance = await p.reader()
    await p.attach(instance)
    await p.read(instance, "timeout=300")
    await p.subscribe(await p.create(name="i2"))


@case(104, "more keys than known, numbers as strings", TEN)
async def more_keys_than_known_numbers_as_strings(p: Probe) -> None:
    instance = await p.create()
    entry_0 = {"topic": p.topic(), "partition": 0}
    await p.call("POST", f"{instance.path}/assignments", body={"partitions": [entry_0 | {"x": 1}]})
    await p.call("POST", f"{instance.path}/assignments", body={"partitions": [entry_0 | {"partition": "0"}]})
    await p.call("POST", f"{instance.path}/assignments", body={"partitions": [entry_0]})
    await p.read_all(instance, 10, keep=offsets)
    for extra in ({"x": 1}, {"metadata": "m"}, {"offset": "5"}, {"offset": 5.0}):
        await p.call("POST", f"{instance.path}/positions", body={"offsets": [entry(p, 5) | extra]})


@case(117, "topic deleted while assigned", TEN, needs_kafka=True)
async def topic_deleted_while_assigned(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.kafka("delete_topic", p.topic())
    await p.wait(1)
    await p.read(instance)
    await p.seek(instance, 0, tries=1)
    await p.read(instance)
    await p.call("GET", f"/topics/{p.topic()}/partitions/0/offsets")
    await p.delete(instance)


@case(118, "topic deleted while subscribed", TEN, needs_kafka=True)
async def topic_deleted_while_subscribed(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.read_all(instance, 10, keep=offsets)
    await p.kafka("delete_topic", p.topic())
    await p.wait(1)
    await p.read(instance)
    await p.read(instance)
    await p.delete(instance)


@case(119, "partition added while assigned", TEN, needs_kafka=True)
async def partition_added_while_assigned(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.kafka("add_partition", p.topic(), 2)
    await p.read(instance)
    await p.wait(5)
    await p.call("GET", f"/topics/{p.topic()}/partitions")
    await p.attach(instance, 0, 1)
    await p.seek(instance, 10)
    await p.read_all(instance, 1, seconds=3)


@case(120, "topic made again while assigned", TEN, needs_kafka=True)
async def topic_made_again_while_assigned(p: Probe) -> None:
    """Ten records read, then the topic is made again with three."""
    instance = await p.reader()
    await p.read_all(instance, 10, keep=offsets)
    await p.kafka("create_topic", p.topic(), 3)
    await p.wait(1)
    await p.read_all(instance, 3, seconds=4)
    await p.seek(instance, 0, tries=3)
    await p.read_all(instance, 3, seconds=4)
    await produce(p, {"value": "new"})


@case(128, "unknown topic: subscribed, assigned")
async def unknown_topic_subscribed_assigned(p: Probe) -> None:
    first = await p.create()
    await p.subscribe(first, "nope")
    await p.read(first)
    await p.read(first)
    second = await p.create(name="i2")
    await p.attach(second, 0, topic="nope")
    await p.read(second)
    await p.read(second)


@case(129, "topics, then a pattern; a bad pattern", TEN)
async def topics_then_a_pattern_a_bad_pattern(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.call("POST", f"{instance.path}/subscription", body={"topic_pattern": f"{p.topic()}.*"})
    await p.call("POST", f"{(await p.create(name='i2')).path}/subscription", body={"topic_pattern": "["})


@case(130, "subscribe again: other topics", TEN, Topic("u", records=numbered(2)))
async def subscribe_again_other_topics(p: Probe) -> None:
    instance = await p.create()
    await p.subscribe(instance)
    await p.read_all(instance, 10, keep=offsets)
    await p.subscribe(instance, "u")
    await p.read_all(instance, 2)
    await p.call("GET", f"{instance.path}/subscription")


@case(132, "assignments with missing parts", TEN)
async def assignments_with_missing_parts(p: Probe) -> None:
    instance = await p.create()
    for body in ({}, {"partitions": [{"topic": p.topic()}]}, {"partitions": [{"partition": 0}]}):
        await p.call("POST", f"{instance.path}/assignments", body=body)
    await p.call("POST", f"{instance.path}/positions", body={})
    await p.call("POST", f"{instance.path}/positions/end", body={})
