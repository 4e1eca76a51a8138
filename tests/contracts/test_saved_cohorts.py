from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.saved_cohorts import MemorySavedCohorts
from sightline.adapters.sql.saved_cohorts import SqlSavedCohorts
from sightline.ports.saved_cohorts import SavedCohorts
from sightline.testing.contracts.saved_cohorts import *  # noqa: F403
from sightline.testing.contracts.saved_cohorts import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[SavedCohorts]:
    yield MemorySavedCohorts()


@asynccontextmanager
async def sqlite() -> AsyncIterator[SavedCohorts]:
    async with sqlite_database() as database:
        yield SqlSavedCohorts(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[SavedCohorts]:
    async with postgres_database() as database:
        yield SqlSavedCohorts(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
