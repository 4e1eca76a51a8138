from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from sightline.adapters.issuers import HttpIssuerKeys
from sightline.adapters.memory.issuer_keys import MemoryIssuerKeys
from sightline.ports.issuer_keys import IssuerKeys
from sightline.testing.contracts.issuer_keys import *  # noqa: F403
from sightline.testing.contracts.issuer_keys import Fresh, Published


@asynccontextmanager
async def memory(published: Published) -> AsyncIterator[IssuerKeys]:
    yield MemoryIssuerKeys(published)


@asynccontextmanager
async def http(published: Published) -> AsyncIterator[IssuerKeys]:
    def answer(request: httpx.Request) -> httpx.Response:
        keys = published.get(str(request.url))
        if keys is None:
            raise httpx.ConnectError("nobody is there")
        return httpx.Response(200, json={"keys": [dict(key.document()) for key in keys]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        yield HttpIssuerKeys(client)


@pytest.fixture(params=[memory, http], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make
