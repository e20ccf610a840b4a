"""The figures of a stream in words and small charts: rate, partitions, sizes of values, keys. A line each."""

from __future__ import annotations

from collections.abc import Collection

from textual.content import Content

from ktui import decode
from ktui.model import TopicPartition
from ktui.records.figures import Figures
from ktui.ui.text import cell_cut, even, plain
from ktui.ui.widgets.bars import bars
from ktui.ui.widgets.stream_status import StreamStatus, size_text

LABEL = 13
CLASSES = 12
"""Bars of the chart of sizes, at most."""
KEY = 20
"""Cells of a key, at most."""
TOP = 9


def figures_lines(figures: Figures, status: StreamStatus, width: int) -> list[Content]:
    """Rate, partitions, sizes and keys, each in at most `width` cells."""
    room = width - LABEL
    parts = [
        ("rate", _rate(status, room)),
        ("partitions", _partitions(figures, room)),
        ("value sizes", _sizes(figures, room)),
        ("keys", _keys(figures, room)),
    ]
    return [
        (Content.styled(label.ljust(LABEL), "$ktui-muted") + said).truncate(width, ellipsis=True)
        for label, said in parts
    ]


def _rate(status: StreamStatus, room: int) -> Content:
    counts = list(status.counts)
    words = Content.assemble(" ", (f"{status.rate:,}", "bold"), "/s", f", most {max(counts):,}")
    return Content.styled(bars(counts[-max(1, room - words.cell_length) :]), "$secondary") + words


def _partitions(figures: Figures, room: int) -> Content:
    """Each with its share, or where they are too many, a bar each, and the fullest."""
    counts = sorted(figures.partitions.items())
    if not counts:
        return _nothing()
    total, topics = figures.partitions.total(), len({tp.topic for tp, _ in counts})

    def name(tp: TopicPartition) -> str:
        return str(tp.partition) if topics == 1 else str(tp)

    each = zip(counts, bars([count for _, count in counts]), strict=True)
    parts = [[plain(name(tp)), Content.styled(bar, "$secondary"), Content(share(n, total))] for (tp, n), bar in each]
    for line in (_joined(parts), _joined([[number, part] for number, _, part in parts])):
        if line.cell_length <= room:
            return line
    fullest, most = max(counts, key=lambda pair: pair[1])
    words = plain(f" fullest {name(fullest)}: {share(most, total)}")
    drawn = _squeezed([count for _, count in counts], max(1, room - words.cell_length))
    return Content.styled(bars(drawn), "$secondary") + words


def _sizes(figures: Figures, room: int) -> Content:
    """From the smallest to the largest, then what most are, as much as fits."""
    if not len(figures.sizes):
        return Content("no values, only nulls") if figures.counted else _nothing()
    least, half, nearly_all, most = figures.sizes.quantiles(0, 0.5, 0.95, 1)
    if least == most:
        parts = [Content(f"all {size_text(most)}")]
    else:
        chart = Content.styled(bars(figures.sizes.spread(CLASSES)), "$secondary")
        parts = [
            Content.assemble(f"{size_text(least)} ", chart, f" {size_text(most)}"),
            Content.assemble("half ≤ ", (size_text(half), "bold")),
            Content(f"95% ≤ {size_text(nearly_all)}"),
        ]
    if figures.without_value:
        parts.insert(2, Content(f"null {share(figures.without_value, figures.counted)}"))
    while len(parts) > 1 and sum(part.cell_length + 2 for part in parts) - 2 > room:
        parts.pop()
    return Content("  ").join(parts)


def _keys(figures: Figures, room: int) -> Content:
    """The most frequent, as many as fit, then what they are of."""
    if not figures.counted:
        return _nothing()
    sample = "a sample of " if figures.left_out else "of "
    of = Content.styled(f"{sample}{figures.counted:,} records", "$ktui-muted")
    parts: list[Content] = []
    if figures.without_key:
        parts.append(Content(f"null {share(figures.without_key, figures.counted)}"))
    used = of.cell_length + sum(part.cell_length + 2 for part in parts)
    top = figures.keys.most(TOP)
    if not top and figures.without_key < figures.counted:
        parts.append(Content("none comes often" if figures.keys.missed else "each came once"))
    for key, count in top:
        text = cell_cut(even("".join(span.text for span in decode.preview(key, KEY))), KEY)
        part = Content.styled(text, "$secondary") + Content(f" {share(count, figures.counted)}")
        used += part.cell_length + 2
        if used > room:
            break
        parts.append(part)
    return Content("  ").join([*parts, of])


def share(part: int, whole: int) -> str:
    """A part in percent; a small one is still more than nothing."""
    percent = 100 * part / whole
    return f"{percent:.0f}%" if percent >= 0.95 or not part else f"{max(0.1, percent):.1f}%"


def _joined(parts: list[list[Content]]) -> Content:
    return Content("  ").join([Content(" ").join(each) for each in parts])


def _squeezed(numbers: Collection[int], room: int) -> list[int]:
    """Neighbours together where there are more than fit."""
    numbers = list(numbers)
    step = -(-len(numbers) // room)
    return [sum(numbers[at : at + step]) for at in range(0, len(numbers), step)]


def _nothing() -> Content:
    return Content.styled("no record yet", "$ktui-muted")
