"""From what went wrong to the exception that says what to do next: statuses, error bodies, broken connections.

The one place that judges an answer. Bodies may be JSON of three shapes, HTML, plain text or nothing (reference 8.12),
and the same status and code mean different things on different paths (reference 2.2), so the path decides too.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from ktui.errors import (
    Busy,
    Conflict,
    ConsumerGone,
    Forbidden,
    NotAProxy,
    NotFound,
    ProxyError,
    Unacceptable,
    Unsupported,
)
from ktui.model import Exchange
from ktui.rest.address import scrub

_INSTANCE = r"/consumers/[^/]+/instances/[^/?]+"
_TAGS = r"(?is)<(script|style)\b.*?</\1>|<[^>]*>"
_REFUSED = ("refused", "all connection attempts failed")
"""How a connection error says that nothing listens."""
_SHOWN = 200
"""Characters of a server's text that go into a sentence."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for a body that is not as it should be: no JSON, not UTF-8, or nested hundreds deep."""


def said(body: bytes) -> str:
    """The beginning of an answer that is not what was expected, without its markup, on one line."""
    text = body[:4096].decode("utf-8", "replace")
    return scrub(" ".join(re.sub(_TAGS, " ", text).split()))[:_SHOWN]


def members(body: bytes) -> dict[str, object]:
    """Those of a JSON object; none when a body is anything else. Of one that is not UTF-8, as gateways write that still
    speak Latin-1, only the odd characters are lost."""
    try:
        try:
            found = msgspec.json.decode(body)
        except UNREADABLE:
            found = msgspec.json.decode(body.decode("utf-8", "replace"))
    except UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def error_body(status: int, body: bytes) -> tuple[int | None, str]:
    """`error_code` (None when the body has none, so is not a proxy's) and the message, whatever the shape."""
    answer = members(body[:65536])
    numbers = (answer.get(key) for key in ("error_code", "code"))
    code = next((number for number in numbers if isinstance(number, int)), None)
    message = answer.get("message")
    if not isinstance(message, str) or not message:
        words = "" if code is not None or body.strip() == b"{}" else said(body)
        return code, words or _phrase(status)
    errors = answer.get("validation_errors")
    if isinstance(errors, list) and errors:
        message = f"{message} ({'; '.join(str(each) for each in errors)})"
    if code is None and status in (401, 403):  # Karapace says these without a code
        code = status
    return code, scrub(message)


def refusal(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, exchange: Exchange
) -> ProxyError:
    """The exception for an answer that is not a success. `path` is without the prefix of the proxy's address."""
    code, message = error_body(status, body)
    number = status if code is None else code
    if status in (401, 403):
        return Forbidden(status, number, message, exchange)
    if status == 404:
        return _not_found(path, code, message, exchange)
    if status in (405, 501):
        return Unsupported(f"This proxy does not offer {method} {path.partition('?')[0]}", exchange)
    if status == 409:
        return Conflict(status, number, message, exchange)
    if status == 429 or status >= 500 or (status == 408 and code is None):
        return Busy(status, number, message, exchange, _seconds(headers.get("retry-after")))
    if status == 400 and "HTTPS" in message and code is None:
        return NotAProxy(f"TLS is spoken there: the address begins with https:// ({message})", exchange)
    if 400 <= status < 500:
        return Unacceptable(status, number, message, exchange)
    return NotAProxy(f"{method} {path} was answered with {status} {_phrase(status)}", exchange)


def _not_found(path: str, code: int | None, message: str, exchange: Exchange) -> ProxyError:
    number = 404 if code is None else code
    words = message.lower()
    if re.match(_INSTANCE, path):
        if "no current assignment" in words:  # how Strimzi says "seek before assign"
            return Conflict(404, number, message, exchange)
        if "unknown topic or partition" in words:  # Karapace, on an instance that is there
            if "/positions" in path:
                return Conflict(404, number, message, exchange)
            return NotFound(404, number, message, exchange)
        if "partition" in words and "not found" in words:  # Karapace, committing to a partition that is not there
            return NotFound(404, number, message, exchange)
        return ConsumerGone(404, number, message, exchange)
    if code is None:
        return NotAProxy(f"404 from something that is not a Kafka REST proxy: {message}", exchange)
    return NotFound(404, number, message, exchange)


def unreachable(error: BaseException, where: str, seconds: float, begun: bool) -> str:
    """A sentence about a connection that gave no answer. `begun`: the beginning of one had come."""
    import httpx

    for cause in causes(error):
        if isinstance(cause, socket.gaierror):
            return f"The name {where.rpartition(':')[0]} is not known (DNS)"
        if isinstance(cause, ConnectionRefusedError):
            return f"Nothing listens at {where} (connection refused)"
    if isinstance(error, httpx.ConnectTimeout):
        return f"{where} does not take the connection (none within {min(seconds, CONNECT_SECONDS):g} s)"
    if isinstance(error, httpx.TimeoutException):
        return f"{where} gave no answer within {seconds:g} s"
    if isinstance(error, httpx.ConnectError):
        if any(sign in str(error).lower() for sign in _REFUSED):
            return f"Nothing listens at {where} (connection refused)"
        return f"{where} cannot be reached ({error})"
    if isinstance(error, httpx.DecodingError):
        return f"The answer of {where} is damaged (its compression does not open)"
    if isinstance(error, httpx.ProxyError):
        return f"The HTTP proxy on the way to {where} refused ({error})"
    if begun:
        return f"The connection to {where} was cut in the middle of an answer"
    return f"{where} closed the connection without an answer"


CONNECT_SECONDS = 5.0
"""Longest wait for a connection."""


def never_sent(error: BaseException | None) -> bool:
    """Whether the request cannot have reached a server."""
    import httpx

    return isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol))


def went_silent(error: BaseException) -> bool:
    """Whether the other side ended the connection, or never spoke HTTP."""
    import httpx

    refused = any(isinstance(cause, socket.gaierror | ConnectionRefusedError) for cause in causes(error))
    refused |= any(sign in str(error).lower() for sign in _REFUSED)
    timed = isinstance(error, httpx.TimeoutException)
    return isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError) and not (refused or timed)


def causes(error: BaseException) -> list[BaseException]:
    """The chain below `error`, and what a group of failed attempts holds."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or each in found:
            continue
        found.append(each)
        waiting += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    return found


def _seconds(retry_after: str | None) -> float | None:
    """A Retry-After header in seconds; dates, which no proxy sends, are left alone."""
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:
        return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"HTTP {status}"
