"""The doctor: looks at every exchange once it has ended, and keeps what was wrong longer than the wire keeps it."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import unquote

import msgspec

from ktui.model import Exchange, TopicPartition
from ktui.records import causes
from ktui.records.causes import Diagnosis
from ktui.records.diagnosis import diagnose
from ktui.records.lifeline import Lives, ended_at, place_of
from ktui.rest.client import ProxyClient
from ktui.rest.refusals import members

KEPT = 100
"""Findings that are kept, and a tenth of the exchanges whose diagnosis is."""
_TOPIC = r"/topics/([^/?]+)"


class Finding(msgspec.Struct):
    """One thing that was wrong, however often."""

    diagnosis: Diagnosis
    subject: str
    """The topic or group it is about, where it is about one. Outside text."""
    exchange: Exchange
    """The last one that shows it."""
    first: datetime
    last: datetime
    count: int = 1


class Doctor:
    """Looks when asked to: `look` costs what is new. Sends nothing."""

    def __init__(self, client: ProxyClient) -> None:
        self._client = client
        self.lives = Lives()
        self._findings: dict[tuple[str, str], Finding] = {}
        self._diagnoses: dict[int, Diagnosis] = {}
        self._seen = 0
        self._under_way: list[Exchange] = []
        self._commits: dict[tuple[str, TopicPartition], int] = {}

    @property
    def findings(self) -> list[Finding]:
        """What was wrong, what came last first; what is only worth knowing after it."""
        return sorted(self._findings.values(), key=lambda each: (not each.diagnosis.note, each.last), reverse=True)

    def look(self) -> bool:
        """Take in what has ended since the last look; whether anything was found."""
        new: list[Exchange] = []
        for exchange in reversed(self._client.exchanges):
            if exchange.number <= self._seen:
                break
            new.append(exchange)
        if new:
            self._seen = new[0].number
        waiting = [*self._under_way, *reversed(new)]
        self._under_way = [each for each in waiting if each.milliseconds is None]
        found = False
        for exchange in waiting:
            if exchange.milliseconds is not None:
                found |= self._examine(exchange)
        return found

    def of(self, exchange: Exchange) -> Diagnosis | None:
        """What was found in an exchange, or is worth knowing about it."""
        return self._diagnoses.get(exchange.number) or diagnose(exchange) or self._counted(exchange)

    def _counted(self, exchange: Exchange) -> Diagnosis | None:
        """Why the numbers of a commit are not those that were asked for."""
        place = place_of(exchange.path)
        if place is None or place.verb != "offsets" or exchange.method != "POST" or not exchange.ok:
            return None
        return causes.PLUS_ONE if self._client.dialect.commit_adds_one and _numbers(exchange.request_body) else None

    def _examine(self, exchange: Exchange) -> bool:
        life = self.lives.of(exchange)
        if life is not None and life.gone and exchange.status is not None and exchange.status < 300:
            self._was_elsewhere(exchange)
            life.ended, life.gone = None, False
        diagnosis = diagnose(exchange, life) or self._read_back(exchange)
        self.lives.take(exchange)
        if diagnosis is None:
            return False
        self._diagnoses[exchange.number] = diagnosis
        if len(self._diagnoses) > 10 * KEPT:
            del self._diagnoses[next(iter(self._diagnoses))]
        self._file(diagnosis, exchange)
        return True

    def _file(self, diagnosis: Diagnosis, exchange: Exchange) -> None:
        subject, when = subject_of(exchange), ended_at(exchange)
        before = self._findings.pop((diagnosis.title, subject), None)
        finding = Finding(diagnosis, subject, exchange, first=when, last=when)
        if before is not None:
            finding.first, finding.count = before.first, before.count + 1
        self._findings[diagnosis.title, subject] = finding
        if len(self._findings) > KEPT:
            del self._findings[next(iter(self._findings))]

    def _was_elsewhere(self, exchange: Exchange) -> None:
        """An instance that was gone answers again: what did not know it was another replica."""
        for key, finding in list(self._findings.items()):
            here, there = place_of(exchange.path), place_of(finding.exchange.path)
            if here and there and here[:2] == there[:2] and finding.diagnosis in (causes.GONE, causes.EXPIRED):
                del self._findings[key]
                self._diagnoses[finding.exchange.number] = causes.REPLICA
                self._file(causes.REPLICA, finding.exchange)

    def _read_back(self, exchange: Exchange) -> Diagnosis | None:
        """Whether a group stands where it was put: not so when ktui counts commits in another way than the proxy."""
        place = place_of(exchange.path)
        if place is None or place.verb != "offsets" or exchange.status is None or exchange.status >= 300:
            return None
        if exchange.method == "POST":
            self._commits.update({(place.group, tp): n for tp, n in _numbers(exchange.request_body).items()})
            return None
        adds = int(self._client.dialect.commit_adds_one)
        told = _numbers(exchange.response_body)
        posted = {tp: self._commits.get((place.group, tp)) for tp in told}
        wrong = any(n is not None and told[tp] - n == 1 - adds for tp, n in posted.items())
        return causes.OFF_BY_ONE if wrong else None


def subject_of(exchange: Exchange) -> str:
    """The topic, or the group where it has a name of somebody's."""
    if (place := place_of(exchange.path)) is not None:
        return "" if place.group.startswith("ktui-") else place.group
    found = re.search(_TOPIC, exchange.path)
    return unquote(found[1]) if found else ""


def _numbers(body: bytes) -> dict[TopicPartition, int]:
    """Offsets of a commit, or of those that are committed, as they stand on the wire."""
    told = members(body)
    entries = next((told[key] for key in ("offsets", "partitions") if key in told), ())
    found = {}
    for each in entries if isinstance(entries, list) else ():
        match each:
            case {"topic": str(topic), "partition": int(partition), "offset": int(offset)}:
                found[TopicPartition(topic, partition)] = offset
    return found
