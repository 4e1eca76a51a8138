from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sql.followed_markets import SqlFollowedMarkets
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.ports.followed_markets import FollowedMarkets
from sightline.ports.properties import PropertyRepository
from sightline.testing.contracts.followed_markets import *  # noqa: F403
from sightline.testing.contracts.followed_markets import Fresh

from .stores import postgres_database, sqlite_database

Pair = tuple[PropertyRepository, FollowedMarkets]


@asynccontextmanager
async def memory() -> AsyncIterator[Pair]:
    properties = MemoryPropertyRepository()
    yield properties, properties


@asynccontextmanager
async def sqlite() -> AsyncIterator[Pair]:
    async with sqlite_database() as database:
        yield SqlPropertyRepository(database), SqlFollowedMarkets(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Pair]:
    async with postgres_database() as database:
        yield SqlPropertyRepository(database), SqlFollowedMarkets(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
