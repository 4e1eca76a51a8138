"""Every market of a portfolio is read ahead, by request and by the clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.jobs import MemoryJobRepository
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.memory.random_text import SeededRandomText
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.application.refresh_markets import KIND, YOUNG, RefreshMarkets
from sightline.application.request_market_refresh import (
    EVERY,
    RequestMarketRefresh,
    ScheduleMarketRefreshes,
)
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import JobId, MarketId, PropertyId, TenantId
from sightline.domain.jobs import Claim, Job, JobQuery, new_job
from sightline.domain.portfolio.market_freshness import FreshnessPolicy

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Reports:
    """Remembers what was told of the progress."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []

    async def __call__(self, done: float, text: str, /) -> None:
        self.heard.append((done, text))


async def filled() -> tuple[MemoryPropertyRepository, MemoryMarketBenchmarkGateway]:
    store = MemoryPropertyRepository()
    await store.put_all(ACME, [one.draft for one in sample_portfolio()], NOON)
    return store, MemoryMarketBenchmarkGateway(FixedClock(NOON), sample_benchmarks())


def job() -> Job:
    return new_job(ACME, JobId("a"), KIND, key=None, arguments={}, now=NOON)


def counts(**sources: int) -> Mapping[str, int]:
    names = ("live", "cache", "stale", "snapshot", "not_found", "unavailable")
    return {name: sources.get(name, 0) for name in names}


async def test_every_market_is_read_once_and_the_progress_told_in_steps() -> None:
    store, markets = await filled()
    reports = Reports()
    result = await RefreshMarkets(store, markets)(job(), reports)
    assert result == {"markets": 60, "sources": counts(live=60)}
    assert sorted(markets.reads) == list(range(1, 61))
    assert [text.partition(" ")[0] for _, text in reports.heard] == ["16", "32", "48", "60"]
    assert reports.heard[-1] == (1.0, "60 of 60 markets")


async def test_again_gives_the_same() -> None:
    store, markets = await filled()
    refresh = RefreshMarkets(store, markets)
    assert await refresh(job(), Reports()) == await refresh(job(), Reports())


async def test_a_market_that_cannot_be_read_does_not_keep_the_others() -> None:
    store, markets = await filled()
    lost = evolve(sample_portfolio()[1].draft, id=PropertyId(2000), market_id=MarketId(999))
    await store.put_all(ACME, [lost], NOON)
    result = await RefreshMarkets(store, markets)(job(), Reports())
    assert result == {"markets": 61, "sources": counts(live=60, not_found=1)}


async def test_if_none_can_be_read_it_is_to_be_tried_again() -> None:
    store, markets = await filled()
    markets.available = False
    with pytest.raises(Unavailable, match="no market"):
        await RefreshMarkets(store, markets)(job(), Reports())


async def test_a_tenant_without_properties_has_nothing_to_read() -> None:
    _, markets = await filled()
    result = await RefreshMarkets(MemoryPropertyRepository(), markets)(job(), Reports())
    assert result == {"markets": 0, "sources": counts()}


async def test_by_the_clock_whoever_has_properties_gets_one_refresh_after_the_other() -> None:
    store, _ = await filled()
    jobs, clock = MemoryJobRepository(), FixedClock(NOON)
    request = RequestMarketRefresh(jobs, clock, SeededRandomText())
    schedule = ScheduleMarketRefreshes(store, jobs, request, clock)
    begun = []
    for _ in range(40):
        await schedule()
        claim = Claim("ann", frozenset({KIND}), clock.at, clock.at + MINUTE, 9, 5)
        for held in await jobs.lease(claim):
            begun.append(clock.at - NOON)
            await jobs.keep(held.lease, held.done({}, clock.at))
        clock.move(MINUTE)
    assert begun == [timedelta(), 13 * MINUTE, 26 * MINUTE, 39 * MINUTE]
    assert (await jobs.page(RIVAL, JobQuery())).items == ()


async def test_by_the_clock_and_on_request_only_one_is_open() -> None:
    store, _ = await filled()
    jobs, clock = MemoryJobRepository(), FixedClock(NOON)
    request = RequestMarketRefresh(jobs, clock, SeededRandomText())
    asked = await request(ACME)
    await ScheduleMarketRefreshes(store, jobs, request, clock)()
    assert await request(ACME) == asked
    assert (await jobs.page(ACME, JobQuery())).items == (asked,)


def test_the_figures_leave_time_for_the_reading_itself() -> None:
    looked_for_every = MINUTE
    assert EVERY + looked_for_every + YOUNG < FreshnessPolicy().fresh
