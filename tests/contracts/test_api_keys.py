from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.api_keys import MemoryApiKeyRepository
from sightline.adapters.memory.recent_api_keys import RecentApiKeys
from sightline.adapters.memory.tenants import MemoryTenantRepository
from sightline.adapters.sql.api_keys import SqlApiKeyRepository
from sightline.adapters.sql.tenants import SqlTenantRepository
from sightline.ports.api_keys import ApiKeyRepository
from sightline.ports.tenants import TenantRepository
from sightline.testing.contracts.api_keys import *  # noqa: F403
from sightline.testing.contracts.api_keys import Fresh

from .stores import postgres_database, sqlite_database

Pair = tuple[TenantRepository, ApiKeyRepository]


@asynccontextmanager
async def memory() -> AsyncIterator[Pair]:
    tenants = MemoryTenantRepository()
    yield tenants, MemoryApiKeyRepository(tenants)


@asynccontextmanager
async def remembered() -> AsyncIterator[Pair]:
    tenants = MemoryTenantRepository()
    yield tenants, RecentApiKeys(MemoryApiKeyRepository(tenants))


@asynccontextmanager
async def sqlite() -> AsyncIterator[Pair]:
    async with sqlite_database() as database:
        yield SqlTenantRepository(database), SqlApiKeyRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Pair]:
    async with postgres_database() as database:
        yield SqlTenantRepository(database), SqlApiKeyRepository(database)


@pytest.fixture(
    params=[memory, remembered, sqlite, postgresql],
    ids=lambda make: make.__name__,
    scope="module",
)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
