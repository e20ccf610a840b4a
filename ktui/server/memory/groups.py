"""Consumer groups in memory: members, who reads which partition, and committed offsets. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ktui.model import Positions, TopicPartition


@dataclass
class Group:
    """The members of a group and what each was given."""

    topics_of: dict[str, frozenset[str]] = field(default_factory=dict)
    """Member -> topics it subscribes to."""
    given: dict[str, tuple[TopicPartition, ...]] = field(default_factory=dict)
    generation: int = 0
    """Grows with every rebalance."""


class Groups:
    """All groups by name."""

    def __init__(self) -> None:
        self.committed: defaultdict[str, dict[TopicPartition, int]] = defaultdict(dict)
        """Per group, the offset at which it resumes."""
        self.metadata: dict[tuple[str, TopicPartition], str] = {}
        """What was noted beside a commit."""
        self._groups: defaultdict[str, Group] = defaultdict(Group)

    def commit(self, group: str, positions: Positions, metadata: Mapping[TopicPartition, str] | None = None) -> None:
        """Store resume offsets."""
        self.committed[group].update(positions)
        for tp in positions:
            self.metadata[group, tp] = (metadata or {}).get(tp, "")

    def names(self) -> list[str]:
        """The groups that have members or commits, in order."""
        with_members = {name for name, group in self._groups.items() if group.topics_of}
        return sorted(with_members | {name for name, committed in self.committed.items() if committed})

    def members(self, group: str) -> tuple[str, ...]:
        """The members that subscribe, in the order of their names."""
        return tuple(sorted(self._groups[group].topics_of)) if group in self._groups else ()

    def generation(self, group: str) -> int:
        """The number of the group's last rebalance."""
        return self._groups[group].generation if group in self._groups else 0

    def given(self, group: str, member: str) -> tuple[TopicPartition, ...]:
        """What a member reads."""
        return self._groups[group].given.get(member, ()) if group in self._groups else ()

    def join(self, group: str, member: str, topics: frozenset[str], partitions: Mapping[str, int]) -> None:
        """A member subscribes, or subscribes to something else; the group is dealt again.

        `partitions` tells how many partitions each topic has.
        """
        found = self._groups[group]
        found.topics_of[member] = topics
        self._deal(found, partitions)

    def leave(self, group: str, member: str, partitions: Mapping[str, int]) -> None:
        """A member goes; what it read is dealt to the others."""
        found = self._groups.get(group)
        if found is None or found.topics_of.pop(member, None) is None:
            return
        self._deal(found, partitions)

    @staticmethod
    def _deal(group: Group, partitions: Mapping[str, int]) -> None:
        """Each topic in ranges over those who want it, as Kafka's default assignor does."""
        group.generation += 1
        dealt: dict[str, list[TopicPartition]] = {member: [] for member in group.topics_of}
        for topic in sorted(frozenset().union(*group.topics_of.values())):
            readers = sorted(member for member, topics in group.topics_of.items() if topic in topics)
            each, more = divmod(partitions.get(topic, 0), len(readers))
            start = 0
            for place, member in enumerate(readers):
                count = each + (place < more)
                dealt[member] += [TopicPartition(topic, number) for number in range(start, start + count)]
                start += count
        group.given = {member: tuple(tps) for member, tps in dealt.items()}
