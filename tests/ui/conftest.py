"""For tests with a screen: time runs as it does for a person."""

import pytest

from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """Time no faster than the real one: a stream that polls fifty times as often never lets the screen come to rest,
    and every key of a pilot waits for that, up to a second each."""
    return Clock(step=0.002)
