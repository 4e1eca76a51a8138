"""Scores of many properties: the same, figure for figure, as those of one by itself."""

from datetime import UTC, date, datetime
from math import nan

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.sample.markets import sample_benchmarks
from sightline.adapters.sample.portfolio import sample_portfolio
from sightline.domain.identifiers import MarketId, PropertyId
from sightline.domain.measures import CATALOGUE, PROPERTY_METRICS, Metric
from sightline.domain.portfolio.benchmarks import (
    Confidence,
    MarketBenchmark,
    MarketReading,
    MonthlyBenchmark,
    Source,
)
from sightline.domain.portfolio.health_evidence import HealthInputs, market_view
from sightline.domain.portfolio.health_history import bucket_scores
from sightline.domain.portfolio.health_model import HealthModel
from sightline.domain.portfolio.health_report import HealthFacts, property_health
from sightline.domain.portfolio.health_score import health_line, health_score, level_scores
from sightline.domain.portfolio.history import BUCKETS_PER_YEAR, HistoryRequest, market_history
from sightline.domain.portfolio.market_side import (
    MarketSide,
    MonthlyValues,
    market_side,
    monthly_values,
    unknown_market_side,
)
from sightline.domain.portfolio.observations import Reason
from sightline.domain.portfolio.portfolio_scoring import BucketLine, bucket_lines, scoring_inputs
from sightline.domain.portfolio.property import MonthlyRecord, Property
from sightline.domain.windows import Interval, add_months
from sightline.testing.strategies import (
    health_inputs,
    health_models,
    histories,
    market_benchmarks,
    properties,
)

SH1 = HealthModel()
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)
TODAY = date(2025, 9, 15)

# In the middle of the strategies' months, at a month's first and last day, after them all.
days = st.sampled_from([date(2025, 6, 15), date(2025, 8, 1), date(2025, 8, 31), date(2026, 3, 9)])


@st.composite
def long_records(draw: st.DrawFn) -> tuple[MonthlyRecord, ...]:
    """Up to five years up to the end of 2025, drifting, with single months left out."""
    last = add_months(date(2025, 12, 1), -draw(st.integers(0, 18)))
    length = draw(st.sampled_from([5, 6, 7, 12, 36, 37, 60]))
    drift = draw(st.sampled_from([-0.4, 0.0, 0.3]))
    wobble, skipped = draw(st.sampled_from([1, 3, 7])), draw(st.sampled_from([0, 2, 5, 11]))
    records = []
    for back in reversed(range(length)):
        if skipped and back % skipped == 1:
            continue
        value = 50.0 - drift * back + (back * wobble) % 5
        rent = None if back % 9 == 4 else value / 2
        records.append(MonthlyRecord(add_months(last, -back), value, rent, value, value, value))
    return tuple(records)


@st.composite
def odd_benchmarks(draw: st.DrawFn) -> MarketBenchmark:
    """Markets with values that cannot be true, and some of five years."""
    found = draw(market_benchmarks(metrics=st.just(frozenset(CATALOGUE))))
    if draw(st.booleans()):
        rows = draw(long_records())
        months = tuple(
            MonthlyBenchmark(
                row.month,
                {
                    metric: value - 3.0
                    for metric in PROPERTY_METRICS
                    if (value := row.value(metric)) is not None
                },
            )
            for row in rows
        )
        found = evolve(found, months=months)
    wrong = draw(st.sampled_from([None, -5.0, 0.0, 1e9, nan]))
    if wrong is not None and found.months:
        at = draw(st.integers(0, len(found.months) - 1))
        hit = found.months[at]
        metric = draw(st.sampled_from(PROPERTY_METRICS))
        odd = MonthlyBenchmark(hit.month, {**hit.values, metric: wrong})
        found = evolve(found, months=(*found.months[:at], odd, *found.months[at + 1 :]))
    return found


records_of_all_kinds = histories() | long_records()
markets_of_all_kinds = st.none() | market_benchmarks() | odd_benchmarks() | odd_benchmarks()


def side_of(benchmark: MarketBenchmark | None, today: date) -> MarketSide:
    if benchmark is None:
        return unknown_market_side(Reason.MARKET_NOT_FOUND)
    return market_side(benchmark, today)


def kept(records: tuple[MonthlyRecord, ...]) -> tuple[MonthlyValues, ...]:
    return tuple(monthly_values(record) for record in records)


def facts_of(
    subject: Property, records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark | None
) -> HealthFacts:
    reading = MarketReading(benchmark, Source.LIVE, NOON, 0.0, ()) if benchmark else None
    return HealthFacts(subject, records, reading)


def check_inputs(model: HealthModel, facts: HealthFacts, today: date, side: MarketSide) -> None:
    found = property_health(model, facts, None, today).health
    inputs = scoring_inputs(model, facts.subject, kept(tuple(facts.records)), side)
    assert health_score(model, inputs) == found
    line = health_line(model, inputs)
    assert (line.score, line.standard_error) == (found.score, found.standard_error)
    assert list(line.contributions) == [row.contribution for row in found.metrics]
    assert (line.momentum.value if line.momentum else None) == found.momentum


def lines_of(
    model: HealthModel,
    records: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark | None,
    today: date,
) -> list[BucketLine]:
    """The slow way: whole histories, whole scores."""
    evidence = market_view(benchmark, None, today).evidence if benchmark else None
    lines = []
    for interval in BUCKETS_PER_YEAR:
        history = market_history(
            HistoryRequest(interval), PROPERTY_METRICS, records, benchmark, today
        )
        lines += [
            BucketLine(
                interval, one.start, one.score, one.grade, one.change, one.coverage, one.complete
            )
            for one in bucket_scores(model, history, evidence)
            if one.score is not None and one.grade is not None
        ]
    return lines


