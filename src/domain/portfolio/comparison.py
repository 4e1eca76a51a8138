"""The comparison engine: one value against one benchmark, and what several add up to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import isfinite, log
from typing import NamedTuple

from attrs import field, frozen

from ..errors import Flaw, InvalidFields
from ..measures import CATALOGUE, PROPERTY_METRICS, Direction, Kind, Metric
from .observations import Observation, Reason

DEFAULT_THRESHOLD_PERCENT = 5.0
"""Favourable difference from which a metric is no longer at market. [percent]"""

_ROUNDING_PERCENT = 1e-9
# 34.65 is exactly 5 % over 33, but not in binary: without this the boundary
# would belong to the outer class for some values and not for others.


class Indicator(StrEnum):
    """How one metric stands against its market."""

    OUTPERFORMING = "outperforming"
    AT_MARKET = "at_market"
    UNDERPERFORMING = "underperforming"
    NO_DATA = "no_data"
    NOT_COMPARABLE = "not_comparable"


class Verdict(StrEnum):
    """How a property stands over all its metrics."""

    OUTPERFORMING = "outperforming"
    MIXED = "mixed"
    AT_MARKET = "at_market"
    UNDERPERFORMING = "underperforming"
    NO_DATA = "no_data"


VERDICT_RULE = (
    "outperforming if more metrics outperform than underperform, underperforming if fewer, "
    "mixed if as many (and at least one), at_market if every comparable metric is at market, "
    "no_data if nothing can be compared; every metric counts once"
)


@frozen(slots=False)
class ComparisonPolicy:
    """From which difference on a tenant calls a metric better or worse than its market.

    Args:
        thresholds_percent: Per metric of a property, over 0 and at most 100; a
            metric that is left out keeps the default of 5. [percent]
        version: Grows with every change; 0 until somebody sets a policy.

    Raises:
        InvalidFields: If a metric has no property counterpart or a threshold is
            out of range.
    """

    thresholds_percent: Mapping[Metric, float] = field(factory=dict)
    version: int = 0

    def __attrs_post_init__(self) -> None:
        flaws = [
            flaw for item in self.thresholds_percent.items() for flaw in _threshold_flaws(*item)
        ]
        if flaws:
            raise InvalidFields(flaws)
        whole = dict.fromkeys(PROPERTY_METRICS, DEFAULT_THRESHOLD_PERCENT)
        object.__setattr__(self, "thresholds_percent", whole | dict(self.thresholds_percent))

    def threshold(self, metric: Metric) -> float:
        """The threshold of a metric. [percent]"""
        return self.thresholds_percent[metric]


def _threshold_flaws(metric: Metric, threshold: float) -> Iterable[Flaw]:
    path = ("thresholds_percent", str(metric))
    if metric not in PROPERTY_METRICS:
        yield Flaw(path, "not_compared", "has no counterpart on a property")
    if not 0 < threshold <= 100:
        yield Flaw(path, "out_of_range", "must be over 0 and at most 100 percent")


class Variance(NamedTuple):
    """How far a value lies from a benchmark, in every form that is asked for.

    Args:
        absolute: value − benchmark, in the metric's unit.
        percent: 100 · (value − benchmark) / benchmark; None unless the benchmark is positive.
        favourable_percent: percent, positive where the value is better.
        percentage_points: value − benchmark of a rate; None for magnitudes.
        log_ratio: ln(value / benchmark); None unless both are positive.
        indicator: outperforming from +threshold on, underperforming from −threshold
            on, else at_market; not_comparable where percent is None.
    """

    absolute: float
    percent: float | None
    favourable_percent: float | None
    percentage_points: float | None
    log_ratio: float | None
    indicator: Indicator


def variance(
    value: float, benchmark: float, kind: Kind, direction: Direction, threshold_percent: float
) -> Variance:
    """How far a value lies from a benchmark; both must be finite.

    The unrounded percentage decides the indicator. A benchmark so close to zero
    that the percentage is no finite number counts as not positive.

    >>> variance(42.80, 38.20, Kind.MAGNITUDE, Direction.HIGHER_IS_BETTER, 5.0).indicator.value
    'outperforming'
    """
    absolute = _difference(value, benchmark)
    points = absolute if kind is Kind.RATE else None
    percent = 100 * absolute / benchmark if benchmark > 0 else None
    if percent is None or not isfinite(percent):
        return Variance(absolute, None, None, points, None, Indicator.NOT_COMPARABLE)
    favourable = direction.sign * percent
    ratio = log(value) - log(benchmark) if value > 0 else None
    indicator = _indicator(favourable, threshold_percent)
    return Variance(absolute, percent, favourable, points, ratio, indicator)


def _difference(value: float, benchmark: float) -> float:
    """The difference of two numbers as people write them: 92.5 − 89.2 is 3.3, not 3.2999…97."""
    return float(Decimal(repr(value)) - Decimal(repr(benchmark)))


def _indicator(favourable: float, threshold: float) -> Indicator:
    outer = threshold - _ROUNDING_PERCENT
    if favourable >= outer:
        return Indicator.OUTPERFORMING
    return Indicator.UNDERPERFORMING if favourable <= -outer else Indicator.AT_MARKET


@frozen(slots=False)
class MetricComparison:
    """One metric of a property against its market.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: The unit of both values and of the absolute difference.
        direction: Which way is better.
        property_value: The property's value; null where there is none to be believed.
            [the metric's unit]
        property_month: The month it belongs to; null for a present value.
        market_value: The market's value; null where there is none. [the metric's unit]
        market_month: The month it belongs to.
        absolute_difference: property − market, in the metric's unit. [the metric's unit]
        percent_difference: 100 · (property − market) / market. [percent]
        percentage_points: property − market; rates only. [points]
        log_ratio: ln(property / market); magnitudes only. [1]
        favourable_percent: The percent difference, positive where the property is better. [percent]
        threshold_percent: From which favourable percentage on it counts. [percent]
        indicator: outperforming, at_market, underperforming, no_data or not_comparable.
        reasons: Why something is missing, impossible or older than it should be.
    """

    metric: Metric
    title: str
    unit: str
    direction: Direction
    property_value: float | None
    property_month: date | None
    market_value: float | None
    market_month: date | None
    absolute_difference: float | None
    percent_difference: float | None
    percentage_points: float | None
    log_ratio: float | None
    favourable_percent: float | None
    threshold_percent: float
    indicator: Indicator
    reasons: tuple[Reason, ...]


def metric_comparison(
    metric: Metric, own: Observation, market: Observation, threshold_percent: float
) -> MetricComparison:
    """One metric of a property against its market, whatever is missing.

    Args:
        metric: A metric that properties have.
        own: The property's value, or why there is none.
        market: The market's value, or why there is none.
        threshold_percent: Over 0. [percent]
    """
    about = CATALOGUE[metric]
    found = _variance(metric, own.value, market.value, threshold_percent)
    reasons = own.reasons + market.reasons
    if found.indicator is Indicator.NOT_COMPARABLE:
        reasons += (Reason.BENCHMARK_NOT_POSITIVE,)
    return MetricComparison(
        metric,
        about.title,
        about.unit,
        about.direction,
        own.value,
        own.month,
        market.value,
        market.month,
        None if own.value is None or market.value is None else found.absolute,
        found.percent,
        found.percentage_points,
        found.log_ratio if about.kind is Kind.MAGNITUDE else None,
        found.favourable_percent,
        threshold_percent,
        found.indicator,
        reasons,
    )


_NOTHING = Variance(0.0, None, None, None, None, Indicator.NO_DATA)


def _variance(
    metric: Metric, own: float | None, market: float | None, threshold_percent: float
) -> Variance:
    if own is None or market is None:
        return _NOTHING
    about = CATALOGUE[metric]
    return variance(own, market, about.kind, about.direction, threshold_percent)


class Standing(NamedTuple):
    """One metric of one property among many: only what a list shows.

    Args:
        percent_difference: 100 · (property − market) / market, or None.
        indicator: How it stands.
    """

    percent_difference: float | None
    indicator: Indicator


def standing(
    metric: Metric, own: Observation, market: Observation, threshold_percent: float
) -> Standing:
    """What `metric_comparison` says, for lists of thousands of properties."""
    found = _variance(metric, own.value, market.value, threshold_percent)
    return Standing(found.percent, found.indicator)


def verdict(indicators: Iterable[Indicator]) -> Verdict:
    """How a property stands over all its metrics, by `VERDICT_RULE`."""
    listed = tuple(indicators)
    better = listed.count(Indicator.OUTPERFORMING)
    worse = listed.count(Indicator.UNDERPERFORMING)
    if better or worse:
        if better == worse:
            return Verdict.MIXED
        return Verdict.OUTPERFORMING if better > worse else Verdict.UNDERPERFORMING
    return Verdict.AT_MARKET if Indicator.AT_MARKET in listed else Verdict.NO_DATA


@frozen(slots=False)
class ComparisonSummary:
    """What the comparisons of one property add up to.

    Args:
        verdict: Over all metrics.
        sentence: The same in words, with the figures.
        outperforming: Metrics that outperform.
        at_market: Metrics at market.
        underperforming: Metrics that underperform.
        no_data: Metrics without a value on one side.
        not_comparable: Metrics whose benchmark is not positive.
        counts: How many metrics each indicator has.
        rule: How the verdict follows from the counts.
    """

    verdict: Verdict
    sentence: str
    outperforming: tuple[Metric, ...]
    at_market: tuple[Metric, ...]
    underperforming: tuple[Metric, ...]
    no_data: tuple[Metric, ...]
    not_comparable: tuple[Metric, ...]
    counts: Mapping[Indicator, int]
    rule: str


def summary(comparisons: Sequence[MetricComparison]) -> ComparisonSummary:
    """What the comparisons of one property add up to; of none: no data."""
    grouped = {
        indicator: tuple(found for found in comparisons if found.indicator is indicator)
        for indicator in Indicator
    }
    listed = {
        indicator: tuple(found.metric for found in members)
        for indicator, members in grouped.items()
    }
    return ComparisonSummary(
        verdict(found.indicator for found in comparisons),
        _sentence(len(comparisons), grouped),
        listed[Indicator.OUTPERFORMING],
        listed[Indicator.AT_MARKET],
        listed[Indicator.UNDERPERFORMING],
        listed[Indicator.NO_DATA],
        listed[Indicator.NOT_COMPARABLE],
        {indicator: len(metrics) for indicator, metrics in listed.items()},
        VERDICT_RULE,
    )


_PHRASES = {
    Indicator.OUTPERFORMING: "better than its market",
    Indicator.AT_MARKET: "at market",
    Indicator.UNDERPERFORMING: "worse than its market",
}


def _sentence(total: int, grouped: Mapping[Indicator, Sequence[MetricComparison]]) -> str:
    said = [
        f"{len(grouped[indicator])} {phrase} ({'; '.join(map(_cited, grouped[indicator]))})"
        for indicator, phrase in _PHRASES.items()
        if grouped[indicator]
    ]
    if not said:
        return f"None of {total} metrics can be compared with the market."
    missing = len(grouped[Indicator.NO_DATA]) + len(grouped[Indicator.NOT_COMPARABLE])
    if missing:
        said.append(f"{missing} without a comparison")
    return f"Of {total} metrics: {', '.join(said)}."


def _cited(found: MetricComparison) -> str:
    return (
        f"{found.title.lower()} {found.percent_difference:+.2f} %: "
        f"{found.property_value:.7g} against {found.market_value:.7g} {found.unit}"
    )
