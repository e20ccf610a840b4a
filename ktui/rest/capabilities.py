"""What a server can do, call by call, with a sentence where it cannot and with what was seen when it was probed.

Made from the dialect and from the exchanges of probing; asks nothing itself. Sentences complete "not offered:".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ktui.model import Exchange
from ktui.rest.capability_rules import BY_OFFSET, FORMATS, INSTANCE, V2_RULES, V3, V3_RESOURCES, Rule
from ktui.rest.dialect import Dialect


@dataclass(frozen=True)
class Seen:
    """One exchange of probing, and what it tells."""

    request: str
    """Method and path."""
    status: int | None
    """None: there was no answer."""
    says: str
    """In a few words: `{} as Confluent and Karapace say`."""
    exchange: Exchange | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.request} → {self.status or 'no answer'}: {self.says}"


@dataclass(frozen=True)
class Capability:
    """One thing that a client may want of a proxy."""

    id: str
    title: str
    call: str
    """Method and path, as the reference writes them."""
    available: bool
    why_not: str
    """A sentence without its full stop, for a person; empty when it is available."""
    evidence: str
    """What showed it, or whose habit it is."""
    exchange: Exchange | None = field(default=None, repr=False, compare=False)
    """The proof, when it was tried."""


@dataclass(frozen=True)
class Capabilities:
    """All of them, in the order in which they are shown."""

    dialect: Dialect
    forced: bool = False
    """Somebody said what server it is; the votes were not asked."""
    votes: Mapping[str, int] = field(default_factory=dict)
    """By letter: for which make of proxy the signs spoke, and how loudly."""
    signs: tuple[Seen, ...] = ()
    """Every exchange of probing. Empty before it."""
    cluster_id: str | None = None
    """Of the v3 API, where there is one."""
    v3_path: str | None = None
    """Where that begins, after the address of the proxy: `/v3` or `/kafka/v3`."""
    entries: tuple[Capability, ...] = ()

    def __iter__(self) -> Iterator[Capability]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, id: str) -> Capability:
        """By its id. KeyError for one that is none."""
        for entry in self.entries:
            if entry.id == id:
                return entry
        raise KeyError(id)

    def can(self, id: str) -> bool:
        return self[id].available

    def why_not(self, id: str) -> str:
        """The sentence; empty when it can be done."""
        return self[id].why_not


def capabilities(
    dialect: Dialect,
    *,
    forced: bool = False,
    votes: Mapping[str, int] = {},
    signs: tuple[Seen, ...] = (),
    cluster_id: str | None = None,
    v3_path: str | None = None,
) -> Capabilities:
    """What such a server can do, with the evidence there is."""
    by_request = {seen.request: seen for seen in signs}
    entries = [_judge(rule, dialect, by_request.get(rule.probe)) for rule in V2_RULES]
    habit = "the proxy adds 1, ktui sends 1 less" if dialect.commit_adds_one else "stored as sent"
    entries.append(_entry(dialect, "commit.exact", f"exact commits: {habit}", f"POST {INSTANCE}/offsets", ""))
    for format in FORMATS:
        why_not = "" if format in dialect.formats else f"this proxy does not know the format {format}"
        entries.append(
            _entry(dialect, f"format.{format}", f"format {format}", f"POST /topics/{{topic}} as {format}", why_not)
        )
    seen = by_request.get(V3)
    no_v3 = _no_v3(v3_path, seen)
    entries.append(_entry(dialect, "v3", "v3 API", V3, no_v3, seen))
    entries += [_entry(dialect, each.id, each.title, each.call, no_v3, seen) for each in V3_RESOURCES]
    return Capabilities(dialect, forced, dict(votes), signs, cluster_id, v3_path, tuple(entries))


def with_v3(known: Capabilities, judged: Mapping[str, tuple[Seen, str]]) -> Capabilities:
    """The same with what was seen of each v3 resource: by id, with why it cannot be used or an empty text."""
    entries = tuple(
        _entry(known.dialect, each.id, each.title, each.call, judged[each.id][1], judged[each.id][0])
        if each.id in judged
        else each
        for each in known
    )
    return replace(known, entries=entries, signs=(*known.signs, *(seen for seen, _ in judged.values())))


def _judge(rule: Rule, dialect: Dialect, seen: Seen | None) -> Capability:
    can = bool(getattr(dialect, rule.field)) if rule.field else True
    call = BY_OFFSET if rule.id.startswith("read.") and dialect.reads_by_offset else rule.call
    return _entry(dialect, rule.id, rule.title, call, "" if can else rule.why_not, seen)


def _entry(dialect: Dialect, id: str, title: str, call: str, why_not: str, seen: Seen | None = None) -> Capability:
    evidence = str(seen) if seen else f"not tried: known of {dialect.name}"
    return Capability(id, title, call, not why_not, why_not, evidence, seen.exchange if seen else None)


def _no_v3(path: str | None, seen: Seen | None) -> str:
    if path is not None:
        return ""
    if seen is None:
        return "not known yet: the proxy was not probed"
    if seen.status in (401, 403):
        return "the v3 API of this proxy does not let us in"
    return "this proxy has no v3 API" if seen.status else "the v3 API gave no answer"
