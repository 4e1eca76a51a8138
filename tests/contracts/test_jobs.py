from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.jobs import MemoryJobRepository
from sightline.adapters.sql.jobs import SqlJobRepository
from sightline.testing.contracts.jobs import *  # noqa: F403
from sightline.testing.contracts.jobs import Fresh, Jobs

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Jobs]:
    yield MemoryJobRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[Jobs]:
    async with sqlite_database() as database:
        yield SqlJobRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Jobs]:
    async with postgres_database() as database:
        yield SqlJobRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
