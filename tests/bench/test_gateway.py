"""The gateway beside bare librdkafka on the same broker: `pytest -m bench -s --kafka HOST:PORT`, and this file.

Prints ratios of one run; the gates are far below what is printed on a machine of its own.
"""

from __future__ import annotations

import asyncio
import base64
import compileall
import gc
import http.client
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import confluent_kafka as librdkafka
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

import ktui
from ktui.model import TopicPartition
from ktui.records.log import RecordLog
from ktui.records.stream import Stream
from ktui.rest.client import ProxyClient
from ktui.ui import garbage

pytestmark = [pytest.mark.bench, pytest.mark.kafka]

RECORDS, SIZE, PARTITIONS = 600_000, 400, 4
V2, BINARY = "application/vnd.kafka.v2+json", "application/vnd.kafka.binary.v2+json"
TIMES = 15


@pytest.fixture(scope="module")
def topic(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A broker, and a topic of its own on it. The gateway's modules are compiled before, as an installation does it:
    where Python may not write bytecode, each start would take a quarter of a second more."""
    compileall.compile_dir(next(iter(ktui.__path__)), quiet=2)
    bootstrap = request.config.getoption("--kafka")
    name = f"bench-{uuid4().hex[:12]}"
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(name, PARTITIONS, 1)])[name].result()
    producer = librdkafka.Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
    for number in range(RECORDS):
        while True:
            try:
                producer.produce(name, b"%0*d" % (SIZE, number), b"%08d" % number, partition=number % PARTITIONS)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
    yield bootstrap, name
    admin.delete_topics([name])[name].result()


class Plain:
    """A client that speaks HTTP and nothing else, over one connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: object = None, media: str = V2) -> bytes:
        content = body if body is None or isinstance(body, bytes) else json.dumps(body)
        headers = {"accept": media if method == "GET" else V2} | ({"content-type": media} if content else {})
        self._connection.request(method, path, content, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, text
        return text

    def open(self, topic: str, partition_offsets: dict[int, int]) -> str:
        """An instance at these offsets; its path."""
        group = f"bench-{uuid4().hex[:8]}"
        self.ask("POST", f"/consumers/{group}", {"name": "i", "auto.commit.enable": "false"})
        path = f"/consumers/{group}/instances/i"
        places = [{"topic": topic, "partition": number} for number in partition_offsets]
        self.ask("POST", f"{path}/assignments", {"partitions": places})
        seeks = [{**place, "offset": partition_offsets[place["partition"]]} for place in places]
        self.ask("POST", f"{path}/positions", {"offsets": seeks})
        return path


@contextmanager
def gateway(bootstrap: str) -> Iterator[tuple[int, int, float]]:
    """`ktui gateway` as a process: its port, its id, and the seconds until it answered."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "ktui", "gateway", "--bootstrap-servers", bootstrap, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline().split()[2].rpartition(":")[2])
    with Plain(port) as client:
        client.ask("GET", "/topics")
    try:
        yield port, process.pid, time.perf_counter() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


TUNED: dict[str, str | int | float | bool | None] = {
    "queued.max.messages.kbytes": 1024,
    "fetch.max.bytes": 1_048_576,
    "fetch.queue.backoff.ms": 10,
}
"""As our own reader is: by its defaults librdkafka fetches 64 MB ahead, and then nothing for a second."""


def bare_consumer(bootstrap: str, topic: str, offsets: dict[int, int], *, tuned: bool = False) -> librdkafka.Consumer:
    settings = {"bootstrap.servers": bootstrap, "group.id": f"bare-{uuid4()}", "enable.auto.commit": "false"}
    settings |= TUNED if tuned else {}
    consumer = librdkafka.Consumer(settings)
    consumer.assign([librdkafka.TopicPartition(topic, number, offset) for number, offset in offsets.items()])
    return consumer


EVERYTHING = dict.fromkeys(range(PARTITIONS), 0)


def bare_rate(bootstrap: str, topic: str, *, tuned: bool = False) -> float:
    """Records a second of a loop that looks at keys and values, and keeps nothing."""
    consumer, count, size = bare_consumer(bootstrap, topic, EVERYTHING, tuned=tuned), 0, 0
    begun = time.perf_counter()
    while count < RECORDS:
        for message in consumer.consume(2000, 1.0):
            if message.error() is None:
                count += 1
                size += len(message.key() or b"") + len(message.value() or b"")
    seconds = time.perf_counter() - begun
    consumer.close()
    assert size == RECORDS * (SIZE + 8)
    return RECORDS / seconds


def bare_polls_rate(bootstrap: str, topic: str) -> float:
    """Records a second of a loop that takes one at a time, as most examples do."""
    consumer, count = bare_consumer(bootstrap, topic, EVERYTHING), 0
    begun = time.perf_counter()
    while count < RECORDS:
        message = consumer.poll(1.0)
        if message is not None and message.error() is None:
            count += bool(message.value())
    seconds = time.perf_counter() - begun
    consumer.close()
    return RECORDS / seconds


@contextmanager
def garbage_as_in_the_app() -> Iterator[None]:
    """What pytest holds is not looked through again and again, as the app does not what start-up made."""
    before = gc.get_threshold()
    garbage.settle()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def app_rate(bootstrap: str, topic: str) -> float:
    """Records a second into the searchable store of the app, by the gateway in its process."""
    from ktui.server.cluster.kafka import ClusterKafka
    from ktui.server.gateway import Gateway
    from ktui.server.within import GatewayTransport

    transport = GatewayTransport(lambda: Gateway(ClusterKafka({"bootstrap.servers": bootstrap})))
    client = ProxyClient("http://gateway", transport=transport)
    await client.probe()
    log, count = RecordLog(512 * 1024 * 1024), 0
    begun = time.perf_counter()
    async for batch in Stream(client, {TopicPartition(topic, number): 0 for number in EVERYTHING}).batches():
        if batch.records:
            log.extend(batch.records)
            count += len(batch.records)
        if count >= RECORDS:
            break
    seconds = time.perf_counter() - begun
    await client.aclose()
    return RECORDS / seconds


def loop_rate(port: int, topic: str) -> float:
    """Records a second of a loop that reads and throws away."""
    with Plain(port) as client:
        path = client.open(topic, EVERYTHING)
        count, begun = 0, time.perf_counter()
        while count < RECORDS:
            count += client.ask("GET", f"{path}/records?timeout=1000", media=BINARY).count(b'"offset":')
        seconds = time.perf_counter() - begun
        client.ask("DELETE", path)
    return RECORDS / seconds


ASK = """
import sys
from confluent_kafka.admin import AdminClient
AdminClient({"bootstrap.servers": sys.argv[1]}).list_topics(timeout=10)
"""


def test_starting(topic: tuple[str, str]) -> None:
    """Until the first answer, beside a process that asks the same and does nothing else."""
    ours, bare = [], []
    for _ in range(7):
        with gateway(topic[0]) as (_, _, seconds):
            ours.append(seconds)
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", ASK, topic[0]], check=True)
        bare.append(time.perf_counter() - begun)
    ratio = statistics.median(ours) / statistics.median(bare)
    print(f"\nstart to first answer {statistics.median(ours):.2f} s, {ratio:.1f} times bare")
    assert ratio < 6


def test_rates(topic: tuple[str, str]) -> None:
    """Beside three bare loops: one with the defaults of librdkafka, one that polls, one tuned as our reader is."""
    rates = defaultdict[str, list[float]](list)
    with gateway(topic[0]) as (port, _, _):
        for _ in range(3):
            rates["bare"].append(bare_rate(*topic))
            rates["bare, one at a time"].append(bare_polls_rate(*topic))
            with garbage_as_in_the_app():
                rates["bare, tuned"].append(bare_rate(*topic, tuned=True))
                rates["ktui kafka:// into the store"].append(asyncio.run(app_rate(*topic)))
            rates["HTTP loop"].append(loop_rate(port, topic[1]))
    best = {name: max(each) for name, each in rates.items()}
    print()
    for name, rate in best.items():
        ratios = ", ".join(f"{rate / best[bare]:.2f} of {bare}" for bare in best if bare.startswith("bare"))
        print(f"{name}: {rate:,.0f} rec/s, {ratios}")
    assert best["ktui kafka:// into the store"] > 0.3 * best["bare"]
    assert best["HTTP loop"] > 0.3 * best["bare"]


def test_a_jump(topic: tuple[str, str]) -> None:
    """Create, assign, seek, first record, delete."""

    def bare() -> None:
        consumer = bare_consumer(*topic, {0: 1000})
        assert consumer.consume(1, 5.0)[0].offset() == 1000
        consumer.close()

    with gateway(topic[0]) as (port, _, _), Plain(port) as client:

        def ours() -> None:
            path = client.open(topic[1], {0: 1000})
            assert json.loads(client.ask("GET", f"{path}/records?max_bytes=1000", media=BINARY))[0]["offset"] == 1000
            client.ask("DELETE", path)

        _compared("jump", ours, bare, 40)


def test_producing(topic: tuple[str, str]) -> None:
    """1000 records of 400 bytes, acknowledged by all, beside a loop that asks for reports and one that does not.

    A client that turns its records into JSON and the answer into objects pays for that itself: told apart.
    """
    value = b"v" * SIZE
    producer = librdkafka.Producer({"bootstrap.servers": topic[0], "enable.idempotence": True})
    reports: list[int | None] = []

    def bare() -> None:
        reports.clear()
        for _ in range(1000):
            producer.produce(topic[1], value, on_delivery=lambda _, sent: reports.append(sent.offset()))
        assert producer.flush(30) == 0
        assert len(reports) == 1000

    def without_reports() -> None:
        for _ in range(1000):
            producer.produce(topic[1], value)
        assert producer.flush(30) == 0

    records = {"records": [{"value": base64.b64encode(value).decode()}] * 1000}
    body = json.dumps(records).encode()
    with gateway(topic[0]) as (port, _, _), Plain(port) as client:

        def ours() -> None:
            assert client.ask("POST", f"/topics/{topic[1]}", body, BINARY).count(b'"error":null') == 1000

        def with_json() -> None:
            answer = json.loads(client.ask("POST", f"/topics/{topic[1]}", records, BINARY))
            assert all(report["error"] is None for report in answer["offsets"])

        ours()  # librdkafka takes a second to become idempotent
        bare()
        _compared("produce", ours, bare, 10, without_reports, with_json)


def test_producing_one_each(topic: tuple[str, str]) -> None:
    """A hundred who come at once with one record each, beside a loop that hands a hundred over."""
    from ktui.server.cluster.kafka import ClusterKafka

    producer = librdkafka.Producer({"bootstrap.servers": topic[0], "enable.idempotence": True})

    def bare() -> None:
        for _ in range(100):
            producer.produce(topic[1], b"v" * SIZE, on_delivery=lambda error, _: None)
        assert producer.flush(30) == 0

    kafka = None

    async def together() -> None:
        nonlocal kafka
        kafka = kafka or ClusterKafka({"bootstrap.servers": topic[0]})
        await asyncio.gather(*(kafka.produce(topic[1], None, None, b"v" * SIZE) for _ in range(100)))

    with asyncio.Runner() as runner:

        def ours() -> None:
            runner.run(together())

        ours()
        bare()
        _compared("produce one each", ours, bare, 40)
        assert kafka is not None
        runner.run(kafka.aclose())


def test_memory_of_a_hundred_idle_instances(topic: tuple[str, str]) -> None:
    with gateway(topic[0]) as (port, process, _), Plain(port) as client:
        empty = _resident(process)
        for _ in range(100):
            path = client.open(topic[1], {0: 0})
            client.ask("GET", f"{path}/records?max_bytes=1000", media=BINARY)
        reading = _resident(process)
        time.sleep(25)  # they rest after 15 without a read
        print(f"\nempty {empty} MB, 100 that read {reading - empty:+} MB, idle {_resident(process) - empty:+} MB")
        assert _resident(process) - empty < 150


def _compared(
    name: str, ours: Callable[[], None], bare: Callable[[], None], most: float, *more: Callable[[], None]
) -> None:
    """Run them in turns and print the middle of each, with how often the bare one fits in; what else there is, too."""
    times: dict[str, list[float]] = {run.__name__: [] for run in (ours, bare, *more)}
    for _ in range(TIMES):
        for run in (ours, bare, *more):
            begun = time.perf_counter()
            run()
            times[run.__name__].append(time.perf_counter() - begun)
    middle = {who: statistics.median(each) * 1000 for who, each in times.items()}
    told = [f"{who} {each:.1f} ms ({each / middle['bare']:.2f})" for who, each in middle.items()]
    print(f"\n{name}, in brackets as multiples of bare: {', '.join(told)}")
    assert middle["ours"] < most * middle["bare"]


def _resident(process: int) -> int:
    """Megabytes."""
    with open(f"/proc/{process}/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 2**20
