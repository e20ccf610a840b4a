"""A producer and the one thread that has to do with it: it hands records over, and takes the reports of what became of
them. With two threads each record would cost two changes between them: 17 ms of processor for 1000 records, not 6."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from confluent_kafka import Producer

from ktui.server.cluster.connection import PULSE

SOON = 0.002
"""Seconds for which reports are waited for until somebody who has more to write is heard."""


class Hand:
    """Runs jobs on a producer, one after another."""

    def __init__(self, producer: Producer) -> None:
        self.producer = producer
        self._jobs: queue.SimpleQueue[Callable[[Producer], None]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ktui-kafka-writes", daemon=True)
        self._thread.start()

    def do(self, job: Callable[[Producer], None]) -> None:
        """Have something done with the producer. It must not raise."""
        self._jobs.put(job)

    def stop(self) -> None:
        """End when everything is written or given up."""
        self._stopping.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        producer = self.producer
        while len(producer) or not (self._stopping.is_set() and self._jobs.empty()):
            try:
                job = self._jobs.get(block=not len(producer), timeout=PULSE)
            except queue.Empty:
                pass
            else:
                job(producer)
            producer.poll(SOON if len(producer) else 0)
