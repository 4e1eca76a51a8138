"""A portfolio against its markets: one reading per market, and no market breaks the rest."""

import asyncio
from collections.abc import Set
from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.application.compare_portfolio import ComparePortfolio
from sightline.application.compare_with_market import CompareWithMarket
from sightline.domain.errors import MarketUnavailable
from sightline.domain.identifiers import MarketId, PropertyId, TenantId
from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import MarketReading, Source
from sightline.domain.portfolio.comparison import ComparisonPolicy, Indicator, Verdict
from sightline.domain.portfolio.performance import PerformanceQuestion
from sightline.domain.portfolio.property import Property
from sightline.domain.portfolio.selection import PropertyFilter, PropertyOrder, PropertyQuery
from sightline.domain.portfolio.standings import property_standings
from sightline.testing.strategies import properties

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
EVERYTHING = PropertyQuery()


class Awkward(MemoryMarketBenchmarkGateway):
    """Some markets are unavailable, one never answers; counts how many are read at once."""

    def __init__(self) -> None:
        super().__init__(FixedClock(NOON), sample_benchmarks())
        self.unavailable: set[int] = set()
        self.silent: set[int] = set()
        self.now = self.most = 0

    async def read(self, market: MarketId, metrics: Set[Metric]) -> MarketReading:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            if market in self.silent:
                await asyncio.Event().wait()
            if market in self.unavailable:
                raise MarketUnavailable(market, ("circuit_open",))
            return await super().read(market, metrics)
        finally:
            self.now -= 1


async def filled() -> tuple[MemoryPropertyRepository, Awkward]:
    store = MemoryPropertyRepository()
    await store.put_all(ACME, [one.draft for one in sample_portfolio()], NOON)
    return store, Awkward()


async def test_every_market_is_read_once_and_only_some_at_a_time() -> None:
    store, markets = await filled()
    compare = ComparePortfolio(store, store, markets, at_once=16)
    found = await compare(ACME, EVERYTHING, PROPERTY_METRICS)
    assert len(found.items) == 1200
    assert sorted(markets.reads) == list(range(1, 61))
    assert 1 < markets.most <= 16


async def test_a_line_of_the_portfolio_says_what_the_single_answer_says() -> None:
    store, markets = await filled()
    compare = CompareWithMarket(store, store, store, markets, FixedClock(NOON))
    found = await ComparePortfolio(store, store, markets)(ACME, EVERYTHING, PROPERTY_METRICS)
    for row in found.items[::40]:
        single = await compare(ACME, row.id, PerformanceQuestion(PROPERTY_METRICS))
        assert [(one.metric, one.percent_difference, one.indicator) for one in row.metrics] == [
            (one.metric, one.percent_difference, one.indicator) for one in single.metrics
        ]
        assert row.verdict is single.summary.verdict
        assert single.market is not None
        assert (row.market_name, row.benchmark_date) == (
            single.market.name, single.market.benchmark_date,
        )  # fmt: skip


async def test_markets_that_fail_leave_their_properties_marked() -> None:
    store, markets = await filled()
    lost = evolve(sample_portfolio()[1].draft, id=PropertyId(2000), market_id=MarketId(999))
    await store.put_all(ACME, [lost], NOON)
    markets.unavailable, markets.silent = {2, 3}, {4}
    compare = ComparePortfolio(store, store, markets, deadline_seconds=0.1)
    found = await compare(ACME, EVERYTHING, PROPERTY_METRICS)
    assert len(found.items) == 1201
    failed = {2: "circuit_open", 3: "circuit_open", 4: "deadline_exceeded"}
    for row in found.items:
        if row.market_id in failed:
            assert row.reasons == ("market_unavailable", failed[row.market_id])
        elif row.market_id == 999:
            assert row.reasons == ("market_not_found",)
        else:
            assert (row.degraded, row.source) == (False, Source.LIVE)
            continue
        assert (row.degraded, row.source, row.verdict) == (True, None, Verdict.NO_DATA)
        assert {metric.indicator for metric in row.metrics} == {Indicator.NO_DATA}


async def test_stale_markets_leave_their_properties_marked_but_compared() -> None:
    store, markets = await filled()
    markets.source, markets.reasons = Source.STALE, ("timeout",)
    found = await ComparePortfolio(store, store, markets)(ACME, EVERYTHING, PROPERTY_METRICS)
    assert all(row.degraded and row.source is Source.STALE for row in found.items)
    assert found.items[0].verdict is Verdict.OUTPERFORMING


async def test_only_the_page_is_compared_and_only_its_markets_are_read() -> None:
    store, markets = await filled()
    query = PropertyQuery(
        PropertyFilter(market_id=MarketId(9)), PropertyOrder.RENT, descending=True, limit=5
    )
    found = await ComparePortfolio(store, store, markets)(ACME, query, [Metric.RENT_PER_SQFT])
    assert len(found.items) == 5
    assert found.next is not None
    assert markets.reads == [9]
    assert [len(row.metrics) for row in found.items] == [1] * 5
    percents = [row.metrics[0].percent_difference or 0.0 for row in found.items]
    assert percents == sorted(percents, reverse=True)


async def test_another_tenant_has_an_empty_portfolio() -> None:
    store, markets = await filled()
    found = await ComparePortfolio(store, store, markets)(RIVAL, EVERYTHING, PROPERTY_METRICS)
    assert (found.items, found.next, markets.reads) == ((), None, [])


@given(subject=properties())
def test_a_property_stands_the_same_alone_and_among_others(subject: Property) -> None:
    readings = {
        benchmark.market: MarketReading(benchmark, Source.LIVE, NOON, 0.0)
        for benchmark in sample_benchmarks()[:3]
    }
    alone = property_standings([subject], readings, PROPERTY_METRICS, ComparisonPolicy())
    others = [one.draft.kept(one.draft.id, 1, NOON) for one in sample_portfolio() if one.draft.id]
    near = [one for one in others if one.market_id in readings][:20]
    among = property_standings([*near, subject], readings, PROPERTY_METRICS, ComparisonPolicy())
    assert among[-1] == alone[0]


async def test_twelve_hundred_properties_get_a_line_each() -> None:
    store, markets = await filled()
    page = await store.page(ACME, EVERYTHING)
    readings = {one: await markets.read(one, frozenset()) for one in map(MarketId, range(1, 61))}
    found = property_standings(page.items, readings, PROPERTY_METRICS, ComparisonPolicy())
    assert [line.id for line in found] == [subject.id for subject in page.items]
    assert len(found) == 1200
