"""Consumer instances over HTTP: create, delete, subscription, assignments, positions, commits, records."""

from __future__ import annotations

from uuid import uuid4

from ktui.server import errors
from ktui.server.errors import ApiError
from ktui.server.instances import LARGEST_READ, Instance
from ktui.server.kafka import Committed, Consumer
from ktui.server.media import FORMAT_OF, FORMATS
from ktui.server.proxy import Proxy
from ktui.server.reading import Reading
from ktui.server.resource import Answer, Call
from ktui.server.seeking import Seeking
from ktui.server.shapes import Object, body, check_object, entries, number, text, topic_partition

_CREATE = (
    "id",
    "name",
    "format",
    "auto.offset.reset",
    "auto.commit.enable",
    "fetch.min.bytes",
    "consumer.request.timeout.ms",
)
_OFFSET = ("topic", "partition", "offset", "metadata")
_PARTITION = ("topic", "partition")
_MISMATCH = "The requested embedded data format does not match the deserializer for this consumer instance"
_NO_LIST = (
    "Cannot construct instance of `ArrayList` (although at least one Creator exists): "
    "no String-argument constructor/factory method to deserialize from String value"
)
_BAD_RESET = (
    "Invalid consumer configuration: Invalid value {0} for configuration auto.offset.reset: Invalid value `{0}` for "
    "configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format "
    "'by_duration:<PnDTnHnMn.nS.>'."
)
_TAKEN = "Consumer with specified consumer ID already exists in the specified consumer group."


