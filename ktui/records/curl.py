"""A request as a curl command for a shell. Pure. Credentials are named, never written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from ktui.model import Exchange

CREDENTIALS = '-u "$KTUI_USER:$KTUI_PASSWORD"'
TOKEN = "Bearer $KTUI_TOKEN"
HIDDEN = "hidden"
"""What an exchange keeps of a secret."""
_CURL_WRITES = {"host", "content-length", "connection", "user-agent", "accept-encoding", "transfer-encoding"}
"""Headers that curl writes by itself."""


def curl(
    method: str,
    url: str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    options: Iterable[str] = (),
) -> str:
    """One command, quoted for a POSIX shell. Secrets become variables, an Authorization those ktui reads too.
    `options` are quoted already."""
    parts = ["curl", "-sS", *options, "-X", method, shlex.quote(url)]
    for name, value in headers:
        if name.lower() == "authorization" and value.startswith("Bearer"):
            parts += ["-H", f'"{name}: {TOKEN}"']
        elif name.lower() == "authorization":
            parts.append(CREDENTIALS)
        elif value == HIDDEN:
            parts += ["-H", f'"{name}: ${re.sub("[^A-Z0-9]", "_", name.upper())}"']
        elif name.lower() not in _CURL_WRITES:
            parts += ["-H", shlex.quote(f"{name}: {value}")]
    if body:
        parts += ["--data-binary", shlex.quote(body.decode(errors="replace"))]
    return " ".join(parts)


def curl_of(exchange: Exchange, options: Iterable[str] = ()) -> str:
    """The request of an exchange. A body that was not kept whole says so."""
    command = curl(exchange.method, exchange.url, exchange.request_headers, exchange.request_body, options)
    if exchange.request_size > len(exchange.request_body):
        command += f"  # the first {len(exchange.request_body)} of {exchange.request_size} bytes of the body"
    return command
