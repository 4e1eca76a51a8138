from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.testing.contracts.properties import *  # noqa: F403
from sightline.testing.contracts.properties import Fresh, Store

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Store]:
    yield MemoryPropertyRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[Store]:
    async with sqlite_database() as database:
        yield SqlPropertyRepository(database)


@asynccontextmanager
async def postgres() -> AsyncIterator[Store]:
    async with postgres_database() as database:
        yield SqlPropertyRepository(database)


@pytest.fixture(params=[memory, sqlite, postgres], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
