"""Consumer instances over HTTP: create, delete, subscription, assignments."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import count
from uuid import uuid4

from ktui.server.errors import ApiError
from ktui.server.flavours import Flavour
from ktui.server.instances import Instance
from ktui.server.kafka import ConsumerOptions, IllegalState
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Object, Shapes, body

PARTITION = ("topic", "partition")


def turn(instance: Instance, flavour: Flavour) -> AbstractAsyncContextManager[None]:
    """The instance for one call alone, where the flavour lets only one run."""
    return instance.lock if flavour.one_at_a_time else nullcontext()


async def required(call: Call) -> object:
    """The body of a request that needs one."""
    value = body(await call.body())
    if value is None:
        raise ApiError("no_body", "arg2")
    return value


class Consumers:
    """The handlers of instances and of what they read."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour, self._shapes = proxy, proxy.flavour, Shapes(proxy.flavour)
        self._numbers = count(1)

    def _instance(self, call: Call) -> Instance:
        return self._proxy.instances.find(call.path("group"), call.path("instance"))

    async def create(self, call: Call) -> Answer:
        """POST /consumers/{group}"""
        group, value = call.path("group"), body(await call.body())
        if value is None and self._flavour.rules == "K":
            raise ApiError("no_body")
        config = self._shapes.object(
            {} if value is None else value, "CreateConsumerRequest", self._flavour.create_fields
        )
        text = self._shapes.text
        name = text(config, "id") or text(config, "name") or f"rest-consumer-{uuid4()}"
        data_format = text(config, "format") or "binary"
        if self._flavour.rules == "C":
            data_format = data_format.lower()
        if data_format not in self._flavour.formats:
            raise ApiError("bad_format")
        if (group, name) in self._proxy.instances:
            raise ApiError("taken", name)
        self._proxy.instances.check_room()
        self._proxy.instances.add(self._made(group, name, data_format, config))
        base = (self._proxy.faults.base_uri or call.base_url).rstrip("/")
        shown = call.raw_path("group") if self._flavour.rules == "S" else group
        return {"instance_id": name, "base_uri": f"{base}/consumers/{shown}/instances/{name}"}

    def _made(self, group: str, name: str, data_format: str, config: Object) -> Instance:
        flavour, shapes = self._flavour, self._shapes
        reset = shapes.text(config, "auto.offset.reset") or flavour.default_reset
        if reset not in ("earliest", "latest", "none")[: 2 if flavour.rules == "K" else 3]:
            raise ApiError("bad_reset", reset)
        if data_format not in ("binary", "json", "text") and flavour.rules == "C" and self._proxy.schemas is None:
            raise ApiError("no_deserializer")
        least = self._least(config)
        commits = self._auto_commit(config) and not self._proxy.read_only
        options = ConsumerOptions(reset, commits, flavour.hides_aborted, flavour.keeps_positions, flavour.mixes)
        own_wait = None if flavour.rules == "S" else shapes.number(config, "consumer.request.timeout.ms")
        return Instance(
            group,
            name,
            data_format,
            self._proxy.kafka.consumer(group, f"consumer-{group}-{next(self._numbers)}-{uuid4()}", options),
            request_timeout_ms=own_wait or flavour.request_timeout_ms,
            min_bytes=flavour.least if least in (None, -1) else least,
        )

    def _least(self, config: Object) -> int | None:
        """fetch.min.bytes, which K wants as a number."""
        if self._flavour.rules == "K" and isinstance(config.get("fetch.min.bytes"), str):
            raise ApiError("bad_min_bytes")
        least = self._shapes.number(config, "fetch.min.bytes")
        if least is not None and not -1 <= least <= 10_000_000:
            raise ApiError("bad_min_bytes", least)
        return least

    def _auto_commit(self, config: Object) -> bool:
        if self._flavour.rules != "S":
            return (self._shapes.text(config, "auto.commit.enable") or "true").lower() != "false"
        own = config.get("enable.auto.commit", True)
        if not isinstance(own, bool):
            raise ApiError("bad_shape", "enable.auto.commit is not a boolean")
        for name in ("fetch.min.bytes", "consumer.request.timeout.ms"):
            self._shapes.number(config, name)
        return own

    async def delete(self, call: Call) -> Answer:
        """DELETE /consumers/{group}/instances/{instance}"""
        instance = self._instance(call)
        async with turn(instance, self._flavour):
            await self._proxy.instances.remove(instance)
        return None

    async def subscribe(self, call: Call) -> Answer:
        """POST …/subscription"""
        instance, value = self._instance(call), await required(call)
        wanted = self._shapes.object(value, "ConsumerSubscriptionRecord", ("topics", "topic_pattern"))
        topics, pattern = wanted.get("topics"), self._shapes.text(wanted, "topic_pattern")
        if topics is not None and not isinstance(topics, list):
            raise ApiError("not_a_list", topics)
        if self._flavour.rules != "C":
            if topics is not None and pattern is not None:
                raise ApiError("both" if self._flavour.rules == "K" else "exclusive")
            if pattern is None and (not topics if self._flavour.rules == "K" else topics is None):
                raise ApiError("no_topics")
        async with turn(instance, self._flavour):
            if topics is not None:
                instance.consumer.subscribe(str(topic) for topic in topics)
            elif pattern is not None:
                self._subscribe_pattern(instance, pattern)
        return None

    def _subscribe_pattern(self, instance: Instance, pattern: str) -> None:
        """K's patterns match where a name begins, the others' the whole of it."""
        try:
            instance.consumer.subscribe_pattern(f"{pattern}.*" if self._flavour.rules == "K" else pattern)
        except ValueError as error:
            raise ApiError("bad_pattern", error) from error
        except IllegalState as error:
            raise ApiError("exclusive_pattern" if self._flavour.rules == "S" else "exclusive", error) from error

    async def subscription(self, call: Call) -> Answer:
        """GET …/subscription. S answers with what is assigned."""
        consumer = self._instance(call).consumer
        if self._flavour.rules != "S":
            return {"topics": list(consumer.subscription())}
        given: dict[str, list[int]] = {}
        for tp in consumer.assignment():
            given.setdefault(tp.topic, []).append(tp.partition)
        return {"topics": list(given), "partitions": [{topic: numbers} for topic, numbers in given.items()]}

    async def unsubscribe(self, call: Call) -> Answer:
        """DELETE …/subscription"""
        instance = self._instance(call)
        async with turn(instance, self._flavour):
            instance.consumer.unsubscribe()
        return None

    async def assign(self, call: Call) -> Answer:
        """POST …/assignments"""
        instance, value = self._instance(call), await required(call)
        request = self._shapes.object(value, "ConsumerAssignmentRequest", ("partitions",))
        listed = self._shapes.entries(request, "partitions", PARTITION)
        if listed is None:
            raise ApiError("missing", "partitions")
        wanted = [self._shapes.partition(entry) for entry in listed]
        async with turn(instance, self._flavour):
            instance.consumer.assign(wanted)
        return None

    async def assignments(self, call: Call) -> Answer:
        """GET …/assignments"""
        instance = self._instance(call)
        async with turn(instance, self._flavour):
            tps = instance.consumer.assignment()
        return {"partitions": [{"topic": tp.topic, "partition": tp.partition} for tp in tps]}
