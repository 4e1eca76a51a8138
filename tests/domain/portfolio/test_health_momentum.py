"""Momentum and drifts: the reference numbers, and their part in a score."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.measures import PROPERTY_METRICS, Direction, Kind, Metric
from sightline.domain.portfolio.benchmarks import MarketBenchmark
from sightline.domain.portfolio.health_history import bucket_scores
from sightline.domain.portfolio.health_model import HealthModel, TargetBand, reweighted
from sightline.domain.portfolio.health_momentum import Momentum, drift, drifts, momenta, momentum
from sightline.domain.portfolio.health_score import ScoreStatus, health_score
from sightline.domain.portfolio.history import HistoryRequest, MarketHistory, market_history
from sightline.domain.portfolio.property import MonthlyRecord
from sightline.domain.portfolio.trend import Pair, relative_series
from sightline.domain.windows import Interval
from sightline.testing.strategies import (
    health_models,
    histories,
    market_benchmarks,
    series_pairs,
)

from .health_cases import CASES, GOOD, WILLIS, inputs_of

SH1 = HealthModel()
RENT = SH1.metrics[Metric.RENT_PER_SQFT]


def pairs_of(case: str) -> list[Pair]:
    given_ = CASES[case]["inputs"]
    return list(zip(given_["property"], given_["market"], strict=True))


def test_the_reference_numbers_of_momentum() -> None:
    case = CASES["momentum_relative_rent"]
    pairs, expected = pairs_of("momentum_relative_rent"), case["expected"]
    lead = relative_series(pairs, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER)
    assert lead.values == pytest.approx(expected["relative"], abs=1e-9)
    rule = evolve(RENT, typical_change=case["inputs"]["tau_trend_per_year"])
    found = momentum(rule, pairs, 12)
    assert found is not None
    assert found.points == 8
    assert found.slope_per_year == pytest.approx(expected["slope_per_year"], abs=1e-9)
    assert found.p_value == pytest.approx(expected["mk_p"], abs=1e-9)
    assert found.z == pytest.approx(expected["z"], abs=1e-9)
    assert found.sub_score == pytest.approx(expected["momentum_score"], abs=1e-9)


def test_the_reference_numbers_of_a_series_with_ties_without_a_trend() -> None:
    case = CASES["theil_sen_mann_kendall_ties_no_trend"]
    found = drift(case["inputs"]["y"], 1)
    assert found is not None
    assert found.slope_per_year == case["expected"]["slope"]
    assert found.p_value == pytest.approx(case["expected"]["mk_p"], abs=1e-9)
    assert not found.rising


@given(pairs=series_pairs())
def test_momentum_needs_six_points_and_turns_with_the_direction(pairs: list[Pair]) -> None:
    found = momentum(RENT, pairs, 12)
    both = [1 for own, market in pairs if own and market]
    assert (found is None) == (len(both) < 6)
    if found is not None:
        other = momentum(evolve(RENT, direction=Direction.LOWER_IS_BETTER), pairs, 12)
        assert other is not None
        assert other.z == -found.z
        assert other.standard_error == pytest.approx(found.standard_error)
        assert -4 <= found.z <= 4
        assert 0 <= found.standard_error <= 4


def test_more_is_no_better_within_a_target_band_so_it_has_no_momentum() -> None:
    banded = evolve(RENT, target_band=TargetBand(0.0, 0.1))
    assert momentum(banded, pairs_of("momentum_relative_rent"), 12) is None


def test_a_constant_series_has_no_drift() -> None:
    found = drift([5.0] * 9, 12)
    assert found is not None
    assert (found.slope_per_year, found.p_value, found.rising) == (0.0, 1.0, False)
    assert drift([5.0] * 5 + [None] * 9, 12) is None
    still = momentum(RENT, [(40.0, 38.0)] * 9, 12)
    assert still is not None
    assert (still.z, still.p_value, still.sub_score, still.standard_error) == (0.0, 1.0, 50.0, 0.0)


UP = Momentum(12, 0.1, 0.004, 2.0, 96.7838, 0.2)


def test_momentum_is_a_fifth_of_the_score_where_it_counts() -> None:
    level = health_score(SH1, inputs_of(WILLIS))
    moving = {Metric.OCCUPANCY_RATE: UP, Metric.RENT_PER_SQFT: UP}  # weight .55
    found = health_score(SH1, inputs_of(WILLIS, momentum=moving))
    assert found.level == level.score
    assert found.momentum is not None
    assert found.level is not None
    assert found.score == pytest.approx(0.8 * found.level + 0.2 * found.momentum)
    assert found.momentum_share == 0.2
    # 50 + (.55 + .45 · .6 / 1.3) · 46.7838, by hand
    assert found.momentum == pytest.approx(50 + (0.55 + 0.45 * 0.6 / 1.3) * 46.7838)


def test_momentum_of_too_few_metrics_does_not_count() -> None:
    found = health_score(SH1, inputs_of(WILLIS, momentum={Metric.OCCUPANCY_RATE: UP}))
    assert (found.momentum, found.momentum_share) == (None, 0.0)
    assert found.score == health_score(SH1, inputs_of(WILLIS)).score
    assert found.metrics[0].momentum == UP


def history_of(
    records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark, interval: Interval
) -> MarketHistory:
    request = HistoryRequest(interval, date(2024, 11, 1), date(2025, 11, 30))
    return market_history(request, PROPERTY_METRICS, records, benchmark, date(2025, 11, 30))


@given(
    records=histories(),
    benchmark=market_benchmarks(metrics=st.just(frozenset(PROPERTY_METRICS))),
    interval=st.sampled_from([Interval.MONTH, Interval.QUARTER, Interval.YEAR]),
)
def test_a_history_gives_momentum_drifts_and_a_score_for_every_bucket(
    records: tuple[MonthlyRecord, ...], benchmark: MarketBenchmark, interval: Interval
) -> None:
    history = history_of(records, benchmark, interval)
    complete = {
        series.metric: sum(
            one.complete and one.property_value is not None and one.market_value is not None
            for one in series.buckets
        )
        for series in history.metrics
    }
    for metric in momenta(SH1, history):
        assert complete[metric] >= 6
    found = drifts(history)
    assert set(found.own) | set(found.market) <= set(PROPERTY_METRICS)
    scores = bucket_scores(SH1, history, GOOD)
    assert len(scores) == len(history.metrics[0].buckets)
    for at, one in enumerate(scores):
        values = {
            series.metric.value: series.buckets[at].property_value for series in history.metrics
        }
        market = {
            series.metric.value: series.buckets[at].market_value for series in history.metrics
        }
        assert one.score == health_score(SH1, inputs_of(values, market)).score
        assert (one.status is ScoreStatus.SCORED) == (one.score is not None)
        before = scores[at - 1].score if at else None
        if one.score is not None and before is not None:
            assert one.change == one.score - before
        else:
            assert one.change is None


def test_a_history_of_no_metric_has_no_buckets() -> None:
    nothing = MarketHistory(Interval.MONTH, date(2025, 1, 1), date(2025, 2, 1), None, ())
    assert bucket_scores(SH1, nothing, None) == ()


@given(
    model=health_models(),
    other=health_models(),
    own=histories(),
    benchmark=market_benchmarks(),
)
def test_models_that_judge_momentum_alike_find_the_same(
    model: HealthModel,
    other: HealthModel,
    own: tuple[MonthlyRecord, ...],
    benchmark: MarketBenchmark,
) -> None:
    assert model.judges_momentum_as(model)
    history = market_history(
        HistoryRequest(Interval.MONTH), PROPERTY_METRICS, own, benchmark, date(2026, 6, 1)
    )
    scored = {planned.metric for planned in model.plan}
    mine, theirs = momenta(model, history), momenta(other, history)
    if model.judges_momentum_as(other):
        for metric in scored:
            assert mine.get(metric) == theirs.get(metric)


def test_another_typical_change_or_band_judges_momentum_otherwise() -> None:
    for changed in (
        evolve(RENT, typical_change=0.1),
        evolve(RENT, target_band=TargetBand(0.0, 0.1)),
        evolve(RENT, direction=Direction.LOWER_IS_BETTER),
    ):
        other = evolve(SH1, metrics={**SH1.metrics, Metric.RENT_PER_SQFT: changed})
        assert not SH1.judges_momentum_as(other)
    fewer = reweighted(SH1, {Metric.OCCUPANCY_RATE: 1.0})
    assert fewer.judges_momentum_as(SH1)
    assert not SH1.judges_momentum_as(fewer)
