from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.tenants import MemoryTenantRepository
from sightline.adapters.sql.tenants import SqlTenantRepository
from sightline.ports.tenants import TenantRepository
from sightline.testing.contracts.tenants import *  # noqa: F403
from sightline.testing.contracts.tenants import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[TenantRepository]:
    yield MemoryTenantRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[TenantRepository]:
    async with sqlite_database() as database:
        yield SqlTenantRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[TenantRepository]:
    async with postgres_database() as database:
        yield SqlTenantRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
