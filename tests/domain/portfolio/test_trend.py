"""Trends: reference numbers and the invariants of indices, tracking and beta."""

import json
from itertools import pairwise
from math import exp, log
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sightline.domain.measures import Direction, Kind
from sightline.domain.portfolio.trend import (
    Pair,
    TrendVerdict,
    beta,
    indices,
    log_returns,
    relative_series,
    tracking_difference,
    tracking_error,
    trend,
)
from sightline.testing.strategies import positive_pairs, series_pairs

CASES: dict[str, Any] = {
    case["case"]: case
    for case in json.loads((Path(__file__).parents[2] / "data/comparisons.json").read_text())
}


def paired(case: dict[str, Any]) -> list[Pair]:
    return list(zip(case["inputs"]["property"], case["inputs"]["market"], strict=True))


def test_the_reference_numbers_of_indices() -> None:
    case = CASES["indexed_100"]
    found = indices(paired(case))
    assert found.own == pytest.approx(case["expected"]["property_index"], abs=1e-9)
    assert found.market == pytest.approx(case["expected"]["market_index"], abs=1e-9)
    assert found.relative == pytest.approx(case["expected"]["relative"], abs=1e-9)


def test_the_reference_numbers_of_beta() -> None:
    case = CASES["beta_robust_theil_sen"]
    found = beta(log_returns(paired(case)))
    assert found is not None
    assert found.robust == pytest.approx(case["expected"]["beta"], abs=1e-9)
    assert found.low == pytest.approx(case["expected"]["low"], abs=1e-9)
    assert found.high == pytest.approx(case["expected"]["high"], abs=1e-9)
    assert found.least_squares == pytest.approx(1.510, abs=5e-4)


def test_a_market_that_stands_still_has_no_beta() -> None:
    case = CASES["beta_undefined_constant_market"]
    returns = log_returns(paired(case))
    expected = case["expected"]["tracking_error_per_period"]
    assert beta(returns) is None
    assert tracking_error(returns) == pytest.approx(expected, abs=1e-12)
    long = [(1.1**at, 5.0) for at in range(12)]
    assert beta(log_returns(long)) is None
    steady = [(float(at + 1), 5.0 * 1.01**at) for at in range(12)]
    assert beta(log_returns(steady)) is None


def test_fewer_than_eight_returns_have_no_beta() -> None:
    moving = [(1.0 + at % 3, 2.0 + at % 2) for at in range(9)]
    assert beta(log_returns(moving)) is not None
    assert beta(log_returns(moving[:8])) is None


@given(pairs=series_pairs())
def test_indices_are_100_at_the_first_bucket_where_both_are_positive(pairs: list[Pair]) -> None:
    found = indices(pairs)
    both = [at for at, (own, market) in enumerate(pairs) if own and market]
    if not both:
        assert {*found.own, *found.market, *found.relative} <= {None}
        return
    base = both[0]
    assert (found.own[base], found.market[base], found.relative[base]) == (100.0,) * 3
    for (own, market), a, b, c in zip(pairs, *found, strict=True):
        assert (a is None) == (own is None)
        assert (b is None) == (market is None)
        assert (c is None) == (own is None or not market)


@given(pairs=series_pairs(), unit=st.sampled_from([0.25, 2.0, 1024.0]))
def test_indices_and_tracking_do_not_depend_on_the_unit(pairs: list[Pair], unit: float) -> None:
    other: list[Pair] = [(None if a is None else unit * a, b) for a, b in pairs]
    assert indices(other) == indices(pairs)
    assert tracking_difference(other) == pytest.approx(tracking_difference(pairs))


@given(pairs=positive_pairs(3), cut=st.integers(1, 12))
def test_the_tracking_difference_adds_up_over_stretches(pairs: list[Pair], cut: int) -> None:
    assume(cut < len(pairs) - 1)
    parts = tracking_difference(pairs[: cut + 1]), tracking_difference(pairs[cut:])
    assert parts[0] is not None
    assert parts[1] is not None
    assert tracking_difference(pairs) == pytest.approx(parts[0] + parts[1], abs=1e-9)


