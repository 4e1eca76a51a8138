"""The Redis server of the tests, and keys of a test's own in it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from sightline.adapters.redis.rate_limiter import connected

REDIS = os.environ.get("SIGHTLINE_TEST_REDIS", "redis://127.0.0.1:6379/0")


@asynccontextmanager
async def redis_keys() -> AsyncIterator[tuple[Redis, str]]:
    """A client and a prefix that nobody else uses; skips where there is no server.

    ``SIGHTLINE_TEST_REDIS=none`` says that there is none, even in continuous integration.
    """
    if REDIS == "none":
        pytest.skip("no Redis: SIGHTLINE_TEST_REDIS=none")
    prefix = f"sightline-test-{uuid4().hex[:12]}"
    async with connected(REDIS, seconds=3) as client:
        try:
            await client.get("is-anybody-there")
        except RedisError:
            _absent()
        yield client, prefix
        if found := [key async for key in client.scan_iter(match=f"{prefix}:*", count=1000)]:
            await client.delete(*found)


def _absent() -> None:
    message = f"no Redis answers at {REDIS.rpartition('@')[2]}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(f"{message}, and it must in continuous integration")
    pytest.skip(message)
