"""One property against its market: the whole answer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from attrs import frozen

from ..identifiers import MarketId
from ..measures import CATALOGUE, PROPERTY_METRICS, Metric
from ..windows import add_months, check_day
from .benchmarks import Confidence, MarketBenchmark, MarketReading, QuarantinedValue, Source
from .comparison import (
    VERDICT_RULE,
    ComparisonPolicy,
    ComparisonSummary,
    MetricComparison,
    metric_comparison,
    summary,
)
from .history import HistoryRequest, MarketHistory, market_history
from .observations import (
    Observation,
    Reason,
    benchmark_month,
    benchmark_value,
    present_value,
    recorded_value,
)
from .property import MonthlyRecord, Property

SMALL_SAMPLE = 10
"""Buildings under which a market is called thin. [1]"""

LOW_QUALITY = 0.7
"""Quality score under which a market is called poor. [0..1]"""

OLD_MONTHS = 6
"""Age from which a benchmark is called old. [months]"""

RULES: Mapping[str, str] = {
    "absolute_difference": "property - market, in the metric's unit",
    "percent_difference": "100 x (property - market) / market, if the market is positive",
    "percentage_points": "property - market, for rates only",
    "log_ratio": "ln(property / market), for magnitudes only, if both are positive",
    "favourable_percent": "the percent difference, its sign turned where lower is better",
    "indicator": (
        "outperforming from +threshold of the favourable percentage on, underperforming from "
        "-threshold on, else at_market; decided before any rounding"
    ),
    "verdict": VERDICT_RULE,
    "property_value": (
        "without as_of what the property's record says now; with as_of the latest month of its "
        "history up to that date"
    ),
    "market_value": (
        "the market's latest month (up to as_of); where it lacks a metric, one at most 3 months "
        "older, marked market_month_older"
    ),
    "cautions": (
        f"small_sample under {SMALL_SAMPLE} buildings, low_data_quality under {LOW_QUALITY}, "
        f"low_confidence as the market says, old_benchmark from {OLD_MONTHS} months on"
    ),
    "bucket.last": "occupancy, rent and new deals: the last value within the bucket",
    "bucket.mean": "lease term and time to lease: the mean of the bucket's months that have one",
    "bucket.last_in_year": (
        "renewal rate: the last value within the bucket, which never spans two calendar years; "
        "never averaged"
    ),
    "bucket.complete": "the data of both sides reach the end of the bucket; trends use no other",
    "bucket.gaps": "a bucket without a value is null; nothing is filled in or interpolated",
    "index": "100 at the first bucket where both are positive; relative = 100 x property / market",
    "tracking_difference": "ln(growth of the property) - ln(growth of the market)",
    "tracking_error": "standard deviation of the difference of log returns x sqrt(buckets a year)",
    "beta": "slope of log returns, property on market, from 8 returns on; robust = Theil-Sen",
    "trend": (
        "Theil-Sen slope of the property's lead (points for rates, log ratio for magnitudes); "
        "called a trend if Mann-Kendall p < 0.1, from 6 buckets on"
    ),
}
"""How each figure of an answer is defined."""


@frozen(slots=False)
class MarketSummary:
    """The market of an answer.

    Args:
        id: Its id.
        name: Its name.
        city: Its city.
        state: Its state.
        market_type: office, retail, …
        benchmark_date: Its latest month, up to `as_of`; null where it has none.
        sample_size: Buildings behind the figures.
        data_quality: The market API's own score. [0..1]
        confidence: Its own level of confidence.
        last_updated: When it last changed the data. [UTC]
        cautions: What to keep in mind; empty where nothing is amiss.
        quarantined: Values that were set aside on reading.
    """

    id: MarketId
    name: str
    city: str
    state: str
    market_type: str
    benchmark_date: date | None
    sample_size: int
    data_quality: float
    confidence: Confidence
    last_updated: datetime
    cautions: tuple[str, ...]
    quarantined: tuple[QuarantinedValue, ...]


@frozen(slots=False)
class Freshness:
    """How fresh the market data of an answer are and where they came from.

    Args:
        source: live, cache, stale or snapshot.
        fetched_at: When they were read from the market API. [UTC]
        age_seconds: How long ago that was. [s]
        degraded: Whether something fresher was wanted but could not be had.
        reasons: Why not.
    """

    source: Source
    fetched_at: datetime
    age_seconds: float
    degraded: bool
    reasons: tuple[str, ...]


@frozen(slots=False)
class ContextMetric:
    """A market's metric that properties do not have.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: Its unit.
        market_value: The market's value. [the metric's unit]
        market_month: The month it belongs to.
        reasons: Why it is missing or older than it should be.
    """

    metric: Metric
    title: str
    unit: str
    market_value: float | None
    market_month: date | None
    reasons: tuple[Reason, ...]


@frozen(slots=False)
class MarketPerformance:
    """One property against its market.

    Args:
        property: The property as it is now.
        as_of: The date that was asked for; null for now.
        market: Its market; null where the market API knows no such market.
        freshness: Of the market's data; null without them.
        metrics: One comparison per metric that was asked for.
        context: Metrics that only the market has.
        summary: What the comparisons add up to.
        history: Both over time, where asked for.
        rules: How each figure is defined.
        as_of_position: Position of the tenant's portfolio that the answer saw.
    """

    property: Property
    as_of: date | None
    market: MarketSummary | None
    freshness: Freshness | None
    metrics: tuple[MetricComparison, ...]
    context: tuple[ContextMetric, ...]
    summary: ComparisonSummary
    history: MarketHistory | None
    rules: Mapping[str, str]
    as_of_position: int


@frozen
class PerformanceQuestion:
    """What is asked about properties and their markets.

    Args:
        metrics: Which metrics, in the catalogue's order.
        as_of: At which date; None for now.
        history: Which stretch of history, if any.

    Raises:
        InvalidWindow: If the date lies outside the years 1970 to 2199.
    """

    metrics: tuple[Metric, ...] = tuple(CATALOGUE)
    as_of: date | None = None
    history: HistoryRequest | None = None

    def __attrs_post_init__(self) -> None:
        check_day("as_of", self.as_of)

    @property
    def compared(self) -> tuple[Metric, ...]:
        """The metrics that properties have."""
        return tuple(metric for metric in self.metrics if metric in PROPERTY_METRICS)

    @property
    def needs_records(self) -> bool:
        """Whether the property's monthly history is looked at."""
        return self.as_of is not None or self.history is not None


