"""One property against its market: every way that can go, and no way that hangs."""

import asyncio
from collections.abc import AsyncIterator, Set
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_histories, sample_portfolio
from sightline.application.compare_with_market import CompareWithMarket
from sightline.domain.errors import (
    ComparisonIncomplete,
    InvalidWindow,
    MarketUnavailable,
    PropertyNotFound,
)
from sightline.domain.identifiers import MarketId, PropertyId, TenantId
from sightline.domain.measures import PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import Confidence, MarketReading, Source
from sightline.domain.portfolio.comparison import ComparisonPolicy, Indicator, Verdict
from sightline.domain.portfolio.history import HistoryRequest
from sightline.domain.portfolio.observations import Reason
from sightline.domain.portfolio.performance import PerformanceQuestion, cautions
from sightline.domain.portfolio.trend import TrendVerdict
from sightline.domain.windows import Interval
from sightline.ports.market_benchmarks import MarketBenchmarkGateway

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
WILLIS = PropertyId(1)
NOW = PerformanceQuestion()


class House:
    """The use case on memory adapters, with the first fifty sample properties."""

    def __init__(self, markets: MarketBenchmarkGateway | None = None) -> None:
        self.clock = FixedClock(NOON)
        self.store = MemoryPropertyRepository()
        self.memory = MemoryMarketBenchmarkGateway(self.clock, sample_benchmarks())
        self.compare = CompareWithMarket(
            self.store, self.store, self.store, markets or self.memory, self.clock, 0.05
        )


@asynccontextmanager
async def house(markets: MarketBenchmarkGateway | None = None) -> AsyncIterator[House]:
    made = House(markets)
    some = [one.draft for one in sample_portfolio()[:50]]
    await made.store.put_all(ACME, some, NOON)
    histories = {draft.id: sample_histories()[draft.id] for draft in some if draft.id}
    await made.store.replace_histories(ACME, histories, {}, NOON)
    yield made


async def test_the_property_of_the_contract_against_its_market() -> None:
    async with house() as made:
        answer = await made.compare(ACME, WILLIS, NOW)
    by_metric = {found.metric: found for found in answer.metrics}
    expected = {
        Metric.OCCUPANCY_RATE: (3.6995515695, Indicator.AT_MARKET),
        Metric.RENT_PER_SQFT: (12.0418848168, Indicator.OUTPERFORMING),
        Metric.RENEWAL_RATE: (4.3882978723, Indicator.AT_MARKET),
        Metric.LEASE_TERM_MONTHS: (4.3478260870, Indicator.AT_MARKET),
        Metric.TIME_TO_LEASE_DAYS: (-21.2962962963, Indicator.OUTPERFORMING),
    }
    assert tuple(by_metric) == PROPERTY_METRICS
    for metric, (percent, indicator) in expected.items():
        assert by_metric[metric].percent_difference == pytest.approx(percent, abs=1e-9)
        assert by_metric[metric].indicator is indicator
        assert by_metric[metric].market_month == date(2025, 9, 1)
    assert answer.summary.verdict is Verdict.OUTPERFORMING
    assert [(one.metric, one.market_value) for one in answer.context] == [
        (Metric.NEW_DEAL_RATE, 24.8)
    ]
    market = answer.market
    assert market is not None
    assert (market.name, market.sample_size, market.data_quality) == (
        "Chicago Loop Office", 87, 0.95,
    )  # fmt: skip
    assert (market.benchmark_date, market.confidence) == (date(2025, 9, 1), Confidence.HIGH)
    assert market.cautions == ()
    assert answer.freshness is not None
    assert (answer.freshness.source, answer.freshness.degraded) == (Source.LIVE, False)
    assert answer.as_of_position == 2


async def test_only_the_metrics_that_were_asked_for_are_shown() -> None:
    async with house() as made:
        question = PerformanceQuestion(metrics=(Metric.RENT_PER_SQFT,))
        answer = await made.compare(ACME, WILLIS, question)
    assert [found.metric for found in answer.metrics] == [Metric.RENT_PER_SQFT]
    assert answer.context == ()
    assert sum(answer.summary.counts.values()) == 1


async def test_at_a_date_both_sides_are_as_they_were() -> None:
    async with house() as made:
        question = PerformanceQuestion((Metric.RENT_PER_SQFT,), as_of=date(2025, 3, 31))
        answer = await made.compare(ACME, WILLIS, question)
    (rent,) = answer.metrics
    march = next(r for r in sample_histories()[WILLIS] if r.month == date(2025, 3, 1))
    assert (rent.property_value, rent.property_month) == (march.rent_per_sqft, date(2025, 3, 1))
    assert (rent.market_value, rent.market_month) == (34.25, date(2025, 3, 1))
    assert answer.market is not None
    assert answer.market.benchmark_date == date(2025, 3, 1)


