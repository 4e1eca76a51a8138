"""What a health score rests on: a property's values, its market's, and how good they are."""

from collections.abc import Mapping
from datetime import date
from math import sqrt
from types import MappingProxyType

from attrs import field, frozen

from ..measures import PROPERTY_METRICS, Metric
from ..windows import add_months
from .benchmarks import Confidence, MarketBenchmark
from .health_momentum import Momentum
from .observations import Observation, Reason, benchmark_month, benchmark_value, present_value
from .property import Property

DAYS_PER_MONTH = 30.4375
"""Days of an average month, by which ages are given. [days]"""

ERROR_OF_A_MONTH = 0.10
"""Standard error of a benchmark that is a month old; it grows as the root of the age, as a
random walk's does. [typical deviations]"""

_FLOORS = {Confidence.HIGH: 0.05, Confidence.MEDIUM: 0.15, Confidence.LOW: 0.30}


@frozen(slots=False)
class Evidence:
    """How good the knowledge of a market is.

    Args:
        sample_size: Buildings behind the figures.
        data_quality: The market API's own score; it multiplies the sample. [0..1]
        confidence: The market API's own level of confidence.
        age_months: Since the end of the market's latest month. [months]
    """

    sample_size: int
    data_quality: float
    confidence: Confidence
    age_months: float


def standard_error(evidence: Evidence, age_months: float | None = None) -> float:
    """Standard error of a deviation. [typical deviations]

    √(1 / max(sample · quality, 1) + 0.10² · age + floor²), the floor .05, .15 or .30
    for high, medium or low confidence.

    Args:
        evidence: Of the market.
        age_months: Of one metric, where it is older than the market's latest month. [months]
    """
    age = evidence.age_months if age_months is None else age_months
    # The 1 stands first: a quality that is no number counts as none.
    sample = max(1.0, evidence.sample_size * evidence.data_quality)
    aged = ERROR_OF_A_MONTH**2 * max(0.0, age)
    return sqrt(1 / sample + aged + _FLOORS[evidence.confidence] ** 2)


@frozen
class MarketView:
    """One market as the scores of its properties see it; made once for all of them.

    Args:
        values: Benchmark of every metric of a property, or why there is none.
        errors: Standard error of a deviation, per metric. [typical deviations]
        evidence: How good the knowledge is; None where nothing is known.
    """

    values: Mapping[Metric, Observation]
    errors: Mapping[Metric, float]
    evidence: Evidence | None


def market_view(benchmark: MarketBenchmark, as_of: date | None, today: date) -> MarketView:
    """A market as the scores of its properties see it.

    A metric for which an older month stands in is as much less certain as it is older.

    Args:
        benchmark: As it was read.
        as_of: Months that begin later are not seen; None sees all.
        today: The present date, from which ages count where there is no `as_of`.
    """
    at = as_of or today
    newest = benchmark_month(benchmark, as_of)
    evidence = Evidence(
        benchmark.sample_size,
        benchmark.data_quality,
        benchmark.confidence,
        _age(newest, at) if newest else 0.0,
    )
    values = {metric: benchmark_value(benchmark, metric, as_of) for metric in PROPERTY_METRICS}
    errors = {
        metric: standard_error(evidence, _age(found.month, at) if found.month else None)
        for metric, found in values.items()
    }
    return MarketView(MappingProxyType(values), MappingProxyType(errors), evidence)


def unknown_market_view(reason: Reason) -> MarketView:
    """A market of which nothing is known, and why."""
    nothing = Observation(None, None, (reason,))
    return MarketView(
        MappingProxyType(dict.fromkeys(PROPERTY_METRICS, nothing)),
        MappingProxyType(dict.fromkeys(PROPERTY_METRICS, 0.0)),
        None,
    )


@frozen
class HealthInputs:
    """What the score of one property is made of.

    Args:
        own: The property's value of every metric, or why there is none; a metric
            that is absent is missing.
        market: Its market.
        momentum: Of metrics whose history allows one.
    """

    own: Mapping[Metric, Observation]
    market: MarketView
    momentum: Mapping[Metric, Momentum] = field(factory=dict)


def present_inputs(subject: Property, market: MarketView) -> HealthInputs:
    """What a property's own record says now, beside its market."""
    return HealthInputs(
        {metric: present_value(subject, metric) for metric in PROPERTY_METRICS}, market
    )


def replaced_values(inputs: HealthInputs, values: Mapping[Metric, float]) -> HealthInputs:
    """Inputs with other values of the property."""
    said = {metric: Observation(value, None, ()) for metric, value in values.items()}
    return HealthInputs({**inputs.own, **said}, inputs.market, inputs.momentum)


def _age(month: date, at: date) -> float:
    """Since the end of a month; none before it has ended. [months]"""
    return max(0.0, (at - add_months(month, 1)).days / DAYS_PER_MONTH)
