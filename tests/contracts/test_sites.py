from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.sites import MemorySiteRepository
from sightline.adapters.sql.sites import SqlSiteRepository
from sightline.ports.sites import SiteRepository
from sightline.testing.contracts.sites import *  # noqa: F403
from sightline.testing.contracts.sites import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[SiteRepository]:
    yield MemorySiteRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[SiteRepository]:
    async with sqlite_database() as database:
        yield SqlSiteRepository(database)


@asynccontextmanager
async def postgres() -> AsyncIterator[SiteRepository]:
    async with postgres_database() as database:
        yield SqlSiteRepository(database)


@pytest.fixture(params=[memory, sqlite, postgres], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
