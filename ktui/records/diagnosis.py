"""From an exchange to its likely cause: status, body and path, and what its consumer instance went through before.

Pure: nothing is asked or sent here. The words stand in `causes.py`.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from ktui.errors import KtuiError, ProxyError
from ktui.model import Exchange
from ktui.records import causes
from ktui.records.causes import Diagnosis
from ktui.records.lifeline import Life, Place, is_missing, place_of
from ktui.rest.refusals import error_body, members

IDLE_SECONDS = 290.0
"""Confluent forgets an instance 300 s after its last call; a second or two less on its own clock."""
FRESH_SECONDS = 10.0
"""An instance that answered so short a time ago has not expired."""
SLOW_SECONDS = 3.0
"""Longer than this, beyond the wait that a read asks for, is slow."""
_SILENCES = (
    ("TLS: the certificate", causes.UNTRUSTED),
    ("TLS:", causes.TLS),
    ("(DNS)", causes.DNS),
    ("connection refused", causes.REFUSED),
    ("does not take the connection", causes.NO_WAY),
    ("gave no answer within", causes.NO_ANSWER),
    ("in the middle of an answer", causes.CUT),
    ("without an answer", causes.HUNG_UP),
    ("is damaged", causes.DAMAGED),
    ("HTTP proxy on the way", causes.FORWARD),
)
"""Words of `refusals.unreachable`, and what they mean."""
_MIXED = ("illegal", "exclusive")
_MEMBERS = ("rebalanced", "unknownmemberid", "commitfailed")


def diagnose(exchange: Exchange, life: Life | None = None) -> Diagnosis | None:
    """What an exchange that has ended shows; None when nothing is worth a word.

    `life` is that of its instance as it was before this exchange.
    """
    if exchange.milliseconds is None or exchange.expected or given_up(exchange):
        return None
    if exchange.failure is not None or exchange.status is None:
        return _silence(exchange.failure or "")
    if exchange.status >= 400:
        return _refused(exchange, exchange.status, life)
    return _noticed(exchange)


def of_error(error: KtuiError) -> Diagnosis | None:
    """What the exchange behind an error shows."""
    exchange = error.exchange if isinstance(error, ProxyError) else None
    return None if exchange is None else diagnose(exchange)


def given_up(exchange: Exchange) -> bool:
    """Whether we ourselves stopped waiting, as a read does when its place is left: no failure of anybody's."""
    return (exchange.failure or "").startswith("given up")


def _silence(words: str) -> Diagnosis:
    return next((found for sign, found in _SILENCES if sign in words), causes.UNREACHABLE)


def _refused(exchange: Exchange, status: int, life: Life | None) -> Diagnosis:
    code, message = error_body(status, exchange.response_body)
    words = message.lower()
    match status:
        case 401:
            return causes.LOGIN
        case 403:
            return causes.DENIED
        case 429:
            return causes.RATE
        case 502 | 503 | 504 if code is None:
            return causes.AWAY
        case _ if _is_page(exchange):
            return causes.GATEWAY
        case 405 | 501:
            return causes.NOT_OFFERED
        case 413:
            return causes.TOO_MUCH
        case 415:
            return causes.MEDIA
    if (place := place_of(exchange.path)) is not None:
        found = _of_consumer(exchange, place, code, words, life)
    else:
        found = _of_topic(exchange, code, words)
    if found is not None:
        return found
    if status >= 500:
        return causes.KAFKA if code in (50002, 50003, 50302) or "org.apache.kafka" in words else causes.BROKEN
    return causes.CONFLICT if status == 409 else causes.UNACCEPTABLE


def _of_topic(exchange: Exchange, code: int | None, words: str) -> Diagnosis | None:
    if exchange.status == 406:
        return causes.MEDIA
    if exchange.status != 404:
        return None
    if code is None or "http 404" in words:  # Confluent says so of paths that it does not have
        return causes.NOT_OFFERED if "http 404" in words else causes.NOT_A_PROXY
    if "/topics/" not in exchange.path:
        return causes.NOT_THERE if "/v3/" in exchange.path else causes.NOT_OFFERED
    return causes.NO_PARTITION if code == 40402 or "specified partition" in words else causes.NO_TOPIC


def _of_consumer(exchange: Exchange, place: Place, code: int | None, words: str, life: Life | None) -> Diagnosis | None:
    status = exchange.status
    if not place.name:
        return _of_create(exchange, code, words)
    if "no current assignment" in words or (place.verb.startswith("positions") and "unassigned" in words):
        return causes.SEEK_FIRST
    if status == 404 and "unknown topic or partition" in words:
        return causes.SEEK_FIRST if place.verb.startswith("positions") else causes.NO_TOPIC
    if status == 404 and "partition" in words:
        return causes.NO_PARTITION
    if status == 404:
        return _missing(exchange, life) if is_missing(exchange) else None
    if status == 409 and place.verb in ("subscription", "assignments") and any(sign in words for sign in _MIXED):
        return causes.MIXED
    if place.verb == "offsets" and any(sign in words for sign in _MEMBERS):
        return causes.ACTIVE_GROUP
    if place.verb == "offsets" and exchange.method == "POST" and "timeout of 60000ms" in words:
        return causes.SLOW_COMMIT
    return _of_read(exchange, code, words, life) if place.verb == "records" else None


