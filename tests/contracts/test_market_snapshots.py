from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.market_snapshots import MemoryMarketSnapshotRepository
from sightline.adapters.sql.market_snapshots import SqlMarketSnapshotRepository
from sightline.ports.market_snapshots import MarketSnapshotRepository
from sightline.testing.contracts.market_snapshots import *  # noqa: F403
from sightline.testing.contracts.market_snapshots import PER_MARKET, Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[MarketSnapshotRepository]:
    yield MemoryMarketSnapshotRepository(PER_MARKET)


@asynccontextmanager
async def sqlite() -> AsyncIterator[MarketSnapshotRepository]:
    async with sqlite_database() as database:
        yield SqlMarketSnapshotRepository(database, PER_MARKET)


@asynccontextmanager
async def postgres() -> AsyncIterator[MarketSnapshotRepository]:
    async with postgres_database() as database:
        yield SqlMarketSnapshotRepository(database, PER_MARKET)


@pytest.fixture(params=[memory, sqlite, postgres], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
