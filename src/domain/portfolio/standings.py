"""A whole portfolio against its markets: one line per property."""

from collections.abc import Mapping, Sequence
from datetime import date

from attrs import frozen

from ..identifiers import MarketId, PropertyId
from ..measures import Metric
from .benchmarks import MarketReading, Source
from .comparison import ComparisonPolicy, Indicator, Verdict, standing, verdict
from .observations import Observation, Reason, benchmark_month, benchmark_value, present_value
from .property import Property


@frozen(slots=False)
class MetricStanding:
    """How one metric of a property stands, in a list.

    Args:
        metric: Its key.
        percent_difference: 100 · (property − market) / market, or null. [percent]
        indicator: How it stands.
    """

    metric: Metric
    percent_difference: float | None
    indicator: Indicator


@frozen(slots=False)
class PropertyStanding:
    """One property of a portfolio against its market.

    Args:
        id: The property.
        name: Its name.
        market_id: Its market.
        market_name: The market's name; null where it could not be read.
        benchmark_date: The market's latest month.
        metrics: How each metric stands.
        verdict: Over all metrics.
        source: Where the market's data came from; null where they could not be had.
        degraded: Whether they are older than wanted, or missing.
        reasons: Why, for example market_not_found or circuit_open.
    """

    id: PropertyId
    name: str
    market_id: MarketId
    market_name: str | None
    benchmark_date: date | None
    metrics: tuple[MetricStanding, ...]
    verdict: Verdict
    source: Source | None
    degraded: bool
    reasons: tuple[str, ...]


@frozen
class AbsentMarket:
    """A market that could not be read.

    Args:
        reason: Not found, or unavailable.
        details: What the market gateway said.
        retry_after_seconds: When it may be there again, where it is unavailable. [s]
    """

    reason: Reason
    details: tuple[str, ...] = ()
    retry_after_seconds: int = 5


def property_standings(
    properties: Sequence[Property],
    markets: Mapping[MarketId, MarketReading | AbsentMarket],
    metrics: Sequence[Metric],
    policy: ComparisonPolicy,
) -> tuple[PropertyStanding, ...]:
    """Properties against their markets now, in the given order.

    Each market is looked at once, so the cost grows with the properties alone.

    Args:
        properties: Any number.
        markets: Every market that they name.
        metrics: Metrics that properties have.
        policy: The tenant's thresholds.
    """
    views = {market: _view(found, metrics) for market, found in markets.items()}
    thresholds = [policy.threshold(metric) for metric in metrics]
    return tuple(
        _property_standing(subject, views[subject.market_id], metrics, thresholds)
        for subject in properties
    )


@frozen
class _View:
    values: tuple[Observation, ...]
    name: str | None
    month: date | None
    source: Source | None
    degraded: bool
    reasons: tuple[str, ...]


def _view(found: MarketReading | AbsentMarket, metrics: Sequence[Metric]) -> _View:
    if isinstance(found, AbsentMarket):
        missing = Observation(None, None, (found.reason,))
        reasons = (found.reason.value, *found.details)
        return _View((missing,) * len(metrics), None, None, None, True, reasons)
    benchmark = found.benchmark
    return _View(
        tuple(benchmark_value(benchmark, metric, None) for metric in metrics),
        benchmark.name,
        benchmark_month(benchmark, None),
        found.source,
        found.degraded,
        found.reasons,
    )


def _property_standing(
    subject: Property, view: _View, metrics: Sequence[Metric], thresholds: Sequence[float]
) -> PropertyStanding:
    rows = tuple(
        MetricStanding(metric, *standing(metric, present_value(subject, metric), market, threshold))
        for metric, market, threshold in zip(metrics, view.values, thresholds, strict=True)
    )
    return PropertyStanding(
        subject.id,
        subject.name,
        subject.market_id,
        view.name,
        view.month,
        rows,
        verdict(row.indicator for row in rows),
        view.source,
        view.degraded,
        view.reasons,
    )