@given(pairs=positive_pairs(3))
def test_the_relative_change_is_the_tracking_difference_in_other_words(
    pairs: list[Pair],
) -> None:
    found = trend(pairs, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 12)
    assert found.relative_change_percent is not None
    assert found.tracking_difference is not None
    factor = 1 + found.relative_change_percent / 100
    assert factor == pytest.approx(exp(found.tracking_difference))
    assert found.relative_change_percent == pytest.approx(
        (indices(pairs).relative[-1] or 0) - 100, abs=1e-9
    )


@given(market=st.lists(st.integers(4, 40), min_size=9, max_size=14), a=st.sampled_from([0.5, 3.0]))
def test_beta_is_the_slope_of_returns_whatever_the_level(market: list[int], a: float) -> None:
    assume(len(set(market)) > 2)
    slope = 1.5
    pairs: list[Pair] = [(a * value**slope, float(value)) for value in market]
    found = beta(log_returns(pairs))
    if found is not None:
        assert found.least_squares == pytest.approx(slope)
        assert found.robust == pytest.approx(slope)
        assert found.standard_error == pytest.approx(0, abs=1e-6)


@given(pairs=series_pairs())
def test_no_return_reaches_over_a_gap(pairs: list[Pair]) -> None:
    neighbours = [
        (log(b[0]) - log(a[0]), log(b[1]) - log(a[1]))
        for a, b in pairwise(pairs)
        if a[0] and a[1] and b[0] and b[1]
    ]
    assert list(zip(*log_returns(pairs), strict=True)) == neighbours


@given(pairs=series_pairs(), kind=st.sampled_from(Kind))
def test_turning_the_direction_turns_the_heading(pairs: list[Pair], kind: Kind) -> None:
    up = trend(pairs, kind, Direction.HIGHER_IS_BETTER, 12)
    down = trend(pairs, kind, Direction.LOWER_IS_BETTER, 12)
    turned = {
        TrendVerdict.GAINING: TrendVerdict.LOSING,
        TrendVerdict.LOSING: TrendVerdict.GAINING,
    }
    assert down.verdict is turned.get(up.verdict, up.verdict)
    assert down.mann_kendall_p == up.mann_kendall_p
    assert down.tracking_difference == up.tracking_difference


@given(pairs=positive_pairs(6))
def test_moving_with_the_market_is_no_trend(pairs: list[Pair]) -> None:
    exactly: list[Pair] = [(1.1 * (market or 0), market) for _, market in pairs]
    found = trend(exactly, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 4)
    assert found.verdict is TrendVerdict.STEADY
    assert found.tracking_difference == pytest.approx(0, abs=1e-12)
    assert found.tracking_error_per_period == pytest.approx(0, abs=1e-12)


def test_the_momentum_of_a_growing_rent() -> None:
    own = [40.0, 40.4, 40.9, 41.2, 41.8, 42.1, 42.6, 42.8]
    market = [37.0, 37.1, 37.3, 37.4, 37.6, 37.9, 38.0, 38.2]
    pairs: list[Pair] = list(zip(own, market, strict=True))
    found = trend(pairs, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 12)
    lead = relative_series(pairs, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER)
    assert lead.values[0] == pytest.approx(0.0779615414697, abs=1e-9)
    assert found.relative_slope_per_year == pytest.approx(0.0657591402812, abs=1e-9)
    assert found.mann_kendall_p == pytest.approx(0.0044340083031, abs=1e-9)
    assert found.verdict is TrendVerdict.GAINING
    assert (found.points, found.returns, found.beta) == (8, 7, None)


def test_five_points_are_too_few_to_judge_and_a_zero_has_no_logarithm() -> None:
    pairs: list[Pair] = [(1.0, 2.0), (2.0, 2.0), (3.0, 2.0), (4.0, 2.0), (0.0, 2.0)]
    found = trend(pairs, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 12)
    assert (found.verdict, found.relative_slope_per_year) == (TrendVerdict.TOO_SHORT, None)
    assert (found.points, found.returns) == (5, 3)
    assert trend([], Kind.RATE, Direction.HIGHER_IS_BETTER, 1).tracking_error_per_year is None


def test_a_lead_has_twelve_digits_and_may_be_huge() -> None:
    pairs: list[Pair] = [(100.3, 98.1), (None, 1.0), (1e300, 1.0)]
    found = relative_series(pairs, Kind.RATE, Direction.HIGHER_IS_BETTER)
    assert 100.3 - 98.1 != 2.2
    assert found == ((0, 2), (2.2, 1e300))
