from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from sightline.adapters.memory.rate_limiter import MemoryRateLimiter
from sightline.adapters.redis.rate_limiter import RedisRateLimiter
from sightline.ports.rate_limiter import RateLimiter
from sightline.testing.contracts.rate_limiter import *  # noqa: F403
from sightline.testing.contracts.rate_limiter import Fresh

from .redis_server import redis_keys


@asynccontextmanager
async def memory(microseconds: Callable[[], int]) -> AsyncIterator[RateLimiter]:
    yield MemoryRateLimiter(microseconds)


@asynccontextmanager
async def redis(microseconds: Callable[[], int]) -> AsyncIterator[RateLimiter]:
    def unexpected() -> None:
        raise AssertionError("Redis did not answer")

    async with redis_keys() as (client, prefix):
        yield RedisRateLimiter(
            client,
            MemoryRateLimiter(microseconds),
            deadline_seconds=5,
            microseconds=microseconds,
            on_fallback=unexpected,
            prefix=prefix,
        )


@pytest.fixture(params=[memory, redis], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
