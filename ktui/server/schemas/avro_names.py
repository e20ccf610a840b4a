"""Named schemas inside an Avro schema, and what follows from them. A schema here is parsed: its names are full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Any
NAMED = ("record", "error", "enum", "fixed")


def label(branch: Schema) -> str:
    """What a union calls a branch: its full name, or its type."""
    if isinstance(branch, str):
        return branch
    return str(branch["name"] if branch["type"] in NAMED else branch["type"])


def definitions(found: Schema) -> dict[str, Schema]:
    """Every named schema, by its full name."""
    return {inner["name"]: inner for inner in _inside(found)}


def _inside(found: Schema) -> Iterator[Schema]:
    if isinstance(found, dict) and found["type"] in NAMED:
        yield found
    for part in _parts(found):
        yield from _inside(part)


def _parts(found: Schema) -> list[Schema]:
    """The schemas one step inside."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        return []
    parts = [each["type"] for each in found.get("fields", ())]
    return parts + [found[name] for name in ("type", "items", "values") if name in found]


def recursive(names: Mapping[str, Schema]) -> bool:
    """Whether one of them may hold another of its own kind."""
    done: set[str] = set()

    def circles(name: str, above: frozenset[str]) -> bool:
        if name in above:
            return True
        if name in done:
            return False
        inside = above | {name}
        found = any(circles(other, inside) for other in _referred(names[name], names))
        done.add(name)
        return found

    return any(circles(name, frozenset()) for name in names)


def _referred(found: Schema, names: Mapping[str, Schema]) -> Iterator[str]:
    """Names that a definition holds, those that are defined inside it included."""
    for part in _parts(found):
        if isinstance(part, str):
            if part in names:
                yield part
        elif isinstance(part, dict) and part["type"] in NAMED:
            yield part["name"]
        else:
            yield from _referred(part, names)


def takes_nothing(found: Schema, names: Mapping[str, Schema]) -> bool:
    """Whether data of it has no bytes at all."""
    known: dict[str, bool] = {}

    def nothing(inner: Schema) -> bool:
        if isinstance(inner, str):
            return nothing(names[inner]) if inner in names else inner == "null"
        if isinstance(inner, list) or inner["type"] not in ("record", "error"):
            return isinstance(inner, dict) and (inner["type"] == "null" or inner.get("size") == 0)
        name = inner["name"]
        if name not in known:
            known[name] = False  # one that holds itself has no end
            known[name] = all(nothing(each["type"]) for each in inner["fields"])
        return known[name]

    return nothing(found)
