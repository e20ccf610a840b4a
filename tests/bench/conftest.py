"""Measurements run when they are asked for: `python -m tests.bench`, or `pytest -m bench -s`. Gates run always."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "bench" in config.option.markexpr:
        return
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("gate"):
            item.add_marker(pytest.mark.skip(reason="measures: pytest -m bench -s"))
