"""Robust statistics of short series: medians, slopes that a bad point cannot bend.

Everything is exact and quadratic in the number of points, which suits series of
at most a few hundred; NaN never goes in.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise, starmap
from math import erfc, exp, lgamma, log, sqrt
from operator import lt, sub, truediv
from statistics import NormalDist, fmean, median
from typing import NamedTuple

from .errors import InvalidInput

OUTLIER_SCORE = 3.5
"""Modified z-score beyond which a value is called unusual. [1]"""

_NORMAL_95 = NormalDist().inv_cdf(0.975)


class TheilSen(NamedTuple):
    """A robust straight line: the median of the slopes of all pairs.

    Args:
        slope: Change of y per unit of x.
        intercept: y at x = 0, by the medians of both.
        low: Lower bound of the slope's 95 % interval.
        high: Upper bound of it.
    """

    slope: float
    intercept: float
    low: float
    high: float


class MannKendall(NamedTuple):
    """A test for a monotone trend of any shape.

    Args:
        s: Pairs that rise minus pairs that fall.
        variance: Of s where there is no trend, corrected for ties.
        z: s in standard deviations, corrected for continuity.
        p_value: Probability of so large a |s| where there is no trend. [0..1]
    """

    s: int
    variance: float
    z: float
    p_value: float


class LeastSquares(NamedTuple):
    """An ordinary straight line.

    Args:
        slope: Change of y per unit of x.
        intercept: y at x = 0.
        standard_error: Of the slope.
    """

    slope: float
    intercept: float
    standard_error: float


def theil_sen(x: Sequence[float], y: Sequence[float]) -> TheilSen | None:
    """The robust line through points; up to 29 % of them may be arbitrarily wrong.

    Pairs at the same x have no slope and are left out; None where no pair has one.

    Raises:
        InvalidInput: If the lengths differ.

    References:
        P. K. Sen, J. Am. Stat. Assoc. 63 (1968) 1379, eq. 2.6 for the interval.

    >>> theil_sen([0, 1, 2, 3, 4], [1, 3, 5, 7, 700]).slope
    2.0
    """
    _check_lengths(x, y)
    points = sorted(zip(x, y, strict=True))
    runs = _differences([place for place, _ in points])
    rises = _differences([value for _, value in points])
    slopes = sorted([rise / run for rise, run in zip(rises, runs, strict=True) if run > 0])
    if not slopes:
        return None
    slope = _middle(slopes)
    low, high = _interval(slopes, _variance_of_s(len(y), _ties(x) + _ties(y)))
    return TheilSen(slope, median(y) - slope * median(x), low, high)


def mann_kendall(y: Sequence[float]) -> MannKendall:
    """Whether a series, in order, rises or falls more often than chance explains.

    A constant series, and one of fewer than two values, has p = 1.

    References:
        M. G. Kendall, *Rank Correlation Methods*, 4th ed., ch. 4 (ties).
    """
    s = 0
    before: list[float] = []
    for value in y:
        lower, not_higher = bisect_left(before, value), bisect_right(before, value)
        s += lower + not_higher - len(before)
        insort(before, value)
    return _tested(s, _variance_of_s(len(y), _ties(y)))


class RobustTrend(NamedTuple):
    """What `theil_sen` and `mann_kendall` say of one series.

    Args:
        slope: Change of y per unit of x.
        low: Lower bound of the slope's 95 % interval.
        high: Upper bound of it.
        p_value: Probability of so clear a trend where there is none. [0..1]
    """

    slope: float
    low: float
    high: float
    p_value: float


def robust_trend(x: tuple[float, ...], y: Sequence[float]) -> RobustTrend | None:
    """Slope and test of a series in order of time at once, for portfolios of many series.

    None under two points. Differences of y so small that their slope is no longer a
    number other than 0 count as ties; that begins at 10⁻³⁰⁷ for steps of a year.

    Args:
        x: Strictly ascending.
        y: As many values.

    Raises:
        InvalidInput: If the lengths differ or x does not ascend.

    >>> robust_trend((0, 1, 2, 3, 4), [1, 3, 5, 7, 700]).slope
    2.0
    """
    _check_lengths(x, y)
    runs = _runs(x)
    if not runs:
        return None
    slopes = sorted(map(truediv, _differences(y), runs))
    # Where x ascends, a slope has the sign of its pair.
    falls, not_rises = bisect_left(slopes, 0.0), bisect_right(slopes, 0.0)
    variance = _variance_of_s(len(y), _ties(y) if not_rises > falls else ())
    p_value = _tested(len(slopes) - not_rises - falls, variance).p_value
    return RobustTrend(_middle(slopes), *_interval(slopes, variance), p_value)


def least_squares(x: Sequence[float], y: Sequence[float]) -> LeastSquares | None:
    """The ordinary line through at least three points; None where x does not vary.

    Raises:
        InvalidInput: If the lengths differ.
    """
    _check_lengths(x, y)
    if len(x) < 3:
        return None
    mean_x, mean_y = fmean(x), fmean(y)
    squares = sum((a - mean_x) ** 2 for a in x)
    if squares == 0:
        return None
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / squares
    intercept = mean_y - slope * mean_x
    rest = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    return LeastSquares(slope, intercept, sqrt(rest / (len(x) - 2) / squares))


def modified_z_scores(values: Sequence[float]) -> tuple[float, ...]:
    """How far each value lies from the median, in robust standard deviations. [1]

    Where more than half of the values are equal the mean absolute deviation
    stands in for the median one; where all are equal every score is 0.

    References:
        Iglewicz & Hoaglin, *How to Detect and Handle Outliers*, ASQC 1993.
    """
    if not values:
        return ()
    middle = median(values)
    distances = [abs(value - middle) for value in values]
    scale = median(distances) / 0.6745 or fmean(distances) * 1.2533
    return tuple((value - middle) / scale if scale else 0.0 for value in values)


def chi_square_probability(x: float, degrees: int) -> float:
    """Probability that a chi-square value is at most x. [0..1]

    Args:
        x: 0 or less has probability 0.
        degrees: Of freedom, at least 1.

    References:
        Press et al., *Numerical Recipes*, 3rd ed., eq. 6.2.5 (the series).
    """
    if x <= 0:
        return 0.0
    shape, half = degrees / 2, x / 2
    term = total = 1 / shape
    steps = 0
    while term > total * 1e-17:
        steps += 1
        term *= half / (shape + steps)
        total += term
    return min(total * exp(shape * log(half) - half - lgamma(shape)), 1.0)


def chi_square_quantile(probability: float, degrees: int) -> float:
    """The value that a chi-square value does not exceed with a probability.

    Args:
        probability: In (0..1), up to 0.9999.
        degrees: Of freedom, 1 to 100.

    Raises:
        InvalidInput: If either lies outside.

    >>> round(chi_square_quantile(0.975, 3), 6)
    9.348404
    """
    if not 0 < probability <= 0.9999 or not 1 <= degrees <= 100:
        raise InvalidInput("a quantile needs 0 < probability <= 0.9999 and 1 to 100 degrees")
    low, high = 0.0, 10.0 * degrees + 30
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if chi_square_probability(middle, degrees) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _check_lengths(x: Sequence[float], y: Sequence[float]) -> None:
    if len(x) != len(y):
        raise InvalidInput(f"{len(x)} values of x, {len(y)} of y", code="length")


def _differences(values: Sequence[float]) -> Iterator[float]:
    """Later less earlier of every pair, the last pair first."""
    # From behind, so that equal values differ by 0.0 and not by -0.0 once divided.
    return starmap(sub, combinations(values[::-1], 2))


@lru_cache(maxsize=32)
def _runs(x: tuple[float, ...]) -> tuple[float, ...]:
    # Series of a portfolio stand on the same few grids.
    if not all(starmap(lt, pairwise(x))):
        raise InvalidInput("x must ascend", code="order")
    return tuple(map(float, _differences(x)))


def _middle(ordered: Sequence[float]) -> float:
    # `median` would sort them again.
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _interval(slopes: Sequence[float], variance: float) -> tuple[float, float]:
    spread = _NORMAL_95 * sqrt(variance)
    lower = max(round((len(slopes) - spread) / 2) - 1, 0)
    upper = min(round((len(slopes) + spread) / 2), len(slopes) - 1)
    return slopes[lower], slopes[upper]


def _tested(s: int, variance: float) -> MannKendall:
    if s == 0 or variance <= 0:
        return MannKendall(s, variance, 0.0, 1.0)
    z = (s - _sign(s)) / sqrt(variance)
    return MannKendall(s, variance, z, erfc(abs(z) / sqrt(2)))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _ties(values: Iterable[float]) -> list[int]:
    return [count for count in Counter(values).values() if count > 1]


def _variance_of_s(count: int, ties: Iterable[int]) -> float:
    tied = sum(k * (k - 1) * (2 * k + 5) for k in ties)
    return max(count * (count - 1) * (2 * count + 5) - tied, 0) / 18
