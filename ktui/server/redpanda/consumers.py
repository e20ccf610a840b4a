"""Consumer instances of R: options are strings, and only few of their values are taken."""

from __future__ import annotations

from uuid import uuid4

from ktui.server.consumers import required
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.kafka import ConsumerOptions
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Shapes

LISTENS_AT = "http://0.0.0.0:8082"
"""What it calls itself when nobody told it better."""


class RedpandaConsumers:
    """The handlers of instances."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour, self._shapes = proxy, proxy.flavour, Shapes(proxy.flavour)

    async def create(self, call: Call) -> Answer:
        """POST /consumers/{group}"""
        group, fields = call.path("group"), sorted(self._flavour.create_fields)
        config = self._shapes.object(await required(call), "create_consumer", fields)
        told = {field: self._shapes.text(config, field) for field in fields}
        name, data_format = told["name"] or str(uuid4()), told["format"] or "binary"
        if data_format not in self._flavour.formats:
            raise ApiError("bad_format")
        for field, only in (("auto.offset.reset", "earliest"), ("auto.commit.enable", "false")):
            if told[field] not in (None, only):
                raise ApiError("bad_option", f"{field} must be '{only}'")
        if (group, name) in self._proxy.instances:
            raise ApiError("taken", name)
        options = ConsumerOptions("earliest", auto_commit=False)
        consumer = self._proxy.kafka.consumer(group, f"{name}-{uuid4()}", options)
        wait = self._flavour.request_timeout_ms
        self._proxy.instances.add(Instance(group, name, data_format, consumer, request_timeout_ms=wait))
        base = (self._proxy.faults.base_uri or LISTENS_AT).rstrip("/")
        return {"instance_id": name, "base_uri": f"{base}/consumers/{group}/instances/{name}"}

    async def delete(self, call: Call) -> Answer:
        """DELETE /consumers/{group}/instances/{instance}"""
        instances = self._proxy.instances
        await instances.remove(instances.find(call.path("group"), call.path("instance")))
        return None

    async def subscribe(self, call: Call) -> Answer:
        """POST …/subscription, which replaces an earlier one. There are no patterns."""
        instance = self._proxy.instances.find(call.path("group"), call.path("instance"))
        topics = self._shapes.object(await required(call), "subscribe", ("topics",)).get("topics")
        if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
            raise ApiError("bad_shape")
        instance.consumer.subscribe(topics)
        return None