async def test_before_all_data_there_is_nothing_to_compare() -> None:
    async with house() as made:
        question = PerformanceQuestion(
            as_of=date(1970, 1, 1), history=HistoryRequest(Interval.MONTH)
        )
        answer = await made.compare(ACME, WILLIS, question)
    assert answer.summary.verdict is Verdict.NO_DATA
    assert answer.market is not None
    assert answer.market.benchmark_date is None
    assert answer.history is not None
    assert answer.history.complete_until is None
    with pytest.raises(InvalidWindow):
        PerformanceQuestion(as_of=date(1, 1, 1))


async def test_history_shows_both_on_common_buckets() -> None:
    async with house() as made:
        request = HistoryRequest(Interval.QUARTER, date(2024, 1, 1), date(2025, 9, 30))
        answer = await made.compare(ACME, WILLIS, PerformanceQuestion(history=request))
    assert answer.history is not None
    assert (answer.history.start, answer.history.end) == (date(2024, 1, 1), date(2025, 10, 1))
    rent = next(one for one in answer.history.metrics if one.metric is Metric.RENT_PER_SQFT)
    assert len(rent.buckets) == 7
    assert (rent.buckets[-1].property_value, rent.buckets[-1].market_value) == (42.8, 38.2)
    # September has begun but is not over, so neither is its quarter.
    assert [bucket.complete for bucket in rent.buckets] == [True] * 6 + [False]


async def test_the_trend_that_the_documents_work_through() -> None:
    async with house() as made:
        made.clock.at = datetime(2025, 10, 1, tzinfo=UTC)
        request = HistoryRequest(Interval.MONTH, date(2024, 10, 1), date(2025, 9, 30))
        question = PerformanceQuestion((Metric.RENT_PER_SQFT,), history=request)
        answer = await made.compare(ACME, WILLIS, question)
    assert answer.history is not None
    trend = answer.history.metrics[0].trend
    said = {
        "points": 12, "returns": 11, "property_change_percent": 8.16,
        "market_change_percent": 17.39, "relative_change_percent": -7.86,
        "tracking_difference": -0.0819, "tracking_error_per_year": 0.0379, "beta": 0.987,
        "beta_standard_error": 0.324, "robust_beta": 0.895, "robust_beta_low": -0.614,
        "robust_beta_high": 1.770, "relative_slope_per_year": -0.0988,
        "relative_slope_low": -0.1177, "relative_slope_high": -0.0815, "mann_kendall_p": 0.0001,
    }  # fmt: skip
    for name, figure in said.items():
        digits = len(str(figure).partition(".")[2])
        assert round(getattr(trend, name), max(digits, 2)) == figure, name
    assert trend.verdict is TrendVerdict.LOSING
    page = (Path(__file__).parents[2] / "docs/comparisons.md").read_text(encoding="utf-8")
    for words in ("+8.16, +17.39", "−7.86", "0.987 ± 0.324", "0.895 (−0.614 to 1.770)"):
        assert words in page


async def test_a_market_that_does_not_exist_leaves_an_answer_without_one() -> None:
    async with house() as made:
        willis = await made.store.get(ACME, WILLIS)
        await made.store.replace(ACME, evolve(willis, market_id=MarketId(999)), willis.version)
        request = HistoryRequest(Interval.YEAR)
        answer = await made.compare(ACME, WILLIS, PerformanceQuestion(history=request))
    assert (answer.market, answer.freshness) == (None, None)
    assert {found.indicator for found in answer.metrics} == {Indicator.NO_DATA}
    assert {found.reasons for found in answer.metrics} == {(Reason.MARKET_NOT_FOUND,)}
    assert answer.metrics[0].property_value == 92.5
    assert answer.summary.verdict is Verdict.NO_DATA
    assert answer.history is not None
    assert answer.history.metrics[0].buckets[-1].property_value == 92.5
    assert answer.history.metrics[0].buckets[-1].market_value is None


async def test_a_market_that_cannot_be_read_leaves_an_error_that_carries_the_property() -> None:
    async with house() as made:
        made.memory.available = False
        made.memory.reasons = ("circuit_open",)
        with pytest.raises(ComparisonIncomplete) as incomplete:
            await made.compare(ACME, WILLIS, NOW)
        assert incomplete.value.property == await made.store.get(ACME, WILLIS)
    assert incomplete.value.missing == PROPERTY_METRICS
    assert incomplete.value.reasons == ("circuit_open",)


