"""What differs between the proxies that the server can play, one frozen value each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ktui import __version__
from ktui.server import words
from ktui.server.words import Words


@dataclass(frozen=True)
class Flavour:
    """One make of proxy."""

    name: str
    letter: str
    words: Words
    """How it says what is wrong."""
    root: Mapping[str, str]
    """What `GET /` answers."""
    records_per_poll: int
    """Records that one poll of Kafka gives."""
    request_timeout_ms: int
    """How long a read waits unless told otherwise."""
    default_reset: str
    """Where an instance starts that did not say."""
    formats: tuple[str, ...]
    """What an instance may be created with."""
    commit_adds_one: bool
    """Whether a commit of n stores n + 1."""
    server: str | None = None
    """Its Server header."""
    lacks: frozenset[str] = frozenset()
    """Methods and paths that others have."""
    timeout_only_lowers: bool = True
    """Whether a read may not ask for a longer wait than the instance's."""
    one_at_a_time: bool = False
    """Whether the calls of an instance wait for one another."""
    strict: bool = False
    """Bodies must match a schema: no numbers as text, no defaults."""
    ignores_unknown: bool = False
    """Fields that nobody knows are passed over in control bodies."""
    create_fields: frozenset[str] = field(default_factory=frozenset)
    lists_internal: bool = False
    """Whether internal topics are listed."""
    hides_aborted: bool = False
    keeps_positions: bool = True
    mixes: bool = False
    """Whether subscriptions and assignments may follow each other."""
    least: int | None = None
    """Bytes with which a read returns that was not told otherwise; None: it runs its full time."""
    follows: str | None = None
    """The letter of the make by whose rules it answers, but for what is its own."""

    @property
    def rules(self) -> str:
        """The letter of the make by whose rules it answers."""
        return self.follows or self.letter


_C_FIELDS = frozenset(
    (
        "id",
        "name",
        "format",
        "auto.offset.reset",
        "auto.commit.enable",
        "fetch.min.bytes",
        "consumer.request.timeout.ms",
    )
)
_S_FIELDS = _C_FIELDS - {"id", "auto.commit.enable"} | {"enable.auto.commit", "isolation.level"}
_ADMIN = frozenset(("POST /admin/topics",))
_SCHEMA_FORMATS = ("avro", "jsonschema", "protobuf")

CONFLUENT = Flavour(
    name="Confluent",
    letter="C",
    words=words.CONFLUENT,
    root={},
    records_per_poll=30,
    request_timeout_ms=1000,
    default_reset="latest",
    formats=("binary", "json", *_SCHEMA_FORMATS),
    commit_adds_one=True,
    lacks=_ADMIN,
    create_fields=_C_FIELDS,
)

KARAPACE = Flavour(
    name="Karapace",
    letter="K",
    words=words.KARAPACE,
    root={},
    server="Karapace/5.0.0",
    lacks=_ADMIN,
    records_per_poll=100_000,
    request_timeout_ms=11_000,
    default_reset="earliest",
    formats=("binary", "json", *_SCHEMA_FORMATS),
    commit_adds_one=True,
    timeout_only_lowers=False,
    one_at_a_time=True,
    ignores_unknown=True,
    lists_internal=True,
    hides_aborted=True,
    keeps_positions=False,
    mixes=True,
)

STRIMZI = Flavour(
    name="Strimzi",
    letter="S",
    words=words.STRIMZI,
    root={"bridge_version": "1.1.0"},
    records_per_poll=500,
    request_timeout_ms=100,
    default_reset="earliest",
    formats=("binary", "json", "text"),
    commit_adds_one=False,
    lacks=frozenset(
        (
            "GET /brokers",
            "GET /consumers/{group}/instances/{instance}/offsets",
            "GET /consumers/{group}/instances/{instance}/assignments",
        )
    ),
    timeout_only_lowers=False,
    one_at_a_time=True,
    strict=True,
    create_fields=_S_FIELDS,
)

REDPANDA = Flavour(
    name="Redpanda",
    letter="R",
    words=words.REDPANDA,
    root={},
    server="Seastar httpd",
    records_per_poll=500,
    request_timeout_ms=100,
    default_reset="earliest",
    formats=("binary", "json"),
    commit_adds_one=False,
    strict=True,
    create_fields=_C_FIELDS - {"id"},
)

GATEWAY = replace(
    CONFLUENT,
    name="ktui gateway",
    letter="G",
    follows="C",
    words=words.GATEWAY,
    server=f"ktui/{__version__}",
    records_per_poll=10_000,  # more than a reader has ready: what is left over costs a read of its own
    least=1,
)
"""Our own. Written for C, a client finds everything as there; what it does otherwise is in `gateway.py`."""

FLAVOURS = {flavour.letter: flavour for flavour in (CONFLUENT, KARAPACE, STRIMZI, REDPANDA, GATEWAY)}
