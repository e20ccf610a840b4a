"""The stream pane's keys, and what `?` says about it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

HELP = """\
# Stream

Records as they come. The view follows the end until you move up, scroll or open a record; `end` follows again.
`space` holds: nothing more is read, and the place is kept. Far ahead of what you look at reading waits by itself:
`space` reads on, and so does going there.

- `g` goes to `181`, `+10`, `-100`, `begin`, `end`, `last 50`, `14:00`, `2026-11-20 14:00`, `-2h`; `2:181` moves
  partition 2 alone. The list starts over there. An end may follow: `begin until 14:00`, `181 until 2000`,
  `begin take 500`, or stand alone, `take 10`, and the list goes on. Until 2000 ends with 1999, and `space` goes on from
  there. An offset or a time that is still to come is waited for.
- `/` filters: only records with the text in key or value, in any case unless it has a capital letter; those that are
  kept and those that come. `enter` keeps the filter, `esc` takes it away, the cursor stays on its record. `n` and `N`
  go to the next match and the one before, also in the whole list. A match that a row has no room for is shown at its
  right end, with what stands around it. What is searched are the bytes as they came, but `"id": 7` finds `"id":7` too,
  and the other way round.
- `t` shows JSON as a table: the fields that the records share, each in its column, numbers as they were written.
  What is no JSON stands there as it is. `right` and `left` go to fields that have no room. `t` again shows values
  on one line.
- `o` changes the columns: arrows choose one, `space` hides or shows it, `<` and `>` move it, `+` and `-` make it wider
  or narrower, `=` as wide as needed, `a` adds a field by its path, as in `customer.id` or `items[0].sku`. All of it is
  remembered for the topic. With the mouse, drag a name to move a column, and what is right of it to make it wider.
- `x` marks the record under the cursor (✓), `[` and `]` go to the marked ones above and below, `X` shows only them,
  `y` and `m` copy them all, also those that have left the list. Another topic begins without marks.
- `c` composes a record for this topic; `r` puts the one under the cursor into the composer, to be sent again.
- `p` chooses the partitions that are read, of several topics those with these numbers; the others keep their place.
- `v` shows figures below the list: the rate of the last minute, the share of each partition, how large values are,
  and the most frequent keys, of the records in the list and those that come. `v` again hides them.
- Words in *italics* are ours: *tombstone* and *null* have no value, *empty* has no bytes.
- A dashed line names offsets that are not there: compacted away, or of a transaction.
"""

BINDINGS: list[BindingType] = [
    Binding("space", "hold", "hold", id="stream.pause", tooltip="Stop reading, keep the place; again: go on"),
    Binding("enter", "choose", "record", id="stream.record", tooltip="All of the record under the cursor"),
    Binding("slash", "filter", "filter", id="stream.filter", tooltip="Only records that contain what is typed"),
    Binding("g", "go_to", "go to", id="stream.goto", tooltip="Go to an offset, a time, begin, end; until where"),
    Binding("t", "fields", "fields", id="stream.fields", tooltip="The fields of JSON as columns; again: one line"),
    Binding("end", "live", "live", id="stream.live", tooltip="Follow the newest records"),
    Binding("c", "compose", "compose", id="stream.compose", tooltip="Write a record to this topic"),
    Binding("r", "resend", "resend", id="stream.resend", tooltip="Put this record into the composer"),
    Binding("y", "copy", "copy…", id="stream.copy", tooltip="Copy the value, the key, all of it, or its place"),
    Binding("v", "figures", "figures", id="stream.figures", tooltip="Rate, partitions, sizes and keys; again: hide"),
    Binding("o", "columns", "columns…", id="stream.columns", tooltip="Which columns, in which order, how wide"),
    Binding("x", "mark", "mark", id="stream.mark", tooltip="Mark the record under the cursor, or take its mark away"),
    Binding("p", "partitions", "partitions", id="stream.partitions", tooltip="Choose which partitions are read"),
]
