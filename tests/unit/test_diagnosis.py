"""Each thing that can go wrong, made to go wrong on each make of proxy: the cause that is found in its exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import msgspec
import pytest

from ktui.errors import KtuiError, ProxyError
from ktui.model import Draft, Exchange, TopicPartition
from ktui.records import causes
from ktui.records.causes import Diagnosis
from ktui.records.diagnosis import diagnose, of_error
from ktui.records.doctor import Doctor
from ktui.records.lifeline import is_missing
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import DIALECTS
from ktui.server.flavours import FLAVOURS
from ktui.server.sandbox import Sandbox
from tests.clock import Clock

TP = TopicPartition("orders", 0)


class Patient:
    """A client of a sandbox of one flavour, and its doctor."""

    def __init__(self, letter: str, clock: Clock) -> None:
        self.sandbox = Sandbox(flavour=FLAVOURS[letter], clock=clock, sleep=clock.sleep)
        self.sandbox.topics.create("orders", 1)
        self.sandbox.topics.append("orders", 0, b"k", b"no json")
        self.client = ProxyClient("http://sandbox", dialect=DIALECTS[letter], transport=self.sandbox.transport())
        self.doctor = Doctor(self.client)

    def found(self) -> list[Diagnosis]:
        self.doctor.look()
        return [finding.diagnosis for finding in self.doctor.findings]


@pytest.fixture(params=["C", "K", "S"])
async def patient(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[Patient]:
    patient = Patient(request.param, clock)
    yield patient
    await patient.client.aclose()
    await patient.sandbox.aclose()


async def test_nothing_is_found_where_nothing_is_wrong(patient: Patient) -> None:
    await patient.client.probe()
    await patient.client.ranges("orders", [0])
    async with patient.client.consumer() as consumer:
        await consumer.assign([TP])
        await consumer.seek({TP: 0})
        assert await consumer.poll()
    assert patient.found() == []


async def test_a_refusal_while_probing(patient: Patient) -> None:
    patient.sandbox.faults.fail_next(401, times=9)
    with pytest.raises(ProxyError):
        await patient.client.probe()
    assert patient.found() == [causes.LOGIN]


async def test_a_restart(patient: Patient) -> None:
    async with patient.client.consumer() as consumer:
        await consumer.assign([TP])
        await consumer.seek({TP: 0})
        await consumer.poll()
        patient.sandbox.faults.restart()
        with pytest.raises(ProxyError):
            await consumer.poll()
    assert patient.found() == [causes.GONE]


async def test_idle_for_too_long() -> None:
    exchanges = [
        call(1, "POST", "/consumers/g", 200, b'{"instance_id":"i"}', at=0),
        call(2, "GET", "/consumers/g/instances/i/records", 200, b"[]", at=1),
        call(3, "GET", "/consumers/g/instances/i/records", 404, NO_INSTANCE, at=305),
    ]
    assert examined(exchanges) == [causes.EXPIRED]


async def test_a_load_balancer_before_two_replicas(clock: Clock) -> None:
    replicas = [Sandbox(clock=clock, sleep=clock.sleep) for _ in range(2)]
    transports = [replica.transport() for replica in replicas]

    class Turns(httpx.AsyncBaseTransport):
        turn = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.turn += 1
            return await transports[self.turn % 2].handle_async_request(request)

    client = ProxyClient("http://balanced", transport=Turns())
    doctor = Doctor(client)
    with pytest.raises(ProxyError):
        async with client.consumer() as consumer:
            await consumer.assign([TP])
    doctor.look()
    assert doctor.findings[0].diagnosis == causes.REPLICA
    assert "replica" in doctor.findings[0].diagnosis.cause
    await client.aclose()
    for replica in replicas:
        await replica.aclose()


async def test_an_instance_that_comes_back_was_on_another_replica() -> None:
    exchanges = [
        call(1, "POST", "/consumers/g", 200, b'{"instance_id":"i"}', at=0),
        call(2, "GET", "/consumers/g/instances/i/records", 200, b"[]", at=30),
        call(3, "GET", "/consumers/g/instances/i/records", 404, NO_INSTANCE, at=31),
        call(4, "GET", "/consumers/g/instances/i/records", 200, b"[]", at=32),
    ]
    assert examined(exchanges[:3]) == [causes.GONE]
    assert examined(exchanges) == [causes.REPLICA]


async def test_read_before_anything_is_assigned(patient: Patient) -> None:
    async with patient.client.consumer() as consumer:
        with suppress(ProxyError):
            await consumer.poll()
    assert patient.found() == ([] if patient.client.dialect.letter == "K" else [causes.NO_ASSIGNMENT])


async def test_seek_before_assignment(patient: Patient) -> None:
    async with patient.client.consumer() as consumer:
        with pytest.raises(ProxyError):
            await consumer.seek({TP: 0})
        with suppress(ProxyError):
            await consumer.seek_beginning([TP])
    assert patient.found() == [causes.SEEK_FIRST]


async def test_another_format_than_the_instance_has(patient: Patient) -> None:
    async with patient.client.consumer(format="json") as consumer:
        await consumer.assign([TP])
        consumer._format = "binary"
        with pytest.raises(ProxyError):
            await consumer.poll()
    assert patient.found() == [causes.WRONG_ACCEPT]


async def test_a_record_that_is_no_json(patient: Patient) -> None:
    async with patient.client.consumer(format="json") as consumer:
        await consumer.assign([TP])
        await consumer.seek({TP: 0})
        with pytest.raises(ProxyError):
            await consumer.poll()
    assert patient.found() == [causes.POISON]


async def test_subscribed_and_assigned(patient: Patient) -> None:
    async with patient.client.consumer() as consumer:
        await consumer.assign([TP])
        with suppress(ProxyError):
            await consumer.subscribe(["orders"])
    assert patient.found() == ([] if patient.client.dialect.letter == "K" else [causes.MIXED])


async def test_no_such_topic_and_partition(patient: Patient) -> None:
    with pytest.raises(ProxyError):
        await patient.client.topic("nowhere")
    with pytest.raises(ProxyError):
        await patient.client.offsets(TopicPartition("orders", 9))
    assert patient.found() == [causes.NO_PARTITION, causes.NO_TOPIC]
    assert [finding.subject for finding in patient.doctor.findings] == ["orders", "nowhere"]


async def test_instances_named_by_another_address(patient: Patient) -> None:
    patient.sandbox.faults.base_uri = "http://rest-proxy:8082"
    async with patient.client.consumer():
        pass
    (found,) = patient.found()
    assert (found.kind, found.note) == ("base_uri", True)
    assert "rest-proxy:8082" in found.cause


async def test_commits_that_are_read_back_as_another_number(clock: Clock) -> None:
    patient = Patient("C", clock)
    await patient.client.commit("mine", {TP: 1})
    assert await patient.client.committed("mine", [TP]) == {TP: 1}
    assert patient.found() == []
    patient.client.dialect = msgspec.structs.replace(patient.client.dialect, commit_adds_one=False)
    await patient.client.commit("mine", {TP: 1})
    assert await patient.client.committed("mine", [TP]) == {TP: 2}
    assert patient.found() == [causes.OFF_BY_ONE]
    await patient.client.aclose()
    await patient.sandbox.aclose()


@pytest.mark.parametrize("letter", ["C", "K", "S"])
async def test_the_wire_says_why_a_commit_is_one_less(letter: str, clock: Clock) -> None:
    patient = Patient(letter, clock)
    await patient.client.commit("mine", {TP: 1})
    assert patient.found() == []
    (commit,) = (each for each in patient.client.exchanges if each.path.endswith("/offsets"))
    assert patient.doctor.of(commit) == (None if letter == "S" else causes.PLUS_ONE)
    await patient.client.aclose()
    await patient.sandbox.aclose()


def test_a_commit_counted_in_another_way() -> None:
    offsets = b'{"offsets":[{"topic":"orders","partition":0,"offset":%d}]}'
    exchanges = [
        call(1, "POST", "/consumers/g/instances/i/offsets", 204, b"", asked=offsets % 41),
        call(2, "GET", "/consumers/g/instances/j/offsets", 200, offsets % 42),
    ]
    assert examined(exchanges, "C") == []
    assert examined(exchanges, "S") == [causes.OFF_BY_ONE]


@pytest.mark.parametrize(
    ("status", "page", "cause"),
    [
        (401, "<h1>Login</h1>", causes.LOGIN),
        (403, None, causes.DENIED),
        (429, "<h1>Slow down</h1>", causes.RATE),
        (502, "<h1>Bad Gateway</h1>", causes.AWAY),
        (404, "<h1>nginx</h1>", causes.GATEWAY),
        (500, "<h1>oops</h1>", causes.GATEWAY),
        (500, None, causes.BROKEN),
        (405, None, causes.NOT_OFFERED),
    ],
)
async def test_refusals(status: int, page: str | None, cause: Diagnosis, clock: Clock) -> None:
    patient = Patient("C", clock)
    patient.sandbox.faults.fail_next(status, body=page)
    with pytest.raises(ProxyError) as caught:
        await patient.client.topics()
    assert patient.found() == [cause]
    assert of_error(caught.value) == cause
    await patient.client.aclose()
    await patient.sandbox.aclose()


@pytest.mark.parametrize(
    ("break_it", "cause"),
    [
        (lambda faults: setattr(faults, "refuse", True), causes.REFUSED),
        (lambda faults: faults.cut_bodies(), causes.CUT),
    ],
)
async def test_silences(break_it: Callable[[object], None], cause: Diagnosis, clock: Clock) -> None:
    patient = Patient("C", clock)
    break_it(patient.sandbox.faults)
    with pytest.raises(ProxyError):
        await patient.client.topics()
    assert patient.found() == [cause]
    await patient.sandbox.aclose()


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ("TLS: the certificate of host:443 is not trusted (self-signed)", causes.UNTRUSTED),
        ("TLS: host:443 does not agree (wrong version number)", causes.TLS),
        ("The name nowhere.example is not known (DNS)", causes.DNS),
        ("host:8082 gave no answer within 10 s", causes.NO_ANSWER),
        ("host:8082 closed the connection without an answer", causes.HUNG_UP),
    ],
)
def test_silences_by_their_words(words: str, cause: Diagnosis) -> None:
    exchange = call(1, "GET", "/topics", None)
    exchange.failure = words
    assert diagnose(exchange) == cause


def test_what_we_gave_up_or_asked_for_is_no_trouble() -> None:
    exchange = call(1, "GET", "/topics", None)
    exchange.failure = "given up before the answer was complete"
    assert diagnose(exchange) is None
    exchange = call(1, "GET", "/brokers", 404)
    exchange.expected = True
    assert diagnose(exchange) is None


def test_slow_is_measured_beyond_the_wait_that_was_asked_for() -> None:
    read = call(1, "GET", "/consumers/g/instances/i/records?timeout=5000", 200, b"[]", took=6000)
    assert diagnose(read) is None
    read.milliseconds = 9000
    assert diagnose(read) == causes.SLOW


async def test_records_that_were_refused_one_by_one(clock: Clock) -> None:
    body = b'{"offsets":[{"partition":0,"offset":4},{"error_code":50002,"error":"too large"}]}'
    assert diagnose(call(1, "POST", "/topics/orders", 200, body)) == causes.NOT_STORED
    patient = Patient("C", clock)
    await patient.client.produce("orders", [Draft("orders", b"k", b"v")])
    assert patient.found() == []
    await patient.client.aclose()
    await patient.sandbox.aclose()


@pytest.mark.parametrize("body", [b"[" * 30_000, b'{"x":' + b"[" * 30_000, b'{"message":"verf\xfcgbar"}'])
def test_bodies_that_cannot_be_read_say_nothing(body: bytes) -> None:
    """Neither when it looks at what came, nor at what was sent."""
    instance = "/consumers/g/instances/i"
    exchanges = [
        call(1, "POST", "/consumers/g", 200, body, asked=b'{"name":"i"}'),
        call(2, "POST", f"{instance}/offsets", 204, asked=body),
        call(3, "GET", f"{instance}/offsets", 200, body),
        call(4, "POST", "/topics/orders", 200, body),
    ]
    doctor = Doctor(Told(exchanges, "S"))
    assert not doctor.look()
    assert doctor.lives.current is not None
    assert doctor.lives.current.name == "i"
    assert all(doctor.of(exchange) is None for exchange in exchanges)
    assert not is_missing(call(5, "GET", f"{instance}/records", 404, body))


def test_the_same_again_is_counted_and_comes_first() -> None:
    exchanges = [
        call(1, "GET", "/topics/orders", 404, b'{"error_code":40403,"message":"no"}'),
        call(2, "GET", "/topics", 429, at=1),
        call(3, "GET", "/topics/orders", 404, b'{"error_code":40403,"message":"no"}', at=2),
    ]
    doctor = Doctor(Told(exchanges, "C"))
    assert doctor.look()
    assert not doctor.look()
    assert [(each.diagnosis, each.count, each.exchange.number) for each in doctor.findings] == [
        (causes.NO_TOPIC, 2, 3),
        (causes.RATE, 1, 2),
    ]


def test_an_error_without_an_exchange_has_no_diagnosis() -> None:
    assert of_error(KtuiError("no")) is None


async def test_the_life_of_an_instance(patient: Patient) -> None:
    async with patient.client.consumer(group="mine") as consumer:
        await consumer.assign([TP])
        await consumer.seek({TP: 0})
        await consumer.poll()
        await consumer.poll()
        patient.doctor.look()
        life = patient.doctor.lives.current
        assert life is not None
        assert (life.group, life.name, life.reads, life.is_open) == ("mine", consumer.name, 2, True)
        times = [life.created, life.assigned, life.positioned, life.last_read]
        assert None not in times
        assert times == sorted(times)
        assert life.last_call == life.last_read
    await patient.client.aclose()
    patient.doctor.look()
    assert not life.is_open
    assert not life.gone


NO_INSTANCE = b'{"error_code":40403,"message":"Consumer instance not found."}'


def call(
    number: int,
    method: str,
    path: str,
    status: int | None,
    body: bytes = b"",
    *,
    at: float = 0,
    asked: bytes = b"",
    took: float = 1.0,
) -> Exchange:
    """An exchange as the wire keeps it, begun `at` seconds."""
    return Exchange(
        number=number,
        started=datetime.fromtimestamp(1_800_000_000 + at, UTC),
        method=method,
        path=path,
        url=f"http://sandbox{path}",
        request_body=asked,
        status=status,
        response_body=body,
        milliseconds=took,
    )


class Told(ProxyClient):
    """A client with exchanges that never were."""

    def __init__(self, exchanges: list[Exchange], letter: str) -> None:
        super().__init__("http://sandbox", dialect=DIALECTS[letter])
        self.exchanges.extend(exchanges)


def examined(exchanges: list[Exchange], letter: str = "C") -> list[Diagnosis]:
    doctor = Doctor(Told(exchanges, letter))
    doctor.look()
    return [finding.diagnosis for finding in doctor.findings]
