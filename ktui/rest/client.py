"""ProxyClient: one method per endpoint, typed in and out. Owns the connection and the open consumer instances."""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

import msgspec

from ktui.errors import Busy, Conflict, NotAProxy, NotFound, Unacceptable, Unsupported
from ktui.model import Draft, Exchange, OffsetRange, Partition, Positions, Produced, TopicDetail, TopicPartition
from ktui.rest import address, batch_reports, bodies, codec, probing
from ktui.rest.address import segment
from ktui.rest.auth import Credentials
from ktui.rest.by_offset import ByOffset
from ktui.rest.capabilities import capabilities
from ktui.rest.consumer import Consumer, OpenConsumer
from ktui.rest.dialect import CONFLUENT, Dialect, Gear
from ktui.rest.direct import DirectConsumer, OpenDirect
from ktui.rest.instances import Instance, Instances
from ktui.rest.probing_v3 import probe_v3
from ktui.rest.tls import Tls
from ktui.rest.together import together
from ktui.rest.wire import SUCCESS, Wire, refuse

if TYPE_CHECKING:
    import httpx

PARALLEL = 8
"""Most calls at once when one question takes many."""
PRODUCE_SECONDS = 70.0
"""Confluent and Strimzi wait 60 s for a topic that they do not know."""
_STOP_FIRST = ("rebalanced", "unknownmemberid", "commitfailed")


