from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.refresh_families import MemoryRefreshFamilyRepository
from sightline.adapters.sql.refresh_families import SqlRefreshFamilyRepository
from sightline.ports.refresh_families import RefreshFamilyRepository
from sightline.testing.contracts.refresh_families import *  # noqa: F403
from sightline.testing.contracts.refresh_families import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[RefreshFamilyRepository]:
    yield MemoryRefreshFamilyRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[RefreshFamilyRepository]:
    async with sqlite_database() as database:
        yield SqlRefreshFamilyRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[RefreshFamilyRepository]:
    async with postgres_database() as database:
        yield SqlRefreshFamilyRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
