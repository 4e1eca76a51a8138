import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.event_store import DuckDbEventStore
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.ports.event_store import EventStore
from sightline.testing.contracts.event_store import *  # noqa: F403
from sightline.testing.contracts.event_store import Fresh

from .clickhouse import empty_store

#: Memory where there is some: every commit waits for the disk otherwise.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@asynccontextmanager
async def memory() -> AsyncIterator[EventStore]:
    yield MemoryEventStore()


@asynccontextmanager
async def duckdb(settle_at: int = 1_000) -> AsyncIterator[EventStore]:
    with TemporaryDirectory(dir=FAST) as folder:
        async with duckdb_database(Path(folder) / "events.duckdb", threads=1) as database:
            yield DuckDbEventStore(database, settle_at=settle_at)


@asynccontextmanager
async def duckdb_settled() -> AsyncIterator[EventStore]:
    """Every load is moved into order at once, so that all is read from there."""
    async with duckdb(settle_at=0) as store:
        yield store


@asynccontextmanager
async def clickhouse() -> AsyncIterator[EventStore]:
    async with empty_store(1) as store:
        yield store


@pytest.fixture(
    params=[memory, duckdb, duckdb_settled, clickhouse],
    ids=lambda make: make.__name__,
    scope="module",
)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
