from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from sightline.adapters.memory.nonces import MemoryNonces
from sightline.adapters.redis.nonces import RedisNonces
from sightline.adapters.redis.rate_limiter import connected
from sightline.adapters.sql.nonces import SqlNonces, request_nonces
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import KeyId, TenantId
from sightline.ports.nonces import NonceMemory
from sightline.testing.contracts.nonces import *  # noqa: F403
from sightline.testing.contracts.nonces import Fresh

from .redis_server import redis_keys
from .stores import postgres_database, sqlite_database

PLACE = (TenantId("acme"), KeyId("A1"))
NOW = datetime(2024, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


@asynccontextmanager
async def memory() -> AsyncIterator[NonceMemory]:
    yield MemoryNonces()


@asynccontextmanager
async def sqlite() -> AsyncIterator[NonceMemory]:
    async with sqlite_database() as database:
        yield SqlNonces(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[NonceMemory]:
    async with postgres_database() as database:
        yield SqlNonces(database)


@asynccontextmanager
async def redis() -> AsyncIterator[NonceMemory]:
    async with redis_keys() as (client, prefix):
        yield RedisNonces(client, deadline_seconds=5, prefix=prefix)


@pytest.fixture(
    params=[memory, sqlite, postgresql, redis], ids=lambda make: make.__name__, scope="module"
)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


async def test_rather_than_to_forget_one_too_early_more_are_refused() -> None:
    nonces = MemoryNonces(2)
    for nonce in ("a", "b"):
        assert await nonces.first_use(*PLACE, nonce, NOW, LATER)
    with pytest.raises(Unavailable):
        await nonces.first_use(*PLACE, "c", NOW, LATER)
    assert not await nonces.first_use(*PLACE, "a", NOW, LATER)
    assert await nonces.first_use(*PLACE, "c", LATER, LATER + timedelta(minutes=10))


async def test_a_nonce_used_in_one_process_is_used_in_every_other() -> None:
    async with sqlite_database() as database:
        assert await SqlNonces(database).first_use(*PLACE, "n", NOW, LATER)
        assert not await SqlNonces(database).first_use(*PLACE, "n", NOW, LATER)
    async with redis_keys() as (client, prefix):
        one, other = RedisNonces(client, 5, prefix), RedisNonces(client, 5, prefix)
        assert await one.first_use(*PLACE, "n", NOW, LATER)
        assert not await other.first_use(*PLACE, "n", NOW, LATER)


async def test_pruning_leaves_no_row_whose_time_is_over() -> None:
    async with sqlite_database() as database:
        nonces = SqlNonces(database)
        for nonce, until in (("a", NOW), ("b", LATER)):
            assert await nonces.first_use(*PLACE, nonce, NOW - timedelta(hours=1), until)
        await nonces.prune(NOW)
        async with database.reading() as connection:
            count = select(func.count()).select_from(request_nonces)
            assert await connection.scalar(count) == 1


async def test_without_redis_nothing_is_accepted() -> None:
    async with connected("redis://127.0.0.1:1/0") as client:
        with pytest.raises(Unavailable):
            await RedisNonces(client).first_use(*PLACE, "n", NOW, LATER)