def _of_create(exchange: Exchange, code: int | None, words: str) -> Diagnosis | None:
    if exchange.status == 409:
        return causes.TAKEN
    if exchange.status in (400, 422) or (exchange.status == 500 and "construct" in words):
        return causes.BAD_OPTION
    return None


def _missing(exchange: Exchange, life: Life | None) -> Diagnosis:
    if life is None:
        return causes.GONE
    if life.ended is not None and not life.gone:
        return causes.LEFT
    idle = life.idle(exchange.started)
    if idle is not None and idle >= IDLE_SECONDS:
        return causes.EXPIRED
    return causes.REPLICA if _answered_just_now(life, exchange.started) else causes.GONE


def _answered_just_now(life: Life, now: datetime) -> bool:
    """It was made, and nothing has been read from it: there was hardly time for a restart."""
    idle = life.idle(now)
    return idle is not None and idle < FRESH_SECONDS and life.reads == 0


def _of_read(exchange: Exchange, code: int | None, words: str, life: Life | None) -> Diagnosis | None:
    match exchange.status:
        case 406 if "failed to decode" in words:
            return causes.POISON
        case 406 if code == 40601 or "consumer format" in words or "embedded" in words:
            return causes.WRONG_ACCEPT
        case 406:
            return causes.MEDIA
        case 408 | 422 if "maximum number of bytes" in words:
            return causes.TOO_LARGE
        case 408 | 422 if code is not None:
            return causes.POISON
        case 500 if "no reset policy" in words or "nooffsetforpartition" in words:
            return causes.NO_POSITION
        case 500 if "not subscribed" in words or "not assigned" in words:
            return causes.NO_ASSIGNMENT
        case 500 if life is not None and life.created is not None and life.assigned is None and not life.reads:
            return causes.NO_ASSIGNMENT
        case 500 if b"Internal server error" in exchange.response_body:  # Confluent has two more capitals
            return causes.EMPTY_RECORDS
    return None


def _is_page(exchange: Exchange) -> bool:
    """Whether a page of HTML came."""
    kinds = [value for name, value in exchange.response_headers if name.lower() == "content-type"]
    return any("html" in kind.lower() for kind in kinds) or exchange.response_body.lstrip()[:1] == b"<"


def _noticed(exchange: Exchange) -> Diagnosis | None:
    """What is remarkable although it went well."""
    if exchange.status is not None and exchange.status >= 300:
        return causes.ELSEWHERE
    if _is_page(exchange):
        return causes.GATEWAY
    place = place_of(exchange.path)
    if exchange.method == "POST" and place is None:
        if any(isinstance(each, dict) and each.get("error_code") for each in _offsets(exchange.response_body)):
            return causes.NOT_STORED
        return causes.SLOW if (exchange.milliseconds or 0.0) > SLOW_SECONDS * 1000 else None
    if exchange.method == "POST" and place is not None and not place.name and (other := other_host(exchange)):
        cause = f"The proxy names its instances by {other}, which is not the address you use. Clients that follow "
        return causes.OTHER_WORLD._replace(cause=f"{cause}it, as the documentation says, may not get there.")
    if (exchange.milliseconds or 0.0) / 1000 - _asked_to_wait(exchange.path) > SLOW_SECONDS:
        return causes.SLOW
    return None


def other_host(exchange: Exchange) -> str:
    """Host and port in the base_uri of a new instance, when they are not those that were asked."""
    base = members(exchange.response_body).get("base_uri")
    try:
        there, here = urlsplit(base if isinstance(base, str) else ""), urlsplit(exchange.url)
        if not there.hostname:
            return ""
        ports = {"http": 80, "https": 443}
        same = (there.hostname, there.port or ports.get(there.scheme)) == (
            here.hostname,
            here.port or ports.get(here.scheme),
        )
    except ValueError:
        return ""
    return "" if same else there.netloc.rpartition("@")[2]


def _offsets(body: bytes) -> list[object]:
    found = members(body).get("offsets")
    return found if isinstance(found, list) else []


def _asked_to_wait(path: str) -> float:
    """Seconds that a read asked the proxy to wait."""
    try:
        return int(parse_qs(urlsplit(path).query)["timeout"][0]) / 1000
    except (KeyError, ValueError):
        return 0.0
