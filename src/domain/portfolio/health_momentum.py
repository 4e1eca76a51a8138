"""Where a property and its market are heading, as the health score and its insights use it."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from ..measures import Kind, Metric
from .health_arithmetic import Z_LIMIT, sub_score
from .health_model import HealthModel, MetricRule, Transform
from .history import BUCKETS_PER_YEAR, MarketHistory, MetricHistory
from .trend import TREND_P_VALUE, Pair, Series, heading, relative_series

_INTERVAL_95 = 2 * 1.959963984540054


@frozen(slots=False)
class Momentum:
    """How fast a property gains on its market in one metric.

    Args:
        points: Buckets in which both have a value.
        slope_per_year: Theil–Sen slope of the lead over the market, positive where the
            property gains on it. [points or log ratio, per year]
        p_value: Probability of so clear a trend by chance (Mann–Kendall). [0..1]
        z: slope / typical change · (1 − p), −4 to 4. [1]
        sub_score: 50 where the property moves as its market does. [points, 0..100]
        standard_error: Of z, by the slope's own interval. [1]
    """

    points: int
    slope_per_year: float
    p_value: float
    z: float
    sub_score: float
    standard_error: float


def momentum(rule: MetricRule, pairs: Sequence[Pair], buckets_per_year: int) -> Momentum | None:
    """How fast a property gains on its market.

    None under six points, and for a metric with a target band: there more is no better.

    Args:
        rule: How the metric is scored.
        pairs: (property, market) of every bucket, in order, gaps as None.
        buckets_per_year: 12, 4 or 1.
    """
    if rule.target_band:
        return None
    lead = relative_series(pairs, _KINDS[rule.transform], rule.direction)
    found = heading(lead, buckets_per_year)
    if found is None:
        return None
    believed = (1 - found.p_value) / rule.typical_change
    z = max(-Z_LIMIT, min(found.slope * believed, Z_LIMIT))
    error = min((found.high - found.low) / _INTERVAL_95 * believed, Z_LIMIT)
    return Momentum(len(lead.values), found.slope, found.p_value, z, sub_score(z), error)


def momenta(model: HealthModel, history: MarketHistory) -> Mapping[Metric, Momentum]:
    """The momentum of every metric whose complete buckets allow one."""
    per_year = BUCKETS_PER_YEAR[history.interval]
    found = {
        series.metric: momentum(model.metrics[series.metric], _pairs(series), per_year)
        for series in history.metrics
        if series.metric in model.metrics
    }
    return {metric: one for metric, one in found.items() if one is not None}


@frozen(slots=False)
class Drift:
    """Where one series is heading by itself.

    Args:
        points: Buckets with a value.
        first: The first of them. [the metric's unit]
        last: The last of them. [the metric's unit]
        slope_per_year: Theil–Sen slope. [the metric's unit per year]
        p_value: Probability of so clear a trend by chance (Mann–Kendall). [0..1]
    """

    points: int
    first: float
    last: float
    slope_per_year: float
    p_value: float

    @property
    def rising(self) -> bool:
        """Whether it rises, and not by chance."""
        return self.slope_per_year > 0 and self.p_value < TREND_P_VALUE


def drift(values: Sequence[float | None], buckets_per_year: int) -> Drift | None:
    """Where a series is heading; None under six values, gaps are stepped over."""
    known = [(at, value) for at, value in enumerate(values) if value is not None]
    series = Series(tuple(at for at, _ in known), tuple(value for _, value in known))
    found = heading(series, buckets_per_year)
    if found is None:
        return None
    return Drift(len(known), series.values[0], series.values[-1], found.slope, found.p_value)


@frozen
class Drifts:
    """Where properties and markets are heading, each by itself.

    Args:
        own: Of the property, per metric that has six complete buckets.
        market: Of its market.
    """

    own: Mapping[Metric, Drift]
    market: Mapping[Metric, Drift]


def drifts(history: MarketHistory) -> Drifts:
    """Where both sides of a history are heading over its complete buckets."""
    per_year = BUCKETS_PER_YEAR[history.interval]
    own, market = {}, {}
    for series in history.metrics:
        pairs = _pairs(series)
        if mine := drift([value for value, _ in pairs], per_year):
            own[series.metric] = mine
        if theirs := drift([value for _, value in pairs], per_year):
            market[series.metric] = theirs
    return Drifts(own, market)


_KINDS = {Transform.DIFFERENCE: Kind.RATE, Transform.LOG_RATIO: Kind.MAGNITUDE}


def _pairs(series: MetricHistory) -> Sequence[Pair]:
    return [
        (bucket.property_value, bucket.market_value) if bucket.complete else (None, None)
        for bucket in series.buckets
    ]
