"""A user's own keys, checked against every binding: Textual takes any table and drops what clashes in silence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

import msgspec
from textual.binding import Binding, InvalidBinding
from textual.dom import DOMNode
from textual.keys import REPLACED_KEYS, Keys, key_to_character

from ktui.errors import ConfigError

_NAMED = {str(key.value) for key in Keys}
_MODIFIERS = ("ctrl+", "alt+", "shift+", "super+", "meta+", "hyper+")


class Place(msgspec.Struct, frozen=True):
    """What hears a key at the same time: a pane with what is in it."""

    name: str
    nodes: Sequence[type[DOMNode]]
    typed_in: bool = False
    """Whether letters are text there."""


class Bound(msgspec.Struct, frozen=True):
    """What an id stands for in one place."""

    keys: tuple[str, ...]
    stolen: bool
    """Whether letters would be taken from what is typed, or never be heard for it."""


def check(keys: Mapping[str, str], places: Sequence[Place] = ()) -> tuple[dict[str, str], list[ConfigError]]:
    """The part of `keys` (binding id -> keys) that can be used, and what is wrong with the rest."""
    if not keys:
        return {}, []
    places = places or all_places()
    bound = {place.name: dict(_bound(place)) for place in places}
    known = {id: each for ids in bound.values() for id, each in ids.items()}
    usable: dict[str, str] = {}
    complaints: list[ConfigError] = []
    for id, text in keys.items():
        try:
            usable[id] = _checked(id, text, known, bound)
        except ConfigError as error:
            complaints.append(error)
    for id, sentence in _clashes(bound, usable):
        if usable.pop(id, None) is not None:
            complaints.append(ConfigError(sentence))
    return usable, complaints


def _checked(id: str, text: str, known: Mapping[str, Bound], bound: Mapping[str, Mapping[str, Bound]]) -> str:
    """The keys as Textual writes them. Raises ConfigError."""
    if id not in known:
        near = get_close_matches(id, known, 1) or get_close_matches(id.partition(".")[2], known, 1, 0.4)
        raise ConfigError(f"keys: {id} is not known" + (f"; did you mean {near[0]}?" if near else ""))
    try:
        wanted = [each.key for each in Binding.make_bindings([Binding(text, "")])]
    except InvalidBinding:
        raise ConfigError(f"keys: {id} has no key") from None
    stolen = any(id in ids and ids[id].stolen for ids in bound.values())
    for key in wanted:
        if not is_key(key):
            raise ConfigError(f"keys: {id} = {text}: there is no key {key}")
        if stolen and is_printable(key):
            raise ConfigError(f"keys: {id} = {text}: it works while one types, so {text} could not be typed any more")
    return ",".join(wanted)


def _clashes(bound: Mapping[str, Mapping[str, Bound]], keymap: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Ids of the user's whose key means something else in the same place, with a sentence."""
    told = set()
    for place, ids in bound.items():
        holders: defaultdict[str, list[str]] = defaultdict(list)
        for id, each in ids.items():
            for key in keymap[id].split(",") if id in keymap else each.keys:
                holders[key].append(id)
        for key, (first, *others) in holders.items():
            for other in others:
                mine, theirs = (other, first) if other in keymap else (first, other)
                if mine in keymap and mine not in told:
                    told.add(mine)
                    yield mine, f"keys: {mine} = {keymap[mine]}: {key} is {theirs} already ({place})"


def _bound(place: Place) -> Iterator[tuple[str, Bound]]:
    """Every id of a place, with its keys."""
    found: dict[str, Bound] = {}
    for binding in _bindings(place.nodes):
        if binding.id is not None:
            before = found.get(binding.id, Bound((), False))
            keys = (*before.keys, *(() if binding.key in before.keys else (binding.key,)))
            found[binding.id] = Bound(keys, before.stolen or binding.priority or place.typed_in)
    yield from found.items()


def _bindings(nodes: Iterable[type[DOMNode]]) -> Iterator[Binding]:
    """One per key. Those a class has from Textual have no id and are left out by whoever asks."""
    for node in nodes:
        yield from Binding.make_bindings(node.BINDINGS)


def is_key(name: str) -> bool:
    """Whether a key can be called so. With ctrl or alt letters are small: that is how terminals send them."""
    base = name
    while base.startswith(_MODIFIERS):
        base = base.partition("+")[2]
    if len(base) == 1:
        return base == name or base == base.lower()
    return name in _NAMED or base in _NAMED or _character(base) is not None


def is_printable(key: str) -> bool:
    """Whether a field would take the key as text."""
    character = _character(key)
    return character is not None and character.isprintable()


def _character(key: str) -> str | None:
    return key_to_character(REPLACED_KEYS.get(key, key))  # key_to_character does not know its own short names


def all_places() -> list[Place]:
    """Every place of the app. The imports are here because they are needed only when somebody has keys of their own."""
    from ktui.ui.app import KtuiApp
    from ktui.ui.main import MainScreen
    from ktui.ui.main_frame import MainFrame
    from ktui.ui.panes.composer import ComposerPane
    from ktui.ui.panes.offsets import OffsetsPane
    from ktui.ui.panes.record import RecordPane
    from ktui.ui.panes.stream import StreamPane
    from ktui.ui.panes.topics import TopicsPane
    from ktui.ui.screens.capabilities import CapabilitiesScreen
    from ktui.ui.screens.doctor import DoctorScreen
    from ktui.ui.screens.help import HelpScreen
    from ktui.ui.screens.start import StartScreen
    from ktui.ui.screens.wire import WireScreen
    from ktui.ui.widgets.columns_menu import ColumnsMenu
    from ktui.ui.widgets.copy_menu import CopyMenu
    from ktui.ui.widgets.filter_prompt import FilterPrompt
    from ktui.ui.widgets.filtered_table import FilteredTable
    from ktui.ui.widgets.line_table import LineTable
    from ktui.ui.widgets.prompt import Prompt
    from ktui.ui.widgets.record_table import RecordTable
    from ktui.ui.widgets.stream_table import StreamTable
    from ktui.ui.widgets.value_view import ValueView

    everywhere = Place("everywhere", (MainFrame, MainScreen, KtuiApp))
    return [
        everywhere,
        Place("topics", (TopicsPane, LineTable)),
        Place("stream", (StreamPane, StreamTable, FilteredTable, RecordTable)),
        Place("record", (RecordPane, ValueView)),
        Place("offsets", (OffsetsPane, LineTable)),
        Place("composer", (ComposerPane,), typed_in=True),
        Place("copy", (CopyMenu,)),
        Place("columns", (ColumnsMenu,)),
        Place("prompt", (Prompt, FilterPrompt), typed_in=True),
        Place("wire", (WireScreen, LineTable)),
        Place("doctor", (DoctorScreen, LineTable)),
        Place("capabilities", (CapabilitiesScreen, LineTable)),
        Place("start", (StartScreen,)),
        Place("help", (HelpScreen,)),
    ]
