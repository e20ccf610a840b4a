"""One path of the API as an ASGI application: method, media types, errors, and the handler's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ktui.model import Record
from ktui.server.admission import ADMISSIONS, KARAPACE_MEDIA, Types
from ktui.server.errors import ApiError, translated
from ktui.server.flavours import Flavour
from ktui.server.kafka import KafkaError
from ktui.server.media import V2, bare

RECORDS = "ktui.response.records"
"""An extension of ASGI, as its `http.response.pathsend`: the start of a response may have `records`, which stand for
its body. JSON and base64, made and taken apart again in one process, were half of what a record cost there."""


class Call:
    """One request, as a handler sees it."""

    def __init__(self, request: Request, media: str) -> None:
        self._request = request
        self.media = media
        """The media type of the answer."""
        self.query = request.query_params

    def path(self, name: str) -> str:
        """A segment of the path, decoded."""
        return unquote(self._request.path_params[name], errors="replace")

    def raw_path(self, name: str) -> str:
        """A segment of the path as it came."""
        return str(self._request.path_params[name])

    def names(self, name: str, value: str) -> bool:
        """Whether a segment of the path, where it has that one, is this."""
        return name not in self._request.path_params or self.path(name) == value

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return self._request.headers.get(name)

    def number(self, name: str) -> int:
        """A segment of the path that must be a number."""
        return integer(self.path(name), "bad_number")

    def query_number(self, name: str) -> int | None:
        """A parameter that must be a number if it is there."""
        found = self.query.get(name)
        return None if found is None else integer(found, "bad_query")

    @property
    def takes_records(self) -> bool:
        """Whether who asks is in this process, and takes records as they are."""
        return RECORDS in self._request.scope.get("extensions", {})

    @property
    def base_url(self) -> str:
        """Scheme and host as the client asked for them."""
        url = self._request.url
        return f"{url.scheme}://{self._request.headers.get('host', url.netloc)}"

    async def body(self) -> bytes:
        """The whole body."""
        return await self._request.body()

    @property
    def content_type(self) -> str | None:
        """Content-Type without parameters."""
        found = self.header("content-type")
        return bare(found) if found else None


def integer(text: str, kind: str) -> int:
    """A number of path or query."""
    try:
        return int(text)
    except ValueError as error:
        raise ApiError(kind, text) from error


Answer = bytes | Response | object
"""What a handler gives: a whole response, a JSON text, None for 204, or a value that becomes JSON."""
Handler = Callable[[Call], Awaitable[Answer]]


class Handed(Response):
    """Records for somebody in this process, as they are."""

    def __init__(self, records: Sequence[Record], media: str) -> None:
        super().__init__(headers={"content-type": media})
        self._records = records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        start = {"type": "http.response.start", "status": self.status_code, "headers": headers}
        await send({**start, "records": self._records})
        await send({"type": "http.response.body", "body": b""})


class Resource:
    """A path with its methods."""

    def __init__(self, flavour: Flavour, types: Types, route: str, /, **handlers: Handler) -> None:
        self._flavour, self._types, self._route, self._handlers = flavour, types, route, handlers
        self._admit = ADMISSIONS[flavour.rules]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["route"] = self._route  # for whoever counts
        response = await self.answer(Request(scope, receive))
        if self._flavour.server:
            response.headers["server"] = self._flavour.server
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The response, errors included."""
        media = self._types.produces[0] if self._flavour.rules == "C" else V2
        try:
            handler = self._handler(request.method)
            if handler is None:
                return Response(headers={"allow": ",".join(self._allowed())}, media_type=media)
            media = self._admit(request, self._types)
            return self._reply(await handler(Call(request, media)), media)
        except ApiError as error:
            return refusal(error, self._flavour, media)
        except KafkaError as error:
            return refusal(translated(error), self._flavour, media)

    def _handler(self, method: str) -> Handler | None:
        """The handler of a method; None where OPTIONS is answered with what there is."""
        letter, known = self._flavour.rules, self._handlers
        if method == "HEAD" and letter == "C":
            method = "GET"
        if method in known:
            return known[method]
        if method == "OPTIONS" and letter == "C":
            return None
        if method == "OPTIONS" and letter == "K":
            raise ApiError("no_origin")
        raise ApiError("wrong_method", allow=() if method == "HEAD" and letter == "S" else self._allowed())

    def _allowed(self) -> list[str]:
        known = list(self._handlers)
        if self._flavour.rules == "S":
            return known
        if self._flavour.rules == "K":
            return sorted([*known, "OPTIONS"])
        return [*(["HEAD", "GET"] if "GET" in known else []), *(m for m in known if m != "GET"), "OPTIONS"]

    def _reply(self, answer: Answer, media: str) -> Response:
        """A handler's answer as a response."""
        if isinstance(answer, Response):
            return answer
        if answer is None:
            return Response(status_code=204, media_type="application/json" if self._flavour.rules == "K" else None)
        content = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
        return Response(content, headers={"content-type": media})


_TYPES = {"plain": "text/plain; charset=utf-8", "json": "application/json"}


def refusal(error: ApiError, flavour: Flavour, media: str) -> Response:
    """An error in the flavour's words."""
    word = flavour.words[error.kind]
    text = word.text.format(error.detail)
    headers = {"content-type": _TYPES.get(word.form, KARAPACE_MEDIA if flavour.rules == "K" else media)}
    if flavour.rules == "S":
        headers["content-type"] = V2
    if word.form in ("untyped", "bare", "empty"):
        headers = {}
    if error.allow and flavour.rules not in "CR":  # they keep to themselves what they would allow
        headers["allow"] = ",".join(error.allow)
    headers.update(error.headers)
    if word.form in ("plain", "bare", "empty"):
        return Response(text, word.status, headers=headers)
    body: dict[str, object] = {"error_code": word.code, "message": text}
    if word.form == "invalid":
        body["validation_errors"] = [error.detail]
    return Response(msgspec.json.encode(body), word.status, headers=headers)
