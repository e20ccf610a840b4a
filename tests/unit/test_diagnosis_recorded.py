"""What real servers answered, as it was recorded, and the cause that is found in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ktui.model import Exchange
from ktui.records import causes
from ktui.records.causes import Diagnosis
from ktui.records.diagnosis import diagnose

GOLDEN = sorted((Path(__file__).parents[1] / "conformance" / "golden").glob("*.jsonl"))


def failures(path: Path) -> Iterator[tuple[int, Exchange]]:
    """Case numbers and failed exchanges."""
    for line in path.read_text().splitlines():
        step = json.loads(line)
        request, response = step["request"], step["response"]
        if response["status"] is None or response["status"] < 400:
            continue
        body = response["body"]
        yield (
            step["case"],
            Exchange(
                number=1,
                started=datetime.now(UTC),
                method=request["method"],
                path=request["path"],
                url=f"http://proxy{request['path']}",
                status=response["status"],
                response_headers=tuple(response["headers"].items()),
                response_body=(body if isinstance(body, str) else json.dumps(body)).encode(),
                milliseconds=1.0,
            ),
        )


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("case", "cause"),
    [
        (6, causes.NO_TOPIC),
        (35, causes.TAKEN),
        (50, causes.MIXED),
        (54, causes.SEEK_FIRST),
        (58, causes.WRONG_ACCEPT),
        (60, causes.POISON),
        (71, causes.GONE),
        (109, causes.ACTIVE_GROUP),
    ],
)
def test_a_case_and_its_cause(path: Path, case: int, cause: Diagnosis) -> None:
    found = {diagnose(exchange) for number, exchange in failures(path) if number == case}
    assert cause in found


@pytest.mark.parametrize(
    ("server", "case", "cause"),
    [
        ("strimzi", 48, causes.NO_ASSIGNMENT),
        ("strimzi", 125, causes.TOO_LARGE),
        ("karapace", 124, causes.EMPTY_RECORDS),
        ("karapace", 32, causes.TOO_MUCH),
        ("confluent", 127, causes.NO_POSITION),
        ("strimzi", 127, causes.NO_POSITION),
        ("confluent", 106, causes.SLOW_COMMIT),
        ("strimzi", 106, causes.SLOW_COMMIT),
        ("karapace", 106, causes.NO_PARTITION),
    ],
)
def test_what_only_one_of_them_says(server: str, case: int, cause: Diagnosis) -> None:
    (path,) = (path for path in GOLDEN if path.stem.startswith(server))
    assert cause in {diagnose(exchange) for number, exchange in failures(path) if number == case}


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_page_of_nobody_is_seen_in_none_of_them(path: Path) -> None:
    found = [diagnose(exchange) for _, exchange in failures(path)]
    assert len(found) > 80
    assert None not in found
    assert not {causes.GATEWAY, causes.AWAY, causes.LOGIN} & {each for each in found if each is not None}