@frozen
class PropertyFacts:
    """What is known of a property on our own side.

    Args:
        subject: The property.
        records: Its months, ascending; empty unless the question needs them.
        policy: The tenant's thresholds.
        position: Position of the tenant's portfolio.
    """

    subject: Property
    records: tuple[MonthlyRecord, ...]
    policy: ComparisonPolicy
    position: int


def market_performance(
    question: PerformanceQuestion,
    facts: PropertyFacts,
    reading: MarketReading | None,
    today: date,
) -> MarketPerformance:
    """One property against its market.

    Args:
        question: What is asked.
        facts: What we know of the property.
        reading: Its market, or None where the market API knows no such market.
        today: The present date.

    Raises:
        InvalidWindow: If the history asked for has more than 120 buckets.
    """
    benchmark = reading.benchmark if reading else None
    compared = _comparisons(question, facts, benchmark)
    return MarketPerformance(
        facts.subject,
        question.as_of,
        _market(benchmark, question.as_of, today) if benchmark else None,
        freshness(reading) if reading else None,
        compared,
        _context(question, benchmark),
        summary(compared),
        _history(question, facts, benchmark, today),
        RULES,
        facts.position,
    )


def _history(
    question: PerformanceQuestion,
    facts: PropertyFacts,
    benchmark: MarketBenchmark | None,
    today: date,
) -> MarketHistory | None:
    if question.history is None:
        return None
    seen_until = question.as_of or today
    return market_history(question.history, question.compared, facts.records, benchmark, seen_until)


def _comparisons(
    question: PerformanceQuestion, facts: PropertyFacts, benchmark: MarketBenchmark | None
) -> tuple[MetricComparison, ...]:
    own = _own(question, facts, benchmark)
    market = _market_values(benchmark, question.compared, question.as_of)
    return tuple(
        metric_comparison(metric, own[metric], market[metric], facts.policy.threshold(metric))
        for metric in question.compared
    )


def _own(
    question: PerformanceQuestion, facts: PropertyFacts, benchmark: MarketBenchmark | None
) -> Mapping[Metric, Observation]:
    as_of = question.as_of
    if as_of is None:
        return {metric: present_value(facts.subject, metric) for metric in question.compared}
    anchor = benchmark_month(benchmark, as_of) if benchmark else None
    return {
        metric: recorded_value(facts.records, metric, as_of, anchor) for metric in question.compared
    }


_UNKNOWN = Observation(None, None, (Reason.MARKET_NOT_FOUND,))


def _market_values(
    benchmark: MarketBenchmark | None, metrics: Sequence[Metric], as_of: date | None
) -> Mapping[Metric, Observation]:
    if benchmark is None:
        return dict.fromkeys(metrics, _UNKNOWN)
    return {metric: benchmark_value(benchmark, metric, as_of) for metric in metrics}


def _context(
    question: PerformanceQuestion, benchmark: MarketBenchmark | None
) -> tuple[ContextMetric, ...]:
    only = [metric for metric in question.metrics if metric not in PROPERTY_METRICS]
    values = _market_values(benchmark, only, question.as_of)
    return tuple(
        ContextMetric(
            metric,
            CATALOGUE[metric].title,
            CATALOGUE[metric].unit,
            values[metric].value,
            values[metric].month,
            values[metric].reasons,
        )
        for metric in only
    )


def _market(benchmark: MarketBenchmark, as_of: date | None, today: date) -> MarketSummary:
    month = benchmark_month(benchmark, as_of)
    return MarketSummary(
        benchmark.market,
        benchmark.name,
        benchmark.city,
        benchmark.state,
        benchmark.market_type,
        month,
        benchmark.sample_size,
        benchmark.data_quality,
        benchmark.confidence,
        benchmark.last_updated,
        cautions(benchmark, month, as_of or today),
        benchmark.quarantined,
    )


def cautions(benchmark: MarketBenchmark, month: date | None, at: date) -> tuple[str, ...]:
    """What to keep in mind about a market's figures at a date, as `RULES` defines it."""
    old = month is not None and add_months(month, OLD_MONTHS) <= at
    said = {
        "small_sample": benchmark.sample_size < SMALL_SAMPLE,
        "low_data_quality": benchmark.data_quality < LOW_QUALITY,
        "low_confidence": benchmark.confidence is Confidence.LOW,
        "old_benchmark": old,
    }
    return tuple(name for name, holds in said.items() if holds)


def freshness(reading: MarketReading) -> Freshness:
    """How fresh a reading is and where it came from."""
    return Freshness(
        reading.source,
        reading.fetched_at,
        reading.age_seconds,
        reading.degraded,
        reading.reasons,
    )
