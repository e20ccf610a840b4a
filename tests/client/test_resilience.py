"""A stream goes on at its own positions, or ends with a sentence that a person can act on. On every flavour."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import aclosing

import httpx
import msgspec
import pytest

from ktui.errors import Busy, ConsumerGone, Forbidden, NotAProxy, NotFound, Unreachable
from ktui.records.bounds import Bounds
from ktui.records.edges import LOOK_SECONDS
from ktui.records.stream import Stream
from ktui.rest.dialect import DIALECTS
from ktui.server.sandbox import Sandbox
from tests.client.scene import T0, T1, Scene, scene
from tests.property.virtual import in_virtual_time

BEFORE, AFTER = 40, 60
ALL = {0: list(range(50)), 1: list(range(50))}
"""What a stream of these has shown when nothing was lost and nothing came twice."""


async def survives(at: Scene, strike: Callable[[], object], heal: Callable[[], object] | None = None) -> list[str]:
    """Read some, be struck, read on to the end. What was said meanwhile."""
    at.fill(BEFORE)
    reading = at.read()
    await reading.come(BEFORE)
    strike()
    at.fill(AFTER)
    if heal is not None:
        await reading.until(lambda: reading.troubles)
        heal()
    await reading.come(BEFORE + AFTER)
    await asyncio.sleep(2)
    assert reading.offsets == ALL
    assert not reading.gaps
    return [str(trouble.error) for trouble in reading.troubles]


@in_virtual_time
async def test_instance_expired(letter: str) -> None:
    async with scene(letter) as at:
        said = await survives(at, at.faults.expire)
        assert said in ([], ["Internal Server Error"])  # how Confluent ends a read of an instance that goes


@in_virtual_time
async def test_proxy_restarted(letter: str) -> None:
    async with scene(letter) as at:

        def strike() -> None:
            at.faults.refuse = True
            at.faults.restart()

        def heal() -> None:
            at.faults.refuse = False

        assert await survives(at, strike, heal)


@in_virtual_time
async def test_busy_for_a_while(letter: str) -> None:
    async with scene(letter) as at:
        said = await survives(at, lambda: at.faults.fail_next(503, times=5, path="consumers|records"))
        assert 1 <= len(said) <= 5


@in_virtual_time
async def test_too_many_requests_are_waited_for_as_asked(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(10)
        at.faults.fail_next(429, path="records", headers={"Retry-After": "90"})
        reading = at.read()
        await reading.until(lambda: reading.troubles)
        [trouble] = reading.troubles
        assert isinstance(trouble.error, Busy)
        assert trouble.retry_in == 90
        sent = at.watching.requests.total()
        await asyncio.sleep(85)
        assert at.watching.requests.total() <= sent + 1  # the DELETE of the instance that was refused
        await reading.come(10)


@pytest.mark.parametrize("status", [502, 503, 504])
@in_virtual_time
async def test_html_from_a_gateway(letter: str, status: int) -> None:
    async with scene(letter) as at:
        page = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>"
        said = await survives(at, lambda: at.faults.fail_next(status, times=3, body=page))
        assert all("<" not in words for words in said)


@in_virtual_time
async def test_a_page_instead_of_records_ends_it(letter: str) -> None:
    async with scene(letter) as at:
        at.faults.fail_next(200, path="records", body="<html>Sign in</html>")
        assert isinstance(await at.read().end(), NotAProxy)


@in_virtual_time
async def test_forbidden_ends_it(letter: str) -> None:
    async with scene(letter) as at:
        at.faults.fail_next(403, path="records")
        assert isinstance(await at.read().end(), Forbidden)


@in_virtual_time
async def test_refused_for_minutes(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(BEFORE)
        reading = at.read()
        await reading.come(BEFORE)
        at.faults.refuse = True
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(600)
        waits = [trouble.retry_in for trouble in reading.troubles]
        assert len(set(waits)) == len(waits), "no jitter"
        for wait, expected in zip(waits, (0.5, 1, 2, 4, *[8] * len(waits)), strict=False):
            assert 0.8 * expected <= wait <= 1.2 * expected
        assert 60 <= len(waits) <= 110
        at.fill(AFTER)
        at.faults.refuse = False
        await reading.come(BEFORE + AFTER)
        assert asyncio.get_running_loop().time() - began < 620
        assert reading.offsets == ALL


def _dns() -> httpx.ConnectError:
    error = httpx.ConnectError("[Errno -2] Name or service not known")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    return error


def _tls() -> httpx.ConnectError:
    error = httpx.ConnectError("certificate verify failed")
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_code, cause.verify_message = 10, "certificate has expired"
    error.__cause__ = cause
    return error


FAILURES: list[tuple[Callable[[], httpx.RequestError], str]] = [
    (_dns, "DNS"),
    (_tls, "expired"),
    (lambda: httpx.ReadTimeout("slow"), "no answer within"),
    (lambda: httpx.ConnectTimeout("slow"), "does not take the connection"),
    (lambda: httpx.ReadError("reset by peer"), "closed the connection"),
    (lambda: httpx.RemoteProtocolError("Server disconnected"), "closed the connection"),
    (lambda: httpx.WriteError("broken pipe"), "closed the connection"),
]


@pytest.mark.parametrize(("failure", "words"), FAILURES, ids=[words for _, words in FAILURES])
@in_virtual_time
async def test_a_network_that_fails(letter: str, failure: Callable[[], httpx.RequestError], words: str) -> None:
    async with scene(letter, url="https://sandbox") as at:

        def broken(request: httpx.Request) -> None:
            raise failure()

        def strike() -> None:
            at.way.hook = broken

        def heal() -> None:
            at.way.hook = None

        said = await survives(at, strike, heal)
        assert said
        assert all(words in sentence for sentence in said), said


@in_virtual_time
async def test_cut_in_mid_body(letter: str) -> None:
    async with scene(letter) as at:
        said = await survives(at, lambda: at.faults.cut_bodies(3))
        assert any("middle of an answer" in words for words in said)


@in_virtual_time
async def test_an_answer_larger_than_asked(letter: str) -> None:
    async with scene(letter) as at:

        def unlimited(request: httpx.Request) -> None:
            if "max_bytes" in request.url.params:
                request.url = request.url.copy_set_param("max_bytes", 2**26)

        at.way.hook = unlimited
        at.fill(40, size=50_000)
        reading = at.read()
        await reading.come(40)
        assert reading.offsets == {0: list(range(20)), 1: list(range(20))}


@in_virtual_time
async def test_a_record_larger_than_max_bytes_is_read_and_said(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(10)
        at.topics.append("t", 0, None, b"x" * 1_000_000)
        at.fill(10)
        reading = at.read()
        await reading.come(21)
        assert reading.offsets == {0: list(range(11)), 1: list(range(10))}
        said = [note for note in reading.notes if "a record is that large" in note]
        assert len(said) == (1 if DIALECTS[letter].holds_back_large else 0)
        at.topics.append("t", 1, None, b"y" * 1_000_000)  # the next one is no news
        await reading.come(22)
        assert [note for note in reading.notes if "a record is that large" in note] == said


@in_virtual_time
async def test_an_end_behind_a_huge_record_is_reached(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(4)
        at.topics.append("t", 0, None, b"x" * 5_000_000)
        at.fill(4)
        stream = Stream(at.client, {T0: 0}, bounds=Bounds({T0: 4}), clock=asyncio.get_running_loop().time)
        offsets: list[int] = []
        async with aclosing(stream.batches()) as batches:
            async for batch in batches:
                offsets += [record.offset for record in batch.records]
        assert offsets == [0, 1, 2, 3]


@in_virtual_time
async def test_a_limit_that_loses_whole_polls_is_given_up() -> None:
    gear = msgspec.structs.replace(DIALECTS["S"].tail, max_bytes=2000)
    dialect = msgspec.structs.replace(DIALECTS["S"], tail=gear, catch_up=gear)
    async with scene("S", dialect) as at:
        at.fill(100)
        reading = at.read()
        await reading.come(100)
        assert reading.offsets == ALL
        assert len(reading.notes) == 1


@in_virtual_time
async def test_what_is_not_of_the_format_is_read_as_bytes(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(4)
        for text in (b'{"n":1}', b"{poison", b'{"n":2}'):
            at.topics.append("t", 0, None, text)
        reading = at.read({T0: 2}, format="json")
        await reading.come(3)
        assert [record.value for record in reading.records] == [b'{"n":1}', b"{poison", b'{"n":2}']
        assert len(reading.notes) == 1


@in_virtual_time
async def test_records_without_bytes(letter: str) -> None:
    """Karapace cannot give them alone: they come with the next one that has bytes, in their place."""
    async with scene(letter) as at:
        at.fill(20)
        reading = at.read()
        await reading.come(20)
        for _ in range(3):
            at.topics.append("t", 0, None, None)
        await asyncio.sleep(5)
        assert not reading.troubles
        assert len(reading.notes) == (1 if letter == "K" else 0)
        at.fill(2)
        await reading.come(25)
        assert reading.offsets == {0: list(range(14)), 1: list(range(11))}
        assert not reading.gaps


@in_virtual_time
async def test_another_replica_without_the_instance(letter: str) -> None:
    """A balancer that spreads requests: an instance is known to one replica only. For a while it is bad luck."""
    async with scene(letter) as at:
        loop = asyncio.get_running_loop()
        other = Sandbox(clock=loop.time, sleep=asyncio.sleep, flavour=at.sandbox.proxy.flavour)
        other.kafka.topics, other.kafka.groups = at.topics, at.sandbox.groups
        replicas = [at.sandbox.transport(), other.transport()]
        strayed = 0

        class Balancer(httpx.AsyncBaseTransport):
            async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
                nonlocal strayed
                wrong = "/instances/" in request.url.path and strayed > 0
                strayed -= wrong
                return await replicas[wrong].handle_async_request(request)

        at.way._inner = Balancer()
        at.fill(BEFORE)
        reading = at.read()
        await reading.come(BEFORE)
        strayed = 1
        at.fill(AFTER)
        await reading.come(BEFORE + AFTER)
        assert reading.offsets == ALL
        strayed = 10**6
        if at.client.dialect.reads_by_offset:  # no instance, so any replica will do
            at.fill(2)
            await reading.come(BEFORE + AFTER + 2)
        else:
            assert isinstance(await reading.end(), ConsumerGone)
        strayed = 0
        await other.aclose()


@in_virtual_time
async def test_topic_deleted(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(10)
        reading = at.read()
        await reading.come(10)
        at.topics.delete("t")
        assert isinstance(await reading.end(), NotFound)


@in_virtual_time
async def test_topic_made_again(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(20)
        reading = at.read()
        await reading.come(20)
        at.topics.delete("t")
        at.topics.create("t", 2)
        at.fill(6)
        await reading.come(26)
        assert reading.offsets == {n: [*range(10), *range(3)] for n in (0, 1)}
        assert len(reading.notes) == 2
        assert all("made again" in note for note in reading.notes)


@in_virtual_time
async def test_partition_added(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(20)
        reading = at.read()
        await reading.come(20)
        at.topics.grow("t", 3)
        for _ in range(5):
            at.topics.append("t", 2, None, b"new")
            at.topics.append("t", 0, None, b"old")
        began = asyncio.get_running_loop().time()
        await reading.come(30)
        assert asyncio.get_running_loop().time() - began < LOOK_SECONDS + 5
        assert reading.offsets == {0: list(range(15)), 1: list(range(10)), 2: list(range(5))}
        assert reading.notes == ["t/2 is a new partition: read from its start"]


@in_virtual_time
async def test_a_partition_added_beside_a_choice_is_left_out(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(20)
        reading = at.read({T1: 0})
        await reading.come(10)
        at.topics.grow("t", 3)
        at.topics.append("t", 2, None, b"new")
        await asyncio.sleep(3 * LOOK_SECONDS)
        assert reading.offsets == {1: list(range(10))}
        assert reading.stream.positions == {T1: 10}


@in_virtual_time
async def test_one_that_is_away_at_the_start(letter: str) -> None:
    async with scene(letter) as at:
        at.fill(100)
        at.faults.refuse = True
        reading = at.read({T0: 0, T1: 0})
        await reading.until(lambda: len(reading.troubles) == 3)
        assert all(isinstance(trouble.error, Unreachable) for trouble in reading.troubles)
        at.faults.refuse = False
        await reading.come(100)
        assert reading.offsets == ALL
