from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.revocations import MemoryRevocations, RecentRevocations
from sightline.adapters.sql.revocations import SqlRevocations
from sightline.ports.revocations import Revocations
from sightline.testing.contracts.revocations import *  # noqa: F403
from sightline.testing.contracts.revocations import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Revocations]:
    yield MemoryRevocations()


@asynccontextmanager
async def remembered() -> AsyncIterator[Revocations]:
    yield RecentRevocations(MemoryRevocations())


@asynccontextmanager
async def sqlite() -> AsyncIterator[Revocations]:
    async with sqlite_database() as database:
        yield SqlRevocations(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Revocations]:
    async with postgres_database() as database:
        yield SqlRevocations(database)


@pytest.fixture(
    params=[memory, remembered, sqlite, postgresql], ids=lambda make: make.__name__, scope="module"
)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
