"""Every exception ktui raises, grouped by what the caller does next.

- KtuiError
    - ConfigError          a file, an option or a variable is wrong: it names what and where
    - ProxyError           talking to the proxy failed; `.exchange` is the proof for the wire screen
        - Unreachable      no answer: refused, DNS, TLS, reset, timed out   -> wait, try again by itself
        - NotAProxy        an answer, but not from a REST proxy (HTML, ...) -> say so, stop
        - Unsupported      this make of proxy has no such call              -> say so, offer what it has
        - Refused          `status`, `code`, `message` (outside text)
            - Forbidden    401, 403                                         -> say so, stop
            - NotFound     no such topic or partition                       -> say so, refresh topics
            - ConsumerGone 404 on an instance path                          -> reopen at our own positions
            - Conflict     409                                              -> reopen, at most a few times
            - Unacceptable 400, 405, 406, 408, 413, 415, 422                -> show at the field; never retry
            - Busy         429, 5xx                                         -> back off, honour Retry-After

No retry happens where these are raised: deciding is the caller's.
"""

from __future__ import annotations

from ktui.model import Exchange


class KtuiError(Exception):
    """Anything that goes wrong in a way we foresaw. Its text is a sentence for a person."""


class ConfigError(KtuiError):
    """A configuration value is wrong."""


class ProxyError(KtuiError):
    """A call to the proxy did not give what was asked."""

    def __init__(self, message: str, exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.message = message
        """Outside text when it came from a server: only `ui/text.py` may put it on a screen."""
        self.exchange = exchange
        """The request and its answer, or None when nothing was sent."""


class Unreachable(ProxyError):
    """No answer came. Whether a write was carried out is unknown."""


class NotAProxy(ProxyError):
    """Something answered that is not a Kafka REST proxy."""


class Unsupported(ProxyError):
    """This make of proxy does not offer the call; nothing was sent, or it said so."""


class Refused(ProxyError):
    """The proxy answered with an error."""

    def __init__(
        self, status: int, code: int, message: str, exchange: Exchange | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, exchange)
        self.status = status
        self.code = code
        """`error_code` of the body, or the status where the body has none."""
        self.retry_after = retry_after
        """Seconds from a Retry-After header."""


class Forbidden(Refused):
    """401 or 403."""


class NotFound(Refused):
    """The topic or partition does not exist (404 on anything but an instance path)."""


class ConsumerGone(Refused):
    """The instance is not there: expired, proxy restarted, or another replica answered."""


class Conflict(Refused):
    """409: the instance is in another state than the call needs."""


class Unacceptable(Refused):
    """The request itself is wrong in the proxy's eyes."""


class Busy(Refused):
    """429 or 5xx: not now."""
