"""A JSON value in Avro's JSON encoding as what fastavro writes, checked on the way with the place of what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ktui.server.schemas.avro_names import Schema, label
from ktui.server.schemas.codec import Json
from ktui.server.schemas.errors import Misfit

_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_LARGEST_FLOAT = 3.4028235677973366e38  # from here on 32 bits say infinite
_BITS = {"int": 31, "long": 63}


class Fitter:
    """Makes values fit a schema. `names`: the named schemas in it."""

    def __init__(self, names: Mapping[str, Schema]) -> None:
        self._names = names
        self._kinds: Mapping[str, Callable[[Schema, Json, str, bool], Any]] = {
            "record": self._record,
            "error": self._record,
            "array": self._array,
            "map": self._map,
            "enum": self._enum,
            "fixed": self._bytes,
            "bytes": self._bytes,
            "int": self._integer,
            "long": self._integer,
            "float": self._real,
            "double": self._real,
        }

    def fitted(self, schema: Schema, value: Json, place: str = "", default: bool = False) -> Any:
        """The value for fastavro; Misfit names the place. In a default a union is not labelled."""
        if isinstance(schema, list):
            return self._union(schema, value, place, default)
        kind = schema if isinstance(schema, str) else schema["type"]
        if isinstance(schema, str) and kind in self._names:
            return self.fitted(self._names[kind], value, place, default)
        if fit := self._kinds.get(kind):
            return fit(schema, value, place, default)
        wanted = {"null": type(None), "boolean": bool, "string": str}[kind]
        return value if isinstance(value, wanted) else _refuse(place, kind, value)

    def _union(self, branches: Schema, value: Json, place: str, default: bool) -> Any:
        labels = [label(branch) for branch in branches]
        if value is None and "null" in labels:
            return None
        if default:  # of the first branch that is not null, as Avro had it up to 1.11
            at = 1 if labels[0] == "null" and len(labels) > 1 else 0
            return labels[at], self.fitted(branches[at], value, place, True)
        if not isinstance(value, dict) or len(value) != 1 or (name := next(iter(value))) not in labels:
            shown = " or ".join("null" if name == "null" else f'{{"{name}": …}}' for name in labels)
            return _refuse(place, f"a union, written {shown}", value)
        branch = branches[labels.index(name)]
        return name, self.fitted(branch, value[name], f"{place}.{name}")

    def _record(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        if not isinstance(value, dict):
            return _refuse(place, f"a record {schema['name']}", value)
        fields = {each["name"]: each for each in schema["fields"]}
        for name in value:
            if name not in fields:
                raise Misfit(f"{_at(place)}{schema['name']} has no field {name}")
        return {name: self._field(each, value, f"{place}.{name}", default) for name, each in fields.items()}

    def _field(self, field: Schema, value: dict[str, Json], place: str, default: bool) -> Any:
        name = field["name"]
        if name in value:
            return self.fitted(field["type"], value[name], place, default)
        if default or "default" not in field:  # defaults of defaults could unfold to any size
            raise Misfit(f"{_at(place)}missing, and its schema has no default")
        return self.fitted(field["type"], field["default"], place, True)

    def _array(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        if not isinstance(value, list):
            return _refuse(place, "array", value)
        return [self.fitted(schema["items"], item, f"{place}[{at}]", default) for at, item in enumerate(value)]

    def _map(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        if not isinstance(value, dict):
            return _refuse(place, "map", value)
        return {name: self.fitted(schema["values"], item, f"{place}.{name}", default) for name, item in value.items()}

    def _enum(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        return value if value in schema["symbols"] else _refuse(place, f"one of {', '.join(schema['symbols'])}", value)

    def _bytes(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        try:
            data = value.encode("latin-1")
        except (AttributeError, UnicodeEncodeError):
            return _refuse(place, "bytes, as a text of characters up to U+00FF", value)
        size = schema.get("size") if isinstance(schema, dict) else None
        return data if size in (None, len(data)) else _refuse(place, f"{size} bytes", value)

    def _integer(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        kind = schema if isinstance(schema, str) else schema["type"]
        most = 1 << _BITS[kind]
        if isinstance(value, int) and not isinstance(value, bool) and -most <= value < most:
            return value
        return _refuse(place, kind, value)

    def _real(self, schema: Schema, value: Json, place: str, default: bool) -> Any:
        kind = schema if isinstance(schema, str) else schema["type"]
        if isinstance(value, str) and value in _WORDS:
            return _WORDS[value]
        if isinstance(value, bool) or not isinstance(value, int | float):
            return _refuse(place, kind, value)
        try:
            number = float(value)
        except OverflowError:
            return _refuse(place, kind, value)
        return number if kind == "double" or abs(number) < _LARGEST_FLOAT else _refuse(place, kind, value)


def _at(place: str) -> str:
    return f"{place.lstrip('.')}: " if place else ""


def _refuse(place: str, wanted: str, value: Json) -> Any:
    shown = repr(value) if isinstance(value, float) else str(value)
    if value is None or isinstance(value, bool):
        shown = {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        shown = f'"{value}"'
    elif isinstance(value, dict | list):
        shown = "an object" if isinstance(value, dict) else "an array"
    raise Misfit(f"{_at(place)}wanted {wanted}, found {shown if len(shown) <= 60 else shown[:57] + '…'}")
