"""What differs between makes of proxy, as one frozen value per server, and how a read is made (its gear).

Nothing here talks to a server; `probing.py` finds out which value applies. Letters C, K, S, R as in the reference:
Confluent, Karapace, Strimzi, Redpanda; G is our own gateway.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ktui.model import Positions

KIB = 1024
MIB = 1024 * KIB


class Gear(msgspec.Struct, frozen=True):
    """How records are read: what the instance is made with, and what each read asks for."""

    name: str
    timeout_ms: int
    """How long the proxy may wait for records. Short enough that holding and leaving do not wait for it."""
    flowing_timeout_ms: int | None = None
    """The same after a read that brought many, where a proxy that has time left fetches more than was asked for."""
    options: Mapping[str, str | int | bool] = {}
    """Create options. Two gears with the same options are changed without a new instance."""
    max_bytes: int | None = None
    """None: not sent. On Strimzi a too small one loses the whole poll."""
    most_bytes: int | None = None
    """What max_bytes may grow to while answers come back full. None: it stays, unless a record is larger."""
    first_bytes: int | None = None
    """max_bytes of the reads before the first record of a stream, where a large read takes seconds."""
    first_timeout_ms: int | None = None
    """Wait of the reads before the first record of an instance: on Confluent every request polls at once, so
    short ones bring the first record in 275 ms where a long one takes 520."""
    full_records: int | None = None
    """A read that brings this many has probably left some behind."""
    patience: int = 1
    """Full reads in a row after which this gear is too low."""


class Dialect(msgspec.Struct, frozen=True):
    """One make of proxy, in everything that touches a client."""

    name: str
    letter: str
    tail: Gear
    """For the live end: low latency, few records."""
    catch_up: Gear
    """For a backlog: high rate."""
    look: Gear
    """For one glance at some offset."""
    auto_commit_off: Mapping[str, str | bool]
    """The create option that keeps the group's offsets ours to move."""
    formats: tuple[str, ...] = ("binary", "json", "avro", "jsonschema", "protobuf")
    assigns: bool = True
    """Assignments and positions exist."""
    shows_assignments: bool = True
    lists_brokers: bool = True
    describes_topics: bool = True
    tells_offsets: bool = True
    """Where partitions begin and end can be asked."""
    reads_by_offset: bool = False
    """Records are read by their offset, without an instance."""
    produces_to_path: bool = True
    """A produce may name its partition in the path."""
    reports_each_record: bool = True
    """A produce is answered record by record; otherwise with the first offset of each partition."""
    shows_subscription: bool = True
    subscribes_by_pattern: bool = True
    shows_aborted: bool = True
    sends_timestamps: bool = False
    sends_headers: bool = False
    takes_headers: bool = False
    takes_null_headers: bool = False
    """A header may have no value."""
    takes_timestamp: bool = False
    writes_tombstones: bool = False
    writes_null_key: bool = True
    omits_nulls: bool = False
    """Null must be left out, not sent as null."""
    reads_committed: bool = True
    seeks_time: bool = False
    commit_adds_one: bool = False
    """Committing offset n stores n + 1."""
    commit_key: str = "offsets"
    largest_commit: int = 2**63 - 1
    commit_all: bytes | None = None
    """The body that commits everything read so far. None: no body, and no Content-Type either."""
    delete_body: bytes | None = None
    """What a DELETE carries. Empty, not None, where even that must have a Content-Type."""
    resets: tuple[str, ...] = ("earliest", "latest")
    """Where an instance may start that finds no offset."""
    lanes: int = 2
    """Instances at once that make a long read faster, each with partitions or ranges of its own; more make it
    slower."""
    lanes_first: bool = False
    """Several instances bring the first record of a long read sooner than one too."""
    poison_status: int | None = 408
    """How a read says that a record is not of the format asked for. Never comes in binary. None: it says so in the
    place of the record, and reads go on."""
    poison_sticks: bool = False
    """The instance stays at such a record whatever is done; elsewhere the batch is lost and it goes on."""
    gone_code: int = 40403
    """The `error_code` for an instance that is not there."""
    unknown_topic_code: int = 40403
    """The `error_code` of `GET /topics/{topic}` for a topic that is not there."""
    drops_beyond_max_bytes: bool = False
    """After a read that reached max_bytes, records are missing from the next ones."""
    expects_bytes: int | None = None
    """A read fetches max_bytes / this many records before it looks at their bytes. None: their bytes alone count."""
    holds_back_large: bool = False
    """A record larger than max_bytes is never given: reads come back empty."""
    refuses_first_seeks: bool = False
    """Of the seeks right after an assignment one in ten is a 409, for up to 54 ms."""
    fails_on_empty_records: bool = False
    """A read of nothing but records without key and value is a 500, and they are passed over."""

    def create_body(self, name: str, format: str, reset: str, gear: Gear) -> dict[str, str | int | bool]:
        """The body that makes an instance: no two makes of proxy take the same (reference 2.8)."""
        return {
            "name": name,
            "format": format,
            "auto.offset.reset": reset,
            **self.auto_commit_off,
            **gear.options,
        }

    def check_commit(self, positions: Positions) -> str:
        """Why these cannot be committed; empty when they can."""
        large = next((offset for offset in positions.values() if offset > self.largest_commit), None)
        return "" if large is None else f"{self.name} stores offsets up to {self.largest_commit:,}, not {large:,}"

    def commit_offset(self, resume: int) -> int:
        """What to post so that the group resumes at `resume`. -1 is how offset 0 is committed on C and K."""
        return resume - 1 if self.commit_adds_one else resume


