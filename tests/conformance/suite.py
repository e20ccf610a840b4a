"""What a conformance case is: its topics, the flavours it is for, and the dialect it is asked in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.conformance.probe import Probe

Json = Any
FIRST_TIMESTAMP = 1_700_000_000_000
"""Of the records a topic starts with; record i has this + 1000 * i."""


@dataclass(frozen=True)
class Record:
    """A record a topic starts with. `transaction` is "committed" or "aborted"; a marker follows each run of them."""

    value: bytes | None
    key: bytes | None = None
    partition: int = 0
    headers: tuple[tuple[str, bytes | None], ...] = ()
    transaction: str | None = None


@dataclass(frozen=True)
class Topic:
    """A topic a case needs; on the wire it is called `c<case>-<name>`."""

    name: str
    partitions: int = 1
    records: tuple[Record, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dialect:
    """What a request must change for from one flavour to another. Cases look at nothing else."""

    flavour: str
    golden: str
    no_auto_commit: Mapping[str, Json]
    prompt: Mapping[str, Json] = field(default_factory=dict)
    """Create fields that make reads return at once."""
    commit_all: str | None = None
    """The body of "commit all that was read"; None: no body."""


DIALECTS = {
    "C": Dialect("C", "confluent-8.1.5", {"auto.commit.enable": "false"}, prompt={"fetch.min.bytes": 1}),
    "K": Dialect("K", "karapace", {"auto.commit.enable": "false"}, commit_all="{}"),
    "S": Dialect("S", "strimzi-1.1.0", {"enable.auto.commit": False}),
    "G": Dialect("C", "confluent-8.1.5", {"auto.commit.enable": "false"}, prompt={"fetch.min.bytes": 1}),
}
"""By the letter of whom is asked. Our own gateway is asked what Confluent is, and answers as that does."""

Run = Callable[["Probe"], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One case. `unstable` maps flavour -> step (0: every step) -> why the outcome varies."""

    number: int
    title: str
    run: Run
    topics: tuple[Topic, ...] = ()
    flavours: str = "CKSR"
    needs_kafka: bool = False
    """Takes steps that no HTTP client can take."""
    unstable: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.number}"


class Suite:
    """The cases by number, filled by the `case` decorator."""

    def __init__(self) -> None:
        self.cases: dict[int, Case] = {}

    def case(self, number: int, title: str, *topics: Topic, **options: Any) -> Callable[[Run], Run]:
        """Register a function as a case."""

        def register(run: Run) -> Run:
            if number in self.cases:
                raise ValueError(f"case {number} is defined twice")
            self.cases[number] = Case(number, title, run, topics, **options)
            return run

        return register

    def __iter__(self) -> Iterator[Case]:
        return (self.cases[number] for number in sorted(self.cases))
