"""A cluster in memory and one of a real broker, for the same tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from ktui.server.kafka import Kafka
from tests.kafka.world import InMemory, OnCluster, World, until_so


@pytest.fixture(params=["memory", pytest.param("cluster", marks=pytest.mark.kafka)])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    world: World = InMemory() if request.param == "memory" else OnCluster(request.getfixturevalue("bootstrap"))
    yield world
    await world.aclose()


@pytest.fixture
def kafka(world: World) -> Kafka:
    return world.kafka


@pytest.fixture
def name() -> str:
    """Of a topic or a group that nobody else has."""
    return f"t-{uuid4().hex[:12]}"


@pytest.fixture
async def topic(kafka: Kafka, name: str) -> str:
    """A topic of two partitions, which the broker has heard of."""
    await kafka.create_topic(name, 2, {})

    async def there() -> bool:
        return name in await kafka.names()

    await until_so(there, True)
    return name
