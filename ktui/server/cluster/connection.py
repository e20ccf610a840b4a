"""What all verbs on a cluster share: its properties, one admin client, threads for what blocks, time limits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ktui.errors import ConfigError
from ktui.server.cluster.errors import Complaints, settling, translated
from ktui.server.cluster.properties import cleaned, masked
from ktui.server.cluster.properties import translated as properties_of
from ktui.server.kafka import RetriableError

P = ParamSpec("P")
T = TypeVar("T")

DEFAULTS: Mapping[str, str | int] = {
    "client.id": "ktui",
    "log_level": 0,  # librdkafka writes to stderr, which is the screen's
    "reconnect.backoff.max.ms": 1000,  # of 10000: a cluster that is back is to be noticed
    "socket.connection.setup.timeout.ms": 5000,
    "socket.timeout.ms": 10_000,  # of 60000: how long a call may block a thread when nobody answers
    "enable.metrics.push": "false",
}
ASKING: Mapping[str, int] = {
    # of 300000: by nothing else does it hear that the controller is another one, and of the old one it expects answers
    "topic.metadata.refresh.interval.ms": 2000,
}
"""Beside them, of the admin client."""
ANSWER = 5.0
"""Seconds in which the cluster has to answer."""
SETTLING = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds between questions about what has no leader or no coordinator yet, as a topic just made."""
GRACE = 2.0
"""Seconds beyond, until we no longer believe in librdkafka's own time limit."""
BLOCKING = 16
"""Threads for calls that block shortly."""
WAITING = 256
"""Threads for reads that wait. Beyond that many, they take turns."""
PULSE = 0.25
"""Seconds between the moments at which librdkafka may tell what it has to tell."""


class Connection:
    """A cluster as this process is connected to it. ConfigError when librdkafka cannot have these properties."""

    def __init__(self, properties: Mapping[str, str], answer: float = ANSWER) -> None:
        self.properties: dict[str, Any] = {**DEFAULTS, **properties_of(properties)}
        self.answer = answer
        self.named = properties.get("client.id")
        """What all our clients are called, if somebody said so."""
        self.complaints = Complaints()
        self.readers = 0
        """How many are open, and share the memory for what is fetched ahead."""
        self._given = dict(properties)
        try:
            self.admin = AdminClient({**ASKING, **self.properties, "error_cb": self.complaints})  # type: ignore[dict-item]  # no callbacks in its stub
        except KafkaException as error:
            raise ConfigError(f"Kafka properties: {self.cleaned(error.args[0].str())}") from None
        self._blocking = ThreadPoolExecutor(BLOCKING, "ktui-kafka")
        self._waiting = ThreadPoolExecutor(WAITING, "ktui-kafka-wait")
        self._stop = threading.Event()
        self._pulse = threading.Thread(target=self._listen, name="ktui-kafka-pulse", daemon=True)
        self._pulse.start()

    def __repr__(self) -> str:
        return f"<Connection {masked({name: str(value) for name, value in self.properties.items()})}>"

    def cleaned(self, text: str) -> str:
        """A text without our secrets."""
        return cleaned(text, self._given)

    def _listen(self) -> None:
        """Let complaints, logs and tokens that are due come through: librdkafka calls back only when it is polled."""
        while not self._stop.is_set():
            self.admin.poll(PULSE)

    async def asked(self, ask: Callable[[], Future[T]]) -> T:
        """The answer to a question of the admin client. KafkaError, at the latest when the time is over.

        The question is asked again while leaders or coordinators are only being found.
        """
        pauses = iter(SETTLING)
        try:
            async with asyncio.timeout(self.answer + GRACE):
                while True:
                    try:
                        return await asyncio.wrap_future(ask())
                    except KafkaException as error:
                        pause = next(pauses, None) if settling(error) else None
                        if pause is None:
                            raise translated(error, self.complaints) from None
                    await asyncio.sleep(pause)
        except TimeoutError:
            raise RetriableError("Timed out waiting for a node assignment.") from None

    async def blocking(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a call gives that blocks, in a thread. KafkaError, at the latest when the time is over."""

        def run() -> T:
            return call(*args, **kwargs)

        try:
            running = asyncio.get_running_loop().run_in_executor(self._blocking, run)
            async with asyncio.timeout(self.answer + GRACE):
                return await running
        except KafkaException as error:
            raise translated(error, self.complaints) from None
        except TimeoutError:
            raise RetriableError(f"Timeout of {round((self.answer + GRACE) * 1000)}ms expired.") from None

    def wait(self, job: Callable[[], object]) -> None:
        """Run a job that mostly waits."""
        self._waiting.submit(job)

    def later(self, job: Callable[[], object]) -> asyncio.Future[Any]:
        """Run a job that blocks and whose end nobody awaits right now."""
        return asyncio.get_running_loop().run_in_executor(self._blocking, job)

    async def aclose(self) -> None:
        """End the threads. Whatever uses them has ended before."""
        self._stop.set()
        self._waiting.shutdown(wait=False)
        self._blocking.shutdown(wait=False)
        await asyncio.to_thread(self._pulse.join)


def check(properties: Mapping[str, str]) -> None:
    """ConfigError when librdkafka cannot have these properties. Asks no broker."""
    try:
        AdminClient({**DEFAULTS, **properties_of(properties)})
    except KafkaException as error:
        raise ConfigError(f"Kafka properties: {cleaned(error.args[0].str(), properties)}") from None
