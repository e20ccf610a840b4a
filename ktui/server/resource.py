"""One path of the API as an ASGI application: method, media types, errors, and the handler's answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ktui.server import errors
from ktui.server.errors import ApiError
from ktui.server.kafka import (
    IllegalState,
    InvalidTopic,
    KafkaError,
    NoAssignment,
    RetriableError,
    TopicExists,
    UnknownPartition,
    UnknownTopic,
)
from ktui.server.media import bare, negotiate


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

    def header(self, name: str) -> str | None:
        """A header of the request."""
        return self._request.headers.get(name)

    def number(self, name: str) -> int:
        """A segment of the path that must be a number."""
        return integer(self.path(name))

    def query_number(self, name: str) -> int | None:
        """A parameter that must be a number if it is there."""
        found = self.query.get(name)
        return None if found is None else integer(found)

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


def integer(text: str) -> int:
    """A number of path or query as Java reads it."""
    try:
        return int(text)
    except ValueError as error:
        raise errors.bad_number() from error


Answer = bytes | Response | object
"""What a handler gives: a whole response, a JSON text, None for 204, or a value that becomes JSON."""
Handler = Callable[[Call], Awaitable[Answer]]


class Resource:
    """A path with its methods."""

    def __init__(self, produces: Sequence[str], consumes: Sequence[str], **handlers: Handler) -> None:
        self._produces, self._consumes, self._handlers = produces, consumes, handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self.answer(Request(scope, receive))
        await response(scope, receive, send)

    async def answer(self, request: Request) -> Response:
        """The response, errors included."""
        media = self._produces[0]
        try:
            method = "GET" if request.method == "HEAD" else request.method
            handler = self._handlers.get(method)
            if handler is None:
                return self._without(method)
            content_type = request.headers.get("content-type")
            if content_type and bare(content_type) not in self._consumes:
                raise errors.wrong_type()
            chosen = negotiate(request.headers.get("accept"), self._produces)
            if chosen is None:
                raise errors.not_acceptable()
            media = chosen
            return reply(await handler(Call(request, media)), media)
        except ApiError as error:
            return refusal(error, media)
        except KafkaError as error:
            return refusal(translated(error), media)

    def _without(self, method: str) -> Response:
        """The answer to a method that has no handler."""
        if method != "OPTIONS":
            raise errors.wrong_method()
        known = [*(["HEAD", "GET"] if "GET" in self._handlers else []), *(m for m in self._handlers if m != "GET")]
        return Response(headers={"allow": ",".join([*known, "OPTIONS"])}, media_type=self._produces[0])


def reply(answer: Answer, media: str) -> Response:
    """A handler's answer as a response."""
    if isinstance(answer, Response):
        return answer
    if answer is None:
        return Response(status_code=204)
    content = answer if isinstance(answer, bytes) else msgspec.json.encode(answer)
    return Response(content, headers={"content-type": media})


def refusal(error: ApiError, media: str) -> Response:
    """An error as a response."""
    content = msgspec.json.encode({"error_code": error.code, "message": error.message})
    return Response(content, error.status, headers={"content-type": media} if error.typed else None)


_TRANSLATIONS: Mapping[type[KafkaError], tuple[int, int]] = {
    UnknownTopic: (404, 40403),
    UnknownPartition: (404, 40402),
    InvalidTopic: (400, 40002),
    TopicExists: (400, 40002),
    RetriableError: (500, 50003),
}


def translated(error: KafkaError) -> ApiError:
    """An error of Kafka's as C answers it."""
    if isinstance(error, NoAssignment):
        return errors.internal()
    if isinstance(error, IllegalState):
        return errors.illegal_state(str(error))
    status, code = _TRANSLATIONS.get(type(error), (500, 50002))
    return ApiError(status, code, str(error))
