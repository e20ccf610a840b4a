"""One consumer instance, made and deleted by `async with client.consumer(...)`: disposable, used by one task.

It is assigned and sought once; whoever wants to be elsewhere opens another. Subscriptions are here too, since groups
are looked at through them, but nothing of ours reads by one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from ktui.errors import Conflict, Refused, Unsupported
from ktui.model import Positions, Record, Records, TopicPartition
from ktui.rest import bodies, codec
from ktui.rest.course import AT_ONCE, Course
from ktui.rest.dialect import Dialect, Gear
from ktui.rest.instances import Instance, Instances
from ktui.rest.refusals import UNREADABLE
from ktui.rest.wire import SUCCESS, Answer, Wire, refuse

FIRST_SECONDS = 1.5
"""How long the reads of a new instance stay short when no record comes: Confluent 8.1.5 was seen to take 1.05 s."""
PARTITION_SECONDS = 0.25
"""The same for each partition: Confluent's consumer takes in the first MiB of each before it hands over a record of
any, 330 kB with a poll and a poll every 50 ms. Seen with 8.3.1: 2.1 s for 12 partitions, 3.9 for 24, 7.6 for 48."""
MOST_AT_FIRST = 50
"""Partitions whose first MiB comes at once: more than 50 MiB no broker is asked for."""
SLACK_SECONDS = 5.0
"""What a read may take beyond the wait that it asks for."""
COMMIT_SECONDS = 70.0
"""Confluent and Strimzi answer a commit for an unknown partition after 60 s."""
_NOTHING = 8
"""Bytes of an answer that holds no record, however it is spaced."""


class Read(msgspec.Struct, frozen=True):
    """The answer to one read, not decoded yet: that may be done while the next read is on its way."""

    records: Callable[[], Awaitable[Sequence[Record]]]
    """Raises NotAProxy or Unreachable for what are no records, and then spends the instance."""
    size: int
    """Bytes of the answer."""
    max_bytes: int | None
    """What was asked for."""
    short: bool = False
    """It was one of those that a new instance is asked with."""


class Consumer:
    """An instance that exists. Every method is one call; none is retried."""

    def __init__(self, wire: Wire, instance: Instance, dialect: Dialect, gear: Gear, format: str) -> None:
        self.group = instance.group
        self.name = instance.name
        self.gear = gear
        """What the next reads ask for. May be changed to one with the same create options."""
        self._wire = wire
        self._path = instance.path
        self._dialect = dialect
        self._format = format
        self._reading = False
        """The proxy is at a read."""
        self._spent = False
        self._short_until = asyncio.get_running_loop().time() + FIRST_SECONDS

    @property
    def starting(self) -> bool:
        """No record has come yet and the instance is new: reads are short by themselves."""
        return self.gear.first_timeout_ms is not None and asyncio.get_running_loop().time() < self._short_until

    async def assign(self, tps: Iterable[TopicPartition]) -> None:
        """Read exactly these partitions."""
        if not self._dialect.assigns:
            raise Unsupported(f"{self._dialect.name} cannot be asked for single partitions")
        tps = list(tps)
        self._short_until += PARTITION_SECONDS * min(len(tps), MOST_AT_FIRST)
        await self._post("/assignments", bodies.partitions(tps))

    async def assignments(self) -> list[TopicPartition]:
        if not self._dialect.shows_assignments:
            raise Unsupported(f"{self._dialect.name} does not tell what is assigned")
        return codec.read(await self._wire.request("GET", f"{self._path}/assignments"), codec.assigned)

    async def seek(self, positions: Positions, *, settling: bool = False) -> None:
        """Read on from these offsets. Once, on a new instance: a used one hands out stale records after it. While it
        is `settling`, a refusal that will pass is still a Conflict, but counts as no failure."""
        passes = settling and self._dialect.refuses_first_seeks
        await self._place(bodies.positions(positions), *([409] if passes else []))

    async def seek_time(self, tps: Iterable[TopicPartition], ms: int) -> None:
        """To the first record at or after a time. Busy (500) means that none is that new."""
        if not self._dialect.seeks_time:
            raise Unsupported(f"{self._dialect.name} cannot seek to a time")
        moment = datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
        await self._place(bodies.times(tps, moment.replace("+00:00", "Z")), 500)

    async def seek_beginning(self, tps: Iterable[TopicPartition]) -> None:
        await self._post("/positions/beginning", bodies.partitions(tps))

    async def seek_end(self, tps: Iterable[TopicPartition]) -> None:
        """Takes effect at the next read: to miss nothing, seek to the end offset instead."""
        await self._post("/positions/end", bodies.partitions(tps))

    async def poll(self, timeout_ms: int | None = None, max_bytes: int | None = None) -> Sequence[Record]:
        """The records of one `read`."""
        return await (await self.read(timeout_ms, max_bytes)).records()

    async def read(
        self,
        timeout_ms: int | None = None,
        max_bytes: int | None = None,
        course: Course = AT_ONCE,
    ) -> Read:
        """One read; what is not said comes from the gear. When its answer begins, as `course` is told, another may be
        sent, whose answer comes after this one.

        A read that is given up or broken spends the instance, since its records are lost to it: after that only
        Conflict comes.
        """
        gear = self.gear
        short = timeout_ms is None and self.starting
        if timeout_ms is None:
            timeout_ms = (gear.first_timeout_ms if short else None) or gear.timeout_ms
        max_bytes = gear.max_bytes if max_bytes is None else max_bytes
        query = f"?timeout={timeout_ms}" + ("" if max_bytes is None else f"&max_bytes={max_bytes}")
        turn = _Turn(self, course)
        try:
            answer = await self._wire.request(
                "GET",
                f"{self._path}/records{query}",
                accept=f"application/vnd.kafka.{self._format}.v2+json",
                seconds=timeout_ms / 1000 + SLACK_SECONDS,
                course=turn,
                bulk=True,
            )
        except Refused:
            raise
        except BaseException:
            self._spent |= turn.came
            raise
        finally:
            turn.over()
        if len(answer.body) > _NOTHING:
            self._short_until = 0.0
        return Read(lambda: self._decoded(answer), answer.exchange.response_size, max_bytes, short)

    def _check(self) -> None:
        """Whether a read may be sent."""
        if self._reading:
            raise RuntimeError("one read at a time: the instance is shared by two tasks")
        if self._spent:
            raise Conflict(409, 409, "A read of this consumer was given up, and its records with it")

    async def _decoded(self, answer: Answer) -> Sequence[Record]:
        if answer.records is not None:
            return answer.records
        try:
            with suppress(*UNREADABLE):  # what is cut wrong, or is no answer at all, is decoded as a whole
                found: list[Records] = []
                for part in codec.parts(answer.body, self._format):
                    found.append(codec.records(part, self._format))
                    await asyncio.sleep(0)
                if found:
                    return Records.joined(found)
            return codec.read(answer, lambda body: codec.records(body, self._format))
        except BaseException:
            self._spent = True
            raise

    async def subscribe(self, topics: Iterable[str] = (), *, pattern: str | None = None) -> None:
        """Let the group deal out partitions. Excludes `assign`: on Karapace mixing them ends the whole server."""
        if pattern is not None and not self._dialect.subscribes_by_pattern:
            raise Unsupported(f"{self._dialect.name} subscribes by names only")
        body = {"topics": list(topics)} if pattern is None else {"topic_pattern": pattern}
        await self._post("/subscription", bodies.encode(body))

    async def subscription(self) -> list[str]:
        if not self._dialect.shows_subscription:
            raise Unsupported(f"{self._dialect.name} does not tell what is subscribed")
        return codec.read(await self._wire.request("GET", f"{self._path}/subscription"), codec.subscribed)

    async def unsubscribe(self) -> None:
        if not self._dialect.shows_subscription:
            raise Unsupported(f"{self._dialect.name} does not end a subscription: leave the instance instead")
        await self._wire.request("DELETE", f"{self._path}/subscription")

    async def committed(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where the group would resume; partitions without a commit are left out."""
        if not self._dialect.reads_committed:
            raise Unsupported(f"{self._dialect.name} does not tell committed offsets")
        # A GET with a body: some gateways drop it (reference 8.3).
        body = bodies.partitions(tps)
        answer = await self._wire.request("GET", f"{self._path}/offsets", body=body, seconds=30.0)
        return codec.read(answer, codec.committed)

    async def commit(self, positions: Positions | None = None) -> None:
        """Let the group resume at these offsets; without any, after everything read so far."""
        if positions and (why_not := self._dialect.check_commit(positions)):
            raise Unsupported(why_not)
        body = self._dialect.commit_all if positions is None else bodies.commit(positions, self._dialect)
        await self._post("/offsets", body, seconds=COMMIT_SECONDS)

    async def _place(self, body: bytes, *foreseen: int) -> None:
        """Seek. A refusal with a status that was `foreseen` is raised like any, but counts as no failure."""
        path = f"{self._path}/positions"
        answer = await self._wire.request("POST", path, body=body, expect=(*SUCCESS, *foreseen))
        if answer.status not in SUCCESS:
            refused = refuse("POST", path, answer)
            answer.exchange.expected = True
            raise refused

    async def _post(self, what: str, body: bytes | None, seconds: float = 10.0) -> Answer:
        return await self._wire.request("POST", f"{self._path}{what}", body=body, seconds=seconds)


class _Turn(Course):
    """A read's turn at the proxy: from when it is sent until its answer begins."""

    def __init__(self, consumer: Consumer, course: Course) -> None:
        self._consumer, self._course = consumer, course
        self.came = False
        self._has = False

    async def turn(self) -> None:
        await self._course.turn()
        if not self.came:
            self._consumer._check()
            self._consumer._reading = self.came = self._has = True

    def sent(self) -> None:
        self._course.sent()

    def begun(self, size: int) -> bool:
        self.over()
        return self._course.begun(size)

    def over(self) -> None:
        if self._has:
            self._consumer._reading = self._has = False


class OpenConsumer:
    """The `async with` around one instance. Leaving it, however, awaits nothing."""

    def __init__(self, instances: Instances, instance: Instance, consumer: Callable[[], Consumer]) -> None:
        self._instances = instances
        self._instance = instance
        self._consumer = consumer

    async def __aenter__(self) -> Consumer:
        entered = False
        try:
            await self._instances.create(self._instance)
            entered = True
        finally:
            if not entered:
                self._instances.leave(self._instance)
        return self._consumer()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._instances.leave(self._instance)
