"""GET records over HTTP: parameters, formats, and each flavour's way of reading."""

from __future__ import annotations

from ktui.server.admission import karapace_format
from ktui.server.consumers import turn
from ktui.server.errors import ApiError
from ktui.server.instances import Instance
from ktui.server.media import FORMAT_OF, embedded
from ktui.server.proxy import Proxy
from ktui.server.reading import Reading
from ktui.server.reading_gateway import GatewayReading
from ktui.server.reading_others import KarapaceReading, StrimziReading
from ktui.server.resource import Answer, Call, Handed


class Records:
    """The handler of …/records."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy, self._flavour = proxy, proxy.flavour

    async def read(self, call: Call) -> Answer:
        """GET …/records"""
        timeout, max_bytes = call.query_number("timeout"), call.query_number("max_bytes")
        instance = self._proxy.instances.find(call.path("group"), call.path("instance"))
        self._check_format(call, instance)
        if self._flavour.rules != "C" and timeout is not None and timeout < 0:
            raise ApiError("negative_query", timeout)
        reading, instances = self._reading(instance, max_bytes), self._proxy.instances
        async with turn(instance, self._flavour):
            instances.hold(instance)
            try:
                seconds, sleep = self._wait(instance, timeout), self._proxy.sleep
                if call.takes_records and instance.format == "binary" and isinstance(reading, GatewayReading):
                    return Handed(await reading.take(seconds, sleep), call.media)
                return await reading.run(seconds, sleep)
            finally:
                instances.touch(instance)

    def _check_format(self, call: Call, instance: Instance) -> None:
        letter = self._flavour.rules
        if letter == "K":
            wanted = karapace_format(call.header("accept"))
        elif letter == "S":
            wanted = instance.format if call.media == embedded(instance.format) else None
        else:
            wanted = FORMAT_OF.get(call.media, "binary")
        if wanted != instance.format:
            raise ApiError("mismatch", instance.format)

    def _wait(self, instance: Instance, timeout: int | None) -> float:
        """Seconds a read may take."""
        wait = instance.request_timeout_ms
        if timeout is None or (timeout <= 0 and self._flavour.timeout_only_lowers):
            return wait / 1000
        return (min(wait, timeout) if self._flavour.timeout_only_lowers else timeout) / 1000

    def _reading(
        self, instance: Instance, max_bytes: int | None
    ) -> Reading | GatewayReading | KarapaceReading | StrimziReading:
        per_poll = self._flavour.records_per_poll
        if self._flavour.rules == "S":
            return StrimziReading(instance, per_poll, max_bytes)
        largest = self._proxy.largest_answer
        limit = largest if max_bytes is None else min(max_bytes, largest)
        if self._flavour.letter == "G":
            proxy = self._proxy
            return GatewayReading(instance, per_poll, proxy.answers.share(limit), proxy.traffic, proxy.schemas)
        if self._flavour.rules == "C":
            return Reading(instance, per_poll, limit)
        if max_bytes is not None and max_bytes < 0:
            raise ApiError("negative_query", max_bytes)
        return KarapaceReading(instance, limit, self._proxy.kafka)
