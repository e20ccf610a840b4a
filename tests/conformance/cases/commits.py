"""Committed offsets."""

from __future__ import annotations

from tests.conformance.cases.shared import TEN, THREE_PARTITIONS, case, create, entry, offsets
from tests.conformance.probe import Instance, Probe
from tests.conformance.suite import Json


@case(65, "commit all", TEN)
async def commit_all(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10)
    await p.commit(instance)
    await p.wait(0.5)
    await p.committed(instance)
    await p.kafka("committed", p.group(), p.topic())


@case(66, "commit explicit then committed", TEN)
async def commit_explicit_then_committed(p: Probe) -> None:
    instance = await p.reader()
    await p.commit(instance, entry(p, 3))
    await p.wait(0.5)
    await p.committed(instance)
    await p.kafka("committed", p.group(), p.topic())


@case(67, "committed none", TEN)
async def committed_none(p: Probe) -> None:
    await p.committed(await p.reader())


@case(68, "committed without body", TEN)
async def committed_without_body(p: Probe) -> None:
    await p.call("GET", f"{(await p.reader()).path}/offsets")


@case(69, "resume after commit", TEN)
async def resume_after_commit(p: Probe) -> None:
    instance = await p.reader()
    await p.read_all(instance, 10)
    await p.commit(instance, entry(p, 4))
    await p.wait(0.5)
    await p.delete(instance)
    await p.read_all(await p.reader(name="i2"), 6, seconds=4)


@case(105, "commit entries: metadata, leader_epoch, others", TEN)
async def commit_entries_metadata_leader_epoch_others(p: Probe) -> None:
    instance = await p.reader()
    extras: tuple[dict[str, Json], ...] = ({"metadata": "m"}, {"leader_epoch": 0}, {"leaderEpoch": 0}, {"x": 1})
    for offset, extra in enumerate((*extras, {"offset": "7"}, {"offset": -1}), start=1):
        await p.commit(instance, entry(p, offset) | extra)
        await p.wait(0.3)
        await p.kafka("committed", p.group(), p.topic())
    await p.committed(instance)


@case(106, "commit unknown topic, partition", TEN)
async def commit_unknown_topic_partition(p: Probe) -> None:
    instance = await p.reader()
    await p.commit(instance, entry(p, 1) | {"partition": 9})
    await p.commit(instance, entry(p, 1) | {"topic": p.topic("nope")})


@case(107, "commit beyond the end, and for a partition that is not assigned", THREE_PARTITIONS)
async def commit_beyond_the_end_and_for_a_partition_that_i(p: Probe) -> None:
    instance = await p.reader()
    await p.commit(instance, entry(p, 1_000_000), entry(p, 2) | {"partition": 1})
    await p.wait(0.3)
    await p.committed(instance, 0, 1)
    await p.kafka("committed", p.group(), p.topic())


@case(108, "commit without any assignment", TEN)
async def commit_without_any_assignment(p: Probe) -> None:
    instance = await p.create()
    await p.commit(instance, entry(p, 3))
    await p.wait(0.3)
    await p.committed(instance)
    await p.kafka("committed", p.group(), p.topic())


@case(109, "commit while the group has a live member", TEN, needs_kafka=True)
async def commit_while_the_group_has_a_live_member(p: Probe) -> None:
    """The member is a subscribed consumer of its own, the proxy's instance only has an assignment."""
    await p.kafka("join", p.group(), p.topic())
    instance = await p.reader()
    await p.commit(instance, entry(p, 3))
    await p.wait(0.5)
    await p.kafka("committed", p.group(), p.topic())
    await p.kafka("leave")
    await p.commit(instance, entry(p, 5))
    await p.wait(0.5)
    await p.kafka("committed", p.group(), p.topic())


@case(110, "auto commit on delete, assigned", TEN)
async def auto_commit_on_delete_assigned(p: Probe) -> None:
    await create(p, {"name": "i1", "format": "binary", "auto.offset.reset": "earliest"})
    instance = Instance(p.group(), "i1", "binary")
    await p.attach(instance, 0)
    await p.read_all(instance, 10, keep=offsets)
    await p.delete(instance)
    await p.kafka("committed", p.group(), p.topic())
    await p.read(await p.reader(name="i2"), keep=offsets)


@case(111, "auto commit on delete, subscribed", TEN)
async def auto_commit_on_delete_subscribed(p: Probe) -> None:
    await create(p, {"name": "i1", "format": "binary", "auto.offset.reset": "earliest"})
    instance = Instance(p.group(), "i1", "binary")
    await p.subscribe(instance)
    await p.read_all(instance, 10, keep=offsets)
    await p.delete(instance)
    await p.kafka("committed", p.group(), p.topic())


@case(138, "commit all in every form", TEN)
async def commit_all_in_every_form(p: Probe) -> None:
    """No body, {} and an empty list: one instance each, after reading everything."""
    bodies: tuple[Json, ...] = (None, {}, {"offsets": []})
    for number, body in enumerate(bodies):
        instance = await p.reader(group=p.group(f"-{number}"))
        await p.read_all(instance, 10, keep=offsets)
        await p.call("POST", f"{instance.path}/offsets", body=body)
        await p.wait(0.5)
        await p.kafka("committed", p.group(f"-{number}"), p.topic())
