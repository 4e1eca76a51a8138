from collections.abc import AsyncIterator

import pytest

from .served import Served, serving


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as made:
        yield made
