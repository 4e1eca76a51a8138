import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.usage import MemoryUsageRepository
from sightline.application.meter_usage import MeterUsage, ReadUsage
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import Principal, PrincipalKind, Usage
from sightline.entrypoints.http.metering import EVERY_SECONDS, keep_usage

ACME = Principal(TenantId("acme"), PrincipalKind.API_KEY, "A1", "key", frozenset())
RIVAL = Principal(TenantId("rival"), PrincipalKind.API_KEY, "A1", "key", frozenset())
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
ALWAYS = date.min, date.max


class Failing(MemoryUsageRepository):
    """Does not answer as long as it is told not to; counts are made while it is asked."""

    fails = True
    meter: MeterUsage | None = None

    async def add(self, batch: Sequence[Usage]) -> None:
        if self.meter is not None:
            self.meter.count(ACME, "getProperty", 1)
        if self.fails:
            raise Unavailable("the record store does not answer")
        await super().add(batch)


async def test_what_was_counted_is_kept_once_and_by_the_day_it_happened() -> None:
    store, clock = MemoryUsageRepository(), FixedClock(NEW_YEAR - timedelta(seconds=1))
    meter = MeterUsage(store, clock)
    meter.count(ACME, "getProperty", 1)
    meter.count(ACME, "getProperty", 10)
    meter.count(RIVAL, "getProperty", 5)
    clock.move(timedelta(seconds=1))
    meter.count(ACME, "getProperty", 1)
    for _ in range(3):
        await meter()
    found = await ReadUsage(store)(ACME.tenant, *ALWAYS)
    assert [(one.day, one.requests, one.units) for one in found] == [
        (date(2025, 12, 31), 2, 11),
        (date(2026, 1, 1), 1, 1),
    ]


async def test_a_store_that_does_not_answer_loses_no_count() -> None:
    store = Failing()
    meter = store.meter = MeterUsage(store, FixedClock(NEW_YEAR))
    meter.count(ACME, "getProperty", 1)
    with pytest.raises(Unavailable):
        await meter()
    store.fails = False
    store.meter = None
    await meter()
    assert [one.requests for one in await store.of(ACME.tenant, *ALWAYS)] == [2]


async def test_usage_is_kept_every_few_seconds_and_once_more_at_the_end() -> None:
    store, slept = Failing(), []
    meter = MeterUsage(store, FixedClock(NEW_YEAR))
    third, never = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        store.fails = len(slept) == 2  # the first keeping works, the second fails, then it stops
        meter.count(ACME, "getProperty", 1)
        if len(slept) == 3:
            third.set()
            await never.wait()

    keeping = asyncio.create_task(keep_usage(meter, sleep))
    await third.wait()
    assert [one.requests for one in await store.of(ACME.tenant, *ALWAYS)] == [1]
    keeping.cancel()
    await asyncio.wait({keeping})
    assert [one.requests for one in await store.of(ACME.tenant, *ALWAYS)] == [3]
    assert slept == [EVERY_SECONDS] * 3
