"""Where the sandbox is known to differ from the recordings, and why. A case that has become the same must go."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, Mapping[int, str]] = {
    "C": {},
    "K": {82: "the exponent of a number beyond 64 bits is written e22, not e+22"},
    "S": {94: "the first poll of a new consumer finds nothing in no time there; here it does"},
}