class Consumers:
    """The handlers of consumer instances."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._seeking = Seeking(proxy)

    def instance(self, call: Call) -> Instance:
        """The instance of the path."""
        return self._proxy.instances.find(call.path("group"), call.path("instance"))

    def consumer(self, call: Call) -> Consumer:
        """Its Kafka consumer."""
        return self.instance(call).consumer

    async def create(self, call: Call) -> Answer:
        """POST /consumers/{group}"""
        group, data = call.path("group"), await call.body()
        config = check_object(body(data) or {}, "CreateConsumerInstanceRequest", _CREATE)
        name = text(config, "id") or text(config, "name") or f"rest-consumer-{uuid4()}"
        data_format = (text(config, "format") or "binary").lower()
        if data_format not in FORMATS:
            raise ApiError(422, 422, "Invalid format type.")
        if (group, name) in self._proxy.instances:
            raise ApiError(409, 40902, _TAKEN)
        self._proxy.instances.add(self._made(group, name, data_format, config))
        base = (self._proxy.faults.base_uri or call.base_url).rstrip("/")
        return {"instance_id": name, "base_uri": f"{base}/consumers/{group}/instances/{name}"}

    def _made(self, group: str, name: str, data_format: str, config: Object) -> Instance:
        flavour = self._proxy.flavour
        reset = text(config, "auto.offset.reset") or flavour.default_reset
        if reset not in ("earliest", "latest", "none"):
            raise ApiError(422, 42204, _BAD_RESET.format(reset))
        if data_format not in ("binary", "json"):
            raise ApiError(500, 50002, "Failed to construct kafka consumer")
        least = number(config, "fetch.min.bytes")
        if least is not None and not -1 <= least <= 10_000_000:
            message = "Invalid consumer configuration. It does not abide by the constraints: fetch.min.bytes"
            raise ApiError(422, 40001, message)
        auto_commit = (text(config, "auto.commit.enable") or "true").lower() != "false"
        return Instance(
            group,
            name,
            data_format,
            self._proxy.kafka.consumer(group, f"{name}-{uuid4()}", reset=reset, auto_commit=auto_commit),
            request_timeout_ms=number(config, "consumer.request.timeout.ms") or flavour.request_timeout_ms,
            min_bytes=None if least == -1 else least,
        )

    async def delete(self, call: Call) -> Answer:
        """DELETE /consumers/{group}/instances/{instance}"""
        await self._proxy.instances.remove(self.instance(call))
        return None

    # what is read

    async def subscribe(self, call: Call) -> Answer:
        """POST …/subscription"""
        consumer, value = self.consumer(call), await required(call)
        wanted = check_object(value, "ConsumerSubscriptionRecord", ("topics", "topic_pattern"))
        topics, pattern = wanted.get("topics"), text(wanted, "topic_pattern")
        if topics is not None:
            if not isinstance(topics, list):
                raise errors.bad_body(_NO_LIST + f" ('{topics}')")
            consumer.subscribe(str(topic) for topic in topics)
        elif pattern is not None:
            try:
                consumer.subscribe_pattern(pattern)
            except ValueError as error:
                raise errors.internal() from error
        return None

    async def subscription(self, call: Call) -> Answer:
        """GET …/subscription"""
        return {"topics": list(self.consumer(call).subscription())}

    async def unsubscribe(self, call: Call) -> Answer:
        """DELETE …/subscription"""
        self.consumer(call).unsubscribe()
        return None

    async def assign(self, call: Call) -> Answer:
        """POST …/assignments"""
        consumer, value = self.consumer(call), await required(call)
        listed = entries(check_object(value, "ConsumerAssignmentRequest", ("partitions",)), "partitions", _PARTITION)
        if listed is None:
            raise errors.internal()
        consumer.assign([topic_partition(entry) for entry in listed])
        return None

    async def assignments(self, call: Call) -> Answer:
        """GET …/assignments"""
        tps = self.consumer(call).assignment()
        return {"partitions": [{"topic": tp.topic, "partition": tp.partition} for tp in tps]}

    async def seek(self, call: Call) -> Answer:
        """POST …/positions"""
        return await self._seeking.to_offsets(self.consumer(call), await required(call))

    async def seek_to_beginning(self, call: Call) -> Answer:
        """POST …/positions/beginning"""
        return await self._seeking.to_edges(self.consumer(call).seek_to_beginning, await required(call))

    async def seek_to_end(self, call: Call) -> Answer:
        """POST …/positions/end"""
        return await self._seeking.to_edges(self.consumer(call).seek_to_end, await required(call))

    # commits

    async def commit(self, call: Call) -> Answer:
        """POST …/offsets: the entries of the body, or without one all that was polled."""
        consumer, value = self.consumer(call), body(await call.body())
        if value is None:
            await consumer.commit({tp: Committed(offset) for tp, offset in consumer.positions().items()})
            return []
        listed = entries(check_object(value, "ConsumerOffsetCommitRequest", ("offsets",)), "offsets", _OFFSET)
        if listed is None:
            raise errors.internal()
        step = int(self._proxy.flavour.commit_adds_one)
        offsets = {
            topic_partition(entry): Committed((number(entry, "offset") or 0) + step, text(entry, "metadata") or "")
            for entry in listed
        }
        if any(committed.offset < 0 for committed in offsets.values()):
            raise errors.internal()
        await consumer.commit(offsets)
        return []

    async def committed(self, call: Call) -> Answer:
        """GET …/offsets, which has a body."""
        consumer, value = self.consumer(call), body(await call.body())
        if value is None:
            raise ApiError(404, 40402, "Partition not found.")
        listed = entries(check_object(value, "ConsumerCommittedRequest", ("partitions",)), "partitions", _PARTITION)
        found = await consumer.committed([topic_partition(entry) for entry in listed or ()])
        return {"offsets": [{"topic": tp.topic, "partition": tp.partition, **c._asdict()} for tp, c in found.items()]}

    # records

    async def records(self, call: Call) -> Answer:
        """GET …/records"""
        timeout, max_bytes = call.query_number("timeout"), call.query_number("max_bytes")
        instance = self.instance(call)
        if FORMAT_OF.get(call.media, "binary") != instance.format:
            raise ApiError(406, 40601, _MISMATCH)
        limit = LARGEST_READ if max_bytes is None else min(max_bytes, LARGEST_READ)
        wait = instance.request_timeout_ms
        if timeout is not None and timeout > 0:
            wait = min(wait, timeout)
        reading = Reading(instance, self._proxy.flavour.records_per_poll, limit)
        text = await reading.run(wait / 1000, self._proxy.sleep)
        self._proxy.instances.touch(instance)
        return text


async def required(call: Call) -> object:
    """The body of a request that needs one."""
    value = body(await call.body())
    if value is None:
        raise errors.no_body("arg2")
    return value
