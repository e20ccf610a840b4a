"""What differs between makes of proxy, and how they are told apart."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ktui.errors import Busy, Forbidden, NotAProxy, Unreachable
from ktui.rest.client import ProxyClient
from ktui.rest.dialect import CONFLUENT, DIALECTS, KARAPACE, STRIMZI, Dialect
from ktui.server.sandbox import Sandbox

KARAPACE_GONE = "Consumer for ('ktui-probe', 'ktui-probe') not found among []"
STRIMZI_GONE = "The specified consumer instance was not found."
CONFLUENT_GONE = "Consumer instance not found."

Answers = dict[str, tuple[int, dict[str, str], Any]]


class Fixed(httpx.AsyncBaseTransport):
    """Answers each path with what a recording has for it."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = "/consumers" if request.url.path.startswith("/consumers") else request.url.path
        path = "/partitions" if path.endswith("/partitions") else path
        status, headers, body = self.answers.get(path, (404, {}, b"<html>404</html>"))
        if isinstance(body, bytes):
            return httpx.Response(status, headers=headers, content=body)
        return httpx.Response(status, headers=headers, json=body)


def error(code: int, message: str) -> dict[str, object]:
    return {"error_code": code, "message": message}


def recorded(root: Any, gone: str, code: int, brokers: tuple[int, Any], server: str = "") -> Answers:
    headers = {"server": server} if server else {}
    return {
        "/": (200, headers, root),
        "/topics": (200, headers, ["t"]),
        "/consumers": (404, headers, error(code, gone)),
        "/brokers": (brokers[0], headers, brokers[1]),
    }


CONFLUENT_ANSWERS = recorded({}, CONFLUENT_GONE, 40403, (200, {"brokers": [1]}))
KARAPACE_ANSWERS = recorded({}, KARAPACE_GONE, 40403, (200, {"brokers": [1]}), "Karapace/5.0")
STRIMZI_ANSWERS = recorded({"bridge_version": "1.1.0"}, STRIMZI_GONE, 404, (404, error(404, "Not Found")))


async def probed(answers: Answers) -> Dialect:
    client = ProxyClient("http://host", transport=Fixed(answers))
    try:
        return await client.probe()
    finally:
        await client.aclose()


@pytest.mark.parametrize(
    ("answers", "dialect"),
    [(CONFLUENT_ANSWERS, CONFLUENT), (KARAPACE_ANSWERS, KARAPACE), (STRIMZI_ANSWERS, STRIMZI)],
)
async def test_each_make_is_recognised(answers: Answers, dialect: Dialect) -> None:
    assert await probed(answers) is dialect


@pytest.mark.parametrize("lost", ["/", "/consumers", "/brokers"])
@pytest.mark.parametrize(
    ("answers", "dialect"),
    [(CONFLUENT_ANSWERS, CONFLUENT), (KARAPACE_ANSWERS, KARAPACE), (STRIMZI_ANSWERS, STRIMZI)],
)
async def test_one_path_blocked_by_a_gateway_does_not_confuse(answers: Answers, dialect: Dialect, lost: str) -> None:
    assert await probed({**answers, lost: (403, {}, b"<html>blocked</html>")}) is dialect


def served_by(server: str, answers: Answers) -> Answers:
    return {path: (status, {"server": server}, body) for path, (status, _, body) in answers.items()}


async def test_a_gateway_with_a_header_of_its_own_does_not_confuse() -> None:
    assert await probed(served_by("nginx", KARAPACE_ANSWERS)) is KARAPACE


async def test_a_header_alone_convinces_nobody() -> None:
    assert await probed(served_by("Karapace/5", STRIMZI_ANSWERS)) is STRIMZI


async def test_the_sandbox_is_recognised(sandbox: Sandbox, proxy: ProxyClient) -> None:
    assert (await proxy.probe()).letter == "C"
    assert proxy.failed_count == 0


@pytest.mark.parametrize(
    "topics",
    [(200, {}, b"<html><title>Welcome to nginx</title></html>"), (200, {}, {"topics": []}), (404, {}, b"not found")],
)
async def test_what_is_not_a_proxy_is_said_to_be_none(topics: tuple[int, dict[str, str], Any]) -> None:
    with pytest.raises(NotAProxy):
        await probed({**CONFLUENT_ANSWERS, "/topics": topics})


async def test_a_web_page_is_quoted_without_its_markup() -> None:
    page = (200, {}, b"<html><style>b{}</style><h1>Welcome</h1> to   nginx</html>")
    with pytest.raises(NotAProxy, match="“Welcome to nginx”"):
        await probed({**CONFLUENT_ANSWERS, "/topics": page})


async def test_refusals_are_told_while_probing() -> None:
    with pytest.raises(Forbidden, match="Unauthorized"):
        await probed({**KARAPACE_ANSWERS, "/topics": (401, {}, {"message": "Unauthorized"})})
    with pytest.raises(Busy, match="Kafka node not ready"):
        await probed({**KARAPACE_ANSWERS, "/topics": (500, {}, {"message": "Kafka node not ready", "code": 500})})


async def test_nothing_there_is_unreachable(sandbox: Sandbox, proxy: ProxyClient) -> None:
    sandbox.faults.refuse = True
    with pytest.raises(Unreachable):
        await proxy.probe()


async def test_a_forced_dialect_stays(sandbox: Sandbox) -> None:
    client = ProxyClient("http://sandbox", transport=sandbox.transport(), dialect=STRIMZI)
    await client.probe()
    assert client.dialect is STRIMZI
    await client.aclose()


def test_create_bodies_are_what_each_make_takes() -> None:
    def body(dialect: Dialect) -> dict[str, object]:
        return dict(dialect.create_body("n", "binary", "earliest", dialect.tail))

    same = {"name": "n", "format": "binary", "auto.offset.reset": "earliest"}
    assert body(CONFLUENT) == {**same, "auto.commit.enable": "false", "fetch.min.bytes": 1}
    assert body(KARAPACE) == {**same, "auto.commit.enable": "false"}
    assert body(STRIMZI) == {**same, "enable.auto.commit": False}


def test_strimzi_is_never_sent_max_bytes() -> None:
    assert {gear.max_bytes for gear in (STRIMZI.tail, STRIMZI.catch_up, STRIMZI.look)} == {None}


def test_no_read_waits_longer_than_leaving_may() -> None:
    waits = [gear.timeout_ms for d in DIALECTS.values() for gear in (d.tail, d.catch_up, d.look)]
    assert max(waits) <= 1000
