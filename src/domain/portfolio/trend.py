"""The trend analyser: how a property has moved beside its market.

Everything works on pairs (property, market) of equal-length buckets in order; a
missing value is None, and nothing is ever put in its place.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from math import inf, isfinite, log, sqrt
from statistics import stdev
from typing import NamedTuple

from attrs import frozen

from ..measures import Direction, Kind
from ..statistics import RobustTrend, least_squares, robust_trend, theil_sen

FEWEST_RETURNS = 8
"""Returns without which no beta is given. [1]"""

FEWEST_POINTS = 6
"""Common buckets without which no trend is judged. [1]"""

TREND_P_VALUE = 0.1
"""Mann–Kendall p below which a trend is called one. [1]"""

_STEPS = 1e12
# Of a lead, per unit: a property that moves exactly with its market must tie with
# itself, and the last bits of the logarithms would otherwise make a trend of nothing.

Pair = tuple[float | None, float | None]


class TrendVerdict(StrEnum):
    """Where a property is heading, beside its market."""

    GAINING = "gaining_on_market"
    LOSING = "losing_to_market"
    STEADY = "no_clear_trend"
    TOO_SHORT = "too_few_points"


class Indices(NamedTuple):
    """A pair of series, set to 100 at the first bucket where both are positive.

    Args:
        own: 100 · x_t / x_0.
        market: 100 · b_t / b_0.
        relative: 100 · (x_t / x_0) / (b_t / b_0).
    """

    own: tuple[float | None, ...]
    market: tuple[float | None, ...]
    relative: tuple[float | None, ...]


def indices(pairs: Sequence[Pair]) -> Indices:
    """The indices of a pair of series; all None where no bucket has both positive."""
    base = next((both for _, both in _positive(pairs)), None)
    if base is None:
        nothing = (None,) * len(pairs)
        return Indices(nothing, nothing, nothing)
    own = tuple(_index(value, base[0]) for value, _ in pairs)
    market = tuple(_index(value, base[1]) for _, value in pairs)
    relative = tuple(
        None if a is None or b is None else _index(a, b) for a, b in zip(own, market, strict=True)
    )
    return Indices(own, market, relative)


def _index(value: float | None, base: float) -> float | None:
    if value is None or base <= 0:
        return None
    found = 100 * value / base
    return found if isfinite(found) else None


def _positive(pairs: Sequence[Pair]) -> Iterator[tuple[int, tuple[float, float]]]:
    for position, (own, market) in enumerate(pairs):
        if own is not None and market is not None and own > 0 and market > 0:
            yield position, (own, market)


class Returns(NamedTuple):
    """Log returns from one bucket to the very next, where both sides have them.

    Args:
        own: ln(x_t / x_{t−1}).
        market: ln(b_t / b_{t−1}).
    """

    own: tuple[float, ...]
    market: tuple[float, ...]


def log_returns(pairs: Sequence[Pair]) -> Returns:
    """The returns of a pair of series; a gap has none, and none is spread over it."""
    found = [
        (log(b[0]) - log(a[0]), log(b[1]) - log(a[1]))
        for (i, a), (j, b) in pairwise(_positive(pairs))
        if j == i + 1
    ]
    return Returns(tuple(own for own, _ in found), tuple(market for _, market in found))


def tracking_difference(pairs: Sequence[Pair]) -> float | None:
    """ln(x_T / x_0) − ln(b_T / b_0) from the first to the last common bucket. [1]

    It adds up over stretches that follow one another. None with fewer than two
    buckets in which both are positive.
    """
    common = [both for _, both in _positive(pairs)]
    if len(common) < 2:
        return None
    (x_0, b_0), (x_t, b_t) = common[0], common[-1]
    return (log(x_t) - log(x_0)) - (log(b_t) - log(b_0))


def tracking_error(returns: Returns) -> float | None:
    """Standard deviation of the difference of returns, per bucket. [1]

    None with fewer than two returns.
    """
    if len(returns.own) < 2:
        return None
    return stdev(own - market for own, market in zip(*returns, strict=True))


class Beta(NamedTuple):
    """How strongly a property moves when its market moves.

    Args:
        least_squares: Covariance over variance of the market.
        standard_error: Of it.
        robust: Theil–Sen slope of the returns.
        low: Lower bound of its 95 % interval.
        high: Upper bound of it.
    """

    least_squares: float
    standard_error: float
    robust: float
    low: float
    high: float


def beta(returns: Returns) -> Beta | None:
    """Beta on log returns; None with fewer than eight, or where the market stands still."""
    if len(returns.own) < FEWEST_RETURNS or _still(returns.market):
        return None
    ordinary = least_squares(returns.market, returns.own)
    robust = theil_sen(returns.market, returns.own)
    if ordinary is None or robust is None:
        return None
    found = Beta(ordinary.slope, ordinary.standard_error, robust.slope, robust.low, robust.high)
    return found if all(map(isfinite, found)) else None


def _still(returns: Sequence[float]) -> bool:
    # Equal steps of a growing market differ in the sixteenth digit only.
    return max(returns) - min(returns) < 1e-12


class Series(NamedTuple):
    """The buckets of a series that have a value.

    Args:
        positions: Numbers of these buckets, ascending.
        values: As many.
    """

    positions: tuple[int, ...]
    values: tuple[float, ...]


def relative_series(pairs: Sequence[Pair], kind: Kind, direction: Direction) -> Series:
    """How far the property is ahead in each bucket that has both.

    Points (x − b) for rates, ln(x / b) for magnitudes, both signed so that more is better.
    """
    sign, logarithmic = direction.sign, kind is Kind.MAGNITUDE
    positions, values = [], []
    for position, (own, market) in enumerate(pairs):
        if own is None or market is None:
            continue
        if not logarithmic:
            ahead = own - market
        elif own > 0 and market > 0:
            ahead = log(own) - log(market)
        else:
            continue
        positions.append(position)
        try:
            # A third of the time of rounding to twelve digits.
            stepped = round(ahead * _STEPS) / _STEPS
        except OverflowError:
            stepped = ahead  # so large a number has no digits behind the point
        values.append(sign * stepped)
    return Series(tuple(positions), tuple(values))


def heading(series: Series, buckets_per_year: int) -> RobustTrend | None:
    """Where a series is heading, per year; None under six points.

    Args:
        series: Buckets of equal length.
        buckets_per_year: 12, 4 or 1.
    """
    if len(series.values) < FEWEST_POINTS:
        return None
    found = robust_trend(*series)
    if found is None:
        return None
    slope, low, high, p_value = found
    return RobustTrend(
        slope * buckets_per_year, low * buckets_per_year, high * buckets_per_year, p_value
    )


@frozen(slots=False)
class Trend:
    """How a property has moved beside its market over the complete buckets of a window.

    Args:
        points: Complete buckets in which both have a value.
        property_change_percent: From the first to the last bucket where both are positive.
            [percent]
        market_change_percent: Over the same stretch. [percent]
        relative_change_percent: (1 + property) / (1 + market) − 1 of these changes. [percent]
        tracking_difference: ln(property's growth) − ln(market's growth); adds up over time. [1]
        tracking_error_per_period: Standard deviation of the difference of log returns. [1]
        tracking_error_per_year: The same times √(buckets per year). [1]
        returns: Log returns between neighbouring buckets where both sides have one.
        beta: Least-squares slope of the property's returns on the market's; null with
            fewer than 8 returns or a market that stands still. [1]
        beta_standard_error: Of it. [1]
        robust_beta: Theil–Sen slope of the same. [1]
        robust_beta_low: Lower bound of its 95 % interval. [1]
        robust_beta_high: Upper bound of it. [1]
        relative_slope_per_year: Theil–Sen slope of the lead over the market, positive
            where the property gains on it; in `relative_slope_unit`. [`relative_slope_unit`]
        relative_slope_low: Lower bound of its 95 % interval. [`relative_slope_unit`]
        relative_slope_high: Upper bound of it. [`relative_slope_unit`]
        relative_slope_unit: percentage points (rates) or log ratio (magnitudes), per year.
        mann_kendall_p: Probability of so clear a trend by chance; 1 for none at all. [0..1]
        verdict: gaining_on_market or losing_to_market where p is under 0.1, else
            no_clear_trend; too_few_points under 6 points.
    """

    points: int
    property_change_percent: float | None
    market_change_percent: float | None
    relative_change_percent: float | None
    tracking_difference: float | None
    tracking_error_per_period: float | None
    tracking_error_per_year: float | None
    returns: int
    beta: float | None
    beta_standard_error: float | None
    robust_beta: float | None
    robust_beta_low: float | None
    robust_beta_high: float | None
    relative_slope_per_year: float | None
    relative_slope_low: float | None
    relative_slope_high: float | None
    relative_slope_unit: str
    mann_kendall_p: float | None
    verdict: TrendVerdict


_UNITS = {
    Kind.RATE: "percentage points per year",
    Kind.MAGNITUDE: "log ratio per year (0.01 is about 1 percent)",
}


def trend(pairs: Sequence[Pair], kind: Kind, direction: Direction, buckets_per_year: int) -> Trend:
    """How a property has moved beside its market.

    Args:
        pairs: (property, market) of every bucket, in order, gaps as None.
        kind: Rate or magnitude.
        direction: Which way is better.
        buckets_per_year: 12, 4 or 1.
    """
    returns = log_returns(pairs)
    error = tracking_error(returns)
    slope = beta(returns)
    change = _changes(pairs)
    leading = heading(relative_series(pairs, kind, direction), buckets_per_year)
    return Trend(
        sum(own is not None and market is not None for own, market in pairs),
        change[0] if change else None,
        change[1] if change else None,
        change[2] if change else None,
        tracking_difference(pairs),
        error,
        None if error is None else error * sqrt(buckets_per_year),
        len(returns.own),
        slope.least_squares if slope else None,
        slope.standard_error if slope else None,
        slope.robust if slope else None,
        slope.low if slope else None,
        slope.high if slope else None,
        leading.slope if leading else None,
        leading.low if leading else None,
        leading.high if leading else None,
        _UNITS[kind],
        leading.p_value if leading else None,
        _verdict(leading),
    )


def _changes(pairs: Sequence[Pair]) -> tuple[float, float, float] | None:
    common = [both for _, both in _positive(pairs)]
    if len(common) < 2:
        return None
    (x_0, b_0), (x_t, b_t) = common[0], common[-1]
    own, market = x_t / x_0, b_t / b_0
    relative = own / market if market > 0 else inf
    if not (isfinite(own) and isfinite(market) and isfinite(relative)):
        return None
    return 100 * (own - 1), 100 * (market - 1), 100 * (relative - 1)


def _verdict(leading: RobustTrend | None) -> TrendVerdict:
    if leading is None:
        return TrendVerdict.TOO_SHORT
    if leading.slope == 0 or leading.p_value >= TREND_P_VALUE:
        return TrendVerdict.STEADY
    return TrendVerdict.GAINING if leading.slope > 0 else TrendVerdict.LOSING