class ProxyClient:
    """Our side of one proxy. Nothing is retried here: deciding is the caller's."""

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        headers: Mapping[str, str] = {},
        dialect: Dialect | None = None,
        credentials: Credentials | None = None,
        tls: Tls | None = None,
        transport: httpx.AsyncBaseTransport | Callable[[], httpx.AsyncBaseTransport] | None = None,
        stands_for: str | None = None,
    ) -> None:
        """`credentials` stand for `user`, `password`, `headers` and what the address holds. `stands_for`: what a
        person is told to be asked, where `transport` leads to something else than `url`. A function that makes the
        transport is called by the first request."""
        place = address.parse(url, user, password)
        self.base = place.url
        """The address that the paths of the API follow: without credentials, without a trailing slash."""
        self.url = stands_for or place.url
        """What is asked, for a person."""
        self.dialect = dialect or CONFLUENT
        """What the server is believed to be, until `probe` found out."""
        self._forced = dialect
        self.capabilities = capabilities(self.dialect, forced=dialect is not None)
        """What it can do, call by call; with evidence once it was probed."""
        credentials = credentials or Credentials(user=place.user, password=place.password, headers=headers)
        self._wire = Wire(place, credentials, tls, transport)
        self._asking = asyncio.Semaphore(PARALLEL)
        self._instances = Instances(self._wire)
        self._open = self._instances.open
        self._by_offset = ByOffset(self._wire, lambda: self.consumer(group=_own_name(), gear=self.dialect.look))

    @property
    def exchanges(self) -> deque[Exchange]:
        """The last 1000 requests with their answers, newest last."""
        return self._wire.transcript.exchanges

    @property
    def ok_count(self) -> int:
        return self._wire.ok_count

    @property
    def failed_count(self) -> int:
        """Calls that did not give what was asked; those given up by us are in neither count."""
        return self._wire.failed_count

    @property
    def unverified(self) -> bool:
        """Whether TLS is spoken with whoever answers."""
        return self._wire.unverified

    @property
    def curl_options(self) -> tuple[str, ...]:
        """What curl needs to speak TLS with the proxy as we do, quoted for a shell. Holds no secret."""
        return self._wire.curl_options

    @property
    def on_exchange(self) -> Callable[[Exchange], None] | None:
        """Called when an exchange has ended, after it was counted."""
        return self._wire.transcript.on_exchange

    @on_exchange.setter
    def on_exchange(self, listener: Callable[[Exchange], None] | None) -> None:
        self._wire.transcript.on_exchange = listener

    async def probe(self) -> Dialect:
        """Find out what answers there and keep it as `dialect`, unless one was forced. Writes nothing.

        Raises Unreachable, NotAProxy, Forbidden, Busy.
        """
        self.capabilities = await probing.probe(self._wire, self._forced)
        self.dialect = self.capabilities.dialect
        return self.dialect

    async def probe_v3(self) -> None:
        """See each v3 resource on its own and say so in `capabilities`: six small requests, once, where there is a v3
        API. For who wants to know exactly; `probe` goes by the list of clusters alone. Raises nothing."""
        before = self.capabilities
        found = await probe_v3(self._wire, before)
        if self.capabilities is before:
            self.capabilities = found

    async def topics(self) -> list[str]:
        """All names the proxy shows, sorted. Karapace shows internal ones too."""
        return sorted(codec.read(await self._wire.request("GET", "/topics", seconds=30.0), codec.names))

    async def topic(self, name: str) -> TopicDetail:
        """What there is to know about it. Where topics are not described, no more than its partitions."""
        if not self.dialect.describes_topics:
            return TopicDetail(name, await self._by_offset.partitions(name))
        return codec.read(await self._wire.request("GET", f"/topics/{segment(name)}"), codec.topic)

    async def partitions(self, topic: str) -> tuple[Partition, ...]:
        if not self.dialect.describes_topics:
            return await self._by_offset.partitions(topic)
        path = f"/topics/{segment(topic)}/partitions"
        return codec.read(await self._wire.request("GET", path), codec.partitions)

    async def partition(self, tp: TopicPartition) -> Partition:
        if not self.dialect.describes_topics:
            await self._by_offset.read(tp, 0, 0, 1)
            return Partition(tp.partition)
        return codec.read(await self._wire.request("GET", self._partition_path(tp)), codec.partition)

    async def offsets(self, tp: TopicPartition) -> OffsetRange:
        if not self.dialect.tells_offsets:
            return await self._by_offset.edges(tp)
        answer = await self._wire.request("GET", f"{self._partition_path(tp)}/offsets")
        return codec.read(answer, codec.offsets)

    async def ranges(self, topic: str, partitions: Iterable[int]) -> dict[TopicPartition, OffsetRange]:
        """Beginning and end of several partitions. The first failure ends it. At most 8 are asked at once, of whichever
        topics: a pool has 100 connections, and a proxy fewer threads."""
        tps = [TopicPartition(topic, partition) for partition in partitions]
        found: dict[TopicPartition, OffsetRange] = {}
        waiting = iter(tps)

        async def lane() -> None:
            for tp in waiting:
                async with self._asking:
                    found[tp] = await self.offsets(tp)

        await together(lane() for _ in range(min(PARALLEL, len(tps))))
        return {tp: found[tp] for tp in tps}

    async def brokers(self) -> list[int]:
        """Ids of the brokers."""
        if not self.dialect.lists_brokers:
            raise Unsupported(f"{self.dialect.name} does not list brokers")
        try:
            return codec.read(await self._wire.request("GET", "/brokers"), codec.brokers)
        except NotFound as error:
            raise Unsupported("This proxy does not list brokers", error.exchange) from error

    async def produce(
        self, topic: str, drafts: Sequence[Draft], *, format: str = "binary", partition: int | None = None
    ) -> list[Produced]:
        """Send records, all to `partition` or each to its own. Never retried: after Unreachable the outcome is
        unknown, and after NotAProxy too where the status is a success. What this make of proxy cannot write is
        Unsupported before anything is sent."""
        for draft in drafts:
            self._check(draft, partition)
        if partition is not None and not self.dialect.produces_to_path:
            drafts = [msgspec.structs.replace(draft, partition=_either(draft.partition, partition)) for draft in drafts]
            partition = None
        try:
            body = bodies.produce(drafts, format, self.dialect)
        except ValueError as error:
            raise Unacceptable(0, 0, str(error)) from None
        path = f"/topics/{segment(topic)}"
        answer = await self._wire.request(
            "POST",
            path if partition is None else f"{path}/partitions/{partition}",
            body=body,
            content_type=f"application/vnd.kafka.{format}.v2+json",
            seconds=PRODUCE_SECONDS,
            expect=(*SUCCESS, 401, 403, 422),  # with a report per record, of which some may have been stored
        )
        if answer.status not in SUCCESS and b'"offsets"' not in answer.body:
            raise refuse("POST", path, answer)
        reports = codec.read(answer, codec.produced)
        if reports and not self.dialect.reports_each_record:
            reports = batch_reports.share_out(reports, drafts)
        if len(reports) != len(drafts):
            words = f"POST {path} was answered with {len(reports)} reports, not {len(drafts)}"
            raise NotAProxy(f"{words}: no Kafka REST proxy does that", answer.exchange)
        return reports

    def consumer(
        self,
        *,
        group: str | None = None,
        gear: Gear | None = None,
        format: str = "binary",
        reset: str = "earliest",
    ) -> AbstractAsyncContextManager[Consumer]:
        """A consumer instance for as long as the block runs. Without a group, one nobody else has.

        Where records are read by offset (Redpanda), only a named group makes an instance: other reading needs none.
        """
        if format not in self.dialect.formats:
            raise Unsupported(f"{self.dialect.name} does not read {format}: {', '.join(self.dialect.formats)} it does")
        dialect, gear = self.dialect, gear or self.dialect.tail
        if reset not in dialect.resets:
            raise Unsupported(f"{dialect.name} starts at {' or '.join(dialect.resets)} only")
        if dialect.reads_by_offset and group is None:
            return OpenDirect(DirectConsumer(self._wire, self._by_offset, dialect, gear, format))
        name = _own_name()
        instance = Instance(
            group=_own_name() if group is None else group,
            name=name,
            body=bodies.encode(dialect.create_body(name, format, reset, gear)),
            delete_body=dialect.delete_body,
        )
        return OpenConsumer(self._instances, instance, lambda: Consumer(self._wire, instance, dialect, gear, format))

    async def committed(self, group: str, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Where a group would resume; partitions without a commit are left out. Never joins or moves the group."""
        if not self.dialect.reads_committed:
            raise Unsupported(f"{self.dialect.name} does not tell committed offsets")
        async with self.consumer(group=group) as consumer:
            return await consumer.committed(tps)

    async def commit(self, group: str, positions: Positions) -> None:
        """Let a group resume at these offsets. Conflict while members of it are active: nothing is stored then."""
        async with self.consumer(group=group) as consumer:
            try:
                await consumer.commit(positions)
            except (Busy, Conflict) as error:
                if any(sign in error.message.lower() for sign in _STOP_FIRST):
                    words = f"The group has active members, stop them first ({error.message})"
                    raise Conflict(error.status, error.code, words, error.exchange) from error
                raise

    async def settle(self) -> int:
        """Wait until instances that were left are deleted, at most 3 s. How many may be there still."""
        return await self._instances.settle()

    async def aclose(self) -> None:
        """Delete every open instance, then close the connection; at most 3 s. May be called twice."""
        try:
            await self._instances.aclose()
        finally:
            await self._wire.aclose()

    def _partition_path(self, tp: TopicPartition) -> str:
        if tp.partition < 0:  # Strimzi 1.1.0 never answers these
            raise Unacceptable(0, 0, f"There is no partition {tp.partition}")
        return f"/topics/{segment(tp.topic)}/partitions/{tp.partition}"

    def _check(self, draft: Draft, partition: int | None) -> None:
        """Raise Unsupported for what would be lost or changed on the way."""
        dialect = self.dialect
        if draft.headers and not dialect.takes_headers:
            raise Unsupported(f"{dialect.name} takes no headers")
        if not dialect.takes_null_headers and any(header.value is None for header in draft.headers):
            raise Unsupported(f"{dialect.name} takes no header without a value")
        if draft.timestamp is not None and not dialect.takes_timestamp:
            raise Unsupported(f"{dialect.name} takes no timestamp: the broker sets it")
        if draft.value is None and not dialect.writes_tombstones:
            raise Unsupported(f"{dialect.name} cannot write a null value: what arrives would not be a tombstone")
        if draft.key is None and not dialect.writes_null_key:
            raise Unsupported(f"{dialect.name} cannot write a null key: what arrives would be an empty one")
        given = draft.partition if partition is None else partition
        if given is not None and given < 0:
            raise Unacceptable(0, 0, f"There is no partition {given}")


def _own_name() -> str:
    return f"ktui-{os.urandom(4).hex()}"


def _either(first: int | None, second: int) -> int:
    return second if first is None else first
