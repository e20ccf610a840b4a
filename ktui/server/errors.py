"""Errors as the server answers them."""

from __future__ import annotations


class ApiError(Exception):
    """Ends a request with a status and a body."""

    def __init__(self, status: int, code: int, message: str, *, typed: bool = True) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.typed = typed
        """False for what the framework refuses before a resource is found: C sends no Content-Type there."""


NOT_FOUND = "HTTP 404 Not Found"


def no_such_path() -> ApiError:
    """The path is nobody's."""
    return ApiError(404, 404, NOT_FOUND, typed=False)


def bad_number() -> ApiError:
    """A number in path or query is none: C takes it for another path."""
    return ApiError(404, 404, NOT_FOUND)


def wrong_method() -> ApiError:
    """The path is there, the method is not."""
    return ApiError(405, 405, "HTTP 405 Method Not Allowed", typed=False)


def not_acceptable() -> ApiError:
    """Accept names nothing that is made here."""
    return ApiError(406, 406, "HTTP 406 Not Acceptable", typed=False)


def wrong_type() -> ApiError:
    """Content-Type is nothing that is read here."""
    return ApiError(415, 415, "HTTP 415 Unsupported Media Type")


def internal() -> ApiError:
    """What C did not foresee, an error of the client's included."""
    return ApiError(500, 500, "Internal Server Error")


def no_instance() -> ApiError:
    """The consumer instance is not, or no longer, there."""
    return ApiError(404, 40403, "Consumer instance not found.")


def illegal_state(text: str) -> ApiError:
    """The instance is in another state than the call needs."""
    return ApiError(409, 40903, f"Illegal state: {text}")


def unknown_field(name: str) -> ApiError:
    """A body with a key that nobody knows."""
    return ApiError(422, 422, f"Unrecognized field: {name}")


def bad_body(text: str) -> ApiError:
    """A body that is not JSON, or has the wrong shape."""
    return ApiError(400, 400, text)


def no_body(what: str) -> ApiError:
    """A body is needed."""
    return ApiError(422, 422, f"{what} must not be null (was null)")
