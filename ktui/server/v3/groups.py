"""Consumer groups and their lags in the v3 API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from ktui.model import OffsetRange, TopicPartition
from ktui.server.errors import ApiError
from ktui.server.kafka import GroupDetail, Member
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import Entry, Here, here, listed

_NOBODY = Member(())


class _Group(NamedTuple):
    """The group of a request."""

    at: Here
    name: str
    own: str
    """Its address."""
    detail: GroupDetail


class V3Groups:
    """The handlers of consumer groups."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka = proxy.kafka

    def handlers(self) -> dict[str, Handler]:
        """Paths below the cluster with their handlers."""
        group = "/consumer-groups/{group}"
        return {
            "/consumer-groups": self.groups,
            group: self.group,
            f"{group}/consumers": self.consumers,
            f"{group}/consumers/{{consumer}}": self.consumer,
            f"{group}/consumers/{{consumer}}/assignments": self.assignments,
            f"{group}/lags": self.lags,
            f"{group}/lag-summary": self.lag_summary,
            f"{group}/lags/{{topic}}/partitions/{{partition}}": self.lag,
        }

    async def _found(self, call: Call, missing: str = "no_group") -> _Group:
        """The group of the path. Each path has its own word for one that is `missing`, as 8.1.5 has live."""
        name = call.path("group")
        found = await self._kafka.group(name)
        if found is None:
            raise ApiError(missing, name)
        at = await here(call, self._kafka)
        return _Group(at, name, f"{at.base}/consumer-groups/{call.raw_path('group')}", found)

    async def group(self, call: Call) -> Answer:
        """One consumer group."""
        return _shown(await self._found(call, "not_there"))

    async def groups(self, call: Call) -> Answer:
        """All consumer groups."""
        at = await here(call, self._kafka)
        own, shown = f"{at.base}/consumer-groups", []
        for name in await self._kafka.group_names():
            if found := await self._kafka.group(name, offsets=False):
                shown.append(_shown(_Group(at, name, f"{own}/{quote(name, safe='')}", found)))
        return listed("KafkaConsumerGroupList", own, shown)

    async def consumers(self, call: Call) -> Answer:
        """The members of a group."""
        group = await self._found(call, "no_members")
        members = [_member(group, name, member) for name, member in group.detail.members.items()]
        return listed("KafkaConsumerList", f"{group.own}/consumers", members)

    async def consumer(self, call: Call) -> Answer:
        """One member of a group."""
        group, name = await self._found(call, "no_members"), call.path("consumer")
        if name not in group.detail.members:
            raise ApiError("not_there")
        return _member(group, name, group.detail.members[name])

    async def assignments(self, call: Call) -> Answer:
        """What a member of a group reads."""
        group, name = await self._found(call, "no_members"), call.path("consumer")
        if name not in group.detail.members:
            raise ApiError("not_there")
        own = f"{group.own}/consumers/{name}/assignments"
        given = [_assignment(group, name, tp) for tp in group.detail.members[name].partitions]
        return listed("KafkaConsumerAssignmentList", own, given)

    async def lags(self, call: Call) -> Answer:
        """How far a group is behind, partition by partition."""
        group = await self._found(call)
        return listed("KafkaConsumerLagList", f"{group.own}/lags", await self._lags(group))

    async def lag(self, call: Call) -> Answer:
        """How far it is behind in one partition."""
        wanted = (call.path("topic"), call.number("partition"))
        for lag in await self._lags(await self._found(call)):
            if (lag["topic_name"], lag["partition_id"]) == wanted:
                return lag
        raise ApiError("not_there")

    async def _lags(self, group: _Group) -> list[Entry]:
        readers = {tp: name for name, member in group.detail.members.items() for tp in member.partitions}
        ends = await self._ends(group.detail.committed)
        return [
            _lag(group, tp, offset, ends[tp].end, readers.get(tp, ""))
            for tp, offset in sorted(group.detail.committed.items())
            if tp in ends
        ]

    async def _ends(self, tps: Iterable[TopicPartition]) -> Mapping[TopicPartition, OffsetRange]:
        """Where partitions end, asked topic by topic."""
        numbers: dict[str, list[int]] = {}
        for topic, number in tps:
            numbers.setdefault(topic, []).append(number)
        found: dict[TopicPartition, OffsetRange] = {}
        for topic, wanted in numbers.items():
            ranges = await self._kafka.ranges(topic, wanted)
            found.update({TopicPartition(topic, number): each for number, each in ranges.items()})
        return found

    async def lag_summary(self, call: Call) -> Answer:
        """The worst of the lags, and their sum."""
        group = await self._found(call)
        lags = await self._lags(group)
        if not lags:
            raise ApiError("no_offsets")
        worst, own, base = max(lags, key=lambda lag: int(lag["lag"])), group.own, group.at.base
        reader = worst["consumer_id"]
        return {
            **group.at.entry(
                "KafkaConsumerGroupLagSummary", f"{own}/lag-summary", f"consumer-group={group.name}/lag-summary"
            ),
            "consumer_group_id": group.name,
            "max_lag": worst["lag"],
            "total_lag": sum(lag["lag"] for lag in lags),
            "max_lag_consumer_id": reader,
            "max_lag_consumer": {"related": f"{own}/consumers" + (f"/{reader}" if reader else "")},
            "max_lag_client_id": worst["client_id"],
            "max_lag_instance_id": worst["instance_id"],
            "max_lag_topic_name": worst["topic_name"],
            "max_lag_partition_id": worst["partition_id"],
            "max_lag_partition": {"related": f"{base}/topics/{worst['topic_name']}/partitions/{worst['partition_id']}"},
        }


