from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.health_scores import MemoryHealthScoreRepository
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sql.health_scores import SqlHealthScoreRepository
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.testing.contracts.health_scores import *  # noqa: F403
from sightline.testing.contracts.health_scores import Fresh, Pair

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Pair]:
    properties = MemoryPropertyRepository()
    yield properties, MemoryHealthScoreRepository(properties)


@asynccontextmanager
async def sqlite() -> AsyncIterator[Pair]:
    async with sqlite_database() as database:
        yield SqlPropertyRepository(database), SqlHealthScoreRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Pair]:
    async with postgres_database() as database:
        yield SqlPropertyRepository(database), SqlHealthScoreRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
