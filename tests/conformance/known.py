"""Where the sandbox is known to differ from the recordings, and why. A case that has become the same must go."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, Mapping[int, str]] = {
    "C": {},
    "K": {82: "the exponent of a number beyond 64 bits is written e22, not e+22"},
    "S": {94: "the first poll of a new consumer finds nothing in no time there; here it does"},
    "G": {
        **dict.fromkeys((29, 81), "a record to be sent may have a timestamp and headers, which C refuses"),
        **dict.fromkeys((60, 61, 87, 139), "a record that is not of the format is an error in its place, and no more"),
        **dict.fromkeys((62,), "a record larger than max_bytes comes alone, where C gives nothing for good"),
        **dict.fromkeys((89, 113), "a read brings what is there, not 30 records"),
        **dict.fromkeys((125,), "a seek leaves nothing stale; C hands out first what it had fetched"),
    },
}
ADDED_BY_GATEWAY = ("timestamp", "headers")
"""What each record of a read has beside what C sends. Taken off before reads are compared."""
