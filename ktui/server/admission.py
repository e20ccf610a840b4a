"""Which media types a flavour lets in, and in which one it answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from starlette.requests import Request

from ktui.server.errors import ApiError
from ktui.server.media import EMBEDDED, V2, bare, embedded, negotiate


class Types(NamedTuple):
    """The media types of a path, as C documents them."""

    produces: Sequence[str]
    consumes: Sequence[str]


Admission = Callable[[Request, Types], str]
"""The media type of the answer; ApiError when the request is not let in."""
KARAPACE_MEDIA = embedded("json")
_KARAPACE_TYPE = re.compile(
    r"application/(vnd\.kafka(\.(binary|json|avro|jsonschema|protobuf))?(\.v[12])?\+json|json|octet-stream)"
)
_KARAPACE_ACCEPT = re.compile(
    r"application/vnd\.kafka(\.(binary|json|avro|jsonschema|protobuf))?(\.v[12])?\+json"
    r"|application/json|application/\*|\*/json|\*/\*"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STRIMZI_RECORDS = tuple(embedded(data_format) for data_format in ("binary", "json", "text"))


def confluent(request: Request, types: Types) -> str:
    """Jersey matches both headers, a Content-Type without a body too."""
    content_type = request.headers.get("content-type")
    if content_type and bare(content_type) not in types.consumes:
        raise ApiError("wrong_type")
    chosen = negotiate(request.headers.get("accept"), types.produces)
    if chosen is None:
        raise ApiError("not_acceptable")
    return chosen


def strimzi(request: Request, types: Types) -> str:
    """The type of a body is compared as a whole, Accept only where records are read."""
    if int(request.headers.get("content-length", "0")):
        allowed = _STRIMZI_RECORDS if types.consumes is EMBEDDED else (V2,)
        if request.method == "POST" and request.headers.get("content-type") not in allowed:
            raise ApiError("wrong_type")
    if types.produces[0] != EMBEDDED[0]:
        return V2
    accept = request.headers.get("accept")
    if accept not in _STRIMZI_RECORDS:
        raise ApiError("not_acceptable")
    return accept


def karapace(request: Request, types: Types) -> str:
    """Both headers by patterns; every answer is called json, so the format of a read is looked up anew."""
    content_type = request.headers.get("content-type")
    if content_type and not _KARAPACE_TYPE.fullmatch(bare(content_type)):
        raise ApiError("wrong_type")
    accept = request.headers.get("accept")
    if accept and not _KARAPACE_ACCEPT.search(accept):
        raise ApiError("not_acceptable")
    return KARAPACE_MEDIA


def karapace_format(accept: str | None) -> str | None:
    """The embedded format that the leftmost match names."""
    found = _KARAPACE_ACCEPT.search(accept or "")
    return found[2] if found else None


def redpanda(request: Request, types: Types) -> str:
    """A Content-Type wherever there may be a body, also without one; records only as what is asked for by name."""
    if _CONTROL.search(unquote(request.scope["path"])):
        raise ApiError("control_characters")
    if types.consumes and bare(request.headers.get("content-type", "")) not in types.consumes:
        raise ApiError("wrong_type")
    accept = [bare(part) for part in request.headers.get("accept", "*/*").split(",")]
    if chosen := next((part for part in accept if part in types.produces), None):
        return chosen
    if "*/*" not in accept or types.produces[0] in EMBEDDED:
        raise ApiError("not_acceptable")
    return types.produces[0]


ADMISSIONS: dict[str, Admission] = {"C": confluent, "K": karapace, "S": strimzi, "R": redpanda}