@pytest.mark.parametrize("source", [Source.STALE, Source.SNAPSHOT])
async def test_old_market_data_are_marked_as_such(source: Source) -> None:
    async with house() as made:
        made.memory.source, made.memory.reasons = source, ("timeout",)
        answer = await made.compare(ACME, WILLIS, NOW)
    assert answer.freshness is not None
    assert (answer.freshness.source, answer.freshness.degraded) == (source, True)
    assert answer.freshness.reasons == ("timeout",)


class Silent:
    """A gateway that never answers and keeps no deadline of its own."""

    def __init__(self) -> None:
        self.cancelled = 0

    async def read(self, market: MarketId, metrics: Set[Metric]) -> MarketReading:
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled += 1
        raise AssertionError

    async def position(self) -> int:
        return 0

    async def refresh(
        self, market: MarketId, metrics: Set[Metric], younger_than: timedelta
    ) -> MarketReading:
        return await self.read(market, metrics)


async def test_a_market_that_never_answers_counts_as_unavailable() -> None:
    silent = Silent()
    async with house(silent) as made:
        with pytest.raises(ComparisonIncomplete) as incomplete:
            await made.compare(ACME, WILLIS, NOW)
    assert incomplete.value.reasons == ("deadline_exceeded",)
    assert silent.cancelled == 1


async def test_nobody_sees_the_property_of_another_tenant_and_no_market_is_read_for_it() -> None:
    async with house() as made:
        for tenant, identifier in ((RIVAL, WILLIS), (ACME, PropertyId(51))):
            with pytest.raises(PropertyNotFound):
                await made.compare(tenant, identifier, NOW)
        assert made.memory.reads == []


async def test_a_tenant_s_own_thresholds_decide() -> None:
    async with house() as made:
        await made.store.set_comparison_policy(
            ACME, ComparisonPolicy({Metric.OCCUPANCY_RATE: 3.0, Metric.RENT_PER_SQFT: 15.0}), None
        )
        answer = await made.compare(ACME, WILLIS, NOW)
    indicators = {found.metric: found.indicator for found in answer.metrics}
    assert indicators[Metric.OCCUPANCY_RATE] is Indicator.OUTPERFORMING
    assert indicators[Metric.RENT_PER_SQFT] is Indicator.AT_MARKET


async def test_the_position_moves_with_the_portfolio() -> None:
    async with house() as made:
        before = await made.compare(ACME, WILLIS, NOW)
        await made.store.remove(ACME, PropertyId(2), None)
        after = await made.compare(ACME, WILLIS, NOW)
    assert after.as_of_position == before.as_of_position + 1


async def test_every_sample_property_gets_an_answer_whatever_is_wrong_with_it() -> None:
    async with house() as made:
        await made.store.put_all(ACME, [one.draft for one in sample_portfolio()], NOON)
        await made.store.replace_histories(ACME, sample_histories(), {}, NOON)
        question = PerformanceQuestion(
            as_of=date(2025, 9, 30), history=HistoryRequest(Interval.YEAR)
        )
        for number in range(1, 1201, 11):
            answer = await made.compare(ACME, PropertyId(number), question)
            assert len(answer.metrics) == 5
            for found in answer.metrics:
                missing = found.property_value is None or found.market_value is None
                assert missing == (found.indicator is Indicator.NO_DATA)
                assert not missing or found.reasons


def test_what_to_keep_in_mind_about_a_market_is_said() -> None:
    good = sample_benchmarks()[0]
    month = date(2025, 9, 1)
    assert cautions(good, month, date(2026, 2, 28)) == ()
    assert cautions(good, month, date(2026, 3, 1)) == ("old_benchmark",)
    poor = evolve(good, sample_size=9, data_quality=0.69, confidence=Confidence.LOW)
    assert cautions(poor, None, month) == ("small_sample", "low_data_quality", "low_confidence")


async def test_unavailable_is_the_family_that_edges_already_know() -> None:
    cause = MarketUnavailable(1, ("timeout",), since=NOON, retry_after_seconds=9)
    error = ComparisonIncomplete(cause, "the property", ("rent_per_sqft",))
    assert isinstance(error, MarketUnavailable)
    assert (error.retry_after_seconds, error.since, str(error)) == (9, NOON, str(cause))
