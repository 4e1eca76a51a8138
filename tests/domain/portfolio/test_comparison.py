"""Comparisons: reference numbers, the invariants, and what is said when something is missing."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidFields
from sightline.domain.identifiers import MarketId
from sightline.domain.measures import PROPERTY_METRICS, Direction, Kind, Metric
from sightline.domain.portfolio.benchmarks import (
    Confidence,
    MarketBenchmark,
    MonthlyBenchmark,
    QuarantinedValue,
)
from sightline.domain.portfolio.comparison import (
    ComparisonPolicy,
    Indicator,
    Verdict,
    metric_comparison,
    standing,
    summary,
    variance,
    verdict,
)
from sightline.domain.portfolio.observations import (
    Observation,
    Reason,
    benchmark_month,
    benchmark_value,
    present_value,
    recorded_value,
)
from sightline.domain.portfolio.property import MonthlyRecord, Property
from sightline.testing.strategies import comparison_policies, histories, market_benchmarks
from sightline.testing.strategies import properties as some_properties

CASES = json.loads((Path(__file__).parents[2] / "data/comparisons.json").read_text())
VARIANCES = [case for case in CASES if case["case"].startswith("variance_")]

values = st.sampled_from([0.0, 0.5, 20.0, 38.2, 40.0, 42.8, 100.0, 2000.0])
positive = st.sampled_from([0.5, 20.0, 38.2, 40.0, 42.8, 100.0, 2000.0])
kinds = st.sampled_from(Kind)
directions = st.sampled_from([Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER])
thresholds = st.sampled_from([0.1, 5.0, 12.0, 100.0])
observations = st.builds(lambda value: Observation(value, None, ()), st.none() | values)


@pytest.mark.parametrize("case", VARIANCES, ids=lambda case: str(case["case"]))
def test_the_reference_numbers_of_differences(case: dict[str, Any]) -> None:
    given_, expected = case["inputs"], case["expected"]
    found = variance(
        given_["property"],
        given_["market"],
        Kind.RATE if given_["kind"] == "rate" else Kind.MAGNITUDE,
        Direction.HIGHER_IS_BETTER if given_["direction"] > 0 else Direction.LOWER_IS_BETTER,
        given_["threshold_pct"],
    )
    for name, number in expected.items():
        actual = getattr(found, name)
        if isinstance(number, int | float):
            assert actual == pytest.approx(number, abs=case["tolerance"]), name
        else:
            assert actual == number, name


@given(x=positive, b=positive, kind=kinds, direction=directions, threshold=thresholds)
def test_the_log_ratio_turns_its_sign_when_the_sides_are_swapped(
    x: float, b: float, kind: Kind, direction: Direction, threshold: float
) -> None:
    there = variance(x, b, kind, direction, threshold)
    back = variance(b, x, kind, direction, threshold)
    assert there.log_ratio is not None
    assert back.log_ratio == -there.log_ratio
    assert back.absolute == -there.absolute


def test_the_percentage_does_not_turn_its_sign_when_the_sides_are_swapped() -> None:
    there = variance(50.0, 40.0, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 5.0)
    back = variance(40.0, 50.0, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 5.0)
    assert (there.percent, back.percent) == (25.0, -20.0)


OPPOSITE = {
    Indicator.OUTPERFORMING: Indicator.UNDERPERFORMING,
    Indicator.UNDERPERFORMING: Indicator.OUTPERFORMING,
}


@given(x=values, b=values, kind=kinds, threshold=thresholds)
def test_turning_the_direction_turns_the_indicator_and_nothing_else(
    x: float, b: float, kind: Kind, threshold: float
) -> None:
    higher = variance(x, b, kind, Direction.HIGHER_IS_BETTER, threshold)
    lower = variance(x, b, kind, Direction.LOWER_IS_BETTER, threshold)
    assert lower.indicator is OPPOSITE.get(higher.indicator, higher.indicator)
    assert lower.percent == higher.percent
    assert lower.favourable_percent == (
        None if higher.favourable_percent is None else -higher.favourable_percent
    )


@given(x=values, b=positive, kind=kinds, direction=directions, unit=st.sampled_from([0.25, 8.0]))
def test_the_unit_does_not_matter(
    x: float, b: float, kind: Kind, direction: Direction, unit: float
) -> None:
    one = variance(x, b, kind, direction, 5.0)
    other = variance(unit * x, unit * b, kind, direction, 5.0)
    assert other.percent == pytest.approx(one.percent)
    assert other.indicator is one.indicator


@given(x=values, b=positive, kind=kinds, direction=directions, threshold=thresholds)
def test_a_wider_threshold_never_makes_a_difference_count_more(
    x: float, b: float, kind: Kind, direction: Direction, threshold: float
) -> None:
    narrow = variance(x, b, kind, direction, threshold)
    wide = variance(x, b, kind, direction, 2 * threshold)
    assert wide.indicator in {narrow.indicator, Indicator.AT_MARKET}


@pytest.mark.parametrize(
    ("value", "benchmark", "indicator"),
    [
        (34.65, 33.0, Indicator.OUTPERFORMING),  # 4.999999999999996 in binary
        (33.6, 32.0, Indicator.OUTPERFORMING),
        (31.35, 33.0, Indicator.UNDERPERFORMING),
        (34.649999, 33.0, Indicator.AT_MARKET),
        (31.350001, 33.0, Indicator.AT_MARKET),
    ],
)
def test_the_boundary_belongs_to_the_outer_class(
    value: float, benchmark: float, indicator: Indicator
) -> None:
    found = variance(value, benchmark, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 5.0)
    assert found.indicator is indicator


def test_a_benchmark_next_to_nothing_is_no_benchmark() -> None:
    found = variance(2000.0, 5e-324, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 5.0)
    assert (found.percent, found.indicator) == (None, Indicator.NOT_COMPARABLE)


@given(metric=st.sampled_from(PROPERTY_METRICS), own=observations, market=observations)
def test_a_list_says_the_same_as_the_full_comparison(
    metric: Metric, own: Observation, market: Observation
) -> None:
    whole = metric_comparison(metric, own, market, 5.0)
    assert standing(metric, own, market, 5.0) == (whole.percent_difference, whole.indicator)
    if own.value is None or market.value is None:
        assert whole.indicator is Indicator.NO_DATA
        assert whole.absolute_difference is None
    assert (whole.percentage_points is None) or whole.unit == "percent"
    assert (whole.log_ratio is None) or whole.unit != "percent"


def test_a_benchmark_of_zero_says_why_nothing_is_compared() -> None:
    nought = Observation(0.0, date(2025, 9, 1), ())
    found = metric_comparison(Metric.RENT_PER_SQFT, Observation(42.8, None, ()), nought, 5.0)
    assert found.indicator is Indicator.NOT_COMPARABLE
    assert found.reasons == (Reason.BENCHMARK_NOT_POSITIVE,)
    assert found.absolute_difference == 42.8


indicators = st.lists(st.sampled_from(Indicator), max_size=6)


@given(listed=indicators, seed=st.randoms())
def test_the_verdict_counts_and_nothing_else(listed: list[Indicator], seed: Any) -> None:
    shuffled = list(listed)
    seed.shuffle(shuffled)
    assert verdict(shuffled) is verdict(listed)
    better = listed.count(Indicator.OUTPERFORMING)
    worse = listed.count(Indicator.UNDERPERFORMING)
    assert (verdict(listed) is Verdict.OUTPERFORMING) == (better > worse)
    assert (verdict(listed) is Verdict.UNDERPERFORMING) == (worse > better)
    assert (verdict(listed) is Verdict.MIXED) == (better == worse > 0)
    nothing = not {*listed} - {Indicator.NO_DATA, Indicator.NOT_COMPARABLE}
    assert (verdict(listed) is Verdict.NO_DATA) == nothing


@given(policy=comparison_policies())
def test_a_policy_has_a_threshold_for_every_metric_of_a_property(policy: ComparisonPolicy) -> None:
    assert set(policy.thresholds_percent) == set(PROPERTY_METRICS)
    assert all(policy.threshold(metric) > 0 for metric in PROPERTY_METRICS)


def test_every_wrong_threshold_is_named() -> None:
    wrong = {Metric.NEW_DEAL_RATE: 5.0, Metric.RENT_PER_SQFT: 0.0, Metric.RENEWAL_RATE: 101.0}
    with pytest.raises(InvalidFields) as refused:
        ComparisonPolicy(wrong | {Metric.OCCUPANCY_RATE: float("nan")})
    assert {flaw.path[-1]: flaw.code for flaw in refused.value.flaws} == {
        "new_deal_rate": "not_compared",
        "rent_per_sqft": "out_of_range",
        "renewal_rate": "out_of_range",
        "occupancy_rate": "out_of_range",
    }


SEPTEMBER = date(2025, 9, 1)


def market(*months: tuple[int, float | None], bad: tuple[QuarantinedValue, ...] = ()) -> Any:
    """A market with a rent (or none) in some months of 2025."""
    return MarketBenchmark(
        MarketId(1), "Chicago Loop Office", "Chicago", "Illinois", "office",
        frozenset({Metric.RENT_PER_SQFT}),
        tuple(
            MonthlyBenchmark(
                date(2025, month, 1), {} if rent is None else {Metric.RENT_PER_SQFT: rent}
            )
            for month, rent in months
        ),
        87, 0.95, Confidence.HIGH, datetime(2025, 9, 3, 14, 30, tzinfo=UTC), bad,
    )  # fmt: skip


def test_an_older_month_stands_in_for_at_most_three_months_and_says_so() -> None:
    within = benchmark_value(market((6, 38.2), (9, None)), Metric.RENT_PER_SQFT, None)
    assert within == Observation(38.2, date(2025, 6, 1), (Reason.MARKET_MONTH_OLDER,))
    beyond = benchmark_value(market((5, 38.2), (9, None)), Metric.RENT_PER_SQFT, None)
    assert beyond == Observation(None, None, (Reason.MARKET_VALUE_MISSING,))


def test_values_that_were_set_aside_are_named_as_the_reason() -> None:
    aside = (QuarantinedValue(Metric.RENT_PER_SQFT, SEPTEMBER, "out_of_range", "3820 USD"),)
    older = benchmark_value(market((8, 38.2), (9, None), bad=aside), Metric.RENT_PER_SQFT, None)
    assert older.reasons == (Reason.MARKET_MONTH_OLDER, Reason.QUARANTINED)
    nothing = benchmark_value(market((9, None), bad=aside), Metric.RENT_PER_SQFT, None)
    assert nothing.reasons == (Reason.MARKET_VALUE_MISSING, Reason.QUARANTINED)


def test_an_impossible_benchmark_is_not_used() -> None:
    found = benchmark_value(market((9, 3820.0)), Metric.RENT_PER_SQFT, None)
    assert (found.value, found.reasons) == (None, (Reason.BENCHMARK_OUT_OF_RANGE,))


@given(benchmark=market_benchmarks(), month=st.integers(1, 12))
def test_no_month_after_the_date_is_seen(benchmark: MarketBenchmark, month: int) -> None:
    as_of = date(2025, month, 15)
    seen = [row for row in benchmark.months if row.month <= as_of]
    past = evolve(benchmark, months=tuple(seen))
    for metric in benchmark.metrics:
        assert benchmark_value(benchmark, metric, as_of) == benchmark_value(past, metric, None)
    assert benchmark_month(benchmark, as_of) == benchmark_month(past, None)


@given(records=histories(), metric=st.sampled_from(PROPERTY_METRICS), month=st.integers(1, 12))
def test_a_property_at_a_date_shows_the_latest_month_that_has_a_value(
    records: tuple[MonthlyRecord, ...], metric: Metric, month: int
) -> None:
    as_of = date(2025, month, 28)
    found = recorded_value(records, metric, as_of, None)
    known = [r for r in records if r.month <= as_of and r.value(metric) is not None]
    if found.value is None:
        assert found.reasons == (Reason.PROPERTY_VALUE_MISSING,)
    else:
        assert (found.value, found.month) == (known[-1].value(metric), known[-1].month)


def test_a_history_that_ends_long_before_its_market_says_nothing() -> None:
    records = (MonthlyRecord(date(2025, 5, 1), rent_per_sqft=40.0),)
    rent = Metric.RENT_PER_SQFT
    assert recorded_value(records, rent, SEPTEMBER, SEPTEMBER).value is None
    near = recorded_value(records, rent, SEPTEMBER, date(2025, 8, 1))
    assert near == Observation(40.0, date(2025, 5, 1), (Reason.PROPERTY_MONTH_OLDER,))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-0.5, Reason.VALUE_NEGATIVE),
        (2000.5, Reason.VALUE_OUT_OF_RANGE),
        (float("nan"), Reason.PROPERTY_VALUE_MISSING),
        (float("inf"), Reason.PROPERTY_VALUE_MISSING),
        (None, Reason.PROPERTY_VALUE_MISSING),
    ],
)
def test_a_value_that_cannot_be_true_is_set_aside(value: float | None, reason: Reason) -> None:
    class Wrong(Property):
        def value(self, metric: Metric) -> float | None:
            return value

    subject = object.__new__(Wrong)  # what a store outside our rules might hold
    assert present_value(subject, Metric.RENT_PER_SQFT) == Observation(None, None, (reason,))


@given(subject=some_properties())
def test_what_a_property_has_is_believed(subject: Property) -> None:
    for metric in PROPERTY_METRICS:
        assert present_value(subject, metric).value == subject.value(metric)


def test_the_summary_says_in_words_what_the_comparisons_found() -> None:
    rent = metric_comparison(
        Metric.RENT_PER_SQFT, Observation(42.8, None, ()), Observation(38.2, SEPTEMBER, ()), 5.0
    )
    wait = metric_comparison(
        Metric.TIME_TO_LEASE_DAYS,
        Observation(None, None, (Reason.PROPERTY_VALUE_MISSING,)),
        Observation(108.0, SEPTEMBER, ()),
        5.0,
    )
    found = summary([rent, wait])
    assert found.verdict is Verdict.OUTPERFORMING
    assert found.sentence == (
        "Of 2 metrics: 1 better than its market (average rent per square foot +12.04 %: "
        "42.8 against 38.2 USD per square foot and year), 1 without a comparison."
    )
    assert found.outperforming == (Metric.RENT_PER_SQFT,)
    assert found.no_data == (Metric.TIME_TO_LEASE_DAYS,)
    assert sum(found.counts.values()) == 2
    assert summary([wait]).sentence == "None of 1 metrics can be compared with the market."
    assert summary([]).verdict is Verdict.NO_DATA
