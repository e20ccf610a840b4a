"""Trying a proxy step by step: is it there, what is it, does an instance live through its whole life, does a record
come back. Nothing is written unless a topic is named for it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Sequence
from enum import Enum
from time import perf_counter

import msgspec

from ktui.errors import NotAProxy, ProxyError
from ktui.model import Draft, Exchange, OffsetRange, Record, TopicPartition
from ktui.records import causes
from ktui.records.diagnosis import of_error
from ktui.records.doctor import Doctor, Finding
from ktui.records.opening import open_at
from ktui.records.pattern import is_internal
from ktui.records.sending import Outcome, send
from ktui.rest.client import ProxyClient
from ktui.rest.consumer import Consumer

READ_SECONDS = 10.0
"""How long a record may take that is known to be there."""
TOPICS_TRIED = 5
"""Topics that are looked at for one with records."""
_IN_THE_APP = re.compile(
    r"(It|The connection) is tried again[^.]*\.|\b[A-Z] (refreshes|shows) [^.]*\.|Nothing is lost: [^.]*\."
)
"""What only the app does, in advice."""


class Result(Enum):
    """How a step ended."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"
    SKIPPED = "skipped"


class Step(msgspec.Struct, frozen=True):
    """One thing that was tried."""

    title: str
    result: Result
    says: str
    """What was seen. May hold text from outside."""
    cause: str = ""
    """Why it failed, as far as one can tell."""
    next_step: str = ""
    exchange: Exchange | None = None
    """The proof."""


UNVERIFIED = Step(
    "TLS",
    Result.NOTE,
    "not verified",
    "With --insecure whoever answers is believed: it may be somebody else, who reads all that is sent.",
    "Name the authority of the proxy in --cacert or ca_file instead.",
)


class Checkup:
    """One examination of one proxy. `steps` is iterated once."""

    def __init__(self, client: ProxyClient, *, send_to: str | None = None) -> None:
        self._client = client
        self._send_to = send_to
        self._doctor = Doctor(client)

    async def steps(self) -> AsyncIterator[Step]:
        """What was found, as it is found. Ends early when going on makes no sense."""
        told: set[int] = set()
        async for step in self._tried():
            if step.exchange is not None:
                told.add(step.exchange.number)
            yield step
        self._doctor.look()
        for finding in self._doctor.findings:
            if finding.exchange.number not in told:
                yield _found(finding)

    async def _tried(self) -> AsyncIterator[Step]:
        started = perf_counter()
        try:
            await self._client.probe()
        except ProxyError as error:
            yield _problem("reachable", error)
            return
        yield Step("reachable", Result.OK, f"{self._client.url} answers, {_since(started)}")
        if self._client.unverified:
            yield UNVERIFIED
        await self._client.probe_v3()
        yield self._server()
        try:
            place = await self._place()
        except ProxyError as error:
            yield _problem("a topic to read", error)
        else:
            yield place if isinstance(place, Step) else Step("a topic to read", Result.OK, _held(*place))
            if not isinstance(place, Step):
                async for step in self._life(*place):
                    yield step
        if self._send_to is not None:
            yield await self._round_trip(self._send_to)

    def _server(self) -> Step:
        found = self._client.capabilities
        best = max(found.votes.values(), default=0)
        mine = found.votes.get(found.dialect.letter, 0)
        says = f"{found.dialect.name}, {'as you say' if found.forced else f'{mine} signs weigh for it'}"
        if found.forced and mine < best:
            leaders = "/".join(letter for letter, votes in found.votes.items() if votes == best)
            cause = f"The signs speak for another make of proxy ({leaders})."
            return Step("server", Result.NOTE, says, cause, "Leave --dialect away, unless you know better.")
        if not found.votes:
            cause = "Nothing in its answers tells which make of proxy it is: a gateway may rewrite them."
            return Step("server", Result.NOTE, says, cause, "Say which one it is with --dialect.")
        return Step("server", Result.OK, says)

    async def _place(self) -> tuple[TopicPartition, OffsetRange] | Step:
        """A partition with records if one is found soon, any other, or why there is none."""
        names = [name for name in await self._client.topics() if not is_internal(name)]
        empty: tuple[TopicPartition, OffsetRange] | None = None
        for name in names[:TOPICS_TRIED]:
            partitions = await self._client.partitions(name)
            for tp, held in (await self._client.ranges(name, (each.partition for each in partitions))).items():
                if held.beginning < held.end:
                    return tp, held
                empty = empty or (tp, held)
        return empty or Step("a topic to read", Result.SKIPPED, "there is no topic")

    async def _life(self, tp: TopicPartition, held: OffsetRange) -> AsyncIterator[Step]:
        """An instance from its creation to its end."""
        middle = (held.beginning + held.end) // 2
        title, started = "create an instance", perf_counter()
        direct = self._client.dialect.reads_by_offset
        try:
            async with self._client.consumer(gear=self._client.dialect.look) as consumer:
                yield Step(title, Result.OK, "not needed: records are read by offset" if direct else _since(started))
                title, started = "assign and seek", perf_counter()
                await open_at(consumer, {tp: middle})
                yield Step(title, Result.OK, f"{tp} @ {middle:,}, {_since(started)}")
                title, started = "read", perf_counter()
                records = await self._read(consumer, middle, held.end)
                yield _judge_read(tp, middle, held, records, _since(started))
        except ProxyError as error:
            yield _problem(title, error)
        created, started = title != "create an instance", perf_counter()
        left = await self._client.settle()
        if created and not direct:
            yield self._deleted(left, _since(started))

    def _deleted(self, left: int, took: str) -> Step:
        if not left:
            return Step("delete it", Result.OK, f"nothing is left behind, {took}")
        exchange = next((each for each in reversed(self._client.exchanges) if each.method == "DELETE"), None)
        cause = "The proxy did not confirm that it deleted the instance."
        return Step("delete it", Result.PROBLEM, "it may be there still", cause, "It may expire by itself.", exchange)

    async def _read(self, consumer: Consumer, start: int, end: int) -> Sequence[Record]:
        """The first records that come, if there can be any."""
        max_bytes = self._client.dialect.look.max_bytes
        deadline = perf_counter() + READ_SECONDS
        while True:
            records = await consumer.poll(None, max_bytes)
            if records or start >= end or perf_counter() > deadline:
                return records
            max_bytes = None if max_bytes is None else min(2 * max_bytes, 64 * 1024 * 1024)

    async def _round_trip(self, topic: str) -> Step:
        """One record written and read back."""
        title = f"send to {topic} and read back"
        mark = os.urandom(8).hex()
        draft = Draft(topic, b"ktui-doctor", json.dumps({"ktui doctor": mark}).encode())
        sending = await send(self._client, draft)
        if sending.outcome is not Outcome.STORED or sending.produced is None:
            says = f"{sending.outcome.value}: {sending.error}"
            if isinstance(sending.error, ProxyError):
                return _problem(title, sending.error, says)
            return Step(title, Result.PROBLEM, says, next_step="Name a topic that is there and may be written to.")
        partition, offset = sending.produced.partition, sending.produced.offset
        if partition is None or offset is None:
            return Step(title, Result.NOTE, f"stored at {sending.place}", "It cannot be read back without its place.")
        tp, started = TopicPartition(topic, partition), perf_counter()
        try:
            async with self._client.consumer(gear=self._client.dialect.look) as consumer:
                await open_at(consumer, {tp: offset})
                records = await self._read(consumer, offset, offset + 1)
        except ProxyError as error:
            return _problem(title, error, f"stored at {sending.place}, not read back")
        finally:
            await self._client.settle()
        first = records[0] if records else None
        where = f"stored at {sending.place} in {sending.took}"
        if first is not None and (first.offset, first.value) == (offset, draft.value):
            return Step(title, Result.OK, f"{where}, read back byte by byte, {_since(started)}")
        came = (
            "nothing came" if first is None else f"what came is {first.tp} @ {first.offset:,} with {first.size} bytes"
        )
        cause = "What the proxy stored is not what it gives back from there."
        return Step(title, Result.PROBLEM, f"{where}, but {came}", cause, "Look at that offset with another client.")


