from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.signing_keys import MemorySigningKeyRepository
from sightline.adapters.sql.signing_keys import SqlSigningKeyRepository
from sightline.ports.signing_keys import SigningKeyRepository
from sightline.testing.contracts.signing_keys import *  # noqa: F403
from sightline.testing.contracts.signing_keys import Fresh

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[SigningKeyRepository]:
    yield MemorySigningKeyRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[SigningKeyRepository]:
    async with sqlite_database() as database:
        yield SqlSigningKeyRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[SigningKeyRepository]:
    async with postgres_database() as database:
        yield SqlSigningKeyRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
