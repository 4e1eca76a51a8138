from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sightline.adapters.memory.nonces import MemoryNonces
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import KeyId
from sightline.ports.nonces import NonceMemory
from sightline.testing.contracts.nonces import *  # noqa: F403
from sightline.testing.contracts.nonces import Fresh

KEY = KeyId("A1")
NOW = datetime(2024, 1, 1, tzinfo=UTC)


@asynccontextmanager
async def memory() -> AsyncIterator[NonceMemory]:
    yield MemoryNonces()


@pytest.fixture(params=[memory], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


async def test_rather_than_to_forget_one_too_early_more_are_refused() -> None:
    nonces = MemoryNonces(2)
    later = NOW + timedelta(minutes=10)
    for nonce in ("a", "b"):
        assert await nonces.first_use(KEY, nonce, NOW, later)
    with pytest.raises(Unavailable):
        await nonces.first_use(KEY, "c", NOW, later)
    assert not await nonces.first_use(KEY, "a", NOW, later)
    assert await nonces.first_use(KEY, "c", later, later + timedelta(minutes=10))
