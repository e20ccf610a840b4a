"""Text that means harm: what records, names and answers may hold, and a server that sends it everywhere."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import httpx

MARKER = "cHduZWQ"
"""What the OSC 52 sequences here would put on the clipboard: must never follow an escape out of the program."""
OSC52 = f"\x1b]52;c;{MARKER}\x07"
LINK = "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\"

TEXTS = (
    "[/]",
    "[red]red[/red] [link=http://evil.example]x[/link] [@click=app.quit]y[/]",
    "[",
    "\\[bold",
    "$primary $$ ${HOME} {0} %s",
    f"a{OSC52}b",
    LINK,
    "\x1b[2J\x1b[H\x1b]0;title\x07\x1bP1$r\x1b\\\x1bc",
    "\x9b31m\x9d52;c;cHduZWQ\x9c\x90x\x9c",
    "nul\0 bell\x07 back\x08 form\x0c tab\tfeed\nreturn\r del\x7f",
    "\u202egnihsup\u202c \u2066in\u2069 \u2028line\u2029paragraph",
    "👩‍👩‍👧‍👦 🇫🇷 👍🏽 ☺️ 한국어 日本語 中文字符 ｆｕｌｌ",
    "a\u0301\u0302\u0303\u0304\u0305" * 8 + " \u200b\u200d\ufeff",
    "\U000e0041\ufffe\uffff",
    "   ",
)
"""Each may be a key, a value, a header, a name."""

VALUES: tuple[bytes | None, ...] = (
    None,
    b"",
    *(text.encode() for text in TEXTS),
    *(json.dumps({text: [text, {"nested": text}]}, ensure_ascii=False).encode() for text in TEXTS),
    *(json.dumps({text: text}).encode() for text in TEXTS),
    rb'{"lone": "\ud800 \udc00\udfff", "\udead": 1e400, "big": 123456789012345678901234567890.10}',
    b"\xff\xfe\x1b]52;c;cHduZWQ\x07\x80",
    b"\xed\xa0\x80 surrogate in bytes " + OSC52.encode(),
    b"{" + b'"a":{' * 2000,
    b"[" * 5000 + b"]" * 5000,
    b'{"' + OSC52.encode() + b'": "broken',
    (OSC52 + "x" * 1_000_000).encode(),
    json.dumps({"long": OSC52 + "y" * 1_000_000}).encode(),
    "日本語".encode() * 100_000,
)

FORBIDDEN = (
    {chr(code) for code in range(0x20)}
    | {"\x7f"}
    | {chr(code) for code in range(0x80, 0xA0)}
    | {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)}
    | {chr(code) for code in range(0xD800, 0xE000)}
)
"""No cell of the screen holds any of these."""


class Renaming(httpx.AsyncBaseTransport):
    """A server whose topics have names that no Kafka would take, over one that has tame ones."""

    def __init__(self, inner: httpx.AsyncBaseTransport, names: dict[str, str]) -> None:
        """`names`: tame -> evil."""
        self._inner, self._evil = inner, names
        self._tame = {evil: tame for tame, evil in names.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = "/".join(self._tame.get(unquote(part), unquote(part)) for part in _path(request).split("/"))
        query = request.url.query.decode()
        url = request.url.copy_with(raw_path=(quote(path) + (f"?{query}" if query else "")).encode())
        body = _renamed(await request.aread(), self._tame)
        headers = httpx.Headers(request.headers)
        headers["content-length"] = str(len(body))
        asked = httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)
        answer = await self._inner.handle_async_request(asked)
        told = _renamed(await answer.aread(), self._evil)
        kept = [(name, value) for name, value in answer.headers.items() if name != "content-length"]
        return httpx.Response(answer.status_code, headers=kept, content=told, request=request)


def _path(request: httpx.Request) -> str:
    return request.url.raw_path.decode().partition("?")[0]


def _renamed(body: bytes, names: dict[str, str]) -> bytes:
    try:
        found = json.loads(body)
    except ValueError:
        return body

    def walk(node: object) -> object:
        if isinstance(node, str):
            return names.get(node, node)
        if isinstance(node, list):
            return [walk(each) for each in node]
        if isinstance(node, dict):
            return {key: walk(each) for key, each in node.items()}
        return node

    return json.dumps(walk(found)).encode()
