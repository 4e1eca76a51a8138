from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.metrics import MemoryMetricRepository
from sightline.adapters.sql.metrics import SqlMetricRepository
from sightline.testing.contracts.metrics import *  # noqa: F403
from sightline.testing.contracts.metrics import Fresh, MetricRepository

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[MetricRepository]:
    yield MemoryMetricRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[MetricRepository]:
    async with sqlite_database() as database:
        yield SqlMetricRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[MetricRepository]:
    async with postgres_database() as database:
        yield SqlMetricRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
