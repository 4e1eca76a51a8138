from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.usage import MemoryUsageRepository
from sightline.adapters.sql.usage import SqlUsageRepository
from sightline.ports.usage import UsageRepository
from sightline.testing.contracts.usage import *  # noqa: F403
from sightline.testing.contracts.usage import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[UsageRepository]:
    yield MemoryUsageRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[UsageRepository]:
    async with sqlite_database() as database:
        yield SqlUsageRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[UsageRepository]:
    async with postgres_database() as database:
        yield SqlUsageRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
