"""Settings of topics in the v3 API."""

from __future__ import annotations

from ktui.server.errors import ApiError
from ktui.server.kafka import Setting
from ktui.server.proxy import Proxy
from ktui.server.resource import Answer, Call
from ktui.server.shapes import Shapes
from ktui.server.v3.entries import Entry, Here, here, listed, wanted


class V3Configs:
    """The handlers of settings."""

    def __init__(self, proxy: Proxy) -> None:
        self._kafka, self._shapes = proxy.kafka, Shapes(proxy.flavour)

    async def configs(self, call: Call) -> Answer:
        """All settings of a topic."""
        at, topic = await here(call, self._kafka), call.path("topic")
        base = f"{at.base}/topics/{call.raw_path('topic')}/configs"
        settings = await self._kafka.settings(topic)
        return listed("KafkaTopicConfigList", base, [_shown(at, topic, setting) for setting in settings.values()])

    async def config(self, call: Call) -> Answer:
        """One setting of a topic."""
        at, topic, name = await here(call, self._kafka), call.path("topic"), call.path("config")
        settings = await self._kafka.settings(topic)
        if name not in settings:
            raise ApiError("not_there")
        return _shown(at, topic, settings[name])

    async def put(self, call: Call) -> Answer:
        """Set one."""
        await here(call, self._kafka)
        request = self._shapes.object(await wanted(call), "UpdateConfigRequest", ("value",))
        await self._change(call, self._shapes.text(request, "value"))
        return None

    async def reset(self, call: Call) -> Answer:
        """Back to the default of the broker."""
        await here(call, self._kafka)
        await self._change(call, None)
        return None

    async def _change(self, call: Call, value: str | None) -> None:
        topic, name = call.path("topic"), call.path("config")
        if name not in await self._kafka.settings(topic):
            raise ApiError("not_there")
        await self._kafka.alter_topic(topic, {name: value})

    async def alter(self, call: Call) -> Answer:
        """Set and reset several, or none of them."""
        await here(call, self._kafka)
        request = self._shapes.object(await wanted(call), "AlterConfigBatchRequest", ("data", "validate_only"))
        listed = self._shapes.entries(request, "data", ("name", "value", "operation"))
        if listed is None:
            raise ApiError("payload", "Null data.")
        changes: dict[str, str | None] = {}
        for each in listed:
            name, operation = self._shapes.text(each, "name"), self._shapes.text(each, "operation") or "SET"
            if name is None or operation not in ("SET", "DELETE"):
                raise ApiError("bad_shape", f"no change: {name} {operation}")
            changes[name] = None if operation == "DELETE" else self._shapes.text(each, "value")
        topic = call.path("topic")
        if unknown := changes.keys() - (await self._kafka.settings(topic)).keys():
            raise ApiError("no_config", f"{min(unknown)} cannot be found for TOPIC {topic}")
        await self._kafka.alter_topic(topic, changes, dry=request.get("validate_only") is True)
        return None


def _shown(at: Here, topic: str, setting: Setting) -> Entry:
    name = setting.name
    own, crn = f"{at.base}/topics/{topic}/configs/{name}", f"topic={topic}/config={name}"
    dynamic = [_valued(name, setting.value, "DYNAMIC_TOPIC_CONFIG")] if setting.dynamic else []
    default = [_valued(setting.broker_name, setting.default, "DEFAULT_CONFIG")] if setting.broker_name else []
    source = "DYNAMIC_TOPIC_CONFIG" if setting.dynamic else "DEFAULT_CONFIG"
    return {
        **at.entry("KafkaTopicConfig", own, crn),
        **_valued(name, setting.value, source),
        "is_read_only": False,
        "is_sensitive": False,
        "synonyms": [*dynamic, *default],
        "topic_name": topic,
        "is_default": not setting.dynamic,
    }


def _valued(name: str, value: str, source: str) -> dict[str, str]:
    return {"name": name, "value": value, "source": source}
