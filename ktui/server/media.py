"""Media types of the API, and the choice between them by Accept and Content-Type."""

from __future__ import annotations

from collections.abc import Sequence

V2 = "application/vnd.kafka.v2+json"
FORMATS = ("binary", "json", "avro", "jsonschema", "protobuf")


def embedded(data_format: str) -> str:
    """The media type of records in an embedded format."""
    return f"application/vnd.kafka.{data_format}.v2+json"


EMBEDDED = tuple(embedded(data_format) for data_format in FORMATS)
FORMAT_OF = dict(zip(EMBEDDED, FORMATS, strict=True))


def negotiate(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that an Accept header likes best; the first one without a header; None when it likes none."""
    if not accept:
        return offers[0]
    if accept in offers:
        return accept
    best, liked = 0.0, None
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        if quality > best and (found := next((o for o in offers if _matches(name.lower(), o)), None)):
            best, liked = quality, found
    return liked


def _quality(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _matches(wanted: str, offer: str) -> bool:
    return wanted in ("*/*", "application/*", offer)


def bare(content_type: str) -> str:
    """A Content-Type without its parameters."""
    return content_type.partition(";")[0].strip().lower()
