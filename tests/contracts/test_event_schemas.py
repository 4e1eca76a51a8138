from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.event_schemas import MemoryEventSchemaRepository
from sightline.adapters.sql.event_schemas import SqlEventSchemaRepository
from sightline.ports.event_schemas import EventSchemaRepository
from sightline.testing.contracts.event_schemas import *  # noqa: F403
from sightline.testing.contracts.event_schemas import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[EventSchemaRepository]:
    yield MemoryEventSchemaRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[EventSchemaRepository]:
    async with sqlite_database() as database:
        yield SqlEventSchemaRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[EventSchemaRepository]:
    async with postgres_database() as database:
        yield SqlEventSchemaRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
