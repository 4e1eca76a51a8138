"""Robust statistics against scipy's and pymannkendall's figures, and by their properties."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.statistics import (
    least_squares,
    mann_kendall,
    modified_z_scores,
    robust_trend,
    theil_sen,
)

values = st.integers(-20, 20).map(lambda quarter: quarter / 4)
series = st.lists(values, min_size=2, max_size=12)
factors = st.sampled_from([0.25, 0.5, 2.0, 8.0])

TIED = [90.0, 91, 91, 90, 92, 91, 90, 91, 92, 90, 91, 91]
OWN = [40.0, 40.4, 40.9, 41.2, 41.8, 42.1, 42.6, 42.8]


@given(y=series, a=st.sampled_from([-2.0, -0.5, 0.5, 4.0]), b=values, c=values)
def test_the_slope_follows_stretching_tilting_and_lifting(
    y: list[float], a: float, b: float, c: float
) -> None:
    x = [float(at) for at in range(len(y))]
    before = theil_sen(x, y)
    after = theil_sen(x, [a * v + b * t + c for v, t in zip(y, x, strict=True)])
    assert before is not None
    assert after is not None
    assert after.slope == pytest.approx(a * before.slope + b, abs=1e-9)


@given(y=series)
def test_the_slope_is_the_median_of_all_slopes_and_lies_in_its_interval(y: list[float]) -> None:
    x = [float(at) for at in range(len(y))]
    found = theil_sen(x, y)
    assert found is not None
    slopes = [(y[j] - y[i]) / (j - i) for j in range(len(y)) for i in range(j)]
    assert found.slope == median(slopes)
    assert found.low <= found.slope <= found.high


@given(points=st.lists(st.tuples(st.integers(0, 9), values), max_size=12))
def test_the_slope_is_that_of_all_pairs_at_different_places(
    points: list[tuple[int, float]],
) -> None:
    found = theil_sen([x for x, _ in points], [y for _, y in points])
    slopes = [(d - b) / (c - a) for a, b in points for c, d in points if c > a]
    assert (found is None) == (not slopes)
    if found is not None:
        assert found.slope == median(slopes)


@given(y=st.lists(values, max_size=12))
def test_the_trend_test_counts_pairs_that_rise_less_pairs_that_fall(y: list[float]) -> None:
    pairs = [(y[i], y[j]) for j in range(len(y)) for i in range(j)]
    assert mann_kendall(y).s == sum(a < b for a, b in pairs) - sum(a > b for a, b in pairs)


@given(points=st.dictionaries(st.integers(0, 40), values, max_size=14))
def test_slope_and_trend_test_at_once_are_those_of_each(points: dict[int, float]) -> None:
    x, y = tuple(sorted(points)), list(points.values())  # any order of y will do
    found, line, test = robust_trend(x, y), theil_sen(x, y), mann_kendall(y)
    assert (found is None) == (line is None)
    if found is not None and line is not None:
        assert found == (line.slope, line.low, line.high, test.p_value)


@pytest.mark.parametrize("x", [(0.0, 2.0, 1.0), (0.0, 1.0, 1.0)])
def test_a_trend_over_places_that_do_not_ascend_is_refused(x: tuple[float, ...]) -> None:
    with pytest.raises(InvalidInput, match="x must ascend"):
        robust_trend(x, [1.0, 2.0, 3.0])
    with pytest.raises(InvalidInput, match="3 values of x, 2 of y"):
        robust_trend(x, [1.0, 2.0])


@given(points=st.permutations(list(zip(range(7), [3.0, 1, 4, 1, 5, 9, 2], strict=True))))
def test_the_slope_does_not_depend_on_the_order_of_points(
    points: list[tuple[int, float]],
) -> None:
    found = theil_sen([x for x, _ in points], [y for _, y in points])
    assert found == theil_sen(range(7), [3.0, 1, 4, 1, 5, 9, 2])


def test_a_quarter_of_bad_points_does_not_bend_the_line() -> None:
    y = [2.0 * at + 1 for at in range(12)]
    y[2], y[5], y[11] = 900.0, -700.0, 1e6
    found = theil_sen(range(12), y)
    assert found is not None
    assert found.slope == 2.0


def test_points_at_one_place_have_no_slope() -> None:
    assert theil_sen([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None
    assert theil_sen([], []) is None
    assert least_squares([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]) is None
    assert least_squares([1.0, 2.0], [1.0, 2.0]) is None


@pytest.mark.parametrize("line", [theil_sen, least_squares])
def test_series_of_different_length_are_refused(line: object) -> None:
    with pytest.raises(InvalidInput, match="3 values of x, 2 of y"):
        line([1.0, 2.0, 3.0], [1.0, 2.0])  # type: ignore[operator]


def test_scipy_and_pymannkendall_agree_on_a_series_with_ties() -> None:
    line = theil_sen(range(12), TIED)
    assert line is not None
    assert (line.slope, line.intercept) == (0.0, 91.0)
    test = mann_kendall(TIED)
    assert test.s == 8
    assert test.variance == pytest.approx(174.666666667, abs=1e-9)
    assert test.z == pytest.approx(0.529654935921, abs=1e-9)
    assert test.p_value == pytest.approx(0.59635119782, abs=1e-9)


def test_pymannkendall_agrees_on_a_rising_series() -> None:
    assert mann_kendall(OWN).s == 28
    relative = [0.0779, 0.0852, 0.0921, 0.0967, 0.1058, 0.1050, 0.1142, 0.1137]
    assert mann_kendall(relative).p_value == pytest.approx(0.0044340083031, abs=1e-9)


@given(y=series)
def test_turning_a_series_round_turns_its_trend(y: list[float]) -> None:
    forward, backward = mann_kendall(y), mann_kendall(y[::-1])
    assert backward.s == -forward.s
    assert backward.p_value == forward.p_value
    assert 0 <= forward.p_value <= 1


@given(y=series, factor=factors, shift=values)
def test_the_trend_test_sees_order_only(y: list[float], factor: float, shift: float) -> None:
    assert mann_kendall([factor * v + shift for v in y]) == mann_kendall(y)


def test_a_constant_series_and_a_short_one_have_no_trend() -> None:
    for y in ([], [1.0], [5.0] * 9):
        assert mann_kendall(y).p_value == 1.0


def test_least_squares_agrees_with_a_line_and_its_error() -> None:
    exact = least_squares([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0])
    assert exact is not None
    assert (exact.slope, exact.intercept, exact.standard_error) == (2.0, 1.0, 0.0)
    # By hand: slope 1.5, residuals (1/6)(1, -2, 1), error sqrt((1/6) / 1 / 2).
    bent = least_squares([0.0, 1.0, 2.0], [0.0, 1.0, 3.0])
    assert bent is not None
    assert bent.slope == 1.5
    assert bent.standard_error == pytest.approx((1 / 12) ** 0.5)


@given(y=series, factor=factors, shift=values)
def test_scores_of_outliers_do_not_depend_on_unit_or_zero(
    y: list[float], factor: float, shift: float
) -> None:
    moved = modified_z_scores([factor * v + shift for v in y])
    assert moved == pytest.approx(modified_z_scores(y), abs=1e-9)


def test_one_odd_value_is_found_and_equal_ones_are_not() -> None:
    scores = modified_z_scores([10.0, 10.2, 9.9, 10.1, 10.0, 25.0])
    assert [abs(score) > 3.5 for score in scores] == [False] * 5 + [True]
    assert modified_z_scores([5.0] * 4) == (0.0,) * 4
    assert modified_z_scores([]) == ()


def test_where_most_values_are_equal_the_mean_deviation_is_the_scale() -> None:
    scores = modified_z_scores([10.0] * 9 + [20.0])
    assert scores[-1] == pytest.approx(10 / (1.2533 * 1.0))
