from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.users import MemoryUserRepository
from sightline.adapters.sql.users import SqlUserRepository
from sightline.ports.users import UserRepository
from sightline.testing.contracts.users import *  # noqa: F403
from sightline.testing.contracts.users import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[UserRepository]:
    yield MemoryUserRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[UserRepository]:
    async with sqlite_database() as database:
        yield SqlUserRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[UserRepository]:
    async with postgres_database() as database:
        yield SqlUserRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
