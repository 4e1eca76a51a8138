from collections.abc import AsyncIterator

import pytest


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:
    """All examples of a module run on one event loop, so that they can share a database."""
    yield  # noqa: PT022  the loop lives while this generator does
