"""Every test here is for every flavour."""

from __future__ import annotations

import pytest

from tests.client.scene import LETTERS


@pytest.fixture(params=LETTERS)
def letter(request: pytest.FixtureRequest) -> str:
    """Each flavour in turn."""
    assert isinstance(request.param, str)
    return request.param