CONFLUENT = Dialect(
    name="Confluent",
    letter="C",
    tail=Gear(
        "tail",
        timeout_ms=500,
        options={"fetch.min.bytes": 1},  # without it a read returns only when its time is over
        max_bytes=256 * KIB,
        first_timeout_ms=50,
        full_records=30,  # one inner poll
        patience=5,
    ),
    catch_up=Gear("catch-up", timeout_ms=250, max_bytes=256 * KIB, most_bytes=4 * MIB, first_timeout_ms=50),
    look=Gear("look", timeout_ms=500, options={"fetch.min.bytes": 1}, max_bytes=64 * KIB, first_timeout_ms=50),
    auto_commit_off={"auto.commit.enable": "false"},
    writes_tombstones=True,
    seeks_time=True,
    commit_adds_one=True,
    lanes=8,
    lanes_first=True,  # the broker sends 1 MiB of each partition at once, and a read takes in 330 kB of that in 50 ms
    poison_sticks=True,
    holds_back_large=True,
)

KARAPACE = Dialect(
    name="Karapace",
    letter="K",
    # One byte: exactly one record a read, after about 0.1 s, and none lost. More than that and records beyond
    # max_bytes are thrown away: `pace.py` makes it larger where records are small, so that their number is the limit.
    tail=Gear("tail", timeout_ms=500, max_bytes=1, full_records=1, patience=2),
    catch_up=Gear("catch-up", timeout_ms=100, flowing_timeout_ms=1, max_bytes=8 * MIB, first_bytes=1),
    look=Gear("look", timeout_ms=500, max_bytes=64 * KIB),
    auto_commit_off={"auto.commit.enable": "false"},
    sends_timestamps=True,
    commit_adds_one=True,
    commit_all=b"{}",
    poison_status=422,
    shows_aborted=False,
    drops_beyond_max_bytes=True,
    expects_bytes=1024,
    refuses_first_seeks=True,
    fails_on_empty_records=True,
)

_STRIMZI_GEAR = Gear("poll", timeout_ms=500)

STRIMZI = Dialect(
    name="Strimzi",
    letter="S",
    tail=_STRIMZI_GEAR,
    catch_up=_STRIMZI_GEAR,
    look=_STRIMZI_GEAR,
    auto_commit_off={"enable.auto.commit": False},
    formats=("binary", "json", "text"),
    shows_assignments=False,
    lists_brokers=False,
    sends_timestamps=True,
    sends_headers=True,
    takes_headers=True,
    takes_timestamp=True,
    omits_nulls=True,
    reads_committed=False,
    poison_status=406,
    gone_code=404,
    unknown_topic_code=404,
)

_REDPANDA_GEAR = Gear("poll", timeout_ms=500, max_bytes=MIB)

REDPANDA = Dialect(
    name="Redpanda",
    letter="R",
    tail=_REDPANDA_GEAR,
    catch_up=_REDPANDA_GEAR,
    look=_REDPANDA_GEAR,
    auto_commit_off={"auto.commit.enable": "false"},
    formats=("binary", "json"),
    assigns=False,
    shows_assignments=False,
    describes_topics=False,
    tells_offsets=False,
    reads_by_offset=True,
    produces_to_path=False,
    reports_each_record=False,
    shows_subscription=False,
    subscribes_by_pattern=False,
    writes_tombstones=True,
    writes_null_key=False,
    omits_nulls=True,
    commit_key="partitions",
    largest_commit=2**31 - 1,
    commit_all=b"",
    delete_body=b"",
    resets=("earliest",),
    lanes=1,  # partitions are read side by side anyway
    unknown_topic_code=40402,
)

# Reads bring what is there at once, so one gear serves the live end and a backlog. 2 MiB keep the screen fluid where
# the gateway runs in the same process: reading, encoding and decoding take turns with it.
_GATEWAY_GEAR = Gear("poll", timeout_ms=500, max_bytes=2 * MIB)

GATEWAY = Dialect(
    name="ktui gateway",
    letter="G",
    tail=_GATEWAY_GEAR,
    catch_up=_GATEWAY_GEAR,
    look=Gear("look", timeout_ms=500, max_bytes=64 * KIB),
    auto_commit_off={"auto.commit.enable": "false"},
    sends_timestamps=True,
    sends_headers=True,
    takes_headers=True,
    takes_null_headers=True,
    takes_timestamp=True,
    writes_tombstones=True,
    seeks_time=True,
    commit_adds_one=True,  # as Confluent: clients that were written for it run unchanged
    poison_status=None,
)
"""Our own server, over a cluster or in memory."""

DIALECTS = {dialect.letter: dialect for dialect in (CONFLUENT, KARAPACE, STRIMZI, REDPANDA, GATEWAY)}


def named(text: str) -> Dialect | None:
    """The make of proxy that somebody means by a letter or a name; None when it is none."""
    wanted = text.strip().lower()
    return next((each for each in DIALECTS.values() if wanted in (each.letter.lower(), each.name.lower())), None)
