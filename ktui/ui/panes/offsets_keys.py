"""The offsets pane's keys, and what `?` says about it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

HELP = """\
# Offsets

`BEGIN` is the first offset kept, `END` one past the last, `POSITION` what the stream reads next, `BEHIND` what is
between it and the end. With a group: `COMMITTED` is where the group would resume and `LAG` what it has not read.
Looking at a group neither joins nor moves it.

- `s` seeks the partition under the cursor, or all marked ones: `181`, `+10`, `-100`, `begin`, `end`, `14:00`,
  `2026-11-20 14:00`, `-2h`; `2:181` names a partition. `b` and `e` go to begin and end at once.
- `x` marks a partition, `X` all of them or none.
- `enter` looks at the record at our position. Offsets in sight are asked for every 5 s, `R` asks for all at once.
- `o` names a group; an empty name takes it away. On the ruler `◆` is our position, `┃` the committed offset.
"""

BINDINGS: list[BindingType] = [
    Binding("s", "seek", "seek", id="offsets.seek", tooltip="Read on from another offset or time"),
    Binding("b", "jump('begin')", "begin", id="offsets.begin", tooltip="Read from the first record kept"),
    Binding("e", "jump('end')", "end", id="offsets.end", tooltip="Read only what is new"),
    Binding("x", "mark", "mark", id="offsets.mark", tooltip="Mark the partition, to seek several together"),
    Binding("X", "mark_all", "mark all", id="offsets.mark-all", tooltip="Mark all partitions, or none"),
    Binding("o", "group", "group", id="offsets.group", tooltip="Show a group's committed offsets and lag"),
    Binding("enter", "look", "look", id="offsets.look", tooltip="Look at the record there"),
    Binding("escape", "mark_all(False)", "unmark", id="offsets.unmark", show=False, tooltip="Take the marks away"),
]
