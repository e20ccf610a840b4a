"""What is remembered between runs: the columns of topics, in one file of the state folder.

The file is a convenience: nothing fails because of it. One that is broken is put aside, one of a newer ktui is left
alone, and either is said once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from ktui.columns import Columns

VERSION = 1
MOST = 300
"""Topics that are remembered; those that were not touched for longest go first."""
LARGEST = 4 << 20
"""Bytes of a file that can be ours."""


_Place = tuple[str, str]
"""Proxy and topic."""


class _Topic(msgspec.Struct, frozen=True):
    proxy: str
    topic: str
    columns: Columns


class _File(msgspec.Struct, frozen=True):
    version: int
    topics: list[msgspec.Raw] = []
    """Oldest first."""


class State:
    """The file, read when it is first asked for. Without a path nothing is remembered beyond the run."""

    def __init__(self, path: Path | None = None) -> None:
        self.complaint = ""
        """What is wrong with the file, to be said once; whoever says it empties it."""
        self._path = path
        self._kept: dict[_Place, Columns] | None = None
        self._mine: dict[_Place, Columns] = {}
        """What this run has changed."""

    def columns(self, proxy: str, topic: str) -> Columns | None:
        """What was made of the columns of a topic, if anything."""
        if self._kept is None:
            self._kept = self._read()
        columns = self._mine.get((proxy, topic)) or self._kept.get((proxy, topic))
        return columns.sane() if columns else None

    def keep(self, proxy: str, topic: str, columns: Columns) -> None:
        """Remember them, and write the file anew. What other runs have written meanwhile stays in it."""
        self._mine[proxy, topic] = columns
        topics = self._read()
        for place, each in self._mine.items():
            topics.pop(place, None)
            if each != Columns():
                topics[place] = each
        for place in [*topics][:-MOST]:
            del topics[place]
        if self._path is not None:
            self._write(self._path, topics)

    def _read(self) -> dict[_Place, Columns]:
        path = self._path
        if path is None:
            return {}
        try:
            if path.stat().st_size > LARGEST:
                raise msgspec.DecodeError("it is too large")
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except FileNotFoundError:
            return {}
        except OSError as error:
            return self._give_up(f"cannot be read: {error.strerror}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return self._put_aside(str(error))
        if file.version > VERSION:
            return self._give_up("was written by a newer ktui")
        topics: dict[_Place, Columns] = {}
        for raw in file.topics:
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                topic = msgspec.json.decode(raw, type=_Topic)
                topics[topic.proxy, topic.topic] = topic.columns
        return topics

    def _write(self, path: Path, topics: Mapping[_Place, Columns]) -> None:
        """In one step: whoever reads meanwhile has the old file or the new one."""
        body = {"version": VERSION, "topics": [_Topic(*place, columns) for place, columns in topics.items()]}
        written = msgspec.json.format(msgspec.json.encode(body), indent=1)
        if len(written) > LARGEST:  # it would not be read again
            self._write(path, dict([*topics.items()][(len(topics) + 1) // 2 :]))
            return
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_bytes(written)
            os.replace(fresh, path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            self._give_up(f"cannot be written: {error.strerror}")

    def _give_up(self, why: str) -> dict[_Place, Columns]:
        self.complaint = f"Columns are not remembered: {self._path} {why}."
        self._path = None
        return {}

    def _put_aside(self, why: str) -> dict[_Place, Columns]:
        assert self._path is not None
        broken = self._path.with_suffix(".broken")
        try:
            os.replace(self._path, broken)
        except OSError as error:
            return self._give_up(f"is broken and cannot be put aside: {error.strerror}")
        self.complaint = f"The columns that were remembered could not be read ({why}): the file is now {broken}."
        return {}