@given(
    model=health_models(),
    subject=properties(),
    records=records_of_all_kinds,
    benchmark=markets_of_all_kinds,
    today=days,
)
def test_a_property_among_many_has_the_score_it_has_by_itself(
    model: HealthModel,
    subject: Property,
    records: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark | None,
    today: date,
) -> None:
    check_inputs(model, facts_of(subject, records, benchmark), today, side_of(benchmark, today))


@given(
    model=health_models(), records=records_of_all_kinds, benchmark=markets_of_all_kinds, today=days
)
def test_buckets_of_many_have_the_scores_they_have_by_themselves(
    model: HealthModel,
    records: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark | None,
    today: date,
) -> None:
    found = bucket_lines(model, kept(records), side_of(benchmark, today))
    assert list(found) == lines_of(model, records, benchmark, today)


def test_so_it_is_in_the_sample_portfolio() -> None:
    markets = {one.market: one for one in sample_benchmarks()}
    sides = {market: market_side(one, TODAY) for market, one in markets.items()}
    moving = 0
    # Every seventh: among them every kind of imperfect history and market.
    for sampled in sample_portfolio()[::7]:
        subject = sampled.draft.kept(sampled.draft.id or PropertyId(1), 1, NOON)
        side = sides[subject.market_id]
        check_inputs(
            SH1, facts_of(subject, sampled.records, markets[subject.market_id]), TODAY, side
        )
        months = kept(sampled.records)
        moving += bool(scoring_inputs(SH1, subject, months, side).momentum)
    assert moving > 150


def test_so_are_the_buckets_of_the_sample_portfolio() -> None:
    markets = {one.market: one for one in sample_benchmarks()}
    for sampled in sample_portfolio()[::41]:
        benchmark = markets[sampled.draft.market_id]
        found = bucket_lines(SH1, kept(sampled.records), market_side(benchmark, TODAY))
        assert list(found) == lines_of(SH1, sampled.records, benchmark, TODAY)


@given(model=health_models(), several=st.lists(health_inputs(momentum=st.just({})), max_size=4))
def test_scores_of_many_moments_are_those_of_each(
    model: HealthModel, several: list[HealthInputs]
) -> None:
    metrics = [planned.metric for planned in model.plan]
    own = [[one.own[metric].value for one in several] for metric in metrics]
    market = [[one.market.values[metric].value for one in several] for metric in metrics]
    lines = [health_line(model, one) for one in several]
    found = level_scores(model, own, market)
    assert list(found) == [(line.score, line.coverage) for line in lines]


@given(records=histories(), wrong=st.sampled_from([-0.5, 100.5, nan]))
def test_a_kept_value_that_cannot_be_true_is_none(
    records: tuple[MonthlyRecord, ...], wrong: float
) -> None:
    without = kept(tuple(evolve(record, occupancy_rate=None) for record in records))
    spoilt = tuple(MonthlyValues(month, (wrong, *values[1:])) for month, values in without)
    side = market_side(sample_benchmarks()[0], TODAY)
    assert bucket_lines(SH1, spoilt, side) == bucket_lines(SH1, without, side)


def test_two_months_by_hand() -> None:
    values = {Metric.OCCUPANCY_RATE: 89.2, Metric.RENT_PER_SQFT: 38.2}
    benchmark = MarketBenchmark(
        MarketId(1), "Chicago Loop Office", "Chicago", "Illinois", "office",
        frozenset(CATALOGUE),
        tuple(MonthlyBenchmark(date(2025, month, 1), values) for month in (8, 9)),
        87, 0.95, Confidence.HIGH, NOON,
    )  # fmt: skip
    side = market_side(benchmark, TODAY)
    assert (side.name, side.city, side.state) == ("Chicago Loop Office", "Chicago", "Illinois")
    assert side.last_month == date(2025, 9, 1)
    months = (
        MonthlyValues(date(2025, 8, 1), (89.2, 38.2, None, None, None)),
        MonthlyValues(date(2025, 9, 1), (92.5, 42.8, None, None, None)),
    )
    august, month, quarter, year = bucket_lines(SH1, months, side)
    # As its market is: 50, grade C, in a month that both sides have whole.
    assert august.score == pytest.approx(50)
    assert august._replace(score=50.0) == (
        Interval.MONTH, date(2025, 8, 1), 50.0, "C", None, 0.55, True,
    )  # fmt: skip
    assert month.change == month.score - august.score
    assert month.grade == "B"
    # The 15th of September: neither the month nor its quarter nor the year is over.
    assert [one.complete for one in (month, quarter, year)] == [False, False, False]
    assert [one.start for one in (quarter, year)] == [date(2025, 7, 1), date(2025, 1, 1)]
    assert quarter.score == month.score


def test_nothing_is_scored_where_one_side_has_no_month() -> None:
    months = (MonthlyValues(date(2025, 8, 1), (89.2, 38.2, 75.2, 92.0, 108.0)),)
    known = market_side(sample_benchmarks()[0], TODAY)
    assert bucket_lines(SH1, months, unknown_market_side(Reason.MARKET_UNAVAILABLE)) == ()
    assert bucket_lines(SH1, (), known) == ()
    assert bucket_lines(SH1, months, known) != ()
    unseen = market_side(sample_benchmarks()[0], date(1999, 12, 31))
    assert (unseen.last_month, bucket_lines(SH1, months, unseen)) == (None, ())
