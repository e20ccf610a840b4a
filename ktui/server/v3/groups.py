"""Consumer groups and their lags in the v3 API."""

from __future__ import annotations

from urllib.parse import quote

from ktui.model import TopicPartition
from ktui.server.errors import ApiError
from ktui.server.kafka import GroupDetail
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call, Handler
from ktui.server.v3.entries import Entry, address, entry, listed


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
            f"{group}/lags": self.lags,
            f"{group}/lag-summary": self.lag_summary,
            f"{group}/lags/{{topic}}/partitions/{{partition}}": self.lag,
        }

    async def _found(self, call: Call) -> tuple[str, str, GroupDetail]:
        """The group of the path: its name, its address, itself."""
        name = call.path("group")
        found = await self._kafka.group(name)
        if found is None:
            raise ApiError("no_group", name)
        return name, f"{address(call)}/consumer-groups/{call.raw_path('group')}", found

    async def group(self, call: Call) -> Answer:
        """One consumer group."""
        name, own, found = await self._found(call)
        return _shown(address(call), own, name, found)

    async def groups(self, call: Call) -> Answer:
        """All consumer groups."""
        base = address(call)
        own = f"{base}/consumer-groups"
        shown = []
        for name in await self._kafka.group_names():
            if found := await self._kafka.group(name):
                shown.append(_shown(base, f"{own}/{quote(name, safe='')}", name, found))
        return listed("KafkaConsumerGroupList", own, shown)

    async def consumers(self, call: Call) -> Answer:
        """The members of a group."""
        name, own, found = await self._found(call)
        members = [
            {
                **entry("KafkaConsumer", f"{own}/consumers/{member}", f"consumer-group={name}/consumer={member}"),
                "consumer_group_id": name,
                "consumer_id": member,
                "instance_id": None,
                "client_id": _client(member),
                "assignments": {"related": f"{own}/consumers/{member}/assignments"},
            }
            for member in found.members
        ]
        return listed("KafkaConsumerList", f"{own}/consumers", members)

    async def lags(self, call: Call) -> Answer:
        """How far a group is behind, partition by partition."""
        _, own, _ = await self._found(call)
        return listed("KafkaConsumerLagList", f"{own}/lags", await self._lags(call))

    async def lag(self, call: Call) -> Answer:
        """How far it is behind in one partition."""
        wanted = (call.path("topic"), call.number("partition"))
        for lag in await self._lags(call):
            if (lag["topic_name"], lag["partition_id"]) == wanted:
                return lag
        raise ApiError("not_there")

    async def _lags(self, call: Call) -> list[Entry]:
        name, own, found = await self._found(call)
        readers = {tp: member for member, tps in found.members.items() for tp in tps}
        lags = []
        for tp, offset in sorted(found.committed.items()):
            end = (await self._kafka.ranges(tp.topic, [tp.partition]))[tp.partition].end
            reader = readers.get(TopicPartition(*tp), "")
            crn = f"consumer-group={name}/lag={tp.topic}/partition={tp.partition}"
            lags.append(
                {
                    **entry("KafkaConsumerLag", f"{own}/lags/{tp.topic}/partitions/{tp.partition}", crn),
                    "consumer_group_id": name,
                    "topic_name": tp.topic,
                    "partition_id": tp.partition,
                    "consumer_id": reader,
                    "instance_id": None,
                    "client_id": _client(reader),
                    "current_offset": offset,
                    "log_end_offset": end,
                    "lag": end - offset,
                }
            )
        return lags

    async def lag_summary(self, call: Call) -> Answer:
        """The worst of the lags, and their sum."""
        name, own, _ = await self._found(call)
        lags = await self._lags(call)
        if not lags:
            raise ApiError("no_offsets")
        worst, base = max(lags, key=lambda lag: int(lag["lag"])), address(call)
        reader = worst["consumer_id"]
        return {
            **entry("KafkaConsumerGroupLagSummary", f"{own}/lag-summary", f"consumer-group={name}/lag-summary"),
            "consumer_group_id": name,
            "max_lag": worst["lag"],
            "total_lag": sum(lag["lag"] for lag in lags),
            "max_lag_consumer_id": reader,
            "max_lag_consumer": {"related": f"{own}/consumers" + (f"/{reader}" if reader else "")},
            "max_lag_client_id": worst["client_id"],
            "max_lag_instance_id": None,
            "max_lag_topic_name": worst["topic_name"],
            "max_lag_partition_id": worst["partition_id"],
            "max_lag_partition": {"related": f"{base}/topics/{worst['topic_name']}/partitions/{worst['partition_id']}"},
        }


def _client(member: str) -> str:
    """The client id that a member id begins with; a uuid has 36 characters."""
    return member[:-37]


def _shown(base: str, own: str, name: str, found: GroupDetail) -> Entry:
    return {
        **entry("KafkaConsumerGroup", own, f"consumer-group={name}"),
        "consumer_group_id": name,
        "is_simple": not found.members,
        "partition_assignor": "range" if found.members else "",
        "state": "STABLE" if found.members else "EMPTY",
        "type": "CLASSIC",
        "is_mixed_consumer_group": False,
        "coordinator": {"related": f"{base}/brokers/1"},
        "consumers": {"related": f"{own}/consumers"},
        "lag_summary": {"related": f"{own}/lag-summary"},
    }
