"""The topics pane's keys, and what `?` says about it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

HELP = """\
# Topics

Name, number of partitions, about how many records: offsets are counted, so what compaction took is counted too. `?`
where the proxy does not tell. `●`: records arrived in the last ten seconds.

- `enter` opens a topic at its last 100 records and stays live.
- `x` marks a topic, `X` all that the list shows: `enter` then opens those that are marked as one stream, up to 20.
- `/` narrows the list to names that contain what is typed, or match it where it has a `*`: `pay*-v2`; `esc` takes
  marks and filter away.
- `f` follows a pattern: all topics that match it are read as one stream, up to 20; those that are made later join it,
  from their beginning, and those that are deleted leave it. The command palette takes one too: `follow pay*`.
- `i` shows internal topics too: those whose names begin with `_`.
"""

BINDINGS: list[BindingType] = [
    Binding("enter", "open", "open", id="topics.open", tooltip="Open the topic: its last 100 records, then live"),
    Binding("slash", "filter", "filter", id="topics.filter", tooltip="Only names that contain what is typed"),
    Binding("x", "mark", "mark", id="topics.mark", tooltip="Mark the topic: enter opens those marked together"),
    Binding("X", "mark_all", "mark all", id="topics.mark-all", show=False, tooltip="Mark all that are shown"),
    Binding("f", "follow", "follow", id="topics.follow", tooltip="Read all topics of a pattern, later ones too"),
    Binding("i", "internal", "internal", id="topics.internal", tooltip="Show or hide topics that begin with _"),
    Binding("R", "refresh", "refresh", id="topics.refresh", tooltip="Ask for the topics again"),
    Binding("escape", "show_all", "show all", id="topics.show-all", tooltip="Take marks and filter away"),
]
