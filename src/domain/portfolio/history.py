"""Property and market on common buckets of months, quarters or years."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from statistics import fmean, median

from attrs import frozen

from ..errors import InvalidInput, InvalidWindow
from ..measures import CATALOGUE, Direction, Metric, MetricDefinition, OverTime
from ..statistics import OUTLIER_SCORE, modified_z_scores
from ..windows import Interval, add_months, calendar_next, calendar_start, check_day
from .benchmarks import MarketBenchmark
from .comparison import variance
from .property import MonthlyRecord
from .trend import FEWEST_POINTS, Pair, Trend, indices, trend

DEFAULT_MONTHS = 36
"""Window of a history that names no start. [months]"""

MOST_BUCKETS = 120
"""Longest history of one answer. [buckets]"""

BUCKETS_PER_YEAR: Mapping[Interval, int] = {
    Interval.MONTH: 12,
    Interval.QUARTER: 4,
    Interval.YEAR: 1,
}


@frozen
class HistoryRequest:
    """Which stretch of history is asked for, and how it is cut.

    Both dates belong to the stretch; buckets are always whole, so a stretch that
    begins inside one shows it from its beginning.

    Args:
        interval: month, quarter or year.
        start: First day; without it, 36 months back from the end.
        end: Last day; without it, the latest month that either side has.

    Raises:
        InvalidInput: If the interval is none of the three.
        InvalidWindow: If the end lies before the start, a date lies outside the
            years 1970 to 2199, or the stretch has more than 120 buckets.
    """

    interval: Interval
    start: date | None = None
    end: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.interval not in BUCKETS_PER_YEAR:
            message = "a history is cut by month, quarter or year"
            raise InvalidInput(message, path=("interval",), code="interval")
        for name, day in (("start", self.start), ("end", self.end)):
            check_day(name, day)
        if self.start and self.end:
            if self.end < self.start:
                message = f"end ({self.end}) must not lie before start ({self.start})"
                raise InvalidWindow(message, path=("end",), code="reversed")
            _check_length(_starts(self.start, self.end, self.interval))


@frozen(slots=False)
class ComparedBucket:
    """One bucket of a metric's history.

    Args:
        start: First day.
        end: First day after it.
        property_value: By the metric's rule; null where no month has a value. [the metric's unit]
        market_value: By the same rule. [the metric's unit]
        percent_difference: 100 · (property − market) / market. [percent]
        property_index: 100 at the first bucket where both are positive. [index]
        market_index: The same for the market. [index]
        relative_index: 100 · property index / market index. [index]
        property_months: Months of the bucket in which the property has a value.
        market_months: Months of the bucket in which the market has one.
        complete: Whether the data of both sides reach the bucket's end.
    """

    start: date
    end: date
    property_value: float | None
    market_value: float | None
    percent_difference: float | None
    property_index: float | None
    market_index: float | None
    relative_index: float | None
    property_months: int
    market_months: int
    complete: bool


@frozen(slots=False)
class MetricHistory:
    """One metric of a property and its market over time.

    Args:
        metric: Its key.
        title: Its name for people.
        unit: Of the values.
        direction: Which way is better.
        bucket_rule: What a bucket of several months holds.
        buckets: In order, without holes; a bucket without data holds nulls.
        trend: Over the complete buckets.
        unusual_property_months: Months of the property that stand out from those
            around them, by the rule of `unusual_months`. They are shown and counted
            like every other.
    """

    metric: Metric
    title: str
    unit: str
    direction: Direction
    bucket_rule: OverTime
    buckets: tuple[ComparedBucket, ...]
    trend: Trend
    unusual_property_months: tuple[date, ...]


@frozen(slots=False)
class MarketHistory:
    """A property beside its market over time.

    Args:
        interval: How the time is cut.
        start: First day of the first bucket.
        end: First day after the last bucket.
        complete_until: First day that the data of one side no longer reach; null
            where one side has no month at all.
        metrics: One history per metric.
    """

    interval: Interval
    start: date
    end: date
    complete_until: date | None
    metrics: tuple[MetricHistory, ...]


def market_history(
    request: HistoryRequest,
    metrics: Iterable[Metric],
    records: Sequence[MonthlyRecord],
    benchmark: MarketBenchmark | None,
    as_of: date,
) -> MarketHistory:
    """A property beside its market over time; months after `as_of` are not seen.

    Args:
        request: Stretch and interval.
        metrics: Metrics that properties have.
        records: The property's months, ascending.
        benchmark: Its market; None leaves the market's side empty.
        as_of: The last day that is seen.

    Raises:
        InvalidWindow: If the stretch has more than 120 buckets.
    """
    own = [record for record in records if record.month <= as_of]
    market = [month for month in benchmark.months if month.month <= as_of] if benchmark else []
    starts = _window(request, [r.month for r in own[-1:]] + [m.month for m in market[-1:]], as_of)
    data_end = _data_end(own[-1].month, market[-1].month, as_of) if own and market else None
    axis = _Axis(request.interval, starts, data_end)
    shown = tuple(
        _metric_history(
            metric,
            axis,
            _values(metric, ((record.month, record.value(metric)) for record in own)),
            _values(metric, ((month.month, month.values.get(metric)) for month in market)),
        )
        for metric in metrics
    )
    return MarketHistory(request.interval, starts[0], axis.ends[-1], data_end, shown)


def bucket_value(values: Sequence[float], rule: OverTime) -> float | None:
    """What a bucket holds, given the values of its months in order; None of none.

    A bucket lies within one calendar year, so the last value of the bucket is also
    the last of the year so far: a year-to-date rate is never averaged.
    """
    if not values:
        return None
    return fmean(values) if rule is OverTime.MEAN else values[-1]


def unusual_months(series: Mapping[date, float]) -> tuple[date, ...]:
    """Months that stand out from those around them; none under six months.

    Each month is held against the median of itself and its two neighbours on either
    side. It stands out if it lies further off than 3.5 robust standard deviations of
    all such distances and than a tenth of that median. A bend of the trend, or a new
    level, is therefore not unusual; a single wrong month is.

    Args:
        series: By month, ascending; gaps are stepped over.

    References:
        F. R. Hampel, J. Am. Stat. Assoc. 69 (1974) 383 (the moving-median filter).
    """
    if len(series) < FEWEST_POINTS:
        return ()
    values = list(series.values())
    around = [median(values[max(at - 2, 0) : at + 3]) for at in range(len(values))]
    off = [value - middle for value, middle in zip(values, around, strict=True)]
    scores = modified_z_scores(off)
    return tuple(
        month
        for month, score, distance, middle in zip(series, scores, off, around, strict=True)
        if abs(score) > OUTLIER_SCORE and abs(distance) > 0.1 * abs(middle)
    )


def _window(request: HistoryRequest, latest: Iterable[date], as_of: date) -> Sequence[date]:
    last = request.end or max(latest, default=as_of)
    if request.start and request.start > last:
        last = request.start
    first = request.start or add_months(last.replace(day=1), 1 - DEFAULT_MONTHS)
    starts = _starts(first, last, request.interval)
    _check_length(starts)
    return starts


def _starts(first: date, last: date, interval: Interval) -> Sequence[date]:
    starts = [calendar_start(first, interval)]
    while (following := calendar_next(starts[-1], interval)) <= last:
        starts.append(following)
    return starts


def _check_length(starts: Sequence[date]) -> None:
    if len(starts) > MOST_BUCKETS:
        message = f"{len(starts)} buckets are more than {MOST_BUCKETS}; take a longer interval"
        raise InvalidWindow(message, path=("start",), code="too_long")


def _data_end(own: date, market: date, as_of: date) -> date:
    return min(add_months(min(own, market), 1), as_of + timedelta(days=1))


def _values(metric: Metric, pairs: Iterable[tuple[date, float | None]]) -> Mapping[date, float]:
    about = CATALOGUE[metric]
    return {
        month: value
        for month, value in pairs
        if value is not None and about.lowest <= value <= about.highest
    }


class _Axis:
    """The buckets of a history, before anything is in them."""

    def __init__(self, interval: Interval, starts: Sequence[date], data_end: date | None) -> None:
        self.buckets_per_year = BUCKETS_PER_YEAR[interval]
        self.months = 12 // self.buckets_per_year
        self.starts = starts
        self.ends = [add_months(start, self.months) for start in starts]
        self.complete = [data_end is not None and end <= data_end for end in self.ends]

    def cut(self, values: Mapping[date, float]) -> Sequence[Sequence[float]]:
        """The values of each bucket's months, in order."""
        return [
            [
                values[month]
                for offset in range(self.months)
                if (month := add_months(start, offset)) in values
            ]
            for start in self.starts
        ]


def _metric_history(
    metric: Metric, axis: _Axis, own: Mapping[date, float], market: Mapping[date, float]
) -> MetricHistory:
    about = CATALOGUE[metric]
    own_cut, market_cut = axis.cut(own), axis.cut(market)
    pairs: list[Pair] = [
        (bucket_value(a, about.over_time), bucket_value(b, about.over_time))
        for a, b in zip(own_cut, market_cut, strict=True)
    ]
    indexed = indices(pairs)
    buckets = tuple(
        ComparedBucket(
            start,
            axis.ends[at],
            *pairs[at],
            _percent(about, pairs[at]),
            indexed.own[at],
            indexed.market[at],
            indexed.relative[at],
            len(own_cut[at]),
            len(market_cut[at]),
            axis.complete[at],
        )
        for at, start in enumerate(axis.starts)
    )
    judged: list[Pair] = [
        pair if whole else (None, None) for pair, whole in zip(pairs, axis.complete, strict=True)
    ]
    window = {m: value for m, value in own.items() if axis.starts[0] <= m < axis.ends[-1]}
    return MetricHistory(
        metric,
        about.title,
        about.unit,
        about.direction,
        about.over_time,
        buckets,
        trend(judged, about.kind, about.direction, axis.buckets_per_year),
        unusual_months(window),
    )


def _percent(about: MetricDefinition, pair: Pair) -> float | None:
    own, market = pair
    if own is None or market is None:
        return None
    return variance(own, market, about.kind, about.direction, 100.0).percent