def _lag(group: _Group, tp: TopicPartition, offset: int, end: int, reader: str) -> Entry:
    own, crn = f"{group.own}/lags/{tp.topic}/partitions/{tp.partition}", f"lag={tp.topic}/partition={tp.partition}"
    member = group.detail.members.get(reader, _NOBODY)
    return {
        **group.at.entry("KafkaConsumerLag", own, f"consumer-group={group.name}/{crn}"),
        "consumer_group_id": group.name,
        "topic_name": tp.topic,
        "partition_id": tp.partition,
        "consumer_id": reader,
        "instance_id": member.instance,
        "client_id": member.client,
        "current_offset": offset,
        "log_end_offset": end,
        "lag": end - offset,
    }


def _member(group: _Group, name: str, member: Member) -> Entry:
    own = f"{group.own}/consumers/{name}"
    return {
        **group.at.entry("KafkaConsumer", own, f"consumer-group={group.name}/consumer={name}"),
        "consumer_group_id": group.name,
        "consumer_id": name,
        "instance_id": member.instance,
        "client_id": member.client,
        "assignments": {"related": f"{own}/assignments"},
    }


def _assignment(group: _Group, member: str, tp: TopicPartition) -> Entry:
    own = f"{group.own}/consumers/{member}/assignments/{tp.topic}/partitions/{tp.partition}"
    crn = f"consumer-group={group.name}/consumer={member}/assignment={tp.topic}/partition={tp.partition}"
    partition = f"{group.at.base}/topics/{tp.topic}/partitions/{tp.partition}"
    return {
        **group.at.entry("KafkaConsumerAssignment", own, crn),
        "consumer_group_id": group.name,
        "consumer_id": member,
        "topic_name": tp.topic,
        "partition_id": tp.partition,
        "partition": {"related": partition},
        "lag": {"related": f"{group.own}/lags/{tp.topic}/partitions/{tp.partition}"},
    }


def _shown(group: _Group) -> Entry:
    detail = group.detail
    return {
        **group.at.entry("KafkaConsumerGroup", group.own, f"consumer-group={group.name}"),
        "consumer_group_id": group.name,
        "is_simple": not detail.assignor,
        "partition_assignor": detail.assignor,
        "state": detail.state,
        "type": "CLASSIC",
        "is_mixed_consumer_group": False,
        "coordinator": group.at.broker(detail.coordinator),
        "consumers": {"related": f"{group.own}/consumers"},
        "lag_summary": {"related": f"{group.own}/lag-summary"},
    }
