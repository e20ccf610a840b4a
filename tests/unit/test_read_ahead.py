"""The next read goes out when the answer before it begins, if that is a large one; and nothing is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from ktui.errors import Conflict, Unreachable
from ktui.model import TopicPartition
from ktui.records.ahead import Ask, ReadAhead
from ktui.records.stream import Stream
from ktui.rest.auth import Command, Credentials
from ktui.rest.carriers import LARGE as LARGE_ANSWER
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer
from ktui.rest.dialect import KARAPACE, STRIMZI
from ktui.server.flavours import KARAPACE as LIKE_KARAPACE
from ktui.server.sandbox import Sandbox
from tests.unit.waiting import until

T0 = TopicPartition("t", 0)
VALUE = b"A" * 4000
LARGE = 100
WAYS = ("usual", "bulk")


def answer(offsets: range) -> bytes:
    body = b",".join(
        b'{"topic":"t","partition":0,"offset":%d,"key":null,"value":"%b"}' % (offset, VALUE) for offset in offsets
    )
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n[%b]" % (
        len(body) + 2,
        body,
    )


class Slow:
    """Answers reads as it is told: the head and some of the body, and the rest when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.paths: list[str] = []
        self.tokens: list[str] = []
        self.refused: set[str] = set()
        """Tokens that are too old."""
        self.rest = asyncio.Event()
        self.cut = False
        """The body ends before all of it was sent."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if b"/records" not in head:
                    writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                    continue
                token = head.decode().partition("Bearer ")[2].partition("\r")[0]
                if token in self.refused:
                    writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                    continue
                self.paths.append(head.decode().split()[1])
                self.tokens.append(token)
                start, self.asked = self.asked * LARGE, self.asked + 1
                whole = answer(range(start, start + LARGE))
                writer.write(whole[:200])
                await self.rest.wait()
                if self.cut:
                    break
                writer.write(whole[200:])
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def reading(
    slow: Slow,
    follows: Callable[[Ask, int], bool],
    ask: Callable[[], Ask] = lambda: Ask(None, None),
    way: str = "usual",
    credentials: Credentials | None = None,
) -> AsyncIterator[tuple[Consumer, ReadAhead]]:
    server = await asyncio.start_server(slow.talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = ProxyClient(f"http://127.0.0.1:{port}", credentials=credentials, dialect=STRIMZI)
    if way == "bulk":
        client._wire.carriers.heed(LARGE_ANSWER)
        await until(lambda: client._wire.carriers.bulk() is not client._wire.carriers.usual())
    async with client.consumer() as consumer:
        with ReadAhead(consumer, ask, follows) as reads:
            yield consumer, reads
        assert len([each for each in client.exchanges if "/records" in each.path and each.status != 401]) == slow.asked
    await client.aclose()
    server.close()


async def test_the_next_read_is_sent_when_a_large_answer_begins() -> None:
    slow, sizes = Slow(), []

    def follows(ask: Ask, size: int) -> bool:
        sizes.append(size)
        return len(sizes) == 1

    async with reading(slow, follows) as (_, reads):
        taking = asyncio.create_task(reads.take())
        await until(lambda: slow.asked == 2)
        assert not taking.done()
        slow.rest.set()
        first, _ = await taking
        assert [record.offset for record in await first.records()] == list(range(LARGE))
        second, _ = await reads.take()
        assert [record.offset for record in await second.records()] == list(range(LARGE, 2 * LARGE))
        assert slow.asked == 2
    assert sizes == [len(answer(range(LARGE)).partition(b"\r\n\r\n")[2]), second.size]


@pytest.mark.parametrize("way", WAYS)
async def test_never_more_than_one_answer_waits_and_what_is_made_ready_is_not_sent(way: str) -> None:
    slow = Slow()
    slow.rest.set()
    async with reading(slow, lambda ask, size: True, way=way) as (_, reads):
        for asked in (2, 3):
            await reads.take()
            await until(lambda asked=asked: slow.asked == asked)
            assert reads.under_way
            await until(lambda: reads._next is not None and reads._next.task.done())
            assert slow.asked == asked
        assert reads._ready is not None
        assert not reads._ready.task.done()


async def test_whether_it_may_be_sent_is_asked_when_the_answer_before_is_done_with() -> None:
    slow, held = Slow(), False
    slow.rest.set()

    async with reading(slow, lambda ask, size: not held) as (_, reads):
        await reads.take()
        await until(lambda: slow.asked == 2)
        held = True  # while the second answer waits
        await reads.take()
        assert not reads.under_way
        assert slow.asked == 2


async def test_an_answer_that_breaks_spends_the_instance_though_the_next_read_is_under_way() -> None:
    slow = Slow()
    async with reading(slow, lambda ask, size: True) as (consumer, reads):
        taking = asyncio.create_task(reads.take())
        await until(lambda: slow.asked == 2)
        slow.cut = True
        slow.rest.set()
        with pytest.raises(Unreachable):
            await taking
        with pytest.raises(Conflict, match="given up"):
            await consumer.read()


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_made_ready_for_another_pace_is_not_sent_and_costs_nothing(way: str) -> None:
    slow, waits = Slow(), iter(range(1, 100))
    slow.rest.set()
    async with reading(slow, lambda ask, size: True, lambda: Ask(next(waits) // 4, None), way) as (_, reads):
        offsets: list[int] = []
        for _ in range(12):
            read, _ = await reads.take()
            offsets += [record.offset for record in await read.records()]
        await until(lambda: slow.asked == 13)
        await until(lambda: reads._next is not None and reads._next.task.done())
    assert offsets == list(range(12 * LARGE))
    asked = [int(path.partition("timeout=")[2]) for path in slow.paths]
    assert asked == sorted(asked)
    assert len(set(asked)) > 3


@pytest.mark.parametrize("way", WAYS)
async def test_a_read_that_was_made_ready_with_an_old_token_is_sent_with_a_new_one(way: str, tmp_path: Path) -> None:
    slow, token = Slow(), tmp_path / "token"
    token.write_text("first")
    slow.rest.set()
    credentials = Credentials(token_command=Command("token_command", f"cat {token}"))
    async with reading(slow, lambda ask, size: True, way=way, credentials=credentials) as (_, reads):
        offsets: list[int] = []
        for number in range(6):
            if number == 3:
                token.write_text("second")
                slow.refused = {"first"}
            read, _ = await reads.take()
            offsets += [record.offset for record in await read.records()]
        await until(lambda: reads._next is not None and reads._next.task.done())
    assert offsets == list(range(6 * LARGE))
    assert slow.tokens == sorted(slow.tokens)
    assert set(slow.tokens) == {"first", "second"}


async def test_small_records_are_read_from_karapace_without_a_loss() -> None:
    """By their number: no read reaches max_bytes, so nothing is thrown away that would have to be looked for again."""
    count = 60_000
    sandbox = Sandbox(flavour=LIKE_KARAPACE)
    sandbox.topics.create("t", 1)
    values = [b"v" * (100 + number * 31 % 500) for number in range(500)]
    for number in range(count):
        sandbox.topics.append("t", 0, None, values[number * 7919 % 500])
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=KARAPACE)
    offsets: list[int] = []
    async with aclosing(Stream(client, {T0: 0}, lanes=1).batches()) as batches:
        async for batch in batches:
            assert not batch.gaps
            offsets += [record.offset for record in batch.records]
            if len(offsets) >= count:
                break
    reads = [each for each in client.exchanges if "/records" in each.path]
    made = [each for each in client.exchanges if each.method == "POST" and each.path.count("/") == 2]
    await client.aclose()
    await sandbox.aclose()
    assert offsets == list(range(count))
    assert len(made) == 1
    assert max(each.response_size for each in reads) < 24 << 20
