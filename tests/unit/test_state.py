"""What is remembered between runs, and that a file which cannot be read hurts nobody."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ktui.columns import Column, Columns
from ktui.state import LARGEST, MOST, State

HERE = "http://localhost:8082"
MINE = Columns().toggled(Column("partition")).added(("customer", "id")).sized(Column("key"), 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ktui" / "columns.json"


def test_columns_come_back_by_proxy_and_topic(file: Path) -> None:
    State(file).keep(HERE, "orders", MINE)
    assert State(file).columns(HERE, "orders") == MINE
    assert State(file).columns(HERE, "payments") is None
    assert State(file).columns("http://other:8082", "orders") is None
    assert [each.name for each in file.parent.iterdir()] == ["columns.json"]


def test_two_runs_do_not_take_each_others_topics(file: Path) -> None:
    one, other = State(file), State(file)
    assert one.columns(HERE, "a") is None
    assert other.columns(HERE, "a") is None
    one.keep(HERE, "a", MINE)
    other.keep(HERE, "b", MINE)
    assert {each["topic"] for each in json.loads(file.read_bytes())["topics"]} == {"a", "b"}


def test_what_is_as_at_first_needs_no_room(file: Path) -> None:
    state = State(file)
    state.keep(HERE, "orders", MINE)
    state.keep(HERE, "orders", Columns())
    assert json.loads(file.read_bytes())["topics"] == []
    assert state.columns(HERE, "orders") == Columns()


def test_the_oldest_topics_are_forgotten(file: Path) -> None:
    state = State(file)
    for number in range(MOST + 5):
        state.keep(HERE, f"t{number}", MINE)
    kept = [each["topic"] for each in json.loads(file.read_bytes())["topics"]]
    assert kept == [f"t{number}" for number in range(5, MOST + 5)]


def test_what_is_written_can_be_read_again_however_long_the_names_are(file: Path) -> None:
    wide = Columns()
    for number in range(90):
        wide = wide.added((f"{number:03}" + "x" * 190,))
    file.parent.mkdir()
    names = [f"t{number}" for number in range(MOST - 1)]
    topics = [{"proxy": HERE, "topic": name, "columns": msgspec.to_builtins(wide)} for name in names]
    file.write_bytes(msgspec.json.encode({"version": 1, "topics": topics[: LARGEST // 25_000]}))
    assert file.stat().st_size < LARGEST
    State(file).keep(HERE, "orders", MINE)
    state = State(file)
    assert state.columns(HERE, "orders") == MINE
    assert not state.complaint
    assert len(json.loads(file.read_bytes())["topics"]) > 20


def test_without_a_file_it_lasts_as_long_as_the_run() -> None:
    state = State()
    state.keep(HERE, "orders", MINE)
    assert state.columns(HERE, "orders") == MINE
    assert State().columns(HERE, "orders") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"version": "one"}', b" " * (LARGEST + 1)],
    ids=["empty", "cut", "no text", "deep", "odd", "large"],
)
def test_a_broken_file_is_put_aside_and_said_once(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    state = State(file)
    assert state.columns(HERE, "orders") is None
    assert "columns.broken" in state.complaint
    state.complaint = ""
    state.keep(HERE, "orders", MINE)
    assert state.complaint == ""
    assert file.with_suffix(".broken").read_bytes() == content
    assert State(file).columns(HERE, "orders") == MINE


def test_a_newer_file_is_left_alone(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"version": 2, "topics": [{"new": true}]}')
    state = State(file)
    assert state.columns(HERE, "orders") is None
    assert "newer" in state.complaint
    state.keep(HERE, "orders", MINE)
    assert json.loads(file.read_bytes())["version"] == 2
    assert state.columns(HERE, "orders") == MINE


def test_what_cannot_be_read_of_a_topic_costs_no_other(file: Path) -> None:
    State(file).keep(HERE, "orders", MINE)
    data = json.loads(file.read_bytes())
    data["topics"].insert(0, {"proxy": HERE, "topic": "odd", "columns": {"columns": [{"name": 7}]}})
    data["topics"][1]["columns"]["later"] = {"of": "a newer one"}
    file.write_text(json.dumps(data))
    state = State(file)
    assert state.columns(HERE, "odd") is None
    assert state.columns(HERE, "orders") == MINE


def test_a_folder_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    state = State(blocked / "columns.json")
    state.keep(HERE, "orders", MINE)
    assert "cannot be" in state.complaint
    assert state.columns(HERE, "orders") == MINE