def _judge_read(tp: TopicPartition, sought: int, held: OffsetRange, records: Sequence[Record], took: str) -> Step:
    if records and records[0].offset >= sought:
        count = f"{len(records)} record{'' if len(records) == 1 else 's'}"
        return Step("read", Result.OK, f"{count} from {tp} @ {records[0].offset:,} on, {took}")
    if records:
        says = f"asked for {tp} @ {sought:,}, got {records[0].offset:,}"
        cause = "The instance did not obey the seek: the topic may have been made again meanwhile."
        return Step("read", Result.PROBLEM, says, cause, "Run the doctor again.")
    if sought >= held.end:
        return Step("read", Result.OK, f"nothing, as it should be: {tp} is empty, {took}")
    says = f"nothing came from {tp} @ {sought:,}, though it ends at {held.end:,}"
    cause = "What is left there may be no records: transactions leave marks, compaction leaves gaps. Or Kafka is slow."
    return Step("read", Result.NOTE, says, cause, "Send one with --send TOPIC: that must come back.")


def _problem(title: str, error: ProxyError, says: str = "") -> Step:
    found = of_error(error)
    if isinstance(error, NotAProxy) and found is causes.NOT_OFFERED:  # at the very first call
        found = causes.NOT_A_PROXY
    says = says or str(error)
    if found is None:
        return Step(title, Result.PROBLEM, says, exchange=error.exchange)
    return Step(title, Result.PROBLEM, says, found.cause, _IN_THE_APP.sub("", found.next_step).strip(), error.exchange)


def _found(finding: Finding) -> Step:
    """What the exchanges showed beside that: it did no harm here, or a step would say so."""
    times = "" if finding.count == 1 else f"{finding.count:,} times"
    says = ", ".join(part for part in (finding.subject, times) if part)
    found = finding.diagnosis
    next_step = _IN_THE_APP.sub("", found.next_step).strip()
    return Step(found.title, Result.NOTE, says, found.cause, next_step, finding.exchange)


def _held(tp: TopicPartition, held: OffsetRange) -> str:
    return f"{tp}, {held.beginning:,} up to {held.end:,}"


def _since(started: float) -> str:
    return f"{(perf_counter() - started) * 1000:,.0f} ms"
