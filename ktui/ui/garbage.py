"""When the garbage collector may stop everything: in small portions at any time, and at length between two pictures.

What start-up made stays: looking through it again and again cost pauses of 13 to 49 ms (performance 3.3). What comes
later is looked through in portions of 2,000; of 20,000 each takes 60 ms. All that is there, some 60,000 objects of the
widgets and what is kept drawn, takes 17 ms, and 2 ms more for each thousand that is garbage. By itself that comes in
the middle of whatever allocates most, which is the picture that a prompt changes: 97 to 114 ms together.
"""

from __future__ import annotations

import gc

LOOK_SECONDS = 2.0
"""Between two questions whether all is to be looked through."""
CALM_SECONDS = 2.0
"""Without a key or a click after which a pause is not noticed, and what they made has been drawn."""
DUE, OVERDUE = 3, 30
"""After how many portions of 20,000 it is to be done in a calm moment, and whatever is going on."""


def settle() -> None:
    """Take what is there now for what stays, and with it the 5,000 objects that are garbage: to find them among 107,000
    held up the first key for 60 ms."""
    gc.freeze()
    gc.set_threshold(2_000, 10, OVERDUE)
    gc.enable()


def look_through(calm: float) -> None:
    """Collect all garbage, if there may be enough of it to be worth the pause. `calm`: seconds since a key came."""
    if calm >= CALM_SECONDS and gc.get_count()[2] >= DUE:
        gc.collect()
