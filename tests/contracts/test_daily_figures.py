from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from sightline.adapters.event_figures import StoredDailyFigures
from sightline.adapters.memory.daily_figures import MemoryDailyFigures
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.domain.events import Event, EventSlice
from sightline.ports.daily_figures import DailyFigures
from sightline.testing.contracts.daily_figures import *  # noqa: F403
from sightline.testing.contracts.daily_figures import Computing, Doings

ALMOST_A_DAY = timedelta(hours=23, minutes=59, seconds=59, microseconds=999_999)


@asynccontextmanager
async def memory(doings: Doings) -> AsyncIterator[DailyFigures]:
    yield MemoryDailyFigures(doings)


@asynccontextmanager
async def stored(doings: Doings) -> AsyncIterator[DailyFigures]:
    store = MemoryEventStore()
    for tenant, days in doings.items():
        done = [(day, user) for day, users in days.items() for user in users]
        events = []
        for position, (day, user) in enumerate(done, start=1):
            # Both ends of a day belong to it.
            at = datetime(day.year, day.month, day.day, tzinfo=UTC) + ALMOST_A_DAY * (position % 2)
            events.append(Event(f"e{position}", user, "visit", at, {}, at, None, position))
        await store.load({tenant: EventSlice(0, len(events), tuple(events))})
    yield StoredDailyFigures(store)


@pytest.fixture(params=[memory, stored], ids=lambda make: make.__name__, scope="module")
def computing(request: pytest.FixtureRequest) -> Computing:
    make: Computing = request.param
    return make
