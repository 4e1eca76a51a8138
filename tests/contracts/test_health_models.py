from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.health_models import MemoryHealthModelRepository
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sql.health_models import SqlHealthModelRepository
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.testing.contracts.health_models import *  # noqa: F403
from sightline.testing.contracts.health_models import Fresh, Store

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Store]:
    portfolios = MemoryPropertyRepository()
    yield Store(MemoryHealthModelRepository(portfolios), portfolios)


@asynccontextmanager
async def sqlite() -> AsyncIterator[Store]:
    async with sqlite_database() as database:
        yield Store(SqlHealthModelRepository(database), SqlPropertyRepository(database))


@asynccontextmanager
async def postgresql() -> AsyncIterator[Store]:
    async with postgres_database() as database:
        yield Store(SqlHealthModelRepository(database), SqlPropertyRepository(database))


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
