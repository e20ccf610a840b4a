"""Groups in memory: dealing partitions, and members that come and go over HTTP."""

from __future__ import annotations

import httpx
import pytest

from ktui.model import TopicPartition
from ktui.server.memory.groups import Groups
from ktui.server.sandbox import Sandbox
from tests.unit.server_http import Http

COUNTS = {"t": 5, "u": 1}


def partitions(groups: Groups, member: str) -> list[int]:
    return [tp.partition for tp in groups.given("g", member) if tp.topic == "t"]


def test_partitions_are_dealt_in_ranges() -> None:
    groups = Groups()
    groups.join("g", "b", frozenset({"t", "u"}), COUNTS)
    assert partitions(groups, "b") == [0, 1, 2, 3, 4]
    groups.join("g", "a", frozenset({"t"}), COUNTS)
    assert (partitions(groups, "a"), partitions(groups, "b")) == ([0, 1, 2], [3, 4])
    assert TopicPartition("u", 0) in groups.given("g", "b")
    groups.leave("g", "b", COUNTS)
    assert partitions(groups, "a") == [0, 1, 2, 3, 4]
    assert groups.generation("g") == 3


def test_leaving_a_group_one_is_not_in_changes_nothing() -> None:
    groups = Groups()
    groups.leave("g", "a", COUNTS)
    assert groups.generation("g") == 0
    assert groups.members("g") == ()


def test_commits_are_kept_with_their_notes() -> None:
    groups = Groups()
    tp = TopicPartition("t", 0)
    groups.commit("g", {tp: 4}, {tp: "note"})
    assert groups.committed["g"] == {tp: 4}
    assert groups.metadata["g", tp] == "note"
    groups.commit("g", {tp: 5})
    assert groups.metadata["g", tp] == ""


@pytest.fixture
def http(sandbox: Sandbox) -> Http:
    sandbox.topics.create("t", 4)
    for n in range(8):
        sandbox.topics.append("t", n % 4, None, b"%d" % n)
    return Http(httpx.AsyncClient(transport=sandbox.transport(), base_url="http://sandbox"))


async def assigned(http: Http, name: str) -> list[int]:
    answer = await http.get(f"/consumers/g/instances/{name}/assignments")
    return sorted(entry["partition"] for entry in answer.json()["partitions"])


async def subscribe(http: Http, name: str, **options: str) -> None:
    await http.create("g", name, **options)
    await http.post(f"/consumers/g/instances/{name}/subscription", {"topics": ["t"]})


async def test_members_share_partitions_and_inherit_them(http: Http) -> None:
    await subscribe(http, "a")
    assert await assigned(http, "a") == []
    assert len(await http.records("g", "a")) == 8
    assert await assigned(http, "a") == [0, 1, 2, 3]
    await subscribe(http, "b")
    await http.records("g", "b")
    await http.records("g", "a")
    both = [await assigned(http, name) for name in "ab"]
    assert sorted(both) == [[0, 1], [2, 3]]
    await http.delete("/consumers/g/instances/a")
    await http.records("g", "b")
    assert await assigned(http, "b") == [0, 1, 2, 3]


async def test_auto_commit_happens_when_a_member_goes(http: Http, sandbox: Sandbox) -> None:
    await subscribe(http, "a", **{"auto.commit.enable": "true"})
    await http.records("g", "a")
    assert not sandbox.groups.committed.get("g")
    await http.delete("/consumers/g/instances/a")
    assert sandbox.groups.committed["g"] == {TopicPartition("t", n): 2 for n in range(4)}
    await subscribe(http, "b")
    assert await http.records("g", "b") == []


async def test_a_member_without_auto_commit_leaves_no_trace(http: Http, sandbox: Sandbox) -> None:
    await subscribe(http, "a")
    await http.records("g", "a")
    await http.delete("/consumers/g/instances/a")
    assert not sandbox.groups.committed.get("g")


async def test_a_commit_beside_a_live_member_is_refused(http: Http, sandbox: Sandbox) -> None:
    await subscribe(http, "a")
    await http.records("g", "a")
    await http.create("g", "other")
    body = {"offsets": [{"topic": "t", "partition": 0, "offset": 1}]}
    refused = await http.post("/consumers/g/instances/other/offsets", body)
    assert (refused.status_code, refused.json()["error_code"]) == (500, 50002)
    assert not sandbox.groups.committed.get("g")
    accepted = await http.post("/consumers/g/instances/a/offsets", body)
    assert (accepted.status_code, accepted.json()) == (200, [])
    assert sandbox.groups.committed["g"] == {TopicPartition("t", 0): 2}


async def test_a_new_partition_reaches_the_subscribed(http: Http, sandbox: Sandbox) -> None:
    await subscribe(http, "a")
    await http.records("g", "a")
    sandbox.topics.grow("t", 5)
    sandbox.topics.append("t", 4, None, b"new")
    await http.records("g", "a")
    assert await assigned(http, "a") == [0, 1, 2, 3, 4]
