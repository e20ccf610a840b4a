"""The same or different: an exchange against the recorded one, with everything volatile masked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.conformance.suite import Json

Exchange = Mapping[str, Json]
FREE_TEXT = {"message", "error", "validation_errors"}
FIXED_TIMESTAMPS = range(1_500_000_000_000, 1_750_000_000_000)
"""Set by a case, not by a clock."""
GENERATED = re.compile(r"[\w.-]*[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|consumer-[\w.-]*-\d+$")
GOLDEN = Path(__file__).parent / "golden"


@cache
def golden(name: str) -> Mapping[int, Mapping[int, Exchange]]:
    """A recording: the exchanges of each case by step."""
    cases: dict[int, dict[int, Exchange]] = {}
    for line in (GOLDEN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        exchange = json.loads(line)
        cases.setdefault(exchange["case"], {})[exchange["step"]] = exchange
    return cases


def differences(ours: Mapping[int, Exchange], theirs: Mapping[int, Exchange]) -> list[str]:
    """What differs between two runs of a case, both sides in short."""
    lines: list[str] = []
    for step in sorted(ours.keys() | theirs.keys()):
        present = [side[step] for side in (theirs, ours) if step in side]
        request = present[0]["request"]
        if any("unstable" in exchange for exchange in present):
            continue
        if len(present) < 2 and request["method"] == "KAFKA":
            continue  # asked without a broker
        sides = [outcome(side[step]) if step in side else "no such step" for side in (theirs, ours)]
        if sides[0] != sides[1]:
            lines.append(f"step {step} {request['method']} {request['path']}?{request['query']}".rstrip("?"))
            lines += [f"  {name} {side[:400]}" for name, side in zip(("golden", "here  "), sides, strict=True)]
    return lines


def outcome(exchange: Exchange) -> str:
    """What counts of an exchange, as text: status, headers and body."""
    response = exchange["response"]
    body = normal(response["body"])
    if isinstance(response["body"], str) and response["status"] is not None:
        body = "<text>"
    return f"{response['status']} {json.dumps(response['headers'])} {json.dumps(body, sort_keys=True)}"


def normal(value: Json, key: str = "") -> Json:
    """A JSON value with generated ids, clock times, hosts and free text masked."""
    if isinstance(value, dict):
        if key == "configs":  # a server shows every setting of its Kafka version; one will do
            return {"cleanup.policy": value.get("cleanup.policy")}
        return {k: normal(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return "<text>" if key == "validation_errors" else [normal(v, key) for v in value]
    if key == "timestamp" and isinstance(value, int) and value > 0 and value not in FIXED_TIMESTAMPS:
        return "<now>"
    if key in {"host", "port"}:
        return "<broker>"
    return _normal_text(value, key) if isinstance(value, str) else value


def _normal_text(value: str, key: str) -> str:
    if key == "timestamp" and value[:4] >= "2025":  # v3 writes ISO-8601
        return "<now>"
    if key in FREE_TEXT:
        return "<text>"
    if key == "bridge_version":
        return "<version>"
    if key in {"base_uri", "self", "related"}:
        # Karapace that was not told its own address gives a path, without even the first slash.
        value = re.sub(r"^(https?://[^/]*|(?=consumers/))/?", "http://HOST/", value)
    return GENERATED.sub("<id>", value)
